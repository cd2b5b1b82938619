/** The window closes, comes back, and is locked at every bad moment: whatever comes in between, it ends locked. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SentenceError } from '../../src/types/sentence.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startUnlocked } from './initialised.ts';
import {
  entered,
  firstSteps,
  paneText,
  passphrase,
  passphraseField,
  prepare,
  run,
  start,
  unlockWithPassphrase,
  until,
  type Entered,
  type Running,
} from './support.ts';

let running: Running;
const said: string[] = [];
const rejections: unknown[] = [];
const onRejection = (error: unknown): void => void rejections.push(error);
beforeEach(() => {
  said.length = 0;
  rejections.length = 0;
  process.on('unhandledRejection', onRejection);
});
afterEach(async () => {
  await running.stop();
  running.remove();
  process.off('unhandledRejection', onRejection);
  expect(rejections).toEqual([]);
});

const say = (line: string): void => void said.push(line);
const ledger = (): Entered[] => entered(running);
const state = async (): Promise<unknown> => (await running.app.socket.handlers.status())['state'];

describe('a closed window', () => {
  test('with a live shell locks; the shell runs on, and is there again after the window was brought back', async () => {
    running = await startUnlocked({ say });
    await run(running, 'KEPT=value-$((80+1)); echo set-$((80+2))', 'set-82');
    const { browserPid, profileFolder } = running.host;
    const { vault } = running.app.processes;
    await running.page.close();
    await until(() => said.some((line) => line.includes('1 shell(s) run on')), 'the sentence about the closed window');
    expect(await state()).toBe('locked');
    // Nobody can look at a browser without a screen, and its word that the page was closed is none: the end of its processes is what is known.
    await until(() => ledger().some(({ action }) => action === 'lock'), 'the event of the lock');
    expect(ledger()).toContainEqual(expect.objectContaining({ action: 'lock', detail: { cause: 'window-closed', visible: 'killed' } }));
    // Neither the browser, nor its profile, nor what held the key is left.
    await until(() => [browserPid!, vault!].every((pid) => !existsSync(`/proc/${pid}`)), 'the end of the browser and the vault host');
    await until(() => !existsSync(profileFolder!), 'the end of the profile');
    // Two second starts at once bring one window back.
    const [first, second] = await Promise.all([running.app.socket.handlers.show(), running.app.socket.handlers.show()]);
    expect([first['window'], second['window'], first['state']]).toEqual([true, true, 'locked']);
    await unlockWithPassphrase(running);
    await run(running, 'echo $KEPT', 'value-81');
  });

  test('detach (prefix d) does the same', async () => {
    running = await startUnlocked({ say });
    await run(running, 'KEPT=value-$((80+3)); echo set-$((80+4))', 'set-84');
    await running.page.keyboard.press('Control+b');
    await running.page.keyboard.press('d');
    await until(() => said.some((line) => line.includes('1 shell(s) run on')), 'the sentence about the closed window');
    await running.app.socket.handlers.show();
    await unlockWithPassphrase(running);
    await run(running, 'echo $KEPT', 'value-83');
  });

  test('without a shell ends the app', async () => {
    running = await start({ say });
    await running.page.close();
    expect(await running.app.finished).toBe(0);
  });
});

test.each([0, 1, 20, 100, 300, 600])('a stop %i ms after the start ends everything, and nothing is thrown into the air', async (ms) => {
  running = await prepare({ say });
  const opening = running.app.open().catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, ms));
  await running.stop();
  await opening;
  expect(await running.app.finished).toBe(0);
  expect(running.host.browserPid).toBeUndefined();
  expect(running.app.processes).toEqual({ pty: undefined, vault: undefined });
});

describe('locks and unlocks that meet', () => {
  beforeEach(async () => {
    running = await startUnlocked({ say });
    await run(running, 'echo text-$((80+5))', 'text-85');
  });

  /** Locked, with a vault host that has opened nothing, and a page that can unlock. */
  async function endsLocked(): Promise<void> {
    await running.app.lock('command');
    await running.surface('lock');
    expect(await state()).toBe('locked');
    expect(await running.page.locator('body').innerText()).not.toContain('text-85');
    await unlockWithPassphrase(running);
    await until(async () => (await paneText(running)).includes('text-85'), 'the pane');
  }

  test('a bell in a window that nobody looks at stays marked over a lock, and one that rings while it is locked is marked after it', async () => {
    const ring = join(running.folder, 'ring');
    writeFileSync(ring, '#!/bin/sh\nuntil [ -e "$0-$1" ]; do sleep 0.05; done\nprintf "rung \\a"; touch "$0-$1-rung"; read end\n', { mode: 0o755 });
    const flags = (): Promise<string[]> => running.page.locator('.win:not(.is-current)').allInnerTexts();
    for (const name of ['first', 'second']) {
      await running.page.keyboard.press('Control+b');
      await running.page.keyboard.type(`:new-window -d -n ${name} ${ring} ${name}\n`);
      await until(async () => (await flags()).some((text) => text.includes(name)), `the window ${name}`);
    }
    writeFileSync(`${ring}-first`, '');
    const marked = async (name: string): Promise<boolean> => (await flags()).some((text) => text.includes(name) && text.includes('!'));
    await until(() => marked('first'), 'the bell');
    await running.app.lock('command');
    writeFileSync(`${ring}-second`, '');
    await until(() => existsSync(`${ring}-second-rung`), 'the bell while it is locked');
    await unlockWithPassphrase(running);
    await until(() => marked('first'), 'the mark from before the lock');
    await until(() => marked('second'), 'the bell that rang while it was locked');
    // Who looks has seen it, over another lock too.
    await running.page.keyboard.press('Control+b');
    await running.page.keyboard.press('1');
    await until(async () => (await running.page.locator('.win.is-current').innerText()).includes('first'), 'the first window');
    await running.page.keyboard.press('Control+b');
    await running.page.keyboard.press('0');
    await until(async () => !(await running.page.locator('.win.is-current').innerText()).includes('first'), 'the shell again');
    await running.app.lock('command');
    await unlockWithPassphrase(running);
    await until(() => marked('second'), 'the mark of the other');
    expect(await marked('first')).toBe(false);
  });

  test('a lock while the workspace is being shown', async () => {
    await running.app.lock('command');
    const field = await passphraseField(running);
    await field.fill(passphrase);
    await running.page.keyboard.press('Enter');
    await until(() => running.app.surface === 'workspace', 'the opened lock');
    await running.app.lock('hotkey');
    expect(await state()).toBe('locked');
    await endsLocked();
  });

  test('a lock while the passphrase is being looked at: the lock wins', async () => {
    await running.app.lock('command');
    const before = ledger().filter(({ action, outcome }) => action === 'unlock' && outcome === 'success').length;
    const field = await passphraseField(running);
    await field.fill(passphrase);
    const { vault } = running.app.processes;
    await running.page.keyboard.press('Enter');
    // scrypt takes far longer than this; the request is there within a few milliseconds.
    await until(async () => {
      await running.app.lock('command');
      return running.app.processes.vault !== vault;
    }, 'a vault host that has opened nothing');
    await running.surface('lock');
    expect(await state()).toBe('locked');
    expect(ledger().filter(({ action, outcome }) => action === 'unlock' && outcome === 'success').length).toBe(before);
    await endsLocked();
  });

  test('many locks at once are one lock', async () => {
    const before = ledger().filter(({ action }) => action === 'lock').length;
    await Promise.all(Array.from({ length: 10 }, () => running.app.lock('command')));
    expect(ledger().filter(({ action }) => action === 'lock').length).toBe(before + 1);
    await endsLocked();
  });

  test('the lock page is killed: it comes back, and nothing has opened', async () => {
    await running.app.lock('command');
    const pid = (await running.app.window.rendererPid())!;
    process.kill(pid, 'SIGKILL');
    await until(async () => ![undefined, pid].includes(await running.app.window.rendererPid()), 'another lock page');
    expect(await state()).toBe('locked');
    await endsLocked();
  });

  test('the vault host is killed at the lock: there is another one', async () => {
    await running.app.lock('command');
    const vault = running.app.processes.vault!;
    process.kill(vault, 'SIGKILL');
    await until(() => ![undefined, vault].includes(running.app.processes.vault), 'another vault host');
    await endsLocked();
  });
});

test('the vault host dies in the first run after the person was made: the lock stands, and only the passphrase opens', async () => {
  running = await start({ say });
  const { page } = running;
  await firstSteps(running);
  await page.getByRole('button', { name: /^Skip/ }).waitFor();
  process.kill(running.app.processes.vault!, 'SIGKILL');
  await running.surface('lock');
  expect(await state()).toBe('locked');
  await unlockWithPassphrase(running);
  await run(running, 'echo opened-$((80+6))', 'opened-86');
});

test('a failure that nobody caught locks', async () => {
  running = await startUnlocked({ say });
  running.app.doubt(new SentenceError('A part failed.'));
  await running.surface('lock');
  expect(said).toContain('A part failed.');
  await unlockWithPassphrase(running);
});
