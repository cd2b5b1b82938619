/** What a person copied from a pane is not in the clipboard for the next one: the lock clears it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acceptAsItStands } from '../../src/policy/force.fixture.ts';
import { missingPrograms, readIfThere } from '../support/display.ts';
import { waitFor } from '../support/wait-for.ts';
import { startUnlocked } from './initialised.ts';
import { openRealApp, type RealApp } from './real-window.ts';
import { run, start, unlockWithPassphrase, until, type Running } from './support.ts';

const missing = missingPrograms('Xvfb', 'xdotool', 'xclip');

describe('in the app', () => {
  let running: Running;
  beforeEach(async () => {
    running = await startUnlocked();
  });
  afterEach(async () => {
    await running.stop();
    running.remove();
  });
  /** Rejects while the page has no focus: a browser without a screen gives it to no page whose forerunner was killed (on a busy machine) until it is asked. */
  const held = async (): Promise<string> => {
    await running.page.bringToFront();
    return running.page.evaluate<string>('navigator.clipboard.readText()');
  };
  /** Prints a word that is on no command line, and copies its line in copy mode. */
  const copy = async (): Promise<void> => {
    await run(running, 'clear; echo patient-$((400+7))', 'patient-407');
    await running.page.keyboard.press('Control+b');
    for (const key of ['[', 'ArrowUp', 'Control+a', 'Control+Space', 'Control+e', 'Alt+w']) await running.page.keyboard.press(key);
    await until(async () => (await held()).includes('patient-407'), 'the text in the clipboard');
  };

  test('it is empty after a lock and an unlock', async () => {
    await copy();
    await until(async () => (await running.page.locator('.toast').allInnerTexts()).join().includes('The lock clears the clipboard.'), 'the note');
    await running.app.lock('hotkey');
    await unlockWithPassphrase(running);
    await waitFor(async () => expect(await held()).toBe(''));
  });

  test('a policy can leave it there, and copying says so', async () => {
    await running.app.lock('hotkey');
    await running.stop();
    const path = join(running.home, 'policy.json');
    const policy = JSON.parse(readFileSync(path, 'utf8')) as { lock: object };
    writeFileSync(path, JSON.stringify({ ...policy, lock: { ...policy.lock, clearClipboard: false } }));
    await acceptAsItStands(running.home);
    running = await start({ folder: running.folder });
    await unlockWithPassphrase(running);
    await copy();
    await until(async () => (await running.page.locator('.toast').allInnerTexts()).join().includes('It stays in the clipboard'), 'the note');
    await running.app.lock('hotkey');
    await unlockWithPassphrase(running);
    await waitFor(async () => expect(await held()).toContain('patient-407'));
  });
});

describe('in a real window', () => {
  beforeEach(({ skip }) => skip(missing.length > 0, `not installed: ${missing.join(', ')}`));
  let app: RealApp;
  afterEach(() => app?.stop());
  const mouse = (...args: (string | number)[]): void =>
    void execFileSync('xdotool', args.map(String), { env: { ...process.env, DISPLAY: app.display.name }, stdio: 'ignore' });
  /** No colour of the app's own. */
  const colour = 0xd01f77;
  /** Prints lines of words on a ground of that colour, and waits until they are drawn: what is copied or selected before that is something else. */
  const print = async (word: number, lines: number): Promise<void> => {
    await app.run(String.raw`clear; for i in $(seq ${lines}); do printf '\033[48;2;208;31;119mpatient-%d    \033[m\n' $((${word}-1+1)); done`);
    await until(() => app.display.hasBlock([colour], 24), 'the words on the screen');
  };
  const byKey = (): void => app.display.key('ctrl+shift+v');
  const byMiddleButton = (): void => mouse('mousemove', 600, 400, 'click', 2);
  /** Pastes into a program that keeps what it gets. A word of our own comes first: an empty paste leaves it alone. */
  const pasted = async (name: string, paste: () => void | Promise<void>): Promise<string> => {
    const path = join(app.folder, name);
    app.display.type(`cat > ${path}\n`);
    await until(() => readIfThere(path) !== undefined, 'the program');
    app.display.type('held: ');
    await paste();
    app.display.key('Return', 'ctrl+d');
    await until(() => (readIfThere(path) ?? '').endsWith('\n'), 'the paste');
    return readFileSync(path, 'utf8');
  };

  test('a copied line can be pasted before the lock, and not after it', async () => {
    app = await openRealApp();
    await app.unlock();
    await print(408, 1);
    app.display.key('ctrl+b', 'bracketleft');
    for (const key of ['Up', 'ctrl+a', 'ctrl+space', 'ctrl+e', 'alt+w']) app.display.key(key);
    expect(await pasted('before', byKey)).toContain('patient-408');
    expect(await pasted('before-middle', byMiddleButton)).toContain('patient-408');
    app.display.key('ctrl+shift+l');
    await until(async () => (await app.facts()).state === 'locked', 'the lock');
    await app.unlock();
    expect(await pasted('after', byKey)).toBe('held: \n');
    expect((await pasted('after-middle', byMiddleButton)).trim()).toBe('held:');
  });

  test('text that was only selected with the mouse is gone after the lock too', async () => {
    app = await openRealApp();
    await app.unlock();
    await print(409, 8);
    const selected = (): string =>
      spawnSync('xclip', ['-o', '-selection', 'primary'], { env: { ...process.env, DISPLAY: app.display.name }, encoding: 'utf8', timeout: 5000 }).stdout;
    const selectAndPaste = async (): Promise<void> => {
      mouse('mousemove', 60, 100, 'mousedown', 1, 'sleep', 0.1, 'mousemove', 120, 100, 'sleep', 0.1, 'mousemove', 260, 100, 'sleep', 0.1, 'mouseup', 1);
      await until(() => selected().includes('ent-409'), 'the selected text');
      byMiddleButton();
    };
    expect(await pasted('before', selectAndPaste)).toContain('ent-409');
    app.display.key('ctrl+shift+l');
    await until(async () => (await app.facts()).state === 'locked', 'the lock');
    await app.unlock();
    expect((await pasted('after', byMiddleButton)).trim()).toBe('held:');
  });
});
