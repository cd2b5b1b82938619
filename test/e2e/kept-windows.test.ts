/** Windows, the names that a person gave them and how they are split are there again after the app has ended, and are on the disk for nobody else. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { brings } from '../support/brings.ts';
import { openDisplay, type Display } from '../support/display.ts';
import { firstRun, run, start, unlockWithPassphrase, until, type Running } from './support.ts';

let running: Running | undefined;
let display: Display | undefined;
afterEach(async () => {
  await running?.stop();
  running?.remove();
  display?.stop();
  running = display = undefined;
});

const command = async (line: string): Promise<void> => {
  const { page } = running!;
  await page.keyboard.press('Control+b');
  await brings(() => page.keyboard.press(':'), page.locator('.band input'));
  await page.keyboard.type(`${line}\n`);
  await page.locator('.band input').waitFor({ state: 'detached' });
};
/** What the line and the panes show: names of windows, and where the panes of the active one are. */
const seen = (): Promise<{ windows: string[]; panes: string[] }> =>
  running!.page.evaluate(`({
    windows: [...document.querySelectorAll('.win')].map((element) => element.textContent.trim()),
    panes: [...document.querySelectorAll('.pane:not([hidden])')].map((pane) => { const { x, y, width, height } = pane.getBoundingClientRect(); return [x, y, width, height].join(' '); }),
  })`);
/** What has been said so far, to be read again: a list of the moment in which it was opened. Toasts go by themselves. */
const told = async (): Promise<string> => {
  const { page } = running!;
  await page.keyboard.press('Control+b');
  await brings(() => page.keyboard.press('~'), page.locator('dialog'));
  const text = await said();
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  return text;
};
const said = async (): Promise<string> => (await running!.page.textContent('body')) ?? '';

test('names, splits and places come back with new shells; a file that somebody else made is not used', async () => {
  running = await start();
  const { folder } = running;
  await firstRun(running, { passkey: false });
  await command("rename-window 'bed 12 Feldmeier'");
  await command('split-window -h -l 40');
  await command('split-window -v');
  await command("new-window -n 'ward round'");
  await command('select-window -t :0');
  await until(async () => (await seen()).panes.length === 3, 'three panes');
  await run(running, 'MARK=lost; echo mark-$((40+1))', 'mark-41');
  const before = await seen();
  expect(before.windows.join(' ')).toMatch(/bed 12 Feldmeier.*ward round/);
  await running.stop();

  // Not a letter of it in the clear, in any file of the data folder.
  const files = readdirSync(running.home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.some(({ parentPath }) => parentPath === join(running!.home, 'workspaces'))).toBe(true);
  for (const { parentPath, name } of files) {
    const text = readFileSync(join(parentPath, name), 'latin1');
    for (const word of ['Feldmeier', 'ward round', Buffer.from('Feldmeier').toString('base64url').slice(1, -2)])
      expect(text.includes(word), `${name}: ${word}`).toBe(false);
  }

  running = await start({ folder });
  // The locked page knows nothing of them.
  await running.surface('lock');
  expect(await said()).not.toContain('Feldmeier');
  await unlockWithPassphrase(running);
  await until(async () => (await seen()).panes.length === 3, 'three panes again');
  await expect.poll(seen).toEqual(before);
  // Said, and to be read again; and when they came in last, over the restart.
  await until(async () => /as you left them/.test(await told()), 'that they are back');
  expect(await told()).toMatch(/Last unlock, in a window or by a command: \d\d:\d\d\./);
  await run(running, 'echo mark-$MARK-$((40+2))', 'mark--42');
  await running.stop();

  const kept = join(running.home, 'workspaces', readdirSync(join(running.home, 'workspaces'))[0]!);
  const file = JSON.parse(readFileSync(kept, 'utf8')) as { ciphertext: string };
  writeFileSync(kept, JSON.stringify({ ...file, ciphertext: `${file.ciphertext[0] === 'A' ? 'B' : 'A'}${file.ciphertext.slice(1)}` }));
  running = await start({ folder });
  await unlockWithPassphrase(running);
  await until(async () => (await told()).includes('It is not used'), 'that it is said');
  expect((await seen()).panes).toHaveLength(1);
});

test('the window is where it was, and as large, or fills the screen; one that was left on a screen that is gone comes onto one that is there', async () => {
  display = await openDisplay(1600, 1000);
  await display.manageWindows();
  running = await start({ display: display.name });
  const { folder, home } = running;
  const file = join(home, 'window.json');
  const place = async (): Promise<Record<string, unknown> | undefined> => ({ ...(await running!.app.window.place()) });
  const window = async (): Promise<void> => until(async () => (await place())?.['width'] !== undefined, 'the window');
  await window();
  display.xdotool('search', '--onlyvisible', '--class', 'Wardmux', 'windowsize', '1000', '700', 'windowmove', '333', '222');
  // It is sized first and moved then, by two processes: what is kept is right once it is what both have made of it.
  const near = (value: unknown, wanted: number): boolean => Math.abs(Number(value) - wanted) < 40;
  let before: Record<string, unknown> | undefined;
  await until(async () => {
    running!.clock.advance(60_000);
    await running!.app.tick();
    before = await place();
    const kept: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const stands = before?.['width'] === 1000 || before?.['height'] === 700;
    return stands && near(before?.['left'], 333) && near(before?.['top'], 222) && isDeepStrictEqual(kept, before);
  }, 'the new size and place, and that they are kept');
  await running.stop();

  running = await start({ folder, display: display.name });
  await window();
  // A window manager puts its frame around: a few pixels either way.
  for (const [name, value] of Object.entries(before as Record<string, number>))
    await until(async () => Math.abs(Number((await place())?.[name]) - Number(value)) < 40, `${name} ${value}`);
  await running.stop();

  writeFileSync(file, JSON.stringify({ ...before, left: 9000, top: -5000 }));
  running = await start({ folder, display: display.name });
  await window();
  await until(async () => Number((await place())?.['left']) < 1500 && Number((await place())?.['top']) >= 0, 'the window on the screen');
  await running.stop();

  writeFileSync(file, JSON.stringify({ ...before, maximized: true }));
  running = await start({ folder, display: display.name });
  await until(async () => (await place())?.['maximized'] === true, 'the window that fills the screen');
});
