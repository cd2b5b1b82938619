import { expect, test } from 'vitest';
import { copyActions, copyRows } from '../../src/mux/keys/copy-table.ts';
import { copyActionOf } from '../../src/mux/keys/tables.ts';
import { normalizeKey } from '../../src/mux/keys/names.ts';
import type { CopyOutcome } from '../../src/mux/copy/mode.ts';
import { wordSeparators } from '../../src/mux/copy/walker.ts';
import { PaneCopy } from './copy-mode.ts';
import { type Emulator, emulator } from './emulator.fixture.ts';

/** Keys one after the other; the outcome of the last. */
function press(mode: PaneCopy, keys: 'vi' | 'emacs', ...names: string[]): CopyOutcome {
  let outcome: CopyOutcome = {};
  for (const name of names) {
    const bound = copyActionOf(keys, name, []);
    if (!bound) throw new Error(`${keys} has no ${name}`);
    outcome = mode.run(bound.action, {});
  }
  return outcome;
}

const lines = Array.from({ length: 12 }, (_, i) => `line ${i} ward`).join('\n');

const copyOf = (terminal: Emulator, keys: 'vi' | 'emacs'): PaneCopy => new PaneCopy(terminal, keys, wordSeparators, terminal.prompts);

test.each([
  ['emacs', ['M-<', 'C-Space', 'M-f', 'M-w']],
  ['vi', ['g', 'Space', 'e', 'Enter']],
] as const)('%s keys select the first word of the scrollback, copy it and leave', async (keys, names) => {
  const terminal = await emulator(lines);
  const mode = copyOf(terminal, keys);
  expect(press(mode, keys, ...names)).toEqual({ done: 'leave', copy: 'line' });
  expect(terminal.shownFrom()).toBe(terminal.buffer.active.baseY);
});

test('the cursor goes where the keys say, and the view with it', async () => {
  const terminal = await emulator(lines);
  const mode = copyOf(terminal, 'emacs');
  expect(mode.cursor).toEqual({ column: 12, row: 4 });
  press(mode, 'emacs', 'C-a');
  expect(mode.cursor).toEqual({ column: 0, row: 4 });
  press(mode, 'emacs', 'M-v');
  expect(terminal.shownFrom()).toBe(4);
  press(mode, 'emacs', 'M-<');
  expect([mode.cursor, terminal.shownFrom()]).toEqual([{ column: 0, row: 0 }, 0]);
  press(mode, 'emacs', 'M-r');
  expect(mode.cursor).toEqual({ column: 0, row: 2 });
  press(mode, 'emacs', 'M->');
  expect([mode.cursor, terminal.shownFrom()]).toEqual([{ column: 12, row: 4 }, 7]);
});

test('whole lines, the other end, and giving a selection up', async () => {
  const terminal = await emulator('one\ntwo\nthree');
  const mode = copyOf(terminal, 'vi');
  press(mode, 'vi', 'V', 'k');
  expect(mode.selecting).toBe(true);
  expect(terminal.getSelection()).toBe('two\nthree');
  press(mode, 'vi', 'o', 'k');
  expect(terminal.getSelection()).toBe('two');
  press(mode, 'vi', 'Escape');
  expect([mode.selecting, terminal.getSelection()]).toEqual([false, '']);
  expect(press(mode, 'vi', 'Enter')).toEqual({ done: 'leave', copy: '' });
});

test('a rectangle is drawn as far as it is seen, and has the same columns of each line', async () => {
  const terminal = await emulator('abcdef\nghijkl\nmn\nopqrst', 20, 3);
  const mode = copyOf(terminal, 'vi');
  press(mode, 'vi', 'g', 'l', 'v', 'Space', 'j', 'j', 'j', 'l', 'l');
  expect([mode.rectangular, mode.rectangle, terminal.getSelection()]).toEqual([true, { x: 1, y: 0, cols: 3, rows: 3 }, '']);
  expect(press(mode, 'vi', 'Enter')).toEqual({ done: 'leave', copy: 'bcd\nhij\nn\npqr' });
});

test('the text goes on while somebody reads: the cursor stays on its line, and so does what is selected', async () => {
  const terminal = await emulator(lines, 20, 5, 10);
  const mode = copyOf(terminal, 'emacs');
  press(mode, 'emacs', 'C-p', 'C-p', 'C-a', 'C-Space', 'C-e');
  expect(mode.selectedText).toBe('line 9 ward');
  await terminal.print('\nmore\nand more\nand more\nand more\nand more\nand more');
  press(mode, 'emacs', 'M-m', 'C-e');
  expect(mode.selectedText).toBe('line 9 ward');
  expect(mode.cursor.row).toBeGreaterThanOrEqual(0);
  // What it stood on is gone: it stands on the oldest line that there is.
  await terminal.print('\nmore'.repeat(40));
  press(mode, 'emacs', 'C-a');
  expect(mode.cursor).toEqual({ column: 0, row: 0 });
});

test('a mark is where it was made, and the way back', async () => {
  const terminal = await emulator(lines);
  const mode = copyOf(terminal, 'vi');
  press(mode, 'vi', 'X', 'g');
  expect([mode.mark, mode.cursor.row]).toEqual([11, 0]);
  press(mode, 'vi', 'M-x');
  expect([mode.mark, mode.cursor.row, terminal.shownFrom()]).toEqual([-7, 4, 7]);
});

