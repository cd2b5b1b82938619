/** `wardmux restore`: a backup, put back into a new folder. */
import { Option } from 'commander';
import { resolve } from 'node:path';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import { restoreBackup } from '../../services/installation/restore.ts';
import type { CliCommand } from '../command.ts';
import { exit } from '../exit.ts';
import { jsonText, printable } from '../io.ts';
import { lengthText } from '../../types/length.ts';
import { wholeNumber } from '../options.ts';

interface Options {
  readonly to: string;
  readonly key: string;
  readonly run?: number;
  readonly readOnly?: boolean;
  readonly json?: boolean;
}

export const restore: CliCommand = {
  name: 'restore',
  needs: 'backup.restore',
  summary: 'Puts a backup back into a new folder, with the private half of an audit key.',
  description:
    'All of it is made beside that folder, held against what was signed for, and moved there last: a full disk or a damaged backup leaves nothing. Where an anchor, or the secret store, knows more of the ledger than the backup has, nothing is restored, because going on from there would set the ledger back; --read-only then restores everything but the key that signs, for looking back.',
  examples: [
    ['wardmux restore /media/ada/BACKUP --to ~/.local/share/wardmux --key audit-key.json', 'on a new machine'],
    ['wardmux restore /media/ada/BACKUP --to /tmp/drill --key audit-key.json --read-only', 'a drill: head and age, and nothing that could go on from it'],
  ],
  declare: (command, io, done) => {
    command
      .argument('<DIR>', 'the folder of the backup')
      .addOption(new Option('--to <HOME>', 'the data folder that it becomes: new, or empty').makeOptionMandatory())
      .addOption(new Option('--key <FILE>', 'the file of an audit key that the backup is sealed to').makeOptionMandatory())
      .addOption(new Option('--run <N>', 'this run instead of the newest whole one').argParser(wholeNumber))
      .option('--read-only', 'without the key that signs: nothing can be entered there')
      .option('--json', 'print the result as JSON')
      .action(async (folder: string, { to, key, run, readOnly = false, json }: Options) => {
        const opener = await AuditKeyOpener.fromFile(resolve(key));
        const result = await restoreBackup({ folder, to, run, opener, readOnly });
        const { head, ended, installation, files, bytes, erased, behind, passedOver } = result;
        const ageMs = Math.max(0, io.now() - Date.parse(ended));
        if (json) await io.out(jsonText({ ...result, ageMs }));
        else await io.out(`${result.to}\t${installation}\tledger of ${head.size} events, root ${head.root}\n`);
        io.talk(
          `${files} files of ${bytes} bytes came back from run ${result.run}. The head of the ledger is the one that was signed for; it is ${lengthText(ageMs)} old, and what happened since is not in it.`,
        );
        if (erased.length > 0) io.talk(`Erased in this backup, and not restored: ${erased.join(', ')}.`);
        if (passedOver.length > 0) io.talk(`Later runs in that folder are not whole, and were passed over: ${passedOver.join(', ')}.`);
        for (const sentence of behind) io.talk(`Behind what is known outside: ${sentence}`);
        io.talk(`Hold it against what was kept elsewhere: WARDMUX_HOME='${printable(result.to)}' wardmux ledger verify --trust FILE`);
        done(exit.done);
      });
  },
};
