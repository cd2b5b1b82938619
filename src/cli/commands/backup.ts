/** `wardmux backup`: everything that is here, sealed to the audit keys, in a folder; and whether it is still what was signed for. */
import { resolve } from 'node:path';
import { LedgerView } from '../../ledger/view.ts';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import { makeBackup } from '../../services/installation/backup.ts';
import { checkBackup, runsNotThere, type BackupCheck } from '../../services/installation/restore.ts';
import { openInstallation } from '../../services/installation/installation.ts';
import { homeFolder, homePaths, readInstallation } from '../../storage/index.ts';
import type { CliCommand } from '../command.ts';
import { exit } from '../exit.ts';
import { jsonText, printable, type CliIo } from '../io.ts';
import { lengthText } from '../../types/length.ts';
import { wholeNumber } from '../options.ts';
import { Option } from 'commander';

interface VerifyOptions {
  readonly key?: string;
  readonly run?: number;
  readonly json?: boolean;
}

async function make(folder: string, { json }: { readonly json?: boolean }, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const result = await makeBackup(site, folder, io.now);
  if (json) await io.out(jsonText(result));
  else await io.out(`${result.set}\trun ${result.run}\n`);
  const { files, bytes, written, head, damaged } = result;
  for (const sentence of damaged) io.talk(`An older run can no longer be used: ${sentence}`);
  io.talk(
    `${files} files of ${bytes} bytes, of which ${written} were not there before. It has the ledger up to event ${head.size}. To see that it opens: wardmux backup verify ${printable(folder)} --key FILE`,
  );
  return exit.done;
}

interface Here {
  readonly sentence: string;
  readonly good: boolean;
}

/** What the ledger here, where there is one of that installation, knows of the backup: how far it is ahead, and whether each run that was made is still there. */
async function againstHere(folder: string, { newest, installation }: BackupCheck, io: CliIo): Promise<Here | undefined> {
  if (!newest || readInstallation(homePaths(homeFolder(io.env)))?.id !== installation) return undefined;
  const site = await openInstallation(io);
  const view = await LedgerView.open(site.home.ledger, site.noteKey);
  try {
    const root = view && (newest.size === view.head.tree.size ? view.head.tree.root : await view.rootAt(newest.size));
    if (root !== newest.root)
      return { good: false, sentence: 'The ledger here does not extend that of the backup: one of them was set back or is another one.' };
    const gone = await runsNotThere(site.home, site.installation, folder);
    if (gone.length > 0)
      return {
        good: false,
        sentence: `The ledger here has runs that are not in this folder as they were made: ${gone.join(', ')}. This is an older copy, or somebody took them away.`,
      };
    return { good: true, sentence: `The ledger here extends that of the backup by ${view!.events - newest.size} events, and every run that it has is there.` };
  } finally {
    view?.close();
  }
}

async function verify(folder: string, { key, run, json }: VerifyOptions, io: CliIo): Promise<number> {
  const opener = key === undefined ? undefined : await AuditKeyOpener.fromFile(resolve(key));
  const check = await checkBackup(folder, run, opener, io.now());
  const here = await againstHere(folder, check, io);
  const good = check.faults.length === 0 && check.newest !== undefined && (here?.good ?? true);
  if (json) await io.out(jsonText({ ...check, good, ...(here === undefined ? {} : { here: here.sentence }) }));
  else
    await io.out(
      [
        `${check.set}\tof ${check.installation}\t${check.runs} whole runs${check.interrupted > 0 ? `, ${check.interrupted} interrupted` : ''}`,
        ...(check.newest
          ? [`run ${check.newest.run}\tledger of ${check.newest.size} events, root ${check.newest.root}\t${lengthText(check.newest.ageMs)} old`]
          : []),
        ...check.faults,
        ...(here === undefined ? [] : [here.sentence]),
        check.opened === undefined
          ? 'Without a key: the packs are what was signed for; whether they open was not looked at (--key FILE).'
          : `With the key: ${check.opened.files} files of ${check.opened.bytes} bytes opened${check.opened.erased.length > 0 ? `; erased in it: ${check.opened.erased.join(', ')}` : ''}.`,
        `The runs are signed by the key ${check.keys.join(', ')}: whether that is the installation's shows a restore, or its trust.json.`,
        '',
      ].join('\n'),
    );
  return good ? exit.done : exit.badBackup;
}

export const backup: CliCommand = {
  name: 'backup',
  needs: { backup: 'backup.make', verify: 'evidence.read' },
  summary: 'Backs everything up into a folder, sealed to the audit keys; or looks whether a backup is still good.',
  description:
    'Recordings, ledger, people, policies and the key that signs. Nobody’s key is needed to make one; the private half of an audit key opens it, and this workstation cannot. Only what is new is written, an interrupted run loses 64 MiB at most, and the next one uses the rest. Two events say that it began and that it is whole.',
  examples: [
    ['wardmux backup /media/ada/BACKUP', 'makes a run, the first or the next one'],
    ['wardmux backup verify /media/ada/BACKUP', 'signatures and digests; needs no key'],
    ['wardmux backup verify /media/ada/BACKUP --key audit-key.json', 'opens everything in the newest run as well'],
  ],
  declare: (command, io, done) => {
    command
      .argument('<DIR>', 'a folder of its own, on another disk; it is made where it is not there')
      .option('--json', 'print the result as JSON')
      .action(async (folder: string, options: { readonly json?: boolean }) => done(await make(folder, options, io)));
    command
      .command('verify')
      .description('Looks whether a backup is what was signed for, how old it is, and with a key whether all of it opens.')
      .argument('<DIR>', 'the folder of the backup')
      .option('--key <FILE>', 'the file of an audit key: everything in the run is opened')
      .addOption(new Option('--run <N>', 'this run instead of the newest whole one').argParser(wholeNumber))
      .option('--json', 'print the result as JSON')
      .action(async (folder: string, options: VerifyOptions) => done(await verify(folder, options, io)));
  },
};
