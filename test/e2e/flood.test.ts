/** A program that prints more than the page can parse: what is left out for the page is in the recording, and what can be seen is whole. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scrollbackLines } from '../../src/bridge/frames.ts';
import { firstRun, paneText, passphrase, prompt, start, unlockWithPassphrase, until, wardmux, type Running } from './support.ts';

const last = 3_000_000;
let running: Running;

beforeAll(async () => {
  running = await start();
  await firstRun(running, { passkey: false });
});
afterAll(async () => {
  await running.stop();
  running.remove();
});

const rows = async (): Promise<string[]> => (await paneText(running)).split('\n').map((row) => row.trim());

/** Goes to the first line that the pane has kept, and back. @returns its number, and how many lines it is from there to the bottom. */
async function top(): Promise<{ readonly first: number; readonly back: number; readonly rows: number }> {
  const { page } = running;
  await page.keyboard.press('Control+b');
  await page.keyboard.press('[');
  await until(async () => (await page.locator('.rule__flags').innerText()).includes('copy mode'), 'copy mode');
  await page.keyboard.press('Alt+<');
  const back = async (): Promise<number> => Number(/([\d, \u202f]+) lines? back/.exec(await page.locator('body').innerText())?.[1]?.replaceAll(/\D/g, '') ?? 0);
  await until(async () => (await back()) > 0 && /^\d+$/.test((await rows())[0] ?? ''), 'the top of the scrollback');
  const shown = await rows();
  const first = Number(shown[0]);
  // Nothing is missing in between, and no line is there twice.
  expect(shown.slice(1, 20).map(Number)).toEqual(Array.from({ length: 19 }, (_, i) => first + 1 + i));
  const result = { first, back: await back(), rows: shown.length };
  await page.keyboard.press('q');
  await prompt(running);
  return result;
}

test('a flood: the last ten thousand lines are on the page, without a gap', async () => {
  const { page } = running;
  await page.keyboard.type(`seq ${last}\n`);
  await until(async () => (await rows()).includes(String(last)), 'the last line', 60_000);
  await prompt(running);
  const { first, back, rows: height } = await top();
  expect(back).toBe(scrollbackLines);
  // The prompt has the last row, and the last number the row above.
  expect(first + back + height - 2).toBe(last);
});

test('after a lock they are rebuilt from the recording, without a gap', async () => {
  await running.app.lock('hotkey');
  await unlockWithPassphrase(running);
  await until(async () => (await rows()).includes(String(last)), 'the last line again');
  const { first, back, rows: height } = await top();
  expect(first + back + height - 2).toBe(last);
});

test('the recording has every line', async () => {
  const [recording = ''] = readdirSync(join(running.home, 'recordings'));
  await running.page.keyboard.type('exit\n');
  await until(async () => (await wardmux(['list', '--json'], { home: running.home })).stdout.includes('"complete"'), 'the end of the recording');
  const { stdout, status } = await wardmux(['play', recording, '--raw', '--passphrase-fd', '3'], { home: running.home, passphrase });
  expect(status).toBe(0);
  const printed = stdout.slice(stdout.indexOf('1\r\n2\r\n3\r\n'), stdout.indexOf(`\r\n${last}\r\n`) + `\r\n${last}\r\n`.length);
  const hash = createHash('sha256');
  for (let i = 1; i <= last; i++) hash.update(`${i}\r\n`);
  expect(createHash('sha256').update(printed).digest('hex')).toBe(hash.digest('hex'));
});
