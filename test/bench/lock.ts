/**
 * How long something of a pane stays on the screen after a lock has begun, and how long it takes until the pane is back, in
 * a window of the shipped Chromium host on a screen of its own (Xvfb). A pane is filled with one colour; the picture is looked
 * at, without a pause, until no point of it has the colour any more, or the pane is filled again.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLine, processTree } from '../../main/machine/processes.ts';
import { missingPrograms, openDisplay, type Display } from '../support/display.ts';
import { initHome, passphrase, until, startApp } from './app.ts';
import { median, percentile, type FigureRow } from './stats.ts';

/** No colour of the app's own. */
const colour = 0xd01f77;
const fill = String.raw`\033[48;2;208;31;119m\033[2J`;
/** Of some 480 points: the pane fills the window but for its rules and the status line. */
const filled = 300;
/** Typed too early, at a page that is not ready, it goes nowhere: it is typed again after this. */
const againMs = 8000;

const names = {
  quiet: 'lock to nothing visible',
  flood: 'the same while a program floods the pane',
  browser: 'the same with a stopped browser',
  gpu: 'the same with a stopped GPU process',
  main: 'stopped main to nothing visible (its lease is 3 s)',
  return: 'return to the pane drawn',
} as const;

/** Looked at again in the next turn of the event loop. */
const next = (): Promise<void> => new Promise((turn) => setImmediate(turn));

/** Does `act` until `seen` is true, again where it was not for againMs. @returns when it was done the last time. */
async function insist(act: () => void, seen: () => boolean, what: string): Promise<number> {
  let acted = 0;
  await until(async () => {
    act();
    acted = performance.now();
    while (performance.now() - acted < againMs) {
      if (seen()) return true;
      await next();
    }
    return false;
  }, what);
  return acted;
}

export async function benchLock(options: { readonly rounds: number; readonly say: (line: string) => void }): Promise<FigureRow[]> {
  const { rounds, say } = options;
  const absent = missingPrograms('Xvfb', 'xdotool');
  if (absent.length > 0) {
    const missing = `missing: ${absent.join(', ')} (apt-get install xvfb xdotool)`;
    return Object.values(names).map((name) => ({ name, value: '–', note: '', missing }));
  }
  const rows: FigureRow[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-bench-'));
  const display = await openDisplay();
  const enter = (): void => {
    display.key('ctrl+a');
    display.type(passphrase);
    display.key('Return');
  };
  try {
    const { home } = initHome(folder);
    const app = await startApp(folder, home, { headless: false, display: display.name });
    const whole = (): boolean => display.pointsOf(colour) > filled;
    // Never into a pane: where the lock is open already, but slow to show it.
    const enterHere = (): void => {
      if (app.surface === 'lock') enter();
    };
    const unlock = async (): Promise<void> => {
      await until(() => app.surface === 'lock', 'the lock page');
      await insist(enterHere, () => app.surface === 'workspace', 'the workspace');
    };
    const show = async (command: string, shown: () => boolean): Promise<void> => {
      const typed = (): void => {
        display.key('ctrl+c', 'Return');
        display.type(`${command}\n`);
      };
      await insist(typed, shown, 'the coloured pane');
    };
    /** From the key that ends the passphrase until all is there. */
    const comesBack = async (shown: () => boolean): Promise<number> => {
      await until(() => app.surface === 'lock', 'the lock page');
      const entered = await insist(enterHere, shown, 'the panes');
      return performance.now() - entered;
    };
    try {
      for (const kind of ['quiet', 'flood', 'browser', 'gpu'] as const) {
        const samples: number[] = [];
        await unlock();
        await show(kind === 'flood' ? `while :; do printf '${fill}flood'; done` : `printf '${fill}'; cat`, whole);
        for (let round = 0; round < rounds; round++) {
          if (round > 0) await comesBack(whole);
          if (kind === 'browser' || kind === 'gpu') process.kill(victim(kind, app.browserPid!), 'SIGSTOP');
          const start = performance.now();
          const locked = app.lock();
          while (display.pointsOf(colour) > 0) await next();
          samples.push(performance.now() - start);
          await locked;
        }
        rows.push(locks(names[kind], samples, say));
      }
      const one: number[] = [];
      for (let round = 0; round < rounds; round++) {
        one.push(await comesBack(whole));
        await app.lock();
      }
      rows.push(figure(names.return, one, 'from the key that ends the passphrase, its derivation (half a second wanted) included', say));
    } finally {
      await app.stop();
    }
    const samples: number[] = [];
    // It takes 3 s each, and a lease does not vary: fewer rounds.
    for (let round = 0; round < Math.ceil(rounds / 5); round++) samples.push(await stoppedMain(folder, home, display));
    rows.push(locks(names.main, samples, say));
  } catch (error) {
    const missing = `failed: ${(error as Error).message.split('\n')[0]}`;
    say(`lock: ${missing}`);
    const done = new Set(rows.map(({ name }) => name));
    for (const name of Object.values(names).filter((one) => !done.has(one))) rows.push({ name, value: '–', note: '', missing });
  } finally {
    display.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
}

const locks = (name: string, samples: number[], say: (line: string) => void): FigureRow => figure(name, samples, 'a window on Xvfb', say);

function figure(name: string, samples: number[], note: string, say: (line: string) => void): FigureRow {
  const places = (value: number): string => value.toFixed(0);
  say(`${name}: median ${places(median(samples))} ms, worst ${places(Math.max(...samples))} ms`);
  return {
    name,
    samples,
    value: `${places(median(samples))} ms`,
    note: `p90 ${places(percentile(samples, 0.9))} ms, worst ${places(Math.max(...samples))} ms of ${samples.length}; ${note}`,
  };
}

function victim(kind: 'browser' | 'gpu', browser: number): number {
  const found = kind === 'browser' ? browser : processTree(browser).find((pid) => commandLine(pid).includes('--type=gpu-process'));
  if (found === undefined) throw new Error('the browser has no GPU process');
  return found;
}

/** The app in a process of its own, as `npm start` has it: stopped while it shows the colour. @returns ms until it shows none. */
async function stoppedMain(folder: string, home: string, display: Display): Promise<number> {
  const start = fileURLToPath(new URL('../../dist/start.mjs', import.meta.url));
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    SHELL: '/bin/sh',
    ENV: '',
    LANG: 'C.UTF-8',
    DISPLAY: display.name,
    WARDMUX_HOME: home,
    TMPDIR: folder,
  };
  const main = spawn(process.execPath, [start], { env, stdio: 'ignore' });
  const ended = new Promise((resolve) => main.once('exit', resolve));
  try {
    await until(async () => {
      display.key('ctrl+a');
      display.type(passphrase);
      display.key('Return');
      await new Promise((next) => setTimeout(next, 3000));
      display.key('ctrl+c', 'Return');
      display.type(`printf '${fill}'; cat\n`);
      await new Promise((next) => setTimeout(next, 1000));
      return display.pointsOf(colour) > filled;
    }, 'the coloured pane');
    process.kill(main.pid!, 'SIGSTOP');
    const stopped = performance.now();
    await until(() => display.pointsOf(colour) === 0, 'the page that acts by itself');
    return performance.now() - stopped;
  } finally {
    process.kill(main.pid!, 'SIGCONT');
    main.kill('SIGTERM');
    await ended;
  }
}
