import { Option } from 'commander';
import { SentenceError, sentenceOf } from '../../types/sentence.ts';
import { givenReasons, type GivenReasonWord } from '../../types/words.ts';
import type { CliCommand } from '../command.ts';
import { version } from '../../version.ts';
import { pass } from '../door.ts';
import { variableSentence, variablesNotUtf8, workingFolder } from '../../native/given.ts';
import { recordExit } from '../../job/status.ts';
import { record as runRecord } from '../../job/record.ts';

export const record: CliCommand = {
  name: 'record',
  needs: 'session.record',
  summary: 'Runs a command in a terminal of its own, sealed into a recording.',
  description:
    'What the command prints is sealed before it is shown; what is typed is not recorded.\n\nExits as the command does; 125 when it could not be recorded, 126 and 127 when it cannot be run, 128 and the signal when a signal ended it.',
  examples: [
    ['wardmux record -- bash', 'a recorded shell'],
    ['wardmux record --reason maintenance --ticket INC0012345 -- bash', 'where the policy asks why'],
    ['wardmux record --json -- ./nightly.sh 2> log', 'ends with {"recording":"ID",…} on stderr'],
  ],
  declare: (command, io, done) => {
    command
      .argument('<CMD...>', 'the command and its arguments, after --')
      .option('--json', 'end with a line of JSON on stderr')
      .option('--person <ID>', 'whose recording it is, where several people share this installation')
      .addOption(new Option('--reason <REASON>', 'why, where the policy asks').choices(givenReasons))
      .option('--ticket <TICKET>', 'for which ticket, in the shape that the policy has; never a patient’s number')
      .passThroughOptions()
      .action(async (words: string[], options: { json?: boolean; person?: string; reason?: GivenReasonWord; ticket?: string }) => {
        let cwd: string;
        try {
          cwd = workingFolder();
          const [bad] = variablesNotUtf8();
          if (bad !== undefined) throw new SentenceError(`${variableSentence(bad)} Unset it, or set it to text.`);
        } catch (error) {
          io.talk(`wardmux: ${sentenceOf(error)}`);
          done(recordExit.failed);
          return;
        }
        const { reason, ticket = null } = options;
        if (ticket !== null && reason === undefined) {
          io.talk('wardmux: a ticket goes with a reason: give --reason too.');
          done(recordExit.failed);
          return;
        }
        const given = reason && { reason, ticket };
        done(
          await runRecord({ command: words, json: options.json ?? false, person: options.person, given }, { env: { ...io.env }, cwd, version, admit: pass }),
        );
      });
  },
};
