/** `wardmux ledger show|verify`: the audit ledger, read without changing it. */
import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { parseTrust, readTrustFile } from '../../export/trust.ts';
import { eventTable } from '../../ledger/events.ts';
import { readLedger } from '../../ledger/read.ts';
import { sayingsOf } from '../../ledger/rules.ts';
import type { LedgerEvent } from '../../ledger/types.ts';
import { detailText } from '../../report/event-report.ts';
import { actionsOf } from '../../report/events.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit, type ExitName } from '../exit.ts';
import { openInstallation, type OpenInstallation } from '../../services/installation/installation.ts';
import { collectedVerdict, compareCollected } from '../../services/ledger/against.ts';
import type { Comparison } from '../../sinks/collected.ts';
import { LedgerError } from '../../ledger/errors.ts';
import type { GivenTrust, VerdictCode } from '../../services/ledger/verdicts.ts';
import { verifyLedger } from '../../services/ledger/verify.ts';
import { jsonText, outSentence, printable, type CliIo } from '../io.ts';

/** One line for people: number, time, action, person, outcome, then the detail's fields. */
export function eventLine(event: LedgerEvent): string {
  const { seq, time, action, person, outcome } = event;
  const words = [String(seq), time, action, person, outcome, detailText(event) || undefined];
  return `${printable(words.filter((word) => word !== undefined).join(' '))}\n`;
}

/** A word that no event has would find nothing, which reads as "that never happened". */
export function actionName(text: string): string {
  if (actionsOf(text).length > 0) return text;
  const near = eventTable.flatMap(({ action }) => (text.length > 1 && action.startsWith(text.slice(0, 2)) ? [action] : []));
  throw new InvalidArgumentError(`No event is called that. ${near.length > 0 ? `There is ${near.join(', ')}. ` : ''}All of them: docs/format.md, Events.`);
}

async function show(options: { json?: boolean; recording?: string; action?: string }, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const lines: string[] = [];
  const { faults } = readLedger(site.home.ledger, site.noteKey, {
    signatures: 'last',
    onEvent: (event, line) => {
      if (
        options.recording !== undefined &&
        event.detail?.['recording'] !== options.recording &&
        !sayingsOf(event).some(({ recording }) => recording === options.recording)
      )
        return;
      if (options.action !== undefined && !actionsOf(options.action).includes(event.action)) return;
      lines.push(options.json ? `${line.toString('utf8')}\n` : eventLine(event));
    },
  });
  await io.out(lines.join(''));
  if (lines.length === 0) io.talk('The ledger has no such event.');
  for (const { message } of faults) io.talk(message);
  return faults.length > 0 ? exit.badLedger : exit.done;
}

/** What a command exits with, for each thing that can be said of a ledger. */
const statusOf: Readonly<Record<VerdictCode, ExitName>> = {
  'missing-recording': 'missingRecording',
  contradiction: 'contradiction',
  'unknown-recording': 'unknownRecording',
  'superseded-key': 'otherInstallation',
  'other-installation': 'otherInstallation',
  'unchecked-identity': 'uncheckedIdentity',
  'not-entitled': 'badLedger',
  'bad-policy': 'badLedger',
  'changed-person': 'changedPerson',
  'bad-derived': 'badLedger',
  'not-anchored': 'notAnchored',
  'half-signed': 'halfSigned',
  diverged: 'diverged',
};

interface VerifyOptions {
  readonly json?: boolean;
  readonly anchor?: string[];
  readonly others?: boolean;
  readonly trust?: string;
  readonly deep?: boolean;
  readonly against?: string;
}

/** @throws CliError */
function trustOf(file: string | undefined): GivenTrust | undefined {
  if (file === undefined) return undefined;
  const trust = parseTrust(readTrustFile(resolve(file)) ?? '');
  if (trust === undefined || trust === 'newer') throw new CliError('usage', `${file} is not a trust.json that this version can read.`);
  return { file, trust };
}

