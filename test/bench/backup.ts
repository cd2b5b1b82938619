/** Keeping and letting go: a backup of a store of recordings, the run after it that finds nothing new, its memory, and what is due among very many recordings. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { operatorAccess } from '../../src/recording/access.ts';
import { RecordingWriter } from '../../src/recording/writer.ts';
import { generateAuditKey } from '../../src/recording/wrap.ts';
import type { RecordingState } from '../../src/ledger/rules.ts';
import type { HoldFacts } from '../../src/ledger/life-cycle-facts.ts';
import { makeBackup } from '../../src/services/installation/backup.ts';
import { openInstallation } from '../../src/services/installation/installation.ts';
import { expiries } from '../../src/services/recordings/life-cycle.ts';
import { DAY_MS } from '../../src/types/units.ts';
import { firstHome } from '../support/first-home.ts';
import { median, type FigureRow } from './stats.ts';

const ROWS = 100_000;
const HOLDS = 20;
/** MB of output in each recording of the store. */
const EACH = 20;

export interface BackupBench {
  readonly cache: string;
  /** A file of mixed terminal output. */
  readonly corpus: string;
  /** MB of output in the store. */
  readonly megabytes: number;
  readonly say: (line: string) => void;
}

async function store(folder: string, corpus: string, megabytes: number): Promise<number> {
  const { recipient } = generateAuditKey();
  const output = readFileSync(corpus).subarray(0, EACH * 1e6);
  let bytes = 0;
  for (let n = 0; n < Math.ceil(megabytes / EACH); n++) {
    const writer = await RecordingWriter.create({
      folder,
      installation: 'w-000000000001',
      person: 'p-000000000001',
      access: operatorAccess('it-office'),
      policySha256: 'ab'.repeat(32),
      recipients: [recipient],
      start: { command: ['bash'], cwd: '/', cols: 120, rows: 40, term: 'xterm-256color', version: '0' },
      rotate: { minutes: 15, mebibytes: 64 },
      notice: () => undefined,
    });
    for (let at = 0; at < output.length; at += 64 * 1024) writer.output(output.subarray(at, at + 64 * 1024));
    await writer.end('exit');
    bytes += output.length;
  }
  return bytes;
}

/** The most memory that this process has while a task runs, in bytes beyond what it had. */
async function peakOf(task: () => Promise<unknown>): Promise<{ readonly ms: number; readonly bytes: number }> {
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
  const begin = performance.now();
  try {
    await task();
  } finally {
    clearInterval(watch);
  }
  return { ms: performance.now() - begin, bytes: Math.max(most, process.memoryUsage().rss) - before };
}

const state = (n: number): RecordingState => ({
  start: n,
  began: new Date(Date.UTC(2026, 0, 1) + n * 300_000).toISOString(),
  person: `p-${(n % 97).toString(16).padStart(12, '0')}`,
  beginning: '',
  head: { size: 100, root: '' },
  segment: 0,
  closed: 'recording.end',
  outputBytes: 1,
  durationMs: (n * 7919) % 3_600_000,
  imported: null,
  deleted: n % 11 === 0,
  reason: 'none',
  review: null,
  erased: null,
});

const hold = (n: number): HoldFacts => {
  const of = { scope: 'person', of: `p-${n.toString(16).padStart(12, '0')}`, recording: null, from: null, until: null } as const;
  return { id: `h-${n.toString(16).padStart(12, '0')}`, ...of, reason: 'legal', by: 'p-000000000001', seq: n, time: new Date(0).toISOString() };
};

export async function benchBackup({ cache, corpus, megabytes, say }: BackupBench): Promise<FigureRow[]> {
  const place = mkdtempSync(join(cache, 'backup-'));
  try {
    const { home, identity } = await firstHome(place);
    identity.destroy();
    mkdirSync(home.recordings, { recursive: true });
    say(`a store of ${megabytes} MB`);
    const bytes = await store(home.recordings, corpus, megabytes);
    const site = await openInstallation({ env: { WARDMUX_HOME: home.folder } });
    const target = join(place, 'backup');
    say('a backup of it, and a second run');
    const first = await peakOf(() => makeBackup(site, target, Date.now));
    const second = await peakOf(() => makeBackup(site, target, Date.now));
    say(`what is due of ${ROWS}`);
    const known = Array.from({ length: ROWS }, (_, n) => [`20261122-081500-${n.toString(16).padStart(8, '0')}`, state(n)] as const);
    const holds = Array.from({ length: HOLDS }, (_, n) => hold(n));
    const took = Array.from({ length: 5 }, () => {
      const begin = performance.now();
      expiries(known, holds, 90, Date.UTC(2026, 0, 1) + 200 * DAY_MS);
      return performance.now() - begin;
    });
    const rate = (ms: number): string => `${(bytes / 1e3 / ms).toFixed(0)} MB/s`;
    const recordings = readdirSync(home.recordings).length;
    return [
      {
        name: 'backup, first run',
        value: rate(first.ms),
        note: `${(bytes / 1e6).toFixed(0)} MB of output in ${recordings} recordings, to a folder on the same disk`,
      },
      { name: 'backup, memory', value: `${(first.bytes / 1e6).toFixed(0)} MB`, note: 'the most of the process beyond what it had before' },
      { name: 'backup, nothing new', value: rate(second.ms), note: 'everything is read, and nothing is written' },
      {
        name: `retention: what is due of ${ROWS}`,
        value: `${median(took).toFixed(0)} ms`,
        note: `by a policy of 90 days, under ${HOLDS} holds, sorted by when they expire`,
      },
    ];
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
