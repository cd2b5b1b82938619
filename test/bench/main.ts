/**
 * `npm run bench`: the figures of docs/bench/latest.md, measured here and now against the peers that are installed.
 *
 *   npm run bench -- [--quick] [--rounds N] [--size MB] [--only REGEX] [--before DIR] [--record] [--pane] [--lock] [--ledger] [--verify]
 *
 * --quick   20 MB and 3 rounds, printed and kept in the cache only: to see that it works, not to quote
 * --before  a built clone of another version: its `wardmux record` runs in the same rounds
 * --record  the recorders;  --pane  the visible pane;  --lock  the lock;  --ledger  the ledger;  --verify  bundles and both verifiers.
 *           All of them unless some are named.
 *
 * Exit status: 0 measured (whatever the figures are), 1 something could not be measured that should have been.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { corpus } from './corpus.ts';
import { machine, machineLine } from './machine.ts';
import { benchLedger } from './ledger.ts';
import { benchLock } from './lock.ts';
import { benchPane } from './pane.ts';
import { benchVerify } from './verify.ts';
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
    ledger: { type: 'boolean', default: false },
    verify: { type: 'boolean', default: false },
  },
});
const all = !values.record && !values.pane && !values.lock && !values.ledger && !values.verify;
const rounds = Number(values.rounds ?? (values.quick ? 3 : 7));
const megabytes = Number(values.size ?? (values.quick ? 20 : 200));
/** Of each kind: the worst of so many is what is quoted. */
const lockRounds = 50;
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

const here = machine();
say(machineLine(here));
mkdirSync(cache, { recursive: true });
const drain = buildDrain(join(import.meta.dirname, 'drain.c'), cache);
let record: RecordRow[] = [];
let pane: FigureRow[] = [];
let lock: FigureRow[] = [];
let ledger: FigureRow[] = [];
let verify: FigureRow[] = [];
if (all || values.record) {
  say(`making the corpus of ${megabytes} MB, where it is not in the cache`);
  const text = corpus(cache, megabytes);
  const only = values.only === undefined ? undefined : new RegExp(values.only);
  record = await benchRecord({ corpus: text, rounds, drain, cache, only, before: values.before, say });
}
if (all || values.pane) {
  pane = await benchPane({ corpus: corpus(cache, paneMegabytes), rounds: Math.min(rounds, 5), drain, cache, say });
}
if (all || values.lock) lock = await benchLock({ rounds: values.quick ? 3 : lockRounds, cache, say });
if (all || values.ledger) ledger = await benchLedger({ cache, events: values.quick ? 200_000 : 10_000_000, say });
if (all || values.verify) verify = await benchVerify({ corpus: corpus(cache, megabytes).file, rounds, large: 10, say });

const parts = ['# Figures', '', `Measured by \`npm run bench\`${values.quick ? ' -- --quick (too small to quote)' : ''}: ${machineLine(here)}.`, ''];
if (record.length > 0) {
  parts.push(
    `## Recording ${megabytes} MB of mixed terminal output`,
    '',
    `A quarter each of plain logs, text beyond ASCII, heavy colour and cursor motion, printed by \`cat\` in a terminal of 120 x 40; every recorder writes to the same drained display. Medians of ${rounds} interleaved rounds; a ratio is the median of the rounds' own ratios to \`script -q -f\`, above 1 is faster. "MB/s" is the whole command with its start and its end, "once running" is from the first byte on the display to the last. "Bytes lost" and "same bytes" compare what the recording gives back with what the terminal printed.`,
    '',
    recordTable(record),
    '',
    ...record.filter(({ version }) => version !== '').map(({ name, version }) => `- ${name}: ${version}`),
    '',
  );
}
if (pane.length > 0) parts.push(`## A visible, recorded pane`, '', figureTable('visible pane', pane), '');
if (lock.length > 0) parts.push('## The lock, and the way back', '', figureTable('the window', lock), '');
if (ledger.length > 0) parts.push('## The ledger', '', figureTable('the ledger', ledger), '');
if (verify.length > 0) parts.push(`## Bundles, and verifying them`, '', figureTable('bundle of the same text', verify), '');
const text = `${parts.join('\n').trimEnd()}\n`;
process.stdout.write(text);

const folder = values.quick ? cache : join(root, 'docs/bench');
mkdirSync(folder, { recursive: true });
// Paths of this machine say nothing to a reader elsewhere.
const json = { machine: here, megabytes, rounds, record, pane, lock, ledger, verify };
writeFileSync(join(folder, 'latest.json'), `${JSON.stringify(json, null, 2)}\n`);
writeFileSync(join(folder, 'latest.md'), text);
say(`written: ${join(values.quick ? '.cache/bench' : 'docs/bench', 'latest.json')} and latest.md`);
if ([...record, ...pane, ...lock, ...ledger, ...verify].some(({ name, missing }) => /wardmux|keydown|lock/.test(name) && missing !== undefined))
  process.exitCode = 1;
