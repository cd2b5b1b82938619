import { SentenceError, sentenceOf } from '../../types/sentence.ts';
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
    ['wardmux record --json -- ./nightly.sh 2> log', 'ends with {"recording":"ID",…} on stderr'],
  ],
  declare: (command, io, done) => {
    command
      .argument('<CMD...>', 'the command and its arguments, after --')
      .option('--json', 'end with a line of JSON on stderr')
      .option('--person <ID>', 'whose recording it is, where several people share this installation')
      .passThroughOptions()
      .action(async (words: string[], options: { json?: boolean; person?: string }) => {
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
        done(await runRecord({ command: words, json: options.json ?? false, person: options.person }, { env: { ...io.env }, cwd, version, admit: pass }));
      });
  },
};
