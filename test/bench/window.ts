/**
 * The window on somebody's desk: how long its start takes, how long they wait after an unlock, and what it costs while nobody does anything. It is
 * the shipped app in a process of its own, on a screen of its own (Xvfb), used by keyboard and looked at from outside.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { processTree } from '../../src/browser/processes.ts';
import { initialise } from '../e2e/initialised.ts';
import { openRealApp, type RealApp } from '../e2e/real-window.ts';
import { missingPrograms, openDisplay, type Picture } from '../support/display.ts';
import { until } from './app.ts';
import { median, percentile, type FigureRow } from './stats.ts';

const SCREEN = { width: 1440, height: 900 };
const LINES = 10_000;
/** Between a start, or an unlock, and the rest: notes that go by themselves have gone, and so has what the browser does in its first half minute. */
const SETTLE_MS = 45_000;
/** Between two looks at a screen that is to be the same again. */
const LOOK_MS = 4;
/** Of the points of a pane that stood still before the lock, so many stand again when it is drawn: a clock in it may have gone on, and the welcome lies over one of them. */
const ENOUGH = 0.75;
/** A pane with fewer such points shows nothing that could be known again. */
const FEWEST_POINTS = 20;
/** Longer than any shell needs for its lines, or a program for its first picture. */
const FILL_MS = 3000;

const names = {
  start: 'window: start to the lock page',
  whole: `window: return to four panes of ${LINES.toLocaleString('en')} lines`,
  ceremony: 'window: of that, the ceremony',
  after: 'window: after the ceremony',
  cpu: 'window: idle with one shell, processor',
  wakeups: 'window: idle with one shell, wakeups',
  lockedCpu: 'window: idle and locked, processor',
  lockedWakeups: 'window: idle and locked, wakeups',
} as const;

export interface WindowBench {
  readonly rounds: number;
  /** How long the rest is watched. */
  readonly restMs: number;
  readonly say: (line: string) => void;
}

export async function benchWindow({ rounds, restMs, say }: WindowBench): Promise<FigureRow[]> {
  const absent = missingPrograms('Xvfb', 'xdotool', 'vim', 'htop');
  if (absent.length > 0) {
    const missing = `missing: ${absent.join(', ')} (apt-get install xvfb xdotool vim htop)`;
    return Object.values(names).map((name) => ({ name, value: '–', note: '', missing }));
  }
  const rows: FigureRow[] = [];
  const before = process.env['TMPDIR'];
  const folder = mkdtempSync(join(tmpdir(), 'wmb-'));
  // Short, for the browser takes a path of 60 characters. What the tests keep for one another (test/e2e/initialised.ts) is this run's own.
  process.env['TMPDIR'] = folder;
  try {
    rows.push(times(names.start, await starts(rounds), 'from the process to the button that unlocks, on the screen', say));
    const one = await open();
    try {
      await one.unlock();
      rows.push(...rest([names.cpu, names.wakeups], await restOf(one, restMs), say));
      one.wardmux('lock');
      await one.lockPage();
      rows.push(...rest([names.lockedCpu, names.lockedWakeups], await restOf(one, restMs), say));
    } finally {
      await one.stop();
    }
    const four = await open();
    try {
      const back = await returns(four, rounds);
      const note = 'vim, htop, a loop and a shell';
      rows.push(
        times(names.whole, back.map(({ drawn }) => drawn), `${note}; from the key that ends the passphrase`, say), // prettier-ignore
        times(names.ceremony, back.map(({ proven }) => proven), 'until it is proven who it is; the derivation of a key from the passphrase is meant to be slow', say), // prettier-ignore
        times(names.after, back.map(({ drawn, proven }) => drawn - proven), 'until all four panes are drawn; 700 ms wanted', say), // prettier-ignore
      );
    } finally {
      await four.stop();
    }
  } catch (error) {
    const missing = `failed: ${(error as Error).message.split('\n')[0]}`;
    say(`window: ${missing}`);
    const done = new Set(rows.map(({ name }) => name));
    for (const name of Object.values(names).filter((each) => !done.has(each))) rows.push({ name, value: '–', note: '', missing });
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
}

/** The app on a screen and an installation of its own, which go with it. */
async function open(): Promise<RealApp> {
  const folder = mkdtempSync(join(tmpdir(), 'd-'));
  initialise(folder);
  return openRealApp({ on: { display: await openDisplay(SCREEN.width, SCREEN.height), folder, home: join(folder, 'home') } });
}

/** Milliseconds from the start of the process until its lock page is drawn. */
async function starts(rounds: number): Promise<number[]> {
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const folder = mkdtempSync(join(tmpdir(), 'd-'));
    initialise(folder);
    const display = await openDisplay(SCREEN.width, SCREEN.height);
    const began = performance.now();
    const app = await openRealApp({ on: { display, folder, home: join(folder, 'home') } });
    try {
      await app.lockPage();
      samples.push(performance.now() - began);
    } finally {
      await app.stop();
    }
  }
  return samples;
}

