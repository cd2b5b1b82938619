/**
 * "Locked" is said when it is true. Processes that draw are stopped while a pane is full of one colour; the app is then locked
 * from outside, and the X server's picture, the command's status and the ledger are looked at.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryPrefixes } from '../../src/browser/owned-folder.ts';
import { commandLine, processTree } from '../../src/browser/processes.ts';
import { isRunning } from '../../src/disk/process-identity.ts';
import { missingPrograms } from '../support/display.ts';
import { XClient } from '../support/x-client.ts';
import { openRealApp, type RealApp } from './real-window.ts';
import { entered, root, until, type Entered } from './support.ts';

const missing = missingPrograms('Xvfb', 'xdotool', 'openbox', 'wmctrl', 'flock', 'prlimit');
beforeEach(({ skip }) => skip(missing.length > 0, `not installed: ${missing.join(', ')}`));
let app: RealApp;
let stopped: number[] = [];
let other: XClient | undefined;
afterEach(async () => {
  other?.close();
  other = undefined;
  for (const pid of stopped.splice(0)) spawnSync('kill', ['-CONT', String(pid)]);
  await app?.stop();
});

/** No colour of the app's own. */
const colour = 0xd01f77;

const stop = (pids: readonly number[]): void => {
  stopped.push(...pids);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
};
const browserTree = (): number[] => {
  const [browser] = processTree(app.child.pid!).filter((pid) => commandLine(pid).some((word) => word.startsWith('--user-data-dir=')) && !typeOf(pid));
  return processTree(browser!);
};
const typeOf = (pid: number): string | undefined => commandLine(pid).find((word) => word.startsWith('--type='));
const ofType = (type: string): number[] => browserTree().filter((pid) => typeOf(pid) === `--type=${type}`);

/** Unlocks, and fills the pane with the colour. */
async function coloured(managed = true): Promise<void> {
  app = await openRealApp();
  if (managed) await app.display.manageWindows();
  await app.unlock();
  app.display.type(String.raw`clear; printf '\033[48;2;208;31;119m\033[2J'; cat` + '\n');
  await until(() => app.display.pointsOf(colour) > 300, 'the coloured pane');
}

const locks = (): Entered<{ readonly cause?: string; readonly visible?: string }>[] => entered(app, 'lock');

/** `wardmux lock`, and what was on the screen when it had ended. */
function lock(): { status: number | null; said: string; points: number; windows: string[] } {
  return { ...lockAlone(), windows: app.display.windows() };
}
/** The same where no window manager can be asked. */
function lockAlone(): { status: number | null; said: string; points: number } {
  const env = { ...process.env, WARDMUX_HOME: app.home, HOME: app.folder, TMPDIR: app.folder };
  const { status, stderr } = spawnSync(join(root, 'bin', 'wardmux'), ['lock'], { env, encoding: 'utf8' });
  return { status, said: stderr, points: app.display.pointsOf(colour) };
}
const status = (): Record<string, unknown> => JSON.parse(app.wardmux('status', '--json')) as Record<string, unknown>;

/** After a lock, whatever it took: the lock page stands in one window, and the passphrase opens the shells again. */
async function opensAgain(): Promise<void> {
  await until(() => app.display.windows().length === 1, 'the window');
  await app.enterPassphrase();
  expect(status()).toMatchObject({ state: 'unlocked', locked: false, since: null, visible: null, shells: 1 });
  await until(() => app.display.pointsOf(colour) > 300, 'the pane as it was');
}

test('an ordinary lock is proven by the screen, and the window stays', async () => {
  await coloured();
  // A machine that is too busy to draw in time has its browser replaced, and rightly: then once more.
  for (let round = 1; ; round++) {
    const browser = browserTree()[0];
    expect(lock()).toMatchObject({ status: 0, said: 'Locked.\n', points: 0 });
    const { cause, visible } = locks().at(-1)!.detail!;
    expect([cause, locks().length]).toEqual(['command', round]);
    expect(status()).toMatchObject({ state: 'locked', locked: true, visible });
    expect(Date.parse(String(status()['since']))).toBeLessThanOrEqual(Date.now());
    await opensAgain();
    if (visible === 'gone') {
      expect(browserTree()[0]).toBe(browser);
      break;
    }
    expect(round).toBeLessThan(3);
  }
});

test.each<[string, () => number[]]>([
  ['the browser', () => [browserTree()[0]!]],
  ['the GPU process', () => ofType('gpu-process')],
  ['the browser, the GPU process and the renderers', () => browserTree()],
])('%s is stopped: its processes are killed, and nothing is to be seen when "Locked." is said', async (_, victims) => {
  await coloured();
  const pids = victims();
  expect(pids.length).toBeGreaterThan(0);
  const before = browserTree();
  stop(pids);
  expect(lock()).toEqual({ status: 0, said: 'Locked.\n', points: 0, windows: [] });
  expect(locks().map(({ detail }) => detail)).toEqual([{ cause: 'command', visible: 'killed' }]);
  expect(status()).toMatchObject({ state: 'locked', locked: true, visible: 'killed', shells: 1 });
  stopped = [];
  await opensAgain();
  expect(browserTree().filter((pid) => before.includes(pid))).toEqual([]);
});

