/** `wardmux import`: a recording that another program made becomes a sealed one, marked as nobody's word but that file's. */
import { Option } from 'commander';
import { resolve } from 'node:path';
import { importFormats } from '../../import/index.ts';
import { policyInForce } from '../../policy/index.ts';
import { importRecording, tallyMarks } from '../../services/recordings/import.ts';
import { factsOf, openInstallation, withLedger } from '../../services/installation/installation.ts';
import { recordingOwner, recordingRules } from '../../services/recordings/start.ts';
import { givenReasons, importedText, type GivenReasonWord } from '../../types/words.ts';
import { version } from '../../version.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { jsonText } from '../io.ts';
import { personOptions } from '../options.ts';
import { unlockPerson, type PersonOptions } from '../person.ts';

interface ImportOptions extends PersonOptions {
  readonly format: string;
  readonly timing?: string;
  readonly reason?: GivenReasonWord;
  readonly ticket?: string;
  readonly json?: boolean;
}

export const importCommand: CliCommand = {
  name: 'import',
  needs: 'recording.import',
  summary: 'Makes a sealed recording of a file of asciinema, script, ttyrec or tlog, marked as imported and not witnessed.',
  description:
    'It is sealed to you and to the audit keys, and is found, played, exported and kept like any other. The ledger, the list, every replay, every export and its verification say that it was imported: nobody here has seen that things happened so. Times in it are those of the file. The file is left where it is, in the clear: what becomes of it is yours to decide.\nFormats: asciicast of asciinema (versions 2 and 3), typescripts of script(1) with their timing file (--timing, classic and advanced), ttyrec, JSON of tlog. What was typed is left out.',
  examples: [
    ['wardmux import demo.cast', 'asks for your passphrase'],
    ['wardmux import typescript --timing typescript.tm', 'of script --log-timing typescript.tm typescript'],
    ['wardmux import old.ttyrec --format ttyrec --passphrase-fd 3 3< FILE', 'for scripts; FILE holds the passphrase'],
  ],
  declare: (command, io, done) => {
    personOptions(command.argument('<FILE>', 'the file'))
      .addOption(new Option('--format <NAME>', 'what it is').choices(['auto', ...importFormats.map(({ name }) => name)]).default('auto'))
      .option('--timing <FILE>', 'of a typescript: its timing file')
      .addOption(new Option('--reason <WORD>', 'why, where the policy asks').choices(givenReasons))
      .option('--ticket <TICKET>', 'for which ticket, with --reason')
      .option('--json', 'print the result as JSON')
      .action(async (file: string, options: ImportOptions) => {
        const { reason, ticket = null } = options;
        if (ticket !== null && reason === undefined) throw new CliError('usage', 'A ticket goes with a reason: give --reason too.');
        const given = reason && { reason, ticket };
        const site = await openInstallation(io);
        const identity = await unlockPerson(site, options, io);
        try {
          const facts = await factsOf(site);
          const { person } = identity;
          const loaded = policyInForce(site.home, facts);
          const owner = recordingOwner(person, loaded, facts, undefined, given);
          const result = await importRecording(
            { file: resolve(file), timing: options.timing && resolve(options.timing), format: options.format },
            {
              home: site.home,
              installation: site.installation.id,
              version,
              owner,
              rules: recordingRules(loaded),
              withLedger: (task) => withLedger(site, ({ ledger }) => task(ledger), { identity, talk: io.talk }),
            },
          );
          if (options.json) await io.out(jsonText(result));
          else await io.out(`${result.recording}\n`);
          io.talk(`Recording ${result.recording}: ${importedText(result.format)}. SHA-256 of the file: ${result.sha256}`);
          for (const text of tallyMarks(result.tally)) io.talk(`note: ${text}.`);
          done(exit.done);
        } finally {
          identity.destroy();
        }
      });
  },
};
