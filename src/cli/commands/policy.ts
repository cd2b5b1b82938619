/** `wardmux policy`: check a file, see which policy is or was in force, compare, and take another one into force. */
import { Option, type Command } from 'commander';
import { resolve } from 'node:path';
import { writeAtomic, readSmall } from '../../disk/atomic.ts';
import type { LedgerEvent } from '../../ledger/types.ts';
import { LedgerView } from '../../ledger/view.ts';
import {
  askedConsent,
  checkPolicy,
  consentEntry,
  findingText,
  policyInForce,
  policyJsonSchema,
  policyLines,
  policyOnceInForce,
  policyVersions,
  presetNames,
  presets,
  presetValues,
  proposalSentence,
  proposeFile,
  shortened,
  versionAt,
  weakenings,
  weakerThanPreset,
  type ChangedPolicy,
  type Difference,
  type PolicyInForce,
  type PolicyVersion,
  type PresetName,
} from '../../policy/index.ts';
import { deciderOf } from '../../services/deeds/decide.ts';
import { changePolicy, needsSecond } from '../../services/policy/change.ts';
import { factsOf, openInstallation, policyOf, withLedger, type OpenInstallation } from '../../services/installation/installation.ts';
import { sentenceOf } from '../../types/sentence.ts';
import type { CliCommand } from '../command.ts';
import { nothingToDo } from '../door.ts';
import { CliError, exit } from '../exit.ts';
import { columns, jsonText, printable, type CliIo } from '../io.ts';
import { moment, personOptions, twoPeopleOptions, wholeNumber } from '../options.ts';
import { requireSecondFd, unlockPerson, unlockSecond, type PersonOptions, type TwoPeople } from '../person.ts';

interface Json {
  readonly json?: boolean;
}

/** Columns: which way, the field, before, after. Values that are too long for a column stand whole below them, for who signs reads all of it. */
function differenceRows(differences: readonly Difference[]): string {
  const rows = differences.map(({ direction, path, before, after }) => [direction, path, before ?? 'nothing', after ?? 'nothing'] as const);
  const whole = rows.flatMap(([, path, before, after]) =>
    (
      [
        ['before', before],
        ['after', after],
      ] as const
    ).flatMap(([when, value]) => (shortened(value) === value ? [] : [`\n${path}, ${when}:\n${printable(value)}\n`])),
  );
  return columns([['WHICH WAY', 'FIELD', 'BEFORE', 'AFTER'], ...rows.map((row) => row.map(shortened))]) + whole.join('');
}

