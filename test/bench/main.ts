/**
 * `npm run bench`: the figures of docs/bench/latest.md, measured here and now against the peers that are installed.
 *
 *   npm run bench -- [--quick] [--rounds N] [--size MB] [--only REGEX] [--before DIR] [--record] [--pane] [--lock] [--window] [--versions] [--ledger] [--verify] [--review] [--redaction] [--people] [--backup]
 *
 * --quick   20 MB and 3 rounds, printed and kept in the cache only: to see that it works, not to quote
 * --before  a built clone of another version: its `wardmux record` runs in the same rounds, and so do its start, its pane and its keys (--versions)
 * --record  the recorders;  --pane  the visible pane;  --lock  the lock;  --window  its start, return and rest;  --versions  beside the version before;  --ledger  the ledger;  --verify  bundles and both verifiers;  --review  looking back;  --redaction  the recognisers, which writes docs/redaction.md too;  --people  many of them;  --backup  backups, and what is due.
 *           All of them unless some are named; the others stay as they were measured before.
 *
 * Exit status: 0 measured (whatever the figures are), 1 something could not be measured that should have been.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { benchBackup } from './backup.ts';
import { corpus } from './corpus.ts';
import { machine, machineLine, type Machine } from './machine.ts';
import { benchLedger } from './ledger.ts';
import { benchLock } from './lock.ts';
import { benchPane } from './pane.ts';
import { benchPeople } from './people.ts';
import { benchReview } from './review.ts';
import { benchRedaction } from './redaction.ts';
import { benchVerify } from './verify.ts';
import { benchVersions } from './versions.ts';
import { benchWindow } from './window.ts';
import { benchRecord, buildDrain, type RecordRow } from './record.ts';
import { markdownTable, type FigureRow } from './stats.ts';

const root = resolve(import.meta.dirname, '../..');
const cache = join(root, '.cache/bench');
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    size: { type: 'string' },
    only: { type: 'string' },
    before: { type: 'string' },
    record: { type: 'boolean', default: false },
    pane: { type: 'boolean', default: false },
    lock: { type: 'boolean', default: false },
    window: { type: 'boolean', default: false },
    versions: { type: 'boolean', default: false },
    ledger: { type: 'boolean', default: false },
    verify: { type: 'boolean', default: false },
    review: { type: 'boolean', default: false },
    redaction: { type: 'boolean', default: false },
    people: { type: 'boolean', default: false },
    backup: { type: 'boolean', default: false },
  },
});
const all =
  !values.record &&
  !values.pane &&
  !values.lock &&
  !values.window &&
  !values.versions &&
  !values.ledger &&
  !values.verify &&
  !values.review &&
  !values.redaction &&
  !values.people &&
  !values.backup;
const rounds = Number(values.rounds ?? (values.quick ? 3 : 7));
const megabytes = Number(values.size ?? (values.quick ? 20 : 200));
/** Of each kind: the worst of so many is what is quoted. */
const lockRounds = values.quick ? 3 : 50;
const paneMegabytes = values.quick ? 10 : 50;
if (!(rounds >= 1) || !(megabytes >= 1)) {
  say('--rounds and --size are numbers of 1 or more');
  process.exit(2);
}

const number = (value: number | undefined, places: number): string => (value === undefined || Number.isNaN(value) ? '–' : value.toFixed(places));

function recordTable(rows: readonly RecordRow[]): string {
  return markdownTable(
    ['recorder', 'MB/s', 'ratio to script', 'MB/s once running', 'its ratio', 'CPU s', 'bytes lost', 'same bytes', 'MB on disk', 'remarks'],
    rows.map((row) =>
      row.missing === undefined
        ? [
            row.name,
            number(row.mbPerSecond, 1),
            `${number(row.ratio, 2)}x`,
            number(row.streamMbPerSecond, 1),
            `${number(row.streamRatio, 2)}x`,
            number(row.cpuSeconds, 1),
            row.bytesLost ?? '–',
            row.exact === undefined ? '–' : row.exact ? 'yes' : 'no',
            number((row.diskBytes ?? 0) / 1e6, 1),
            row.note,
          ]
        : [row.name, '–', '–', '–', '–', '–', '–', '–', '–', row.missing],
    ),
  );
}

