/** Looking back: any moment of an eight-hour recording, text found in it, and the list of very many. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openRecording } from '../../src/recording/reader.ts';
import { RecordingWriter } from '../../src/recording/writer.ts';
import { operatorAccess } from '../../src/recording/access.ts';
import { AuditKeyOpener, generateAuditKey } from '../../src/recording/wrap.ts';
import { filterRows, sortRows, type RecordingRow } from '../../src/review/rows.ts';
import { Watched } from '../../src/review/replay.ts';
import { needleOf, searchRecording } from '../../src/review/search.ts';
import { median, percentile, type FigureRow } from './stats.ts';

const HOURS = 8;
const ROWS = 100_000;

export interface ReviewBench {
  readonly cache: string;
  /** MB of output in the long recording. */
  readonly megabytes: number;
  /** Moments that are sought. */
  readonly moments: number;
  readonly say: (line: string) => void;
}

async function took(task: () => unknown): Promise<number> {
  const before = performance.now();
  await task();
  return performance.now() - before;
}

/** Eight hours of an operator's day: prompts, listings, logs, an editor and an idle hour, so that it has so many MB. */
async function longRecording(folder: string, megabytes: number): Promise<{ folder: string; opener: AuditKeyOpener; bytes: number }> {
  const key = generateAuditKey();
  const clock = { ns: 0n, ms: Date.UTC(2026, 10, 28, 6), monoNs: () => clock.ns, wallMs: () => clock.ms };
  const writer = await RecordingWriter.create({
    folder,
    installation: 'w-000000000001',
    person: 'p-000000000001',
    access: operatorAccess('it-office'),
    policySha256: 'ab'.repeat(32),
    recipients: [key.recipient],
    start: { command: ['bash'], cwd: '/', cols: 120, rows: 40, term: 'xterm-256color', version: '0' },
    rotate: { minutes: 15, mebibytes: 64 },
    notice: () => undefined,
    clock,
  });
  const lines = (n: number): string =>
    Array.from(
      { length: 40 },
      (_, i) => `Nov 28 06:${String(i).padStart(2, '0')} if-icu-01 hl7d[2214]: channel adt-in recv ADT^A08 ${n * 40 + i} ok, \x1b[32mqueue 3\x1b[0m`,
    ).join('\r\n');
  const screen = (n: number): string =>
    `\x1b[H${Array.from({ length: 38 }, (_, i) => `\x1b[${i + 1};1H\x1b[3${i % 8}m${n + i} process with some text in its row\x1b[K`).join('')}\x1b[0m`;
  const total = megabytes * 1e6;
  const steps = Math.ceil(total / 4000);
  const stepMs = (HOURS * 3_600_000) / steps;
  let bytes = 0;
  for (let n = 0; n < steps; n++) {
    const step = Math.max(1, Math.round(stepMs));
    clock.ns += BigInt(step) * 1_000_000n;
    clock.ms += step;
    const text = n === steps - 1 ? 'the planted needle\r\n' : n % 10 === 3 ? screen(n) : `${lines(n)}\r\nops@if-icu-01:~$ `;
    bytes += text.length;
    writer.output(Buffer.from(text));
    // A segment's key is wrapped while others turn.
    if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await writer.end('exit');
  return { folder: writer.folder, opener: AuditKeyOpener.fromJson(key.file), bytes };
}

const row = (n: number): RecordingRow => ({
  id: `20261122-081500-${n.toString(16).padStart(8, '0')}`,
  person: `p-${(n % 97).toString(16).padStart(12, '0')}`,
  name: `Person ${n % 97}`,
  start: new Date(Date.UTC(2026, 0, 1) + n * 300_000).toISOString(),
  lengthMs: (n * 7919) % 3_600_000,
  size: (n * 104_729) % 9_000_000,
  state: n % 50 === 0 ? 'interrupted' : 'complete',
  signed: 100,
  found: 100,
  reason: null,
  review: null,
  program: null,
});

export async function benchReview({ cache, megabytes, moments, say }: ReviewBench): Promise<FigureRow[]> {
  const place = mkdtempSync(join(cache, 'review-'));
  try {
    say(`a recording of ${HOURS} hours and ${megabytes} MB`);
    const { folder, opener, bytes } = await longRecording(place, megabytes);
    const watched = new Watched(folder, opener);
    const readMs = await took(() => watched.read());
    const endUs = watched.timeline.durationUs;
    const watching = watched.player();
    const seeks: number[] = [];
    for (let n = 0; n < moments; n++) {
      // Spread over all of it, and never in its order.
      const at = Math.floor((((n * 7919) % moments) / moments) * endUs);
      seeks.push(await took(() => watching.seek(at)));
    }
    await watching.close();
    say('text found in it');
    const search = async (words: string): Promise<{ ms: number; first: number; hits: number }> => {
      const before = performance.now();
      let [first, hits] = [Number.NaN, 0];
      await searchRecording(await openRecording(folder), opener, needleOf(words), {
        found: () => {
          if (hits++ === 0) first = performance.now() - before;
        },
      });
      return { ms: performance.now() - before, first, hits };
    };
    const rare = await search('the planted needle');
    const often = await search('recv adt^a08 4001 ');
    if (rare.hits !== 1 || often.hits < 1) throw new Error('what was planted was not found');
    say(`a list of ${ROWS}`);
    const rows = Array.from({ length: ROWS }, (_, n) => row(n));
    const first: number[] = [];
    const filtered: number[] = [];
    for (let n = 0; n < 5; n++) {
      first.push(await took(() => sortRows(rows, 'start', true).slice(0, 200)));
      for (const [filter, key] of [
        [{ state: 'interrupted' as const }, 'size'],
        [{ words: ['person 42'] }, 'person'],
        [{ since: Date.UTC(2026, 5, 1) }, 'length'],
      ] as const)
        filtered.push(await took(() => sortRows(filterRows(rows, filter), key, true).slice(0, 200)));
    }
    return [
      {
        name: `seek in ${HOURS} h, p95`,
        value: `${percentile(seeks, 0.95).toFixed(0)} ms`,
        note: `${moments} moments; once it was read, which took ${(readMs / 1000).toFixed(1)} s for ${(bytes / 1e6).toFixed(0)} MB`,
        samples: seeks,
      },
      {
        name: 'search',
        value: `${(bytes / 1e3 / rare.ms).toFixed(0)} MB/s`,
        note: 'of output on one core, over what was shown, decryption included; one hit at the end',
      },
      { name: 'search, first hit', value: `${often.first.toFixed(0)} ms`, note: 'of a line near the beginning' },
      { name: `list of ${ROWS}, first page`, value: `${median(first).toFixed(0)} ms`, note: 'rows that are known, sorted by start' },
      {
        name: `list of ${ROWS}, filter`,
        value: `${percentile(filtered, 0.95).toFixed(0)} ms`,
        note: 'filtered and sorted by another key; the slowest of twenty',
      },
    ];
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