// ---------------------------------------------------------------- at rest

interface Cost {
  /** Of all threads, since each began: nanoseconds on a processor (proc(5), schedstat), and how often it went to sleep by itself. */
  readonly ns: number;
  readonly sleeps: number;
}

/** By thread: one that ends takes its own along, and nothing of the others. */
function costs(pids: readonly number[]): Map<string, Cost> {
  const all = new Map<string, Cost>();
  for (const pid of pids) {
    let threads: string[];
    try {
      threads = readdirSync(`/proc/${pid}/task`);
    } catch {
      continue;
    }
    for (const thread of threads) {
      try {
        const place = `/proc/${pid}/task/${thread}`;
        const ns = Number(readFileSync(`${place}/schedstat`, 'utf8').split(' ')[0]);
        const sleeps = Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`${place}/status`, 'utf8'))?.[1]);
        all.set(`${pid}/${thread}`, { ns, sleeps });
      } catch {
        // It has just ended.
      }
    }
  }
  return all;
}

/** What all processes of the app, its browser's and the shell's included, cost while nobody does anything. */
async function restOf(app: RealApp, ms: number): Promise<{ readonly percent: number; readonly perSecond: number; readonly processes: number }> {
  await pause(SETTLE_MS);
  const pids = processTree(app.child.pid!);
  const before = costs(pids);
  const began = performance.now();
  await pause(ms);
  const now = processTree(app.child.pid!);
  const after = costs(now);
  const took = performance.now() - began;
  let [ns, sleeps] = [0, 0];
  for (const [thread, cost] of after) {
    const was = before.get(thread);
    ns += cost.ns - (was?.ns ?? 0);
    sleeps += cost.sleeps - (was?.sleeps ?? 0);
  }
  return { percent: (ns / 1e6 / took) * 100, perSecond: (sleeps / took) * 1000, processes: now.length };
}

function rest([cpu, wakeups]: readonly [string, string], cost: Awaited<ReturnType<typeof restOf>>, say: (line: string) => void): FigureRow[] {
  const { percent, perSecond, processes } = cost;
  say(`${cpu}: ${percent.toFixed(2)} % of a core; ${wakeups}: ${perSecond.toFixed(1)} a second`);
  return [
    { name: cpu, value: `${percent.toFixed(2)} %`, note: `of one core, all ${processes} processes; 0.5 % wanted`, samples: [percent] },
    { name: wakeups, value: `${perSecond.toFixed(1)} a second`, note: 'voluntary context switches of all threads; 10 wanted', samples: [perSecond] },
  ];
}

// ---------------------------------------------------------------- the return

interface Return {
  /** Milliseconds from the key that ends the passphrase. */
  readonly drawn: number;
  readonly proven: number;
}