function figureTable(what: string, rows: readonly FigureRow[]): string {
  return markdownTable(
    [what, 'value', 'remarks'],
    rows.map((row) => [row.name, row.missing === undefined ? row.value : '–', row.missing ?? row.note]),
  );
}

/** A part as it was measured: some of them may be of another day than the rest. */
interface Measured<Row> {
  readonly machine: Machine;
  readonly rounds: number;
  /** Of terminal output, where the part prints some. */
  readonly megabytes: number;
  readonly rows: readonly Row[];
}

interface Parts {
  readonly record?: Measured<RecordRow>;
  readonly pane?: Measured<FigureRow>;
  readonly lock?: Measured<FigureRow>;
  readonly window?: Measured<FigureRow>;
  readonly versions?: Measured<FigureRow>;
  readonly ledger?: Measured<FigureRow>;
  readonly verify?: Measured<FigureRow>;
  readonly review?: Measured<FigureRow>;
  readonly redaction?: Measured<FigureRow>;
  readonly people?: Measured<FigureRow>;
  readonly backup?: Measured<FigureRow>;
}

const here = machine();
say(machineLine(here));
mkdirSync(cache, { recursive: true });
const drain = buildDrain(join(import.meta.dirname, 'drain.c'), cache);
const measured = <Row>(rows: readonly Row[], most = rounds, size = megabytes): Measured<Row> => ({ machine: here, rounds: most, megabytes: size, rows });
const now: { -readonly [part in keyof Parts]: Parts[part] } = {};
if (all || values.record) {
  say(`making the corpus of ${megabytes} MB, where it is not in the cache`);
  const text = corpus(cache, megabytes);
  const only = values.only === undefined ? undefined : new RegExp(values.only);
  now.record = measured(await benchRecord({ corpus: text, rounds, drain, cache, only, before: values.before, say }));
}
if (all || values.pane) {
  const most = Math.min(rounds, 5);
  now.pane = measured(await benchPane({ corpus: corpus(cache, paneMegabytes), rounds: most, drain, cache, say }), most, paneMegabytes);
}
if (all || values.lock) now.lock = measured(await benchLock({ rounds: lockRounds, cache, say }), lockRounds, 0);
if (all || values.window) now.window = measured(await benchWindow({ rounds, restMs: values.quick ? 15_000 : 60_000, say }), rounds, 0);
if (values.versions || (all && values.before !== undefined)) {
  const text = corpus(cache, paneMegabytes);
  now.versions = measured(await benchVersions({ before: values.before, rounds, corpus: text, drain, cache, say }), rounds, paneMegabytes);
}
if (all || values.ledger) now.ledger = measured(await benchLedger({ cache, events: values.quick ? 200_000 : 10_000_000, say }), 1, 0);
if (all || values.verify) now.verify = measured(await benchVerify({ corpus: corpus(cache, megabytes).file, rounds, large: values.quick ? 10 : 50, say }));
if (all || values.redaction)
  now.redaction = measured(await benchRedaction({ documents: values.quick ? 700 : 7000, corpus: corpus(cache, 20).file, publish: !values.quick, say }), 1, 20);

if (all || values.review) {
  const size = values.quick ? 20 : 100;
  now.review = measured(await benchReview({ cache, megabytes: size, moments: values.quick ? 40 : 200, say }), 1, size);
}

if (all || values.people) {
  const most = values.quick ? 3 : 200;
  now.people = measured(await benchPeople({ rounds: most, say }), most, 0);
}

if (all || values.backup) {
  const size = values.quick ? 40 : 500;
  now.backup = measured(await benchBackup({ cache, corpus: corpus(cache, 20).file, megabytes: size, say }), 1, size);
}