const SCREEN = { x: 0, y: 0, width: 1440, height: 900 };

test.each<[string, boolean]>([
  ['hide nothing', true],
  ['hide all of it', false],
])('windows of another program that stand over ours, and %s, make no look a proof', async (_, shape) => {
  await coloured();
  other = await XClient.open(app.display.name);
  await other.cover(SCREEN, shape);
  stop(ofType('gpu-process'));
  const { status: code, said, windows } = lock();
  expect({ code, said, windows }).toEqual({ code: 0, said: 'Locked.\n', windows: [] });
  expect(locks().map(({ detail }) => detail)).toEqual([{ cause: 'command', visible: 'killed' }]);
  stopped = [];
  other.close();
  expect(app.display.pointsOf(colour)).toBe(0);
  await opensAgain();
});

test('another program says that our window is gone, while the browser is stopped: nobody believes it', async () => {
  await coloured(false);
  const env = { ...process.env, DISPLAY: app.display.name };
  const window = Number(execFileSync('xdotool', ['search', '--onlyvisible', '--class', 'Wardmux'], { env, encoding: 'utf8' }).split('\n')[0]);
  stop([browserTree()[0]!]);
  other = await XClient.open(app.display.name);
  await other.sayDestroyed(window);
  const { status: code, said, points } = lockAlone();
  expect({ code, said, points }).toEqual({ code: 0, said: 'Locked.\n', points: 0 });
  expect(locks().map(({ detail }) => detail)).toEqual([{ cause: 'command', visible: 'killed' }]);
  stopped = [];
});

test('the X server is stopped: it is said that nobody knows, in time, and entered', async () => {
  await coloured();
  stop([app.display.pid]);
  const { status: code, said } = lockAlone();
  expect({ code, said }).toEqual({ code: 60, said: expect.stringContaining('may still show what it showed') as string });
  expect(locks().map(({ detail }) => detail)).toEqual([{ cause: 'command', visible: 'unknown' }]);
  expect(status()).toMatchObject({ state: 'locked', visible: 'unknown' });
  for (const pid of stopped.splice(0)) process.kill(pid, 'SIGCONT');
  await until(() => app.display.pointsOf(colour) === 0, 'the end of the picture');
});

test('the pty host is stopped: it is ended, and its shells with it; the lock is not held up', async () => {
  await coloured();
  const [host] = processTree(app.child.pid!).filter((pid) => commandLine(pid).some((word) => word.endsWith('pty-host.mjs')));
  stop([host!]);
  expect(lock()).toMatchObject({ status: 0, said: 'Locked.\n', points: 0 });
  expect(isRunning(host!)).toBe(false);
  stopped = [];
  expect(locks()).toHaveLength(1);
  expect(status()).toMatchObject({ state: 'locked', shells: 0 });
  await until(() => app.display.windows().length === 1, 'the lock page');
  await app.enterPassphrase();
  expect(status()).toMatchObject({ state: 'unlocked' });
});

