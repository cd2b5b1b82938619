/**
 * This version beside the version before, in the same rounds: the start to the lock page, a key's echo, a visible pane. Each measurement is a
 * process of its own, in which a version runs by its own code; its own bench says how long a key and a `cat` take, as it said it then.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { showsLockButton } from '../e2e/real-window.ts';
import { missingPrograms, openDisplay } from '../support/display.ts';
import { initHome, until } from './app.ts';
import type { Corpus } from './corpus.ts';
import { median, type FigureRow } from './stats.ts';

const root = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

/** What one version took in one round. */
interface Sample {
  /** Milliseconds from the process to the button that unlocks, on the screen. */
  readonly start: number;
  /** MB a second, until `cat` has ended, and until its last line is drawn. */
  readonly pane: number;
  readonly shown: number;
  /** Milliseconds from a key to its parsed echo, median of 300. */
  readonly echo: number;
}

/** @param before a built clone of the other version */
export async function benchVersions(options: {
  readonly before: string | undefined;
  readonly rounds: number;
  readonly corpus: Corpus;
  readonly drain: string;
  readonly cache: string;
  readonly say: (line: string) => void;
}): Promise<FigureRow[]> {
  const { before, rounds, corpus, say } = options;
  const rows = [
    ['start to the lock page', 'start', 'ms', 'below 1 is faster'],
    ['visible pane, until cat has ended', 'pane', 'MB/s', 'above 1 is faster'],
    ['visible pane, until it is on the screen', 'shown', 'MB/s', 'above 1 is faster'],
    ['keydown to parsed echo', 'echo', 'ms', 'below 1 is faster'],
  ] as const;
  const absent = missingPrograms('Xvfb');
  const missing = before === undefined ? 'not measured: name a built clone by --before' : absent.length > 0 ? `missing: ${absent.join(', ')}` : undefined;
  if (before === undefined || missing !== undefined) return rows.map(([name]) => ({ name: `versions: ${name}`, value: '–', note: '', missing: missing! }));
  const ours: Sample[] = [];
  const theirs: Sample[] = [];
  for (let round = 0; round < rounds; round++) {
    // Who goes first changes: what the first leaves in the caches is the second's.
    const order = round % 2 === 0 ? ([ours, theirs] as const) : ([theirs, ours] as const);
    for (const samples of order) samples.push(await sample(samples === ours ? root : resolve(before), options));
    const tell = ({ start, pane, echo }: Sample): string => `start ${start.toFixed(0)} ms, pane ${pane.toFixed(1)} MB/s, echo ${echo.toFixed(1)} ms`;
    say(`round ${round + 1}/${rounds}: ${tell(ours[round]!)}; before: ${tell(theirs[round]!)}`);
  }
  const places = (unit: string, value: number): string => value.toFixed(unit === 'ms' && value > 100 ? 0 : 1);
  return rows.map(([name, key, unit, direction]) => {
    const ratios = ours.map((one, round) => one[key] / theirs[round]![key]);
    const [here, there] = [ours, theirs].map((all) => `${places(unit, median(all.map((one) => one[key])))} ${unit}`) as [string, string];
    return {
      name: `versions: ${name}`,
      value: `${median(ratios).toFixed(2)}x`,
      note: `${here}, before ${there}; ${direction}, median of ${rounds} rounds' ratios${key === 'pane' || key === 'shown' ? `, ${(corpus.bytes / 1e6).toFixed(0)} MB` : ''}`,
      samples: ratios,
    };
  });
}

async function sample(version: string, options: { readonly corpus: Corpus; readonly drain: string; readonly cache: string }): Promise<Sample> {
  const start = await startOf(version);
  // The keys in an app of their own: 0.1.0's bench stands still while tmux has its turn, and its page is gone by then.
  const rows = [...(await paneRows(version, options, 1)), ...(await paneRows(version, options, 0))];
  const of = (pattern: RegExp): readonly number[] => {
    const found = rows.filter(({ name }) => pattern.test(name));
    const row = found.find(({ samples }) => samples !== undefined && samples.length > 0);
    if (!row?.samples) throw new Error(`${version} did not measure ${pattern.source}: ${found.map(({ missing }) => missing).join('; ')}`);
    return row.samples;
  };
  const rate = (seconds: number): number => options.corpus.bytes / 1e6 / seconds;
  return { start, pane: rate(of(/^wardmux pane, cat/)[0]!), shown: rate(of(/on the screen/)[0]!), echo: median(of(/echo, median/)) };
}

/** What a version's own bench of the pane says, in a process of its own: so many rounds of `cat`, then the keys. */
async function paneRows(version: string, { corpus, drain, cache }: { corpus: Corpus; drain: string; cache: string }, rounds: number): Promise<FigureRow[]> {
  const module = JSON.stringify(join(version, 'test/bench/pane.ts'));
  const options = JSON.stringify({ corpus, drain, cache, rounds });
  const script = `const { benchPane } = await import(${module});
    process.stdout.write(JSON.stringify(await benchPane({ ...${options}, say: () => {} })), () => process.exit(0));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--no-warnings', '-e', script], { cwd: version, maxBuffer: 1 << 24 });
  return JSON.parse(stdout.slice(stdout.indexOf('['))) as FigureRow[];
}

/** Milliseconds from the start of the process until its lock page is drawn, on a screen and in an installation of its own. */
async function startOf(version: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'v-'));
  const display = await openDisplay(1440, 900);
  try {
    const { home } = initHome(folder, version);
    const env = { PATH: process.env['PATH'], HOME: folder, SHELL: '/bin/bash', LANG: 'C.UTF-8', DISPLAY: display.name, WARDMUX_HOME: home, TMPDIR: folder };
    // As `npm start` does: without the flag a process becomes itself once more.
    const began = performance.now();
    const child = spawn(process.execPath, ['--disable-sigusr1', join(version, 'dist', 'start.mjs')], { env, cwd: '/', stdio: 'ignore' });
    try {
      await until(() => showsLockButton(display), 'the lock page');
      return performance.now() - began;
    } finally {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
  } finally {
    display.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