/** What was measured before and is not measured now stays, with its own machine and day. */
function before(file: string): Parts {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Parts;
  } catch {
    return {};
  }
}

function section<Row>(part: Measured<Row> | undefined, title: (part: Measured<Row>) => string, body: (part: Measured<Row>) => readonly string[]): string[] {
  if (!part) return [];
  return [`## ${title(part)}`, '', `${machineLine(part.machine)}.`, '', ...body(part), ''];
}

function markdown({ record, pane, lock, window, versions, ledger, verify, review, redaction, people, backup }: Parts): string {
  const lines = [
    '# Figures',
    '',
    `Measured by \`npm run bench\`${values.quick ? ' -- --quick (too small to quote)' : ''}, each part in one run, on the machine that it names.`,
    '',
    ...section(
      record,
      (part) => `Recording ${part.megabytes} MB of mixed terminal output`,
      ({ rows, rounds: most }) => [
        `A quarter each of plain logs, text beyond ASCII, heavy colour and cursor motion, printed by \`cat\` in a terminal of 120 x 40; every recorder writes to the same drained display. Medians of ${most} interleaved rounds; a ratio is the median of the rounds' own ratios to \`script -q -f\`, above 1 is faster. "MB/s" is the whole command with its start and its end, "once running" is from the first byte on the display to the last. "Bytes lost" and "same bytes" compare what the recording gives back with what the terminal printed.`,
        '',
        recordTable(rows),
        '',
        ...rows.filter(({ version }) => version !== '').map(({ name, version }) => `- ${name}: ${version}`),
      ],
    ),
    ...section(
      pane,
      () => 'A visible, recorded pane',
      ({ rows }) => [figureTable('visible pane', rows)],
    ),
    ...section(
      lock,
      () => 'The lock, and the way back',
      ({ rows }) => [figureTable('the window', rows)],
    ),
    ...section(
      window,
      () => 'The window: its start, the return to it, and its rest',
      ({ rows }) => [figureTable('the window', rows)],
    ),
    ...section(
      versions,
      () => 'Beside the version before',
      ({ rows }) => [figureTable('in the same rounds', rows)],
    ),
    ...section(
      ledger,
      () => 'The ledger',
      ({ rows }) => [figureTable('the ledger', rows)],
    ),
    ...section(
      verify,
      () => 'Bundles, and verifying them',
      ({ rows }) => [figureTable('bundle of the same text', rows)],
    ),
    ...section(
      review,
      () => 'Looking back',
      ({ rows }) => [figureTable('recordings', rows)],
    ),
    ...section(
      redaction,
      () => 'Redaction',
      ({ rows }) => [figureTable('the recognisers', rows)],
    ),
    ...section(
      people,
      () => 'Many people on one workstation',
      ({ rows }) => [figureTable('many people', rows)],
    ),
    ...section(
      backup,
      (part) => `Backup of ${part.megabytes} MB, and retention`,
      ({ rows }) => [figureTable('keeping and letting go', rows)],
    ),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

const folder = values.quick ? cache : join(root, 'docs/bench');
mkdirSync(folder, { recursive: true });
const latest = join(folder, 'latest.json');
const parts: Parts = { ...(values.quick ? {} : before(latest)), ...now };
const text = markdown(parts);
process.stdout.write(text);
writeFileSync(latest, `${JSON.stringify(parts, null, 2)}\n`);
writeFileSync(join(folder, 'latest.md'), text);
say(`written: ${join(values.quick ? '.cache/bench' : 'docs/bench', 'latest.json')} and latest.md`);
const rows = Object.values(now).flatMap<FigureRow | RecordRow>((part) => [...part.rows]);
if (rows.some(({ name, missing }) => /wardmux|keydown|lock|window|versions|person|permission/.test(name) && missing !== undefined)) process.exitCode = 1;
