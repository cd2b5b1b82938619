/** asciinema's own player, as it is released, plays the casts of our exports: a recorded session, and an import with sizes, markers and bytes that are no text. */
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromium, type Browser } from 'playwright-core';
import { firstHome, firstWords, ownFolder } from '../support/first-home.ts';
import { runHere } from '../support/run-here.ts';

const player = fileURLToPath(new URL('../../node_modules/asciinema-player/dist/bundle/', import.meta.url));

let browser: Browser;
let place: string;

async function wardmux(...args: string[]): Promise<string> {
  writeFileSync(join(place, 'passphrase'), `${firstWords}\n`);
  const fd = openSync(join(place, 'passphrase'), 'r');
  const { status, out, err } = await runHere([...args, '--passphrase-fd', String(fd)], { home: join(place, 'home'), place });
  try {
    closeSync(fd);
  } catch {
    // The command closed it.
  }
  expect(status, err).toBe(0);
  return out.trim();
}

beforeAll(async () => {
  place = ownFolder();
  (await firstHome(place)).identity.destroy();
  if (existsSync(player)) browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: ['--no-sandbox', '--disable-gpu'] });
});
afterAll(() => browser?.close());

/** Plays a cast to its end. @returns what its screen says then, and how long and how many markers the player found */
async function played(cast: string): Promise<{ text: string; duration: number; markers: number; ended: boolean }> {
  const page = await browser.newPage();
  try {
    await page.setContent('<!doctype html><meta charset="utf-8"><div id="here"></div>');
    await page.addScriptTag({ path: join(player, 'asciinema-player.min.js') });
    return await page.evaluate(async (data) => {
      type Player = {
        play(): Promise<void>;
        getDuration(): Promise<number> | number;
        addEventListener(name: string, heard: (event: { index?: number }) => void): void;
      };
      const { AsciinemaPlayer } = window as unknown as { AsciinemaPlayer: { create(source: object, at: Element, options: object): Player } };
      let markers = 0;
      const one = AsciinemaPlayer.create({ data }, document.querySelector('#here')!, {
        speed: 50,
        idleTimeLimit: 0.05,
        preload: true,
        terminalFontFamily: 'monospace',
      });
      one.addEventListener('marker', () => markers++);
      const ended = new Promise<boolean>((resolve) => one.addEventListener('ended', () => resolve(true)));
      await one.play();
      await ended;
      const lines = [...document.querySelectorAll('.ap-line')].map((line) => line.textContent ?? '');
      return { text: lines.join('\n') || (document.querySelector('.ap-term')?.textContent ?? ''), duration: await one.getDuration(), markers, ended: true };
    }, cast);
  } finally {
    await page.close();
  }
}

test.skipIf(!existsSync(player))('the player of asciinema plays our casts to their end, with their text, times and markers', async () => {
  const old = join(place, 'old.cast');
  const lines = [
    '{"version":2,"width":60,"height":10}',
    '[0.1,"o","first line\\r\\n"]',
    '[1,"m","here"]',
    '[1.5,"r","70x12"]',
    '[2,"o","h\\u00e9llo \\u4e2d \\u001b[31mred\\u001b[0m\\r\\n"]',
    '[3,"o","last"]',
  ];
  writeFileSync(old, `${lines.join('\n')}\n`);
  const id = await wardmux('import', old);
  await wardmux('export', id, '-o', join(place, 'bundle'));
  const cast = readFileSync(join(place, 'bundle', 'session.cast'), 'utf8');
  const { text, duration, markers, ended } = await played(cast);
  expect(ended).toBe(true);
  expect(text).toMatch(/first line/);
  expect(text).toMatch(/h\u00e9llo \u4e2d\s*red/);
  expect(text).toMatch(/last/);
  expect(duration).toBeGreaterThan(0);
  // Ours, which says that it was imported, and that of the file.
  expect(markers).toBe(2);
});