const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`;

async function check(file: string, options: Json, io: CliIo): Promise<number> {
  const path = resolve(file);
  const bytes = readSmall(path);
  if (!bytes) throw new CliError('failed', `There is no file at ${path}.`);
  const result = checkPolicy(bytes);
  if ('findings' in result) {
    const { findings } = result;
    if (options.json) await io.out(jsonText({ good: false, findings, weaker: [] }));
    else {
      await io.out(findings.map((finding) => `${printable(findingText(finding))}\n`).join(''));
      io.talk(`${path} is no policy: ${count(findings.length, 'thing is', 'things are')} wrong. Nothing was changed.`);
    }
    return exit.failed;
  }
  const { policy } = result;
  const weaker = weakerThanPreset(policy);
  if (options.json) await io.out(jsonText({ good: true, findings: [], weaker }));
  else {
    await io.out(`${path} is a policy that Wardmux takes.\n`);
    for (const { field, value, preset, source } of weaker)
      io.talk(
        `note: weaker than the preset of the class ${policy.workstation.class}: ${field} is ${printable(JSON.stringify(value) ?? 'left out')}, the preset has ${printable(JSON.stringify(preset))} (${source}).`,
      );
  }
  return exit.done;
}

/** Every policy that was in force, as the ledger's events have them, with who is known to have made the first one. */
async function versionsOf({ home, noteKey }: OpenInstallation): Promise<PolicyVersion[]> {
  const view = await LedgerView.open(home.ledger, noteKey);
  if (!view) return [];
  try {
    const events = (await view.policyEvents()).map(({ event }): LedgerEvent => event);
    const first = events.find(({ action }) => action === 'first-run')?.person;
    return policyVersions(events).map((each) => (each.version === 1 && each.by === null ? { ...each, by: first ?? null } : each));
  } finally {
    view.close();
  }
}

interface ShowOptions extends Json {
  readonly at?: number;
  readonly preset?: PresetName;
}

async function showPreset(name: PresetName, options: Json, io: CliIo): Promise<number> {
  const values = presetValues(name);
  if (options.json)
    await io.out(
      jsonText({ preset: name, title: presets[name].title, values: values.map(([field, value, source]) => ({ field, value: value ?? null, source })) }),
    );
  else {
    await io.out(`${name}: ${presets[name].title}.\n`);
    const rows = values.map(([field, value, source]) => [field, value === undefined ? 'nothing' : JSON.stringify(value), source]);
    await io.out(columns([['FIELD', 'VALUE', 'FROM (requirements)'], ...rows]));
  }
  return exit.done;
}

/** The line of a version that people read. */
function versionRows({ version, sha256, from, to, by, second, rollbackTo }: PolicyVersion): string[][] {
  return [
    ['policy', rollbackTo === null ? `version ${version}` : `version ${version}, the same as version ${rollbackTo}: a roll-back`],
    ['sha256', sha256],
    ['in force from', from],
    ['until', to ?? 'now'],
    ['by', second === null ? (by ?? 'nobody is named') : `${by ?? 'nobody'} and ${second}`],
  ];
}

async function show(options: ShowOptions, io: CliIo): Promise<number> {
  if (options.preset) return showPreset(options.preset, options, io);
  const site = await openInstallation(io);
  const { at } = options;
  // A policy in force that is not what its event says is no policy: the same rule as for everything that opens.
  const present = await policyOf(site);
  const versions = await versionsOf(site);
  const found = at === undefined ? versions.at(-1) : versionAt(versions, at);
  if (!found)
    throw new CliError(
      'failed',
      `No policy was in force at ${new Date(at ?? 0).toISOString()}: the first one came into force at ${versions[0]?.from ?? 'no time'}.`,
    );
  // Whatever lies beside the ledger counts because it has the digest that the event names.
  const { policy } = found.sha256 === present.sha256 ? present : policyOnceInForce(site.home, found.sha256);
  if (options.json) await io.out(jsonText({ ...(at === undefined ? {} : { at: new Date(at).toISOString() }), ...found, policy }));
  else {
    if (at !== undefined) await io.out(`The policy in force at ${new Date(at).toISOString()}:\n`);
    await io.out(columns([...versionRows(found), ['', ''], ...policyLines(policy)]));
  }
  if (present.proposal && at === undefined) io.talk(`note: ${proposalSentence(site.home, present.proposal)}`);
  return exit.done;
}

async function diff(file: string, options: Json, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const facts = await factsOf(site);
  const inForce = policyInForce(site.home, facts);
  const proposal = proposeFile(facts, inForce, resolve(file));
  const differences = proposal?.differences ?? [];
  if (options.json)
    await io.out(
      jsonText({ sha256: proposal?.sha256 ?? inForce.sha256, previousSha256: inForce.sha256, rollbackTo: proposal?.rollbackTo ?? null, differences }),
    );
  else await tellDifferences(proposal, io);
  return exit.done;
}

async function tellDifferences(proposal: ChangedPolicy | undefined, io: CliIo): Promise<void> {
  if (!proposal) return void (await io.out('It is the policy in force.\n'));
  const { differences, rollbackTo } = proposal;
  if (rollbackTo !== undefined) await io.out(`This is version ${rollbackTo}, which was in force before: a roll-back.\n`);
  await io.out(differences.length === 0 ? 'The policy says the same in other words.\n' : differenceRows(differences));
  const weaker = weakenings(differences).length;
  if (weaker > 0) io.talk(`${count(weaker, 'change makes', 'changes make')} this workstation weaker.`);
}

/** What is accepted is shown before anybody gives a passphrase for it. @returns its version. */
async function takeIntoForce(site: OpenInstallation, inForce: PolicyInForce, proposal: ChangedPolicy, options: TwoPeople & Json, io: CliIo): Promise<void> {
  const { home } = site;
  const { sha256, differences, rollbackTo } = proposal;
  if (!options.json) await tellDifferences(proposal, io);
  const may = needsSecond(await factsOf(site), proposal, undefined);
  // A script that has nobody to give the second passphrase is not asked for the first one.
  if (may) requireSecondFd(options, `This makes the workstation weaker, and ${may.length} people may decide that (${may.join(', ')})`);
  const identity = await unlockPerson(site, options, io);
  let second: Awaited<ReturnType<typeof unlockSecond>> | undefined;
  let version = 0;
  try {
    if (may) second = await unlockSecond(site, options, 'because the workstation gets weaker', io);
    await withLedger(
      site,
      async ({ ledger }) => {
        // What was shown was compared with the policy in force then.
        if (policyInForce(home, ledger.facts).sha256 !== inForce.sha256)
          throw new CliError('failed', 'Another policy came into force meanwhile. Look at the difference again.');
        const signing = (request: string): void => io.talk(`Both sign the request ${request}.`);
        version = await changePolicy({ home, ledger, proposal, admin: deciderOf(identity), second: second && deciderOf(second), signing });
      },
      { identity, talk: io.talk },
    );
  } finally {
    identity.destroy();
    second?.destroy();
  }
  if (options.json) await io.out(jsonText({ version, sha256, previousSha256: inForce.sha256, rollbackTo: rollbackTo ?? null, differences }));
  io.talk(
    `The policy is in force: version ${version}. A running app takes it within seconds, a terminal at its next unlock; recordings that run keep the one that they began under.`,
  );
}

async function alreadyInForce(path: string, sha256: string, options: Json, io: CliIo): Promise<number> {
  if (options.json) await io.out(jsonText({ sha256, previousSha256: sha256, rollbackTo: null, differences: [] }));
  io.talk(`${path} is the policy in force. There is nothing to accept.`);
  nothingToDo();
  return exit.done;
}

async function accept(options: TwoPeople & Json, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const { home } = site;
  const inForce = await policyOf(site);
  const { proposal } = inForce;
  if (!proposal) return alreadyInForce(home.policy, inForce.sha256, options, io);
  if (proposal.kind !== 'changed') throw new CliError('failed', proposalSentence(home, proposal));
  await takeIntoForce(site, inForce, proposal, options, io);
  return exit.done;
}

/** As accept, with a file that is named: it then stands in policy.json too. */
async function apply(file: string, options: TwoPeople & Json, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const { home } = site;
  const path = resolve(file);
  const facts = await factsOf(site);
  const inForce = policyInForce(home, facts);
  const proposal = proposeFile(facts, inForce, path);
  if (!proposal && !inForce.proposal) return alreadyInForce(path, inForce.sha256, options, io);
  if (proposal) await takeIntoForce(site, inForce, proposal, options, io);
  else nothingToDo();
  try {
    // After the event: a wish that nobody has accepted is never what is written here.
    writeAtomic(home.policy, Buffer.from(proposal?.bytes ?? readSmall(path) ?? []));
  } catch (error) {
    throw new CliError(
      'failed',
      `The policy is in force, and could not be written to ${home.policy}. ${sentenceOf(error)} Copy it there: cp '${path}' '${home.policy}'`,
    );
  }
  if (!proposal) io.talk(`${path} is the policy in force, and stands in ${home.policy} again.`);
  return exit.done;
}

async function history(options: Json, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const versions = (await versionsOf(site)).map((version) => ({ ...version, kept: isKept(site, version.sha256) }));
  if (options.json) await io.out(jsonText(versions));
  else {
    const rows = versions.map(({ version, from, by, second, sha256, changes, rollbackTo, kept }) => [
      String(version),
      from,
      second === null ? (by ?? '-') : `${by} and ${second}`,
      sha256.slice(0, 16),
      kept ? 'yes' : 'no',
      rollbackTo === null ? '' : `a roll-back to version ${rollbackTo}`,
      changes.map(({ field, direction }) => (direction === 'neither' ? field : `${field} ${direction}`)).join(', '),
    ]);
    await io.out(columns([['VERSION', 'FROM', 'BY', 'SHA-256', 'KEPT', 'ROLL-BACK', 'CHANGES'], ...rows]));
  }
  return exit.done;
}

/** Whether a file with that digest, which is a policy, lies beside the ledger. */
function isKept({ home }: OpenInstallation, sha256: string): boolean {
  try {
    policyOnceInForce(home, sha256);
    return true;
  } catch {
    return false;
  }
}

/** Shows the text; whoever has read it says its number, and gives their passphrase. */
async function consent(options: PersonOptions & { readonly accept?: number }, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const { policy } = await policyOf(site);
  if (!policy.consent) {
    io.talk('The policy in force has no text that has to be accepted.');
    nothingToDo();
    return exit.done;
  }
  const { version, text } = policy.consent;
  if (options.accept === undefined) {
    await io.out(`${text.split('\n').map(printable).join('\n')}\n`);
    io.talk(`This is version ${version}. Each person accepts it once, before their first shell: wardmux policy consent --accept ${version}`);
    return exit.done;
  }
  if (options.accept !== version) throw new CliError('usage', `The text in force is version ${version}. Read it first: wardmux policy consent`);
  const identity = await unlockPerson(site, options, io);
  try {
    const { person } = identity;
    await withLedger(
      site,
      async ({ ledger }) => {
        const asked = askedConsent(policyInForce(site.home, ledger.facts), ledger.facts, person.id);
        // Another text came into force meanwhile: nobody has read that.
        if (asked && (asked.version !== version || asked.text !== text))
          throw new CliError('failed', 'Another text came into force meanwhile. Read it first: wardmux policy consent');
        if (asked) await ledger.append(consentEntry(person.id, asked));
      },
      { identity, talk: io.talk },
    );
    io.talk(`${person.name} has accepted version ${version}.`);
  } finally {
    identity.destroy();
  }
  return exit.done;
}

const twoPeople = (command: Command): Command => twoPeopleOptions(command, 'where the workstation gets weaker and more than one person may decide that');

const asJson = (command: Command): Command => command.option('--json', 'print it as JSON');

export const policy: CliCommand = {
  name: 'policy',
  needs: {
    check: 'evidence.read',
    show: 'evidence.read',
    diff: 'evidence.read',
    history: 'evidence.read',
    schema: 'evidence.read',
    consent: 'evidence.read',
    '--accept': 'consent.accept',
    apply: 'policy.accept',
    accept: 'policy.accept',
  },
  summary: 'Checks, shows and compares policies, and takes another one into force, with your passphrase.',
  description:
    'policy.json is a wish until somebody who may has accepted it: a program that writes into it changes nothing, neither who can open recordings nor when the screen locks. What was accepted, when and by whom is in the ledger.',
  examples: [
    ['wardmux policy check FILE', 'each thing that is wrong with a file: line, field, and what is allowed there'],
    ['wardmux policy show --at 2026-11-28', 'the policy that was in force at the end of that day (UTC), and who accepted it'],
    ['wardmux policy diff FILE', 'what it would change, and what of that is weaker'],
    ['wardmux policy apply FILE --passphrase-fd 3 3< PASSPHRASE', 'for scripts; takes FILE into force'],
    ['wardmux policy accept', 'the same with what stands in policy.json; asks for your passphrase'],
    ['wardmux policy consent --accept 1', 'accepts the text of the policy, once for each person; without --accept it is shown'],
    ['wardmux policy history', 'every policy that was in force, a line each'],
  ],
  declare: (command, io, done) => {
    asJson(command.command('check').argument('<FILE>', 'a policy that is not in force'))
      .description('Says everything that is wrong with a file, and where it is weaker than the preset of its class. Needs no installation.')
      .action(async (file: string, options: Json) => done(await check(file, options, io)));
    asJson(command.command('show'))
      .description('Shows the policy in force, or the one that was: since when, by whom, and what it says.')
      .option('--at <DATE>', 'in force at that moment: a day (its end, in UTC), or a time as 2026-11-28T14:00:00Z', moment)
      .addOption(new Option('--preset <NAME>', 'a preset instead, each value with where it comes from').choices(presetNames))
      .action(async (options: ShowOptions) => done(await show(options, io)));
    asJson(command.command('diff').argument('<FILE>', 'the policy to compare with the one in force'))
      .description('Compares a file with the policy in force: each field before and after, and whether that is weaker or stronger.')
      .action(async (file: string, options: Json) => done(await diff(file, options, io)));
    asJson(command.command('history'))
      .description('Lists every policy that was in force, as the ledger has them: when, by whom, what of it was weaker, and whether its file is still kept.')
      .action(async (options: Json) => done(await history(options, io)));
    command
      .command('schema')
      .description('Prints the JSON Schema of policy.json, for editors.')
      .action(async () => {
        await io.out(jsonText(policyJsonSchema()));
        done(exit.done);
      });
    personOptions(command.command('consent'))
      .description('Shows the text that each person accepts before their first shell, and accepts it for the one whose passphrase is given.')
      .option('--accept <VERSION>', 'accept the text with this number', wholeNumber)
      .action(async (options: PersonOptions & { accept?: number }) => done(await consent(options, io)));
    asJson(twoPeople(command.command('apply').argument('<FILE>', 'the policy to take into force')))
      .description('Shows what a file changes, takes it into force, and writes it to policy.json.')
      .action(async (file: string, options: TwoPeople & Json) => done(await apply(file, options, io)));
    asJson(twoPeople(command.command('accept')))
      .description('Shows what policy.json changes, and takes it into force.')
      .action(async (options: TwoPeople & Json) => done(await accept(options, io)));
  },
};
