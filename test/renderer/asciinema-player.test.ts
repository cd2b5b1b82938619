/** asciinema's own player, as its release has it, plays the casts of our bundles: its screen is ours at every moment that is looked at. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Terminal } from '@xterm/headless';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forAudit } from '../support/disclosure.ts';
import { firstHome, firstWords, ownFolder } from '../support/first-home.ts';
import { runWith } from '../support/run-here.ts';
import { launch } from './harness.ts';

const player = join(dirname(createRequire(import.meta.url).resolve('asciinema-player')), 'bundle/asciinema-player.min.js');
const [cols, rows] = [60, 12] as const;
const csi = (text: string): string => `\u001b[${text}`;
/** What a session shows: colours, wide characters, wrapped lines, motion of the cursor, scrolling, a program on the other screen, a title, a cut character. */
const session: readonly (readonly [seconds: number, text: string])[] = [
  [0.5, `ada@ward7:~$ ls\r\n${csi('1;34m')}notes${csi('0m')}  ${csi('7m')}日本語${csi('0m')}  ünïcode ┌──┐\r\n`],
  [1.5, `${'a long line that wraps at the right border '.repeat(3)}\r\n`],
  [2.5, Array.from({ length: 20 }, (_, n) => `line ${n}\r\n`).join('')],
  [3.5, `${csi('?1049h')}${csi('2J')}${csi('3;5H')}an editor${csi('12;1H')}${csi('7m')}-- INSERT --${csi('0m')}\u001b]0;a title\u0007`],
  [4.5, `${csi('3;5H')}${csi('K')}edited\u001b7${csi('1;1H')}top\u001b8 again`],
  [5.5, `${csi('?1049l')}back at the shell\r\n`],
  [6.5, `overwritten\rOVER\u0008\u0008XY\r\n${csi('2A')}${csi('20C')}moved`],
];

let browser: Browser;
let cast: string;
beforeAll(async () => {
  const place = ownFolder();
  const home = join(place, 'home');
  (await firstHome(place)).identity.destroy();
  const old = join(place, 'old.cast');
  writeFileSync(
    old,
    [{ version: 2, width: cols, height: rows }, ...session.map(([time, text]) => [time, 'o', text])].map((line) => `${JSON.stringify(line)}\n`).join(''),
  );
  const wardmux = async (...args: readonly string[]): Promise<string> => {
    const { status, out, err } = await runWith(args, { home, place }, [firstWords]);
    expect(status, err).toBe(0);
    return out.trim();
  };
  const id = await wardmux('import', old);
  await wardmux('export', id, '-o', join(place, 'bundle'), ...forAudit);
  cast = readFileSync(join(place, 'bundle', 'session.cast'), 'utf8');
  browser = await launch();
});
afterAll(() => browser.close());

/** What the emulator that we show recordings with has on its screen after so many seconds. */
async function ours(seconds: number): Promise<string[]> {
  const terminal = new Terminal({ allowProposedApi: true, cols, rows, logLevel: 'off' });
  for (const [time, text] of session) if (time <= seconds) await new Promise<void>((done) => terminal.write(text, done));
  const { active } = terminal.buffer;
  const lines = Array.from({ length: rows }, (_, row) =>
    active
      .getLine(active.baseY + row)!
      .translateToString(true)
      .trimEnd(),
  );
  terminal.dispose();
  return lines;
}

test('the player shows at every moment what we show', async () => {
  const page = await browser.newPage();
  await page.setContent('<!doctype html><div id="place"></div>');
  await page.addScriptTag({ path: player });
  await page.evaluate((data) => {
    type Player = { seek(to: number): Promise<unknown> };
    const { AsciinemaPlayer } = window as unknown as { AsciinemaPlayer: { create(source: object, place: Element, options: object): Player } };
    Object.assign(window, { player: AsciinemaPlayer.create({ data }, document.querySelector('#place')!, { controls: false, fit: false, preload: true }) });
  }, cast);
  const theirs = (seconds: number): Promise<string[]> =>
    page.evaluate(async (to) => {
      await (window as unknown as { player: { seek(to: number): Promise<unknown> } }).player.seek(to);
      await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
      return [...document.querySelectorAll('.ap-term-text .ap-line')].map((line) =>
        [...line.querySelectorAll('span')]
          .map((span) => span.textContent)
          .join('')
          .trimEnd(),
      );
    }, seconds);
  // Forwards, and back again: what was drawn before must not be left.
  const moments = session.map(([time]) => time + 0.25);
  for (const seconds of [...moments, ...moments.toReversed(), 5.75, 0.75]) {
    const expected = await ours(seconds);
    expect(expected.join('').trim()).not.toBe('');
    await expect.poll(() => theirs(seconds), { message: `at ${seconds} s` }).toEqual(expected);
  }
  await page.close();
});
