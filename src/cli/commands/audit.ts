/** `wardmux audit due|sign|note`: what nobody has reviewed, and how an auditor signs that they have. */
import { InvalidArgumentError, Option } from 'commander';
import type { Review } from '../../alerts/reviews.ts';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import { openInstallation } from '../../services/installation/installation.ts';
import { reviewLedger, reviewNote, reviewsOf } from '../../services/ledger/reviews.ts';
import { ledgerFindings, type LedgerFinding } from '../../types/words.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { jsonText, printable, type CliIo } from '../io.ts';
import { noteWords } from '../note-words.ts';
import { personOptions } from '../options.ts';
import { unlockPerson, type PersonOptions } from '../person.ts';

async function showDue({ json }: { readonly json?: boolean }, io: CliIo): Promise<number> {
  const { due, all } = await reviewsOf(await openInstallation(io));
  const last = all.at(-1) ?? null;
  if (json) {
    await io.out(jsonText({ ...due, last }));
    return exit.done;
  }
  const lines = [
    due.events === 0 ? 'Every event is reviewed.' : `${due.events} events, from number ${due.from} (${due.since ?? 'now'}) on: nobody has reviewed them.`,
    ...due.own.map(
      ({ person, from, to, events }) =>
        `${events} events of ${person}, between ${from} and ${to - 1}: they have reviewed that themselves, and somebody else has to.`,
    ),
    last === null ? 'There was no review yet.' : `The last review: ${last.time}, by ${last.by}, events ${last.from} to ${last.to - 1}, ${last.finding}.`,
  ];
  await io.out(`${lines.join('\n')}\n`);
  return exit.done;
}

interface SignOptions extends PersonOptions {
  readonly from?: number;
  readonly to?: number;
  readonly finding: LedgerFinding;
  readonly note: string;
  readonly json?: boolean;
}

async function sign({ from, to, finding, note, json, ...options }: SignOptions, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const identity = await unlockPerson(site, options, io);
  try {
    const span = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to: to + 1 }) };
    const signed = await reviewLedger(site, identity, { ...span, finding, note }, io);
    const by = identity.person.id;
    await io.out(json ? jsonText({ ...signed, by }) : `${signed.from}-${signed.to - 1}\t${finding}\t${by}\n`);
    return exit.done;
  } finally {
    identity.destroy();
  }
}

async function readNote(typed: string, { key, json }: { readonly key: string; readonly json?: boolean }, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const review: Review | undefined = (await reviewsOf(site)).all.find(({ seq }) => String(seq) === typed);
  if (!review)
    throw new CliError('usage', `Event ${JSON.stringify(typed.slice(0, 20))} is no review that counts. See: wardmux events --action ledger.reviewed`);
  const note = await reviewNote(site.home, review, await AuditKeyOpener.fromFile(key));
  const words = noteWords(note, `review ${review.seq}`, site.home.alertNotes);
  await io.out(json ? jsonText({ ...review, note: words }) : `${printable(words)}\n`);
  return exit.done;
}

function eventNumber(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new InvalidArgumentError('It is the number of an event, as wardmux events has it.');
  return Number(value);
}

export const auditCommand: CliCommand = {
  name: 'audit',
  needs: { due: 'evidence.read', sign: 'ledger.review', note: 'recording.replay.key' },
  summary: 'Shows which events nobody has reviewed, and signs that an auditor has.',
  description:
    'An auditor signs it with their own key, with what they found; every reader of the ledger checks that. Nobody reviews what they did themselves: that stays due until another auditor, who is no hand of theirs, has signed for it too. The note is sealed to the audit keys of the policy and to whoever wrote it.',
  examples: [
    ['wardmux audit due', 'from which event on nothing is reviewed, and what of reviewers themselves waits for somebody else'],
    ['wardmux report review --since 2026-11-01 --format html --output november.html', 'what to look at'],
    ['wardmux audit sign --finding nothing --note "Looked at November."', 'for everything that is due; asks for your passphrase'],
    ['wardmux audit note 4711 --key audit-key.json', 'what was written at the review that event 4711 is'],
  ],
  declare: (command, io, done) => {
    command
      .command('due')
      .description('Shows what nobody has reviewed.')
      .option('--json', 'print JSON')
      .action(async (options: { json?: boolean }) => done(await showDue(options, io)));
    personOptions(command.command('sign'))
      .description('Signs that you have reviewed events, and what you found.')
      .addOption(new Option('--from <N>', 'from this event on; the first one that is due where it is left out').argParser(eventNumber))
      .addOption(new Option('--to <N>', 'to this event; the last one there is where it is left out').argParser(eventNumber))
      .addOption(new Option('--finding <WORD>', 'what you found').choices([...ledgerFindings]).makeOptionMandatory())
      .requiredOption('--note <TEXT>', 'in your words, one line')
      .option('--json', 'print JSON')
      .action(async (options: SignOptions) => done(await sign(options, io)));
    command
      .command('note')
      .description('Opens the note of a review with an audit key.')
      .argument('<N>', 'the number of its event')
      .requiredOption('--key <FILE>', 'the file of an audit key')
      .option('--json', 'print JSON')
      .action(async (typed: string, options: { key: string; json?: boolean }) => done(await readNote(typed, options, io)));
  },
};
