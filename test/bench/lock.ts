/**
 * How long something of a pane stays on the screen after a lock has begun, and how long it takes until the pane is back, in
 * a window of the shipped Chromium host on a screen of its own (Xvfb). A pane is filled with one colour; the picture is looked
 * at, without a pause, until no point of it has the colour any more, or the pane is filled again.
 */
import { execFile, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLine, processTree } from '../../src/browser/processes.ts';
import { missingPrograms, openDisplay, type Display } from '../support/display.ts';
import { LEASE_MS } from '../../src/bridge/lease.ts';
import type { Said } from './stopped-main.ts';
import { initHome, passphrase, until, startApp, type BenchApp } from './app.ts';
import { median, percentile, type FigureRow } from './stats.ts';

/** No colour of the app's own. */
const colour = 0xd01f77;
const fill = String.raw`\033[48;2;208;31;119m\033[2J`;
const clear = String.raw`\033[0m\033[H\033[2J`;
/** Of some 480 points: the pane fills the window but for its rules and the status line. */
const filled = 300;
/** Typed too early, at a page that is not ready, it goes nowhere: it is typed again after this. */
const againMs = 8000;
/** Between a lock page's question for what it shows and its field: two frames, and some for a busy machine. */
const drawnMs = 150;

const names = {
  quiet: 'lock to nothing visible',
  flood: 'the same while a program floods the pane',
  browser: 'the same with a stopped browser',
  gpu: 'the same with a stopped GPU process',
  main: 'stopped main to nothing visible, since the stop',
  lease: 'the same since the lease ran out (3 s after its last renewal)',
  strange: 'a page that is not ours, from the browser’s word of it to its end',
  clipboard: 'lock to an empty clipboard, the middle button’s selection too',
  return: 'return to the pane drawn',
} as const;

/** Looked at again in the next turn of the event loop. */
const next = (): Promise<void> => new Promise((turn) => setImmediate(turn));

/** Does `act` until `seen` is true, again where it was not for againMs. @returns when it was done the last time. */
async function insist(act: () => void, seen: () => boolean | Promise<boolean>, what: string): Promise<number> {
  let acted = 0;
  await until(async () => {
    act();
    acted = performance.now();
    while (performance.now() - acted < againMs) {
      if (await seen()) return true;
      await next();
    }
    return false;
  }, what);
  return acted;
}

/** Somebody at the keyboard of an app, who looks at its screen. */
function handsOf(app: BenchApp, display: Display) {
  const enter = (): void => {
    display.key('ctrl+a');
    display.type(passphrase);
    display.key('Return');
  };
  const whole = (): boolean => display.pointsOf(colour) > filled;
  // Never into a pane: where the lock is open already, but slow to show it.
  const enterHere = (): void => {
    if (app.surface === 'lock') enter();
  };
  // The page has asked for what it shows: it stands a moment later.
  const lockPage = async (): Promise<void> => {
    await until(() => app.lockPage, 'the lock page');
    await new Promise((drawn) => setTimeout(drawn, drawnMs));
  };
  const unlock = async (): Promise<void> => {
    await lockPage();
    await insist(enterHere, () => app.surface === 'workspace', 'the workspace');
  };
  const typed = (command: string) => (): void => {
    display.key('ctrl+c', 'Return');
    display.type(`${command}\n`);
  };
  /** Emptied first: the pane may have the colour from the kind before, and a lock would come into the typing. */
  const show = async (command: string): Promise<void> => {
    await insist(typed(`printf '${clear}'`), () => display.pointsOf(colour) === 0, 'the empty pane');
    await insist(typed(command), whole, 'the coloured pane');
  };
  /** From the key that ends the passphrase until all is there. */
  const comesBack = async (shown: () => boolean): Promise<number> => {
    await lockPage();
    const entered = await insist(enterHere, shown, 'the panes');
    return performance.now() - entered;
  };
  return { whole, unlock, typed, show, comesBack };
}