async function verify(options: VerifyOptions, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const { good, code, sentence, notes, reading, differs, outside, compared, deleted, views } = await verifyLedger(
    site,
    { ...options, trust: trustOf(options.trust) },
    io,
  );
  const against = options.against === undefined || reading.faults.length > 0 ? undefined : await againstCollector(site, options.against);
  const { events, checkpoints, halfSigned, whole, unvouched, head, last, faults } = reading;
  if (options.json) {
    const report = {
      good,
      code,
      sentence,
      notes,
      installation: site.installation.id,
      events,
      checkpoints,
      halfSigned: halfSigned.length,
      whole,
      unvouched,
      head: head ? { ...head.tree, time: head.time } : null,
      last: last ? { ...last.head, time: last.time ?? null } : null,
      faults,
      outside: outside?.heads ?? null,
      anchors: views,
      recordings: compared ?? null,
      ...(against ? { against } : {}),
    };
    await io.out(jsonText(report));
  } else {
    await outSentence(io, `${code}: ${sentence}`);
    for (const { id, began, records, folder: empty } of compared?.missing ?? [])
      await io.out(`missing: ${id}, began ${began}, ${records} records${empty ? ', its folder has no segments' : ''}\n`);
    for (const { sentence: what } of compared?.contradictions ?? []) await outSentence(io, `contradiction: ${what}`);
    for (const what of deleted) await outSentence(io, `deleted: ${what}`);
    for (const id of compared?.unknown ?? []) await io.out(`unknown: ${id}\n`);
    for (const { id, proven, records } of compared?.content?.unsigned ?? [])
      await io.out(`not signed for yet: ${id}, the last ${records - proven} of ${records} records\n`);
    for (const note of notes) await outSentence(io, `note: ${note}`);
    if (against) await outSentence(io, `collector: ${against.code}: ${against.sentence}`);
    for (const { message } of faults.slice(1)) io.talk(message);
  }
  if (faults.length > 0) return exit.badLedger;
  // What somebody asked to be compared with says more than where heads go.
  if (against && against.code !== 'good') return exit[statusOf[against.code]];
  return exit[differs ? statusOf[differs.code] : 'done'];
}

/** @throws CliError where the file cannot be read */
async function againstCollector(site: OpenInstallation, file: string): Promise<ReturnType<typeof collectedVerdict> & Comparison> {
  try {
    const found = await compareCollected(site, resolve(file));
    return { ...found, ...collectedVerdict(file, found) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof LedgerError || typeof code !== 'string') throw error;
    throw new CliError('usage', `${file} cannot be read (${code}). Give the file in which the collector keeps what this workstation sent.`);
  }
}

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

export const ledger: CliCommand = {
  name: 'ledger',
  needs: { show: 'evidence.read', verify: 'evidence.read' },
  summary: 'Shows or verifies the audit ledger.',
  examples: [
    ['wardmux ledger show', 'every event, a line each'],
    ['wardmux ledger show --json --action unlock', 'the events as they are stored, one JSON object a line'],
    ['wardmux ledger verify', 'order, signatures and checkpoints, and whether its recordings are there; exit status 7, 8 or 9 when not'],
    ['wardmux ledger verify --deep', 'and all content of the recordings; exit status 52 when it is not what was signed for'],
    ['wardmux ledger verify --against /mnt/siem/wardmux.log', 'and whether every event that a collector wrote down is this ledger’s'],
    ['wardmux ledger verify --anchor /mnt/audit', 'and whether it extends the heads that are kept there; exit status 50 or 51 when not'],
  ],
  declare: (command, io, done) => {
    command
      .command('show')
      .description('Prints the events, oldest first.')
      .option('--json', 'print each event as it is stored: one JSON object a line')
      .option('--recording <ID>', 'only events of this recording')
      .addOption(new Option('--action <NAME>', 'only events of this kind; recording.* are all whose names begin so').argParser(actionName))
      .addHelpText('after', '\nExamples:\n  wardmux ledger show --recording 20261122-081500-0a1b2c3d\n      what happened to one recording')
      .action(async (options: { json?: boolean; recording?: string; action?: string }) => done(await show(options, io)));
    command
      .command('verify')
      .description('Verifies the ledger against its own checkpoints, and compares the recordings that it knows with those on the disk.')
      .option('--json', 'print the report as JSON')
      .option('--deep', 'read all recordings and compare their content with the heads that were signed; says on stderr how far it is')
      .option('--anchor <PATH>', 'also compare with the heads in this file or folder, kept outside; can be given several times', collect, [])
      .option('--others', 'heads of other workstations may be kept there too')
      .option('--trust <FILE>', 'also compare its key with this trust.json, got by another way')
      .option('--against <FILE>', 'also compare it with what a collector wrote down, a message a line; exit status 50 or 51 when not')
      .addHelpText(
        'after',
        '\nExamples:\n  wardmux ledger verify\n      a sentence; exit status 7 when it does not verify,\n      8 when a recording that it knows is gone, 9 when one is there that it does not know,\n      52 when one is not what was signed for',
      )
      .action(async (options: VerifyOptions) => done(await verify(options, io)));
  },
};
