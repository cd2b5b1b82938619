/** `wardmux integrity`: whether the program's own files, and those that the ledger has by their digests, are as they were signed for; and who signs for others. */
import { join, resolve } from 'node:path';
import { readSmall } from '../../disk/atomic.ts';
import { keepList, listName, lookAtProgram, type Program } from '../../integrity/baseline.ts';
import { programFolder } from '../../integrity/program.ts';
import type { BaselineFacts } from '../../ledger/baseline-facts.ts';
import { policyInForce } from '../../policy/index.ts';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import { deciderOf } from '../../services/deeds/decide.ts';
import { factsOf, openInstallation, withLedger, type OpenInstallation } from '../../services/installation/installation.ts';
import { acceptNote, acceptProgram, acceptSeconds, checkAcceptNote } from '../../services/integrity/accept.ts';
import { findingEntries, findingsOf, lookAtIntegrity, type Look } from '../../services/integrity/check.ts';
import { recipientsOf } from '../../services/recordings/start.ts';
import { sentenceOf } from '../../types/sentence.ts';
import type { FileChange } from '../../types/words.ts';
import type { CliCommand } from '../command.ts';
import { nothingToDo } from '../door.ts';
import { CliError, exit } from '../exit.ts';
import { columns, jsonText, printable, type CliIo } from '../io.ts';
import { noteWords } from '../note-words.ts';
import { twoPeopleOptions } from '../options.ts';
import { requireSecondFd, unlockPerson, unlockSecond, type TwoPeople } from '../person.ts';

interface CheckOptions {
  readonly program?: string;
  readonly json?: boolean;
}

/** What package.json of another copy says of its version. @throws CliError */
function versionIn(folder: string): string {
  const found: unknown = JSON.parse(readSmall(join(folder, 'package.json'))?.toString('utf8') ?? 'null');
  const { name, version } = (found ?? {}) as { readonly name?: unknown; readonly version?: unknown };
  if (name !== 'wardmux' || typeof version !== 'string') throw new CliError('usage', `There is no Wardmux in ${folder}.`);
  return version;
}

/** How many files are not as they were signed for: of the data folder, and of the program where its list says which. */
const filesSentence = ({ time }: BaselineFacts, count: number): string =>
  `${count === 1 ? '1 file is' : `${count} files are`} not as ${count === 1 ? 'it was' : 'they were'} signed for at ${time}.`;

/** What is to be known of a list that is lost, of which the ledger has the digest all the same. */
function listSentence({ sha256, time }: BaselineFacts, how: FileChange, program: Program | string): string {
  const what = `The list of the program’s files ${how === 'missing' ? 'is gone' : 'is not the one that was signed for'}: ${listName(sha256)}.`;
  if (typeof program === 'string') return `${what} Restore it from a backup.`;
  return program.sha256 === sha256
    ? `${what} The files are those that were signed for at ${time}: wardmux integrity accept --note "Why" writes it anew.`
    : `${what} The program is another one than was signed for at ${time}; which file it is nobody can say without the list. Restore it from a backup.`;
}

function updateSentence({ checkout, version }: BaselineFacts, program: Program): string {
  const what = checkout ? 'The program runs from a clone, and was built anew' : `Version ${program.version} runs, and ${version} was accepted`;
  return `${what}: where that was you, wardmux integrity accept.`;
}

function sentenceOfLook({ baseline, program, differences, updated }: Look): string {
  if (!baseline) return 'Nobody has signed which files the program has. Look at where it came from, then: wardmux integrity accept --note "Why"';
  if (differences.length === 0)
    return typeof program === 'string'
      ? program
      : `All is as it was signed for: ${program.files.length} files of the program, and what the ledger has of the data folder.`;
  const list = differences.find(({ part }) => part === 'list');
  // Without the list the program is one difference, whatever it is.
  const files = differences.filter(({ part }) => part !== 'list' && !(list && part === 'program')).length;
  return [
    ...(files > 0 ? [filesSentence(baseline, files)] : []),
    ...(list ? [listSentence(baseline, list.how, program)] : []),
    ...(updated && typeof program !== 'string' ? [updateSentence(baseline, program)] : []),
  ].join(' ');
}

