/** `wardmux review`: what an auditor says of somebody else's recording. */
import { Option } from 'commander';
import { openInstallation, withLedger } from '../../services/installation/installation.ts';
import { deciderOf } from '../../services/deeds/decide.ts';
import { reviewRecording, reviewWords } from '../../services/recordings/review.ts';
import { reviewStates, type ReviewState } from '../../types/words.ts';
import type { CliCommand } from '../command.ts';
import { exit } from '../exit.ts';
import { jsonText, type CliIo } from '../io.ts';
import { personOptions } from '../options.ts';
import { unlockPerson, type PersonOptions } from '../person.ts';

interface ReviewOptions extends PersonOptions {
  readonly state: ReviewState;
  readonly json?: boolean;
}

async function say(id: string, { state, json, ...options }: ReviewOptions, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const identity = await unlockPerson(site, options, io);
  const by = identity.person.id;
  try {
    const { certify } = deciderOf(identity);
    await withLedger(site, ({ ledger }) => reviewRecording({ ledger, by, certify: (request) => certify(ledger.installation, by, request) }, id, state), {
      identity,
      talk: io.talk,
    });
  } finally {
    identity.destroy();
  }
  await io.out(json ? jsonText({ recording: id, state, by }) : `${id}\t${reviewWords[state]}\t${by}\n`);
  return exit.done;
}

export const review: CliCommand = {
  name: 'review',
  needs: { review: 'recording.review' },
  summary: 'Says of somebody else’s recording that it is to be reviewed, in review, fine, or flagged.',
  description:
    'An auditor says it, and never of their own recording. It is signed, entered in the ledger, and shown wherever recordings are listed; the last one counts. What there is to look at: wardmux list --state to-review.',
  examples: [
    ['wardmux review ID --state flagged', 'asks for the auditor’s passphrase'],
    ['wardmux list --state to-review', 'those that wait'],
  ],
  declare: (command, io, done) => {
    personOptions(command)
      .argument('<ID>', 'the recording')
      .addOption(new Option('--state <STATE>', 'what you say of it').choices([...reviewStates]).makeOptionMandatory())
      .option('--json', 'print the result as JSON')
      .action(async (id: string, options: ReviewOptions) => done(await say(id, options, io)));
  },
};