export async function benchLock(options: { readonly rounds: number; readonly cache: string; readonly say: (line: string) => void }): Promise<FigureRow[]> {
  const { rounds, cache, say } = options;
  const absent = missingPrograms('Xvfb', 'xdotool', 'xclip');
  if (absent.length > 0) {
    const missing = `missing: ${absent.join(', ')} (apt-get install xvfb xdotool xclip)`;
    return Object.values(names).map((name) => ({ name, value: '–', note: '', missing }));
  }
  const rows: FigureRow[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-bench-'));
  const display = await openDisplay();
  try {
    const { home } = initHome(folder);
    const app = await startApp(folder, home, { headless: false, display: display.name });
    const { whole, unlock, show, comesBack } = handsOf(app, display);
    try {
      for (const kind of ['quiet', 'flood', 'browser', 'gpu'] as const) {
        const samples: number[] = [];
        await unlock();
        await show(kind === 'flood' ? `while :; do printf '${fill}flood'; done` : `printf '${fill}'; cat`);
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
      const strange: number[] = [];
      for (let round = 0; round < rounds; round++) strange.push(await app.strange());
      rows.push(figure(names.strange, strange, 'its tab and its page; 100 ms wanted', say));
      const emptied: number[] = [];
      for (let round = 0; round < rounds; round++) {
        await comesBack(whole);
        await Promise.all(selections.map((name) => fillSelection(display.name, name)));
        const start = performance.now();
        const locked = app.lock();
        while ((await Promise.all(selections.map((name) => selectionOf(display.name, name)))).some((text) => text !== '')) await next();
        emptied.push(performance.now() - start);
        await locked;
      }
      rows.push(figure(names.clipboard, emptied, 'as another program of the desktop asks for them, 1 s wanted', say));
      const one: number[] = [];
      for (let round = 0; round < rounds; round++) {
        one.push(await comesBack(whole));
        await app.lock();
      }
      rows.push(figure(names.return, one, 'from the key that ends the passphrase, its derivation (half a second wanted) included', say));
    } catch (error) {
      // For whoever looks for the reason; there is nothing on this screen but the bench's own words.
      display.screenshot(join(cache, 'lock-failed.png'));
      throw error;
    } finally {
      await app.stop();
    }
    const sinceStop: number[] = [];
    const sinceLease: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const { stopped, over } = await stoppedMain(folder, home, display);
      sinceStop.push(stopped);
      sinceLease.push(over);
    }
    rows.push(locks(names.main, sinceStop, say), locks(names.lease, sinceLease, say));
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

const EIGHT = 8;
/** No round begins later (ms): on a busy machine eight floods take seconds to come back, and what was measured by then is told with how many rounds it is. */
const EIGHT_MS = 12 * 60_000;
export const eightName = `lock to nothing visible while ${EIGHT} panes flood`;

/** The lock with so many panes on the screen, in each of which a program floods. */
export async function lockEight(options: { readonly rounds: number; readonly say: (line: string) => void }): Promise<FigureRow> {
  const { rounds, say } = options;
  const absent = missingPrograms('Xvfb', 'xdotool');
  if (absent.length > 0) return { name: eightName, value: '–', note: '', missing: `missing: ${absent.join(', ')} (apt-get install xvfb xdotool)` };
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-bench-'));
  const display = await openDisplay();
  try {
    const { home } = initHome(folder);
    const app = await startApp(folder, home, { headless: false, display: display.name });
    try {
      const { whole, unlock, typed, comesBack } = handsOf(app, display);
      const shown = async (what: string): Promise<number> => (await app.page()).locator(what).count();
      // They flood at once, when all of them are there: keys that are pressed in a flood take effect when they do.
      const all = join(folder, 'all');
      await unlock();
      for (let pane = 0; pane < EIGHT; pane++) {
        if (pane > 0) {
          await insist(
            () => splitPane(display, pane),
            async () => (await shown('.pane')) > pane,
            `pane ${pane + 1}`,
          );
          display.key('ctrl+b');
          display.type(':');
          await until(async () => (await shown('#command')) === 1, 'the prompt');
          display.type('select-layout tiled\n');
          await until(async () => (await shown('#command')) === 0, 'the end of the prompt');
        }
        const waits = join(folder, `waits-${pane}`);
        const flood = `: > ${waits}; until test -e ${all}; do sleep 0.1; done; while :; do printf '${fill}flood'; done`;
        await insist(typed(flood), () => existsSync(waits), `the shell of pane ${pane + 1}`);
      }
      writeFileSync(all, '');
      await until(whole, 'the colour of all panes');
      const samples: number[] = [];
      const end = performance.now() + EIGHT_MS;
      while (samples.length < rounds && (samples.length === 0 || performance.now() < end)) {
        if (samples.length > 0) await comesBack(whole);
        const start = performance.now();
        const locked = app.lock();
        while (display.pointsOf(colour) > 0) await next();
        samples.push(performance.now() - start);
        await locked;
        if (samples.length % 20 === 0) say(`${eightName}: ${samples.length} of ${rounds} rounds`);
      }
      const p99 = percentile(samples, 0.99).toFixed(0);
      return figure(eightName, samples, `p99 ${p99} ms of ${samples.length} rounds, 100 ms wanted; a window on Xvfb`, say);
    } finally {
      await app.stop();
    }
  } finally {
    display.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function splitPane(display: Display, pane: number): void {
  display.key('ctrl+b');
  display.type(pane % 2 === 1 ? '%' : '"');
}

const selections = ['clipboard', 'primary'] as const;

/** Puts a text into a selection, as another program of the desktop does. */
async function fillSelection(display: string, selection: string): Promise<void> {
  const child = spawn('xclip', ['-in', '-selection', selection], { env: { ...process.env, DISPLAY: display }, stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.end('of no value');
  await once(child, 'exit');
}

/** What a program of the desktop gets: nothing where nobody owns the selection. */
const selectionOf = (display: string, selection: string): Promise<string> =>
  new Promise((resolve) =>
    execFile('xclip', ['-out', '-selection', selection], { env: { ...process.env, DISPLAY: display } }, (_error, text) => resolve(text)),
  );

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

/**
 * The app in a process of its own: stopped while it shows the colour.
 * @returns ms until the screen shows none, from the stop, and from the moment in which the page's lease ran out: LEASE_MS after main has
 * renewed it last. The page looks then, and once more READ_MS later.
 */
async function stoppedMain(folder: string, home: string, display: Display): Promise<{ readonly stopped: number; readonly over: number }> {
  const main = fork(fileURLToPath(new URL('./stopped-main.ts', import.meta.url)), [folder, home, display.name], { stdio: 'ignore' });
  const ended = new Promise((resolve) => main.once('exit', resolve));
  let said: Said | undefined;
  main.on('message', (message) => (said = message as Said));
  try {
    await until(() => said?.lockPage === true, 'the lock page');
    await new Promise((drawn) => setTimeout(drawn, drawnMs));
    const enter = (): void => {
      if (said?.surface !== 'lock') return;
      display.key('ctrl+a');
      display.type(passphrase);
      display.key('Return');
    };
    await insist(enter, () => said?.surface === 'workspace', 'the workspace');
    const show = (): void => {
      display.key('ctrl+c', 'Return');
      display.type(`printf '${fill}'; cat\n`);
    };
    await insist(show, () => display.pointsOf(colour) > filled, 'the coloured pane');
    process.kill(main.pid!, 'SIGSTOP');
    const stopped = Date.now();
    while (display.pointsOf(colour) > 0) await next();
    const dark = Date.now();
    return { stopped: dark - stopped, over: dark - (said!.lease + LEASE_MS) };
  } finally {
    process.kill(main.pid!, 'SIGCONT');
    main.kill('SIGTERM');
    await ended;
  }
}