async function enter(site: OpenInstallation, look: Look, io: CliIo): Promise<void> {
  const found = findingsOf(look, (await factsOf(site)).integrity, io.now());
  if (!found) return;
  try {
    await withLedger(site, async ({ ledger }) => {
      for (const entry of findingEntries(found)) await ledger.append(entry);
    });
  } catch (error) {
    io.talk(`What was found is not in the ledger: ${sentenceOf(error)}`);
  }
}

async function check({ program: asked, json }: CheckOptions, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const folder = asked === undefined ? undefined : resolve(asked);
  const look = await lookAtIntegrity({ home: site.home, facts: await factsOf(site), ...(folder === undefined ? {} : { folder, version: versionIn(folder) }) });
  // Another copy is nobody's alarm here.
  if (folder === undefined) await enter(site, look, io);
  const { baseline, program, differences, updated } = look;
  const seen =
    typeof program === 'string' ? null : { version: program.version, checkout: program.checkout, files: program.files.length, sha256: program.sha256 };
  const good = baseline !== null && seen !== null && differences.length === 0;
  if (json) await io.out(jsonText({ good, baseline, program: seen, updated, differences: differences.map(({ ours: _, ...one }) => one) }));
  else {
    if (baseline)
      await io.out(
        `signed for\t${baseline.time}\t${baseline.by}${baseline.second === null ? '' : ` and ${baseline.second}`}\tversion ${baseline.version}\t${baseline.files} files\t${baseline.sha256}\n`,
      );
    if (differences.length > 0)
      await io.out(
        columns([
          ['PART', 'HOW', 'EXPECTED', 'FOUND', 'FILE'],
          ...differences.map(({ part, how, expected, found, path }) => [part, how, expected?.slice(0, 16) ?? '-', found?.slice(0, 16) ?? '-', path]),
        ]),
      );
  }
  io.talk(printable(sentenceOfLook(look)));
  return good ? exit.done : exit.differs;
}

interface AcceptOptions extends TwoPeople {
  readonly note: string;
  readonly json?: boolean;
}

async function accept({ note, json, ...options }: AcceptOptions, io: CliIo): Promise<number> {
  checkAcceptNote(note);
  const site = await openInstallation(io);
  const facts = await factsOf(site);
  const look = await lookAtIntegrity({ home: site.home, facts });
  if (typeof look.program === 'string') throw new CliError('failed', `${look.program} Nothing was accepted.`);
  const { baseline, program, differences } = look;
  const isSame = program.sha256 === baseline?.sha256;
  const list = differences.find(({ part }) => part === 'list');
  if (isSame && list) {
    // Its bytes are those whose digest somebody has signed: nobody has to sign again, and nobody is asked.
    nothingToDo();
    await enter(site, look, io);
    keepList(site.home, program);
    io.talk(
      `The files of the program are those that were signed for, and their list ${list.how === 'missing' ? 'was gone' : 'was another one'}: it is written anew. Nobody had to sign, and no note was kept.`,
    );
    await io.out(json ? jsonText({ sha256: program.sha256, list: listName(program.sha256) }) : `${program.sha256}\tlist written\n`);
    return exit.done;
  }
  // Where one alone has signed, two who may decide by now can sign for the same files.
  if (isSame && (baseline.second !== null || facts.quorum(new Date(io.now()).toISOString(), baseline.by).seconds.length === 0)) {
    io.talk('The files of the program are those that were signed for. There is nothing to accept.');
    nothingToDo();
    return exit.done;
  }
  const others = acceptSeconds(facts, undefined);
  // A script that has nobody to give the second passphrase is not asked for the first one.
  if (others)
    requireSecondFd(
      options,
      `This signs for files of the program in the place of those before, and ${others.length} people may decide that (${others.join(', ')})`,
    );
  const ofProgram = differences.filter(({ part }) => part === 'program').length;
  if (!baseline) io.talk(`${program.files.length} files of version ${program.version} are signed for, for the first time.`);
  else if (isSame) io.talk(`The files are those that ${baseline.by} alone has signed for at ${baseline.time}.`);
  else if (list)
    io.talk(
      `The program is another one than version ${baseline.version}, which was signed for at ${baseline.time}. Its list is lost, so which files differ nobody can say.`,
    );
  else
    io.talk(
      `${ofProgram === 1 ? '1 file differs' : `${ofProgram} files differ`} from those of version ${baseline.version} that were signed for at ${baseline.time}. Which: wardmux integrity check`,
    );
  await sign(site, program, others !== undefined, note, options, io);
  if (json) await io.out(jsonText({ sha256: program.sha256, previousSha256: baseline?.sha256 ?? null, version: program.version, files: program.files.length }));
  else await io.out(`${program.sha256}\taccepted\n`);
  return exit.done;
}

