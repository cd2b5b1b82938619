/** What stands on the screen, in its own pixels: text that can be read, and a program's screen that comes back as it was. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { missingPrograms, openDisplay, type Display, type Picture } from '../support/display.ts';
import { firstRun, run, start, unlockWithPassphrase, until, type Running } from './support.ts';

const missing = missingPrograms('Xvfb');
let display: Display;
let running: Running;
beforeEach(async ({ skip }) => {
  skip(missing.length > 0, `not installed: ${missing.join(', ')}`);
  display = await openDisplay(1440, 900);
  running = await start({ display: display.name });
  await firstRun(running, { passkey: false });
});
afterEach(async () => {
  await running?.stop();
  running?.remove();
  display?.stop();
});

/** A program of its own on the shell's PATH: what it prints stands in no line that was typed. */
function program(name: string, lines: string): string {
  const folder = join(running.folder, 'bin');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/bash\n${lines}\n`);
  chmodSync(path, 0o755);
  return path;
}

async function command(line: string): Promise<void> {
  await running.page.keyboard.press('Control+b');
  await running.page.keyboard.press(':');
  await running.page.locator('#command').fill(line);
  await running.page.keyboard.press('Enter');
  await running.page.locator('#command').waitFor({ state: 'detached' });
}

/** The page's corner on the screen, in pixels: a window without a frame but the browser's own title. */
const corner = (): Promise<{ x: number; y: number }> =>
  running.page.evaluate('({ x: screenX + (outerWidth - innerWidth) / 2, y: screenY + outerHeight - innerHeight })');

/** A colour that nothing of ours has. */
const MARK = 0x01fe03;

/** What the page has drawn by now is on the screen: a mark that it draws afterwards has come there, and is gone again. */
async function drawn(): Promise<void> {
  const { x, y } = await corner();
  const isMarked = (): boolean => display.picture().at(Math.round(x) + 1, Math.round(y) + 1) === MARK;
  await running.page.evaluate(`{
    const mark = document.createElement('div');
    mark.id = 'mark';
    Object.assign(mark.style, { position: 'fixed', inset: '0 auto auto 0', width: '4px', height: '4px', background: '${hex(MARK)}', zIndex: '2147483647' });
    document.documentElement.append(mark);
  }`);
  await until(isMarked, 'the mark on the screen');
  await running.page.evaluate("document.getElementById('mark').remove()");
  await until(() => !isMarked(), 'the screen without the mark');
}

/** WCAG 2.2, relative luminance and contrast ratio of two colours (0xrrggbb). */
const linear = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const luminance = (colour: number): number =>
  0.2126 * linear((colour >> 16) / 255) + 0.7152 * linear(((colour >> 8) & 255) / 255) + 0.0722 * linear((colour & 255) / 255);
function ratio(a: number, b: number): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

/** A letter of which some pixels are nothing but ink, and that is judged as letters are: a black square. */
const solid = '\u25a0';

interface Cell {
  readonly pane: number;
  readonly style: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Every solid letter on the page: where it is on the screen. */
async function solidCells(): Promise<Cell[]> {
  const { x, y } = await corner();
  const cells = await running.page.evaluate<Cell[]>(`[...document.querySelectorAll('.pane:not([hidden])')].flatMap((pane) =>
    [...pane.querySelectorAll('.xterm-rows span')].flatMap((span) => {
      const text = span.firstChild;
      if (!text || text.nodeType !== 3) return [];
      return [...text.data].flatMap((letter, i) => {
        if (letter !== ${JSON.stringify(solid)}) return [];
        const range = document.createRange();
        range.setStart(text, i);
        range.setEnd(text, i + 1);
        const box = range.getBoundingClientRect();
        return [{ pane: Number(pane.dataset.pane), style: span.className + ' ' + span.style.cssText, x: box.x, y: span.parentElement.getBoundingClientRect().y, width: box.width, height: span.parentElement.getBoundingClientRect().height }];
      });
    }))`);
  return cells.map((cell) => ({ ...cell, x: cell.x + x, y: cell.y + y }));
}

/** What the pixels of a cell say: its ground, at the corner that no letter reaches, and the pixel that is furthest from it. */
function contrastOf(picture: Picture, { x, y, width, height }: Cell): { readonly ratio: number; readonly ink: number; readonly ground: number } {
  // A cell may begin within a pixel: only those are looked at that are wholly its own.
  const [left, right] = [Math.ceil(x), Math.floor(x + width)];
  const [top, bottom] = [Math.ceil(y), Math.floor(y + height)];
  const ground = picture.at(left, top);
  let [ink, best] = [ground, 1];
  for (let row = top; row < bottom; row++)
    for (let column = left; column < right; column++) {
      const found = ratio(picture.at(column, row), ground);
      if (found > best) [ink, best] = [picture.at(column, row), found];
    }
  return { ratio: best, ink, ground };
}

const hex = (colour: number): string => `#${colour.toString(16).padStart(6, '0')}`;

test('text in the sixteen colours, plain, bold, inverse and dim, on each other and on the grounds of both panes, has its contrast on the screen', async () => {
  const { page } = running;
  // Rows: the sixteen grounds, and none. Columns: the ink that a program leaves alone, and the sixteen.
  const grid = program(
    'grid',
    `printf '\\033[2J\\033[H'
inks="39 $(seq 30 37) $(seq 90 97)"
for ground in $(seq 40 47) $(seq 100 107) 49; do
  for ink in $inks; do printf '\\033[%s%s;%sm${solid}\\033[0m ' "$1" $ink $ground; done
  echo
done
echo "end-$2."`,
  );
  let grids = 0;
  await command('split-window -h');
  await until(async () => (await page.locator('.pane').count()) === 2, 'two panes');
  for (const theme of ['dark', 'light']) {
    await command(`theme ${theme}`);
    await until(async () => (await page.evaluate('document.documentElement.dataset.theme')) === theme, theme);
    for (const [style, floor] of [
      ['', 4.5],
      ['1;', 4.5],
      ['7;', 4.5],
      ['2;', 3],
    ] as const) {
      // In the pane that has the focus and in the one that has it not: their grounds differ.
      for (const _ of [0, 1]) {
        // A word of its own for each: the one of the grid before stands in the pane until this one clears it.
        grids++;
        await run(running, `clear; '${grid}' '${style}' ${grids}`, `end-${grids}.`);
        await page.keyboard.press('Control+b');
        await page.keyboard.press('o');
      }
      await until(async () => (await solidCells()).length === 2 * 17 * 17, 'both grids');
      await drawn();
      const picture = display.picture();
      const low = (await solidCells()).flatMap((cell) => {
        const { ratio: found, ink, ground } = contrastOf(picture, cell);
        return found < floor - 0.05 ? [`pane ${cell.pane} ${cell.style}: ${hex(ink)} on ${hex(ground)} ${found.toFixed(2)}`] : [];
      });
      expect(low, `${theme} ${style}`).toEqual([]);
    }
  }
});

/** The points of the panes' texts as they are now, rows of them. */
async function screens(): Promise<Map<number, string[]>> {
  // What is said at an unlock stands over a pane until it is read.
  await until(async () => {
    if ((await running.page.locator('.toast').count()) === 0) return true;
    await running.page.keyboard.press('Control+b');
    await running.page.keyboard.press('Escape');
    return false;
  }, 'nothing over the panes');
  await drawn();
  const { x, y } = await corner();
  const boxes = await running.page.evaluate<{ pane: number; x: number; y: number; width: number; height: number }[]>(
    `[...document.querySelectorAll('.pane:not([hidden])')].map((pane) => { const box = pane.querySelector('.xterm-screen').getBoundingClientRect(); return { pane: Number(pane.dataset.pane), x: box.x, y: box.y, width: box.width, height: box.height }; })`,
  );
  const picture = display.picture();
  return new Map(
    boxes.map((box) => [
      box.pane,
      Array.from({ length: Math.floor(box.height) }, (_, row) =>
        Array.from({ length: Math.floor(box.width) }, (__, column) => hex(picture.at(Math.round(box.x + x) + column, Math.round(box.y + y) + row))).join(' '),
      ),
    ]),
  );
}

/** Rows of points that differ, of each pane. */
function differing(before: ReadonlyMap<number, string[]>, after: ReadonlyMap<number, string[]>): Record<string, number[]> {
  return Object.fromEntries(
    [...before].flatMap(([pane, rows]) => {
      const rowsAfter = after.get(pane) ?? [];
      const other = rows.flatMap((row, n) => (row === rowsAfter[n] ? [] : [n]));
      return other.length > 0 || rows.length !== rowsAfter.length ? [[String(pane), other]] : [];
    }),
  );
}

test("a program's screen is drawn with the same pixels after a lock, and after a crash of the page", async () => {
  const { page, app } = running;
  // The whole screen, a region, colours, another cursor, and nothing more is printed.
  const full = program(
    'full',
    `printf '\\033[?1049h\\033[2J\\033[3;8r\\033[?7l\\033[4 q'
for i in $(seq 1 20); do printf '\\033[%s;1H\\033[%smrow %s \\033[7mbar\\033[0m \\033[4:3;58;5;1mcurly\\033[0m' $i $((31 + i % 7)) $i; done
printf '\\033[5;9H'
read -rs`,
  );
  await command('split-window -h');
  await until(async () => (await page.locator('.pane').count()) === 2, 'two panes');
  await run(running, 'clear; seq 500', '\n500\n');
  await page.keyboard.press('Control+b');
  await page.keyboard.press('o');
  await page.keyboard.type(`'${full}'\n`);
  await until(async () => (await page.locator('.pane.is-focused .xterm-rows').innerText()).includes('row 20'), 'the whole screen');
  const before = await screens();
  await app.lock('command');
  await unlockWithPassphrase(running);
  await until(async () => (await running.page.locator('.pane .xterm-rows').allInnerTexts()).join('').includes('row 20'), 'the screen after the lock');
  expect(differing(before, await screens())).toEqual({});
  process.kill((await app.window.rendererPid())!, 'SIGKILL');
  await running.surface('lock');
  await unlockWithPassphrase(running);
  await until(async () => (await running.page.locator('.pane .xterm-rows').allInnerTexts()).join('').includes('row 20'), 'the screen after the crash');
  expect(differing(before, await screens())).toEqual({});
});