async function returns(app: RealApp, rounds: number): Promise<Return[]> {
  const { display } = app;
  await app.unlock();
  // What a person is reminded of once a day comes now: it would lie over a pane for longer than a return takes.
  app.wardmux('lock');
  await app.unlock();
  const text = join(app.folder, 'ten-thousand.txt');
  writeFileSync(text, Array.from({ length: LINES }, (_, n) => `line ${n + 1} of a file that somebody reads, with words to the right of it`).join('\n'));
  const programs = [`vim -u NONE -R -c 'set number' -c ${LINES / 2} ${text}`, 'htop -d 20', 'while sleep 0.2; do echo a loop that prints; done', 'true'];
  const splits = [['ctrl+b', 'percent'], ['ctrl+b', 'quotedbl'], ['ctrl+b', 'Left'], ['ctrl+b', 'quotedbl']]; // prettier-ignore
  for (const [n, program] of programs.entries()) {
    await app.run(`cat ${text}`);
    display.type(`${program}\n`);
    await pause(FILL_MS);
    if (n === 3) break;
    if (n === 2) display.key(...splits[2]!);
    display.key(...splits[n === 2 ? 3 : n]!);
    await until(async () => (await app.facts()).shells === n + 2, 'another pane');
    // Its prompt, before anything is typed into it.
    await pause(FILL_MS);
  }
  const samples: Return[] = [];
  for (let round = 0; round < rounds; round++) {
    const panes = stillPoints(await pictures(app));
    app.wardmux('lock');
    await app.lockPage();
    const pressed = await app.enterPassphrase();
    const isDrawn = (): boolean => {
      const now = display.picture();
      return panes.every((points) => points.filter(({ x, y, colour }) => now.at(x, y) === colour).length >= ENOUGH * points.length);
    };
    const end = performance.now() + 30_000;
    while (!isDrawn()) {
      if (performance.now() > end) throw new Error('the panes did not come back as they were');
      await pause(LOOK_MS);
    }
    const drawn = Date.now() - pressed;
    samples.push({ drawn, proven: provenAt(app.home) - pressed });
  }
  return samples;
}

/** The screen three times, in more than a second. */
async function pictures({ display }: RealApp): Promise<Picture[]> {
  const all: Picture[] = [];
  for (let n = 0; n < 3; n++) {
    await pause(700);
    all.push(display.picture());
  }
  return all;
}

interface Point {
  readonly x: number;
  readonly y: number;
  readonly colour: number;
}

/** Of each quarter of the screen the points that have stood still and are no ground: a pane with the focus has another one. */
function stillPoints(all: readonly Picture[]): Point[][] {
  const quarters: Point[][] = [[], [], [], []];
  const counts = quarters.map(() => new Map<number, number>());
  for (let y = 30; y < SCREEN.height - 50; y += 3) {
    for (let x = 6; x < SCREEN.width; x += 5) {
      const colour = all[0]!.at(x, y);
      const quarter = (y < SCREEN.height / 2 ? 0 : 2) + (x < SCREEN.width / 2 ? 0 : 1);
      counts[quarter]!.set(colour, (counts[quarter]!.get(colour) ?? 0) + 1);
      if (all.every((picture) => picture.at(x, y) === colour)) quarters[quarter]!.push({ x, y, colour });
    }
  }
  const grounds = new Set(counts.map((of) => [...of].sort((a, b) => b[1] - a[1])[0]![0]));
  const ink = quarters.map((points) => points.filter(({ colour }) => !grounds.has(colour)));
  if (ink.some((points) => points.length < FEWEST_POINTS))
    throw new Error(`a pane shows nothing that stands still (${ink.map(({ length }) => length).join(', ')} points)`);
  return ink;
}

/** When the last unlock was proven, as the ledger has it: ms since the epoch. */
function provenAt(home: string): number {
  const lines = readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  const last = lines.findLast((line) => line.includes('"action":"unlock"') && line.includes('"outcome":"success"'));
  return Date.parse((JSON.parse(last!) as { time: string }).time);
}

function times(name: string, samples: readonly number[], note: string, say: (line: string) => void): FigureRow {
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  say(`${name}: median ${ms(median(samples))}, worst ${ms(Math.max(...samples))}`);
  return {
    name,
    samples,
    value: ms(median(samples)),
    note: `p90 ${ms(percentile(samples, 0.9))}, worst ${ms(Math.max(...samples))} of ${samples.length}; ${note}`,
  };
}