async function sign(site: OpenInstallation, shown: Program, byTwo: boolean, note: string, options: TwoPeople, io: CliIo): Promise<void> {
  const identity = await unlockPerson(site, options, io);
  let second: Awaited<ReturnType<typeof unlockSecond>> | undefined;
  try {
    if (byTwo) second = await unlockSecond(site, options, 'because the program is another one', io);
    // A passphrase takes its time: what is signed is what was shown.
    const program = await lookAtProgram(programFolder());
    if (program.sha256 !== shown.sha256)
      throw new CliError('failed', 'The program was changed meanwhile. Nothing was accepted. Look again: wardmux integrity check');
    await withLedger(
      site,
      ({ ledger }) => {
        const recipients = recipientsOf(identity.person, policyInForce(site.home, ledger.facts));
        const signing = (request: string): void => io.talk(`Both sign the request ${request}.`);
        const parts = { home: site.home, ledger, recipients, admin: deciderOf(identity), second: second && deciderOf(second), signing };
        return acceptProgram(parts, program, note);
      },
      { identity, talk: io.talk },
    );
  } finally {
    identity.destroy();
    second?.destroy();
  }
}

async function readNote({ key, json }: { readonly key: string; readonly json?: boolean }, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const { integrity } = await factsOf(site);
  const note = await acceptNote(site.home, integrity, await AuditKeyOpener.fromFile(key));
  const words = noteWords(note, 'the files that are signed for now', site.home.alertNotes);
  const { by, time, sha256 } = integrity.baseline!;
  await io.out(json ? jsonText({ by, time, sha256, note: words }) : `${printable(words)}\n`);
  return exit.done;
}

export const integrityCommand: CliCommand = {
  name: 'integrity',
  needs: { check: 'selftest.run', accept: 'baseline.accept', note: 'recording.replay.key' },
  summary: 'Checks whether the program’s files are those that were signed for, and signs for others.',
  description:
    'At the first run the first person signs for a list of the program’s files: size, rights and SHA-256 of each. The list lies in baselines/ as mtree(8) reads it, and counts because the ledger has that signature: who can write every file and has no key makes no other list. The app looks after each start and once a day, and enters what differs. After an update, or a build of a clone, a security admin accepts the files, two where two may decide. A list that is lost is written anew by the same command where the files are still those that were signed for. A program that was exchanged as a whole says of itself what it likes: look at it with another one that you trust.',
  examples: [
    ['wardmux integrity check', 'each file that is not as it was signed for; exit status 68 where there is one'],
    ['wardmux integrity check --json', 'the same for programs'],
    ['wardmux integrity check --program /opt/wardmux', 'looks at that copy of the program, from this one'],
    ['wardmux integrity accept --note "Version 0.2.0, from our mirror."', 'asks for your passphrase'],
    ['wardmux integrity note --key audit-key.json', 'what was written then'],
  ],
  declare: (command, io, done) => {
    command
      .command('check')
      .description('Looks at every file now, and enters what the ledger does not have yet.')
      .option('--program <FOLDER>', 'look at the program in this folder; what is found is not entered')
      .option('--json', 'print JSON')
      .action(async (options: CheckOptions) => done(await check(options, io)));
    twoPeopleOptions(command.command('accept'), 'where files were signed for before and more than one person may decide')
      .description('Signs that the program’s files are to be those that it has now.')
      .requiredOption('--note <TEXT>', 'why they are others, one line')
      .option('--json', 'print JSON')
      .action(async (options: AcceptOptions) => done(await accept(options, io)));
    command
      .command('note')
      .description('Opens the note of the last acceptance with an audit key.')
      .requiredOption('--key <FILE>', 'the file of an audit key')
      .option('--json', 'print JSON')
      .action(async (options: { key: string; json?: boolean }) => done(await readNote(options, io)));
  },
};