test('another process holds the ledger: what is locked is said to be locked, and the event comes when it can', async () => {
  await coloured();
  const holder = spawn('flock', [join(app.home, 'ledger', 'lock'), 'sh', '-c', 'echo held; exec cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
  try {
    await once(holder.stdout, 'data');
    const { status: exitStatus, said, points } = lock();
    expect([exitStatus, said, points]).toEqual([0, expect.stringMatching(/^Locked\.\nThe event of this lock is not in the ledger yet: /), 0]);
    expect(locks()).toEqual([]);
  } finally {
    holder.stdin.end();
  }
  await until(() => locks().length === 1, 'the event of the lock');
  await opensAgain();
});

test('a covered window is replaced also where every process runs', async () => {
  await coloured();
  other = await XClient.open(app.display.name);
  await other.cover(SCREEN, true);
  expect(lock()).toEqual({ status: 0, said: 'Locked.\n', points: 0, windows: [] });
  expect(locks()[0]!.detail!.visible).toBe('killed');
  other.close();
  await opensAgain();
});

test('a window of another program that says it is the browser’s is not looked at', async () => {
  await coloured();
  other = await XClient.open(app.display.name);
  const give = await other.decoy({ x: 1300, y: 800, width: 100, height: 60 });
  const old = browserTree()[0]!;
  stop([old]);
  expect(lock()).toEqual({ status: 0, said: 'Locked.\n', points: 0, windows: [] });
  stopped = [];
  // The next browser gets the decoy as soon as it is there.
  let fresh: number | undefined;
  for (const end = Date.now() + 30_000; fresh === undefined; await new Promise((next) => setTimeout(next, 5))) {
    [fresh] = processTree(app.child.pid!).filter((pid) => commandLine(pid).some((word) => word.startsWith('--user-data-dir=')) && !typeOf(pid));
    if (Date.now() > end) throw new Error('no browser');
  }
  await give(fresh);
  await opensAgain();
  stop([fresh]);
  expect(lock()).toEqual({ status: 0, said: 'Locked.\n', points: 0, windows: [] });
  expect(locks().map(({ detail }) => detail?.visible)).toEqual(['killed', 'killed']);
  stopped = [];
  await opensAgain();
});

test('main is killed while the browser is stopped: the browser and its picture go with it, whatever lies on the disk', async () => {
  await coloured();
  const [browser] = browserTree();
  stop([browser!]);
  // What a next start would find it by.
  for (const name of readdirSync(app.folder)) if (name.startsWith(temporaryPrefixes.chromium)) rmSync(join(app.folder, name), { recursive: true });
  process.kill(app.child.pid!, 'SIGKILL');
  await until(() => !isRunning(browser!), 'the end of the browser');
  await until(() => app.display.pointsOf(colour) === 0, 'the window gone');
  stopped = [];
});

const limit = (pid: number, which: string): void => void execFileSync('prlimit', ['--pid', String(pid), which]);
const limited = (): unknown[] => entered(app, 'process.limited').map(({ detail }) => detail);

test('main can open nothing any more (prlimit), and the browser is stopped: it locks, the picture goes, and both are entered at once', async () => {
  await coloured();
  const [main, browser] = [app.child.pid!, browserTree()[0]!];
  stop([browser]);
  limit(main, '--nofile=3:4096');
  try {
    await until(() => app.display.pointsOf(colour) === 0, 'the window gone');
    // Its window goes with its first descriptors, and the process a moment later.
    await until(() => !isRunning(browser), 'the end of the browser');
    // Entered while nothing can be opened: whoever kills main now takes nothing of it along.
    await until(() => locks().length > 0, 'the event of the lock');
    expect(limited()).toEqual([{ process: 'main', limit: 'nofile', to: 3 }]);
    expect(locks().map(({ detail }) => detail?.cause)).toEqual(['lowered']);
  } finally {
    stopped = [];
    limit(main, '--nofile=4096:4096');
  }
  await until(() => status()['locked'] === true, 'the lock');
});

test.each(['pty-host', 'vault-host'] as const)(
  'a limit of the %s is lowered: it locks, enters that, and says so until Wardmux is started anew',
  async (name) => {
    await coloured();
    const [host] = processTree(app.child.pid!).filter((pid) => commandLine(pid).some((word) => word.endsWith(`${name}.mjs`)));
    limit(host!, '--fsize=1000000:2000000');
    await until(() => locks().length > 0, 'the event of the lock');
    expect(limited()).toEqual([{ process: name, limit: 'fsize', to: 1_000_000 }]);
    expect(locks().map(({ detail }) => detail?.cause)).toEqual(['lowered']);
    expect(app.display.pointsOf(colour)).toBe(0);
    // The vault's process has ended with the lock, and its limit with it.
    if (name === 'pty-host') expect(status()).toMatchObject({ locked: true, lowered: [{ process: name, limit: 'fsize', to: 1_000_000 }] });
    await opensAgain();
    expect(limited()).toHaveLength(1);
  },
);

test('a window that is not on the screen is dark too, and stays so when it comes back', async () => {
  await coloured();
  const env = { ...process.env, DISPLAY: app.display.name };
  const window = execFileSync('xdotool', ['search', '--onlyvisible', '--class', 'Wardmux'], { env, encoding: 'utf8' }).split('\n')[0]!;
  app.display.xdotool('windowminimize', window);
  await until(() => app.display.pointsOf(colour) === 0, 'the window out of sight');
  expect(lock()).toMatchObject({ status: 0, points: 0 });
  // Where the machine was too busy, that window is no more.
  if (locks().at(-1)!.detail!.visible === 'gone') {
    app.display.xdotool('windowmap', '--sync', window);
    expect(app.display.pointsOf(colour)).toBe(0);
    app.display.xdotool('windowfocus', window);
  }
  await opensAgain();
});

test('main is stopped: the page takes its text off the screen itself, and main wakes up locked', async () => {
  await coloured();
  const main = app.child.pid!;
  stop([main]);
  await until(() => app.display.pointsOf(colour) === 0, 'the page that acts by itself');
  // What is typed meanwhile goes to no shell, then or later.
  const typed = join(app.folder, 'typed');
  app.display.key('ctrl+c');
  app.display.type(`touch ${typed}\n`);
  stopped = [];
  process.kill(main, 'SIGCONT');
  await until(() => locks().length === 1, 'the lock');
  expect(locks()[0]!.detail?.cause).toBe('gap');
  expect(status()).toMatchObject({ state: 'locked', locked: true });
  expect(app.display.pointsOf(colour)).toBe(0);
  await opensAgain();
  expect(existsSync(typed)).toBe(false);
});
