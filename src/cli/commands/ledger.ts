/** `wardmux ledger show|verify`: the audit ledger, read without changing it. */
import { readLedger } from '../../ledger/read.ts';
import type { LedgerEvent } from '../../ledger/types.ts';
import type { CliCommand } from '../command.ts';
import { exit } from '../exit.ts';
import { openInstallation } from '../installation.ts';
import { jsonText, printable, type CliIo } from '../io.ts';

/** One line for people: number, time, action, person, outcome, then the detail's fields. */
export function eventLine({ seq, time, action, person, outcome, detail }: LedgerEvent): string {
  const fields = Object.entries(detail ?? {}).map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(',') : String(value)}`);
  return `${printable([String(seq), time, action, person, outcome, ...fields].filter((word) => word !== undefined).join(' '))}\n`;
}

async function show(options: { json?: boolean; recording?: string; action?: string }, io: CliIo): Promise<number> {
  const site = openInstallation(io);
  const lines: string[] = [];
  const { faults } = readLedger(site.home.ledger, site.noteKey, {
    signatures: 'last',
    onEvent: (event, line) => {
      if (options.recording !== undefined && event.detail?.['recording'] !== options.recording) return;
      if (options.action !== undefined && event.action !== options.action) return;
      lines.push(options.json ? `${line.toString('utf8')}\n` : eventLine(event));
    },
  });
  await io.out(lines.join(''));
  for (const { message } of faults) io.talk(message);
  return faults.length > 0 ? exit.badLedger : exit.done;
}

async function verify(options: { json?: boolean }, io: CliIo): Promise<number> {
  const site = openInstallation(io);
  const { events, checkpoints, unproven, head, last, torn, faults } = readLedger(site.home.ledger, site.noteKey);
  const good = faults.length === 0;
  const sentence = good
    ? `The ledger is good: ${events} events, ${checkpoints} checkpoints, all in order and signed by ${site.installation.id}.`
    : faults[0]!.message;
  const notes: string[] = [];
  if (unproven > 0) notes.push(`The last ${unproven} events are not signed for yet.`);
  if (torn.events > 0 || torn.checkpoints > 0)
    notes.push(`${torn.events + torn.checkpoints} bytes at the end are an unfinished write; the next start of the app moves them aside.`);
  if (good)
    notes.push('Whether the whole ledger was set back to an older copy cannot be seen here: compare the last checkpoint with one that was kept elsewhere.');
  if (options.json) {
    const report = {
      good,
      code: faults[0]?.code ?? 'good',
      sentence,
      notes,
      installation: site.installation.id,
      events,
      checkpoints,
      unproven,
      head,
      last: last ? { ...last.head, time: last.time ?? null } : null,
      faults,
    };
    await io.out(jsonText(report));
  } else {
    await io.out(`${faults[0]?.code ?? 'good'}: ${sentence}\n`);
    for (const note of notes) await io.out(`note: ${note}\n`);
    for (const { message } of faults.slice(1)) io.talk(message);
  }
  return good ? exit.done : exit.badLedger;
}

export const ledger: CliCommand = {
  name: 'ledger',
  summary: 'Shows or verifies the audit ledger.',
  examples: [
    ['wardmux ledger show', 'every event, a line each'],
    ['wardmux ledger show --json --action unlock', 'the events as they are stored, one JSON object a line'],
    ['wardmux ledger verify', 'order, signatures and checkpoints; exit status 7 when it does not verify'],
  ],
  declare: (command, io, done) => {
    command
      .command('show')
      .description('Prints the events, oldest first.')
      .option('--json', 'print each event as it is stored: one JSON object a line')
      .option('--recording <ID>', 'only events of this recording')
      .option('--action <NAME>', 'only events of this kind')
      .addHelpText('after', '\nExamples:\n  wardmux ledger show --recording 20261122-081500-0a1b2c3d\n      what happened to one recording')
      .action(async (options: { json?: boolean; recording?: string; action?: string }) => done(await show(options, io)));
    command
      .command('verify')
      .description('Verifies the ledger against its own checkpoints.')
      .option('--json', 'print the report as JSON')
      .addHelpText('after', '\nExamples:\n  wardmux ledger verify\n      a sentence; exit status 7 when it does not verify')
      .action(async (options: { json?: boolean }) => done(await verify(options, io)));
  },
};
