/** `wardmux redact`: what an export would withhold, and what the recognisers are. */
import { planDisclosure, type Disclosure } from '../../export/disclosure.ts';
import { MOST_PLACES, previewOf, type Preview } from '../../export/preview.ts';
import { recallOf } from '../../export/measured-recall.ts';
import type { SegmentOpener } from '../../recording/types.ts';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import { goesOn } from '../../records/index.ts';
import { recognisers, RECOGNISERS_VERSION, standardKinds } from '../../redaction/index.ts';
import { appendEvent, openInstallation } from '../../services/installation/installation.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { columns, jsonText, type CliIo } from '../io.ts';
import { personOptions } from '../options.ts';
import { unlockPerson, type PersonOptions } from '../person.ts';
import { ledgerStateOf, recordingFolder } from '../recording-folder.ts';
import { chosenKinds, span } from '../redaction-options.ts';

interface PreviewOptions extends PersonOptions {
  readonly redact: string;
  readonly key?: string;
  readonly from?: string;
  readonly to?: string;
  readonly context?: boolean;
  readonly json?: boolean;
}

/** h:mm:ss.mmm since the start. */
function timeText(us: number): string {
  const seconds = us / 1e6;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two((seconds / 60) % 60)}:${(seconds % 60).toFixed(3).padStart(6, '0')}`;
}

async function preview(id: string, options: PreviewOptions, io: CliIo): Promise<number> {
  const kinds = chosenKinds(options.redact, standardKinds);
  const asked = span(options, id);
  const site = await openInstallation(io);
  const folder = await recordingFolder(site, id);
  if (options.key !== undefined && (options.passphraseFd !== undefined || options.person !== undefined))
    throw new CliError('usage', 'A recording is opened with an audit key (--key) or by a person (--person, --passphrase-fd): give one of them.');
  const identity = options.key === undefined ? await unlockPerson(site, options, io) : undefined;
  const opener: SegmentOpener = identity ?? (await AuditKeyOpener.fromFile(options.key!));
  let disclosure: Disclosure;
  let around: Preview;
  try {
    // It reads all of it, so it is on the record as reading is, before anything is read.
    const detail = { recording: id, key: identity ? 'owner' : 'audit', raw: false, how: 'text', masked: true } as const;
    await appendEvent(site, { action: 'play', ...(identity ? { person: identity.person.id } : {}), outcome: 'success', detail }, { identity, talk: io.talk });
    const state = await ledgerStateOf(site, id);
    const source = { folder, opener, live: goesOn(folder, state) };
    disclosure = await planDisclosure(source, { kinds, ...asked });
    around = await previewOf(source, disclosure);
  } finally {
    identity?.destroy();
  }
  const findings = disclosure.requestedFindings;
  const { places, found: _, ...sizes } = around;
  const textOf = (place: number): string => {
    const one = options.context ? places[place] : undefined;
    return one ? `${one.before}${one.text}${one.after}`.trim() : '';
  };
  if (options.json)
    await io.out(
      jsonText({
        recording: id,
        recognisers: { version: RECOGNISERS_VERSION, ran: kinds },
        pieces: disclosure.pieces,
        sizes,
        withheld: findings.map(({ record, piece, code, timeUs, kinds: found, seen, reason }, n) => ({
          record,
          piece,
          code,
          timeUs,
          kinds: found,
          seen,
          reason,
          ...(options.context ? { context: textOf(n) } : {}),
        })),
      }),
    );
  else {
    const rows = findings.map(({ record, piece, timeUs, kinds: found, seen, reason }, n) => [
      timeText(timeUs),
      `${record}.${piece}`,
      found.join(' '),
      seen.join(' '),
      reason,
      ...(options.context ? [textOf(n)] : []),
    ]);
    await io.out(columns([['TIME', 'PIECE', 'FOUND', 'SEEN IN', 'REASON', ...(options.context ? ['AROUND IT'] : [])], ...rows]));
  }
  io.talk(
    `${findings.length} of ${disclosure.pieces} pieces would be withheld, by ${kinds.length} recognisers (version ${RECOGNISERS_VERSION}). No value is shown here; what they do not know is not found.${options.context && findings.length > MOST_PLACES ? ` Of the first ${MOST_PLACES} the text around is shown.` : ''}`,
  );
  io.talk(`In the clear: ${sizes.clearPieces} pieces, ${sizes.clearBytes} bytes. The evidence is about ${sizes.aboutBytes} bytes.`);
  return exit.done;
}

async function listKinds(options: { json?: boolean }, io: CliIo): Promise<number> {
  const rows = recognisers.map(({ kind, standard, reason, help }) => ({ kind, standard, reason, recall: recallOf(kind), help }));
  if (options.json) await io.out(jsonText({ version: RECOGNISERS_VERSION, kinds: rows }));
  else
    await io.out(
      columns([
        ['KIND', 'DEFAULT', 'RECALL', 'WHAT IT FINDS'],
        ...rows.map(({ kind, standard, recall: measured, help }) => [kind, standard ? 'yes' : 'no', measured === null ? '-' : measured.toFixed(3), help]),
      ]),
    );
  return exit.done;
}

export const redact: CliCommand = {
  name: 'redact',
  needs: { preview: 'recording.export.own', '--key': 'recording.replay.key', kinds: 'evidence.read' },
  summary: 'Shows what an export would withhold, and what the recognisers are.',
  description: 'A preview says where something would be withheld, what it is and why, and never the value. It is entered as a look at the recording.',
  examples: [
    ['wardmux redact preview ID --passphrase-fd 3 3< FILE', 'every piece that an export would withhold'],
    ['wardmux redact preview ID --context', 'with the covered text around each, to say which are let out by hand: wardmux export --release'],
    ['wardmux redact preview ID --key audit-key.json', 'of somebody else’s recording, with an audit key'],
    ['wardmux redact kinds', 'the recognisers, which of them run by default, and their measured recall'],
  ],
  declare: (command, io, done) => {
    personOptions(command.command('preview'))
      .description('Says what an export of a recording would withhold.')
      .argument('<ID>', 'the recording')
      .option('--redact <KINDS>', 'default, or kinds with commas', 'default')
      .option('--key <FILE>', 'open it with an audit key')
      .option('--from <TIME>', 'as of wardmux export')
      .option('--to <TIME>', 'as of wardmux export')
      .option('--context', 'also the text around each, with blocks over all that was found: it is the recording’s')
      .option('--json', 'print JSON')
      .action(async (id: string, options: PreviewOptions) => done(await preview(id, options, io)));
    command
      .command('kinds')
      .description('Lists the recognisers.')
      .option('--json', 'print JSON')
      .action(async (options: { json?: boolean }) => done(await listKinds(options, io)));
  },
};