test('from prompt to prompt, where the shell has said that they are some', async () => {
  const shell = (command: string): string => `\x1b]133;A\x07$ \x1b]133;B\x07${command}\n\x1b]133;C\x07output of ${command}\nmore\n`;
  const terminal = await emulator(`before\n${['ls', 'df', 'who'].map(shell).join('')}`, 20, 6);
  const mode = copyOf(terminal, 'emacs');
  const here = (): string => terminal.buffer.active.getLine(terminal.shownFrom() + mode.cursor.row)!.translateToString(true);
  const seen = ['C-M-Up', 'C-M-Up', 'C-M-Up', 'C-M-Up', 'C-M-Down'].map((key) => {
    press(mode, 'emacs', key);
    return here();
  });
  expect(seen).toEqual(['$ who', '$ df', '$ ls', '$ ls', '$ df']);
});

test('the lines of prompts are asked for once at each step, however many lines it passes', async () => {
  const terminal = await emulator(`\x1b]133;A\x07$ ls\n${'more\n'.repeat(300)}`, 20, 6);
  let asked = 0;
  const mode = new PaneCopy(terminal, 'emacs', wordSeparators, () => {
    asked += 1;
    return terminal.prompts();
  });
  press(mode, 'emacs', 'C-M-Up');
  expect([terminal.shownFrom() + mode.cursor.row, asked]).toEqual([0, 1]);
});

test('a program that says at every byte that a prompt begins costs no more than two hundred marks', async () => {
  const terminal = await emulator('\x1b]133;A\x07x\n'.repeat(3000), 20, 5, 5000);
  expect(terminal.prompts().size).toBe(200);
  expect(terminal.prompts().has(2999)).toBe(true);
});

test('jumps and lines are asked for, and done with what was said', async () => {
  const mode = copyOf(await emulator(lines), 'vi');
  expect([press(mode, 'vi', 'f'), press(mode, 'vi', ':')]).toEqual([{ asks: 'character' }, { asks: 'line' }]);
  press(mode, 'vi', '0');
  mode.run('jump-forward', { character: 'a', count: 1 });
  expect(mode.cursor.column).toBe(9);
  press(mode, 'vi', '0');
  mode.run('jump-to-forward', { character: 'a' });
  expect(mode.cursor.column).toBe(8);
  mode.run('jump-reverse', { count: 1 });
  expect(mode.cursor.column).toBe(8);
});

test('searches are asked for in their direction, and a word is searched without asking', async () => {
  const mode = copyOf(await emulator('a bed-7 b'), 'vi');
  expect([press(mode, 'vi', '/'), press(mode, 'vi', '?'), press(mode, 'vi', 'n'), press(mode, 'vi', 'N')]).toMatchObject([
    { search: 'newer' },
    { search: 'older' },
    { search: 'again' },
    { search: 'reverse' },
  ]);
  expect([press(mode, 'emacs', 'C-s'), press(mode, 'emacs', 'C-r')]).toMatchObject([{ search: 'newer' }, { search: 'older' }]);
  expect(press(mode, 'vi', '0', 'w', '*')).toEqual({ search: 'newer', count: 1, term: 'bed' });
});

test('a hit is where the cursor is, is copied where nothing else is selected, and is what a selection reaches to', async () => {
  const terminal = await emulator(lines);
  const shown: unknown[] = [];
  const mode = copyOf(terminal, 'emacs');
  const wanted = { term: 'line 3', caseSensitive: false };
  expect(mode.search(wanted, true, 1, (hit) => shown.push(hit))).toBe(true);
  expect([shown, mode.hasHits]).toEqual([[{ x: 0, y: 3, cells: 6 }], true]);
  expect(press(mode, 'emacs', 'M-w').copy).toBe('line 3');
  const again = copyOf(terminal, 'emacs');
  press(again, 'emacs', 'M->', 'C-Space');
  expect(again.search({ term: 'line 10', caseSensitive: false }, true, 1, () => {})).toBe(true);
  expect(again.selectedText).toBe('line 10 ward\nline 11 ward');
  expect(again.search({ term: 'nowhere', caseSensitive: false }, true, 1, () => {})).toBe(false);
  expect(again.selectedText).toBe('line 10 ward\nline 11 ward');
});

test('a search that is typed begins again where it began', async () => {
  const mode = copyOf(await emulator(lines), 'emacs');
  const begin = mode.searchFrom();
  const find = (term: string): number => {
    begin();
    mode.search({ term, caseSensitive: false }, true, 1, () => {});
    return mode.cursor.row;
  };
  expect([find('line'), find('line 1'), find('line')]).toEqual([4, 4, 4]);
});

test('each mode binds a key once, in its one spelling', () => {
  for (const mode of ['vi', 'emacs'] as const) {
    const keys = copyRows.filter((row) => row.mode === mode).map((row) => row.key);
    expect(new Set(keys).size, mode).toBe(keys.length);
    for (const key of keys) expect(normalizeKey(key), key).toBe(key);
  }
  expect(copyRows.filter(({ action }) => copyActions[action] === undefined)).toEqual([]);
});
