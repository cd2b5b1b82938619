/**
 * After every lock the clipboard is empty, the middle button's selection too, whatever locked and whoever has the focus. Looked
 * at from outside, by programs of the desktop; nothing touches the window after the lock.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { missingPrograms, openDisplay, type Display } from '../support/display.ts';
import { initialise } from './initialised.ts';
import { paneText, prepare, unlockByKeys, until, type Running } from './support.ts';

const missing = missingPrograms('Xvfb', 'xdotool', 'openbox', 'wmctrl', 'xclip', 'xsel');
let display: Display;
let running: Running;

beforeEach(async ({ skip }) => {
  skip(missing.length > 0, `not installed: ${missing.join(', ')}`);
  display = await openDisplay();
  await display.manageWindows();
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  initialise(folder);
  running = await prepare({ folder, display: display.name });
  await running.app.open();
});
afterEach(async () => {
  await running?.stop();
  running?.remove();
  display?.stop();
});

/** What two programs of the desktop get of a selection; they agree, or it is an error. The app that may own it is in this process, so nothing here blocks. */
async function held(selection: 'clipboard' | 'primary'): Promise<string> {
  const [xclip, xsel] = await Promise.all([said('xclip', '-o', '-selection', selection), said('xsel', '-o', `--${selection}`)]);
  return xclip === xsel ? xclip : `${xclip} and ${xsel}`;
}

async function said(program: string, ...args: string[]): Promise<string> {
  const child = spawn(program, args, { env: { ...process.env, DISPLAY: display.name }, stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  let waits = false;
  // An owner that does not answer at all is a fault of its own: who asks would hang.
  const timer = setTimeout(() => {
    waits = true;
    child.kill();
  }, 5000);
  await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  return waits ? `${program} got no answer` : text;
}

/** Prints a word that is on no command line, and copies its line in copy mode, until the desktop has it. */
async function copy(word: number): Promise<void> {
  await until(
    async () => {
      display.key('Escape', 'ctrl+c');
      display.type(`clear; echo patient-$((${word}-1+1))\n`);
      // Copy mode takes the rows that are there: a line that a busy machine prints later is copied by no try.
      await until(async () => (await paneText(running)).includes(`patient-${word}`), 'the printed line', 10_000);
      display.key('ctrl+b', 'bracketleft', 'Up', 'ctrl+a', 'ctrl+space', 'ctrl+e', 'alt+w');
      const tried = Date.now();
      while (Date.now() - tried < 2000 && !(await held('clipboard')).includes(`patient-${word}`)) await new Promise((next) => setTimeout(next, 50));
      return (await held('clipboard')).includes(`patient-${word}`) && (await held('primary')).includes(`patient-${word}`);
    },
    'the copied line',
    60_000,
  );
}

const locks: Readonly<Record<string, () => Promise<unknown> | void>> = {
  'the hotkey': () => display.key('ctrl+shift+l'),
  'the command line': () => running.app.socket.handlers.lock(),
  'the idle timer': async () => {
    for (let second = 0; second < 320; second += 10) {
      running.clock.advance(10_000);
      await running.app.tick();
    }
  },
  'the command line, while another window has the focus': () => {
    const env = { ...process.env, DISPLAY: display.name };
    spawnSync('xdotool', ['windowfocus', '--sync', '1'], { env, timeout: 2000 });
    return running.app.socket.handlers.lock();
  },
  'the command line, while the browser is stopped': async () => {
    process.kill(running.host.browserPid!, 'SIGSTOP');
    await running.app.socket.handlers.lock();
  },
};

test('after a lock by any way nothing can be pasted', { timeout: 300_000 }, async () => {
  let word = 400;
  for (const [name, lock] of Object.entries(locks)) {
    await unlockByKeys(running, display);
    await copy(++word);
    await lock();
    await until(async () => (await running.app.socket.handlers.status())['state'] === 'locked', `the lock by ${name}`);
    await until(async () => (await held('clipboard')) === '' && (await held('primary')) === '', `the empty clipboard after the lock by ${name}`);
    await until(() => display.windows().length === 1, 'the lock page');
  }
  // What another program put there goes as well: nobody copied anything in this workspace.
  await unlockByKeys(running, display);
  spawnSync('xclip', ['-selection', 'clipboard'], {
    input: 'from elsewhere',
    env: { ...process.env, DISPLAY: display.name },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await until(async () => (await held('clipboard')) === 'from elsewhere', 'the text of another program');
  await running.app.socket.handlers.lock();
  await until(async () => (await held('clipboard')) === '', 'the empty clipboard after a lock without a copy');
});
