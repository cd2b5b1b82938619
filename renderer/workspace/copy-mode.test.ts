import headless from '@xterm/headless';
import { expect, test } from 'vitest';
import { copyActions, copyRows } from '../../src/mux/keys/copy-table.ts';
import { copyActionOf } from '../../src/mux/keys/tables.ts';
import { normalizeKey } from '../../src/mux/keys/names.ts';
import { CopyMode, type CopyOutcome, type Readable } from './copy-mode.ts';

/** The emulator without a window, which has no selection, and a selection as the one with a window has it. */
async function emulator(output: string, cols = 20, rows = 5): Promise<Readable & { readonly shownFrom: () => number }> {
  const terminal = new headless.Terminal({ cols, rows, allowProposedApi: true, convertEol: true });
  await new Promise<void>((resolve) => terminal.write(output, resolve));
  let selection: { readonly start: number; readonly length: number } | undefined;
  const place = (at: number): { x: number; y: number } => ({ x: at % cols, y: Math.floor(at / cols) });
  return {
    get buffer() {
      return terminal.buffer;
    },
    cols,
    rows,
    select: (x: number, y: number, length: number) => void (selection = { start: y * cols + x, length }),
    clearSelection: () => void (selection = undefined),
    getSelectionPosition: () => selection && { start: place(selection.start), end: place(selection.start + selection.length) },
    getSelection: () => {
      if (!selection) return '';
      const { start, end } = { start: place(selection.start), end: place(selection.start + selection.length - 1) };
      const lines: string[] = [];
      for (let y = start.y; y <= end.y; y += 1) {
        const line = terminal.buffer.active.getLine(y)!.translateToString(false);
        lines.push(line.slice(y === start.y ? start.x : 0, y === end.y ? end.x + 1 : cols).trimEnd());
      }
      return lines.join('\n');
    },
    scrollLines: (lines: number) => terminal.scrollLines(lines),
    scrollToLine: (line: number) => terminal.scrollToLine(line),
    scrollToBottom: () => terminal.scrollToBottom(),
    shownFrom: () => terminal.buffer.active.viewportY,
  } as unknown as Readable & { readonly shownFrom: () => number };
}

/** Keys one after the other; the outcome of the last. */
function press(mode: CopyMode, keys: 'vi' | 'emacs', ...names: string[]): CopyOutcome {
  let outcome: CopyOutcome = {};
  for (const name of names) {
    const action = copyActionOf(keys, name, []);
    if (!action) throw new Error(`${keys} has no ${name}`);
    outcome = mode.run(action);
  }
  return outcome;
}

const lines = Array.from({ length: 12 }, (_, i) => `line ${i} ward`).join('\n');

test.each([
  ['emacs', ['M-<', 'C-Space', 'M-f', 'M-w']],
  ['vi', ['g', 'Space', 'e', 'Enter']],
] as const)('%s keys select the first word of the scrollback, copy it and leave', async (keys, names) => {
  const terminal = await emulator(lines);
  const mode = new CopyMode(terminal, keys);
  expect(press(mode, keys, ...names)).toEqual({ done: 'leave', copy: 'line' });
  expect(terminal.shownFrom()).toBe(terminal.buffer.active.baseY);
});

test('the cursor goes where the keys say, and the view with it', async () => {
  const terminal = await emulator(lines);
  const mode = new CopyMode(terminal, 'emacs');
  expect(mode.cursor).toEqual({ column: 12, row: 4 });
  press(mode, 'emacs', 'C-a');
  expect(mode.cursor).toEqual({ column: 0, row: 4 });
  press(mode, 'emacs', 'C-e', 'C-p', 'C-p', 'C-b');
  expect(mode.cursor).toEqual({ column: 10, row: 2 });
  press(mode, 'emacs', 'M-v');
  expect(terminal.shownFrom()).toBe(2);
  press(mode, 'emacs', 'M-<');
  expect([mode.cursor, terminal.shownFrom()]).toEqual([{ column: 0, row: 0 }, 0]);
  press(mode, 'emacs', 'M-R', 'M-r');
  expect(mode.cursor).toEqual({ column: 0, row: 2 });
  press(mode, 'emacs', 'M->');
  expect([mode.cursor, terminal.shownFrom()]).toEqual([{ column: 0, row: 4 }, 7]);
});

test('whole lines, the other end, and giving a selection up', async () => {
  const terminal = await emulator('one\ntwo\nthree');
  const mode = new CopyMode(terminal, 'vi');
  press(mode, 'vi', 'V', 'k');
  expect(mode.selecting).toBe(true);
  expect(terminal.getSelection()).toBe('two\nthree');
  press(mode, 'vi', 'o', 'k');
  expect(terminal.getSelection()).toBe('two');
  press(mode, 'vi', 'Escape');
  expect([mode.selecting, terminal.getSelection()]).toEqual([false, '']);
  expect(press(mode, 'vi', 'Enter')).toEqual({ done: 'leave' });
});

test.each([
  // As tmux 3.3a copies it: what the cursor stands on belongs to vi's selection, and not to emacs'.
  ['emacs', ['C-a', 'C-Space', 'C-f', 'C-f', 'M-w'], 'AB'],
  ['vi', ['0', 'Space', 'l', 'l', 'Enter'], 'ABC'],
  ['emacs', ['C-a', 'C-Space', 'C-e', 'M-w'], 'ABCDEFGH'],
  ['emacs', ['C-a', 'C-p', 'C-p', 'C-Space', 'C-n', 'C-n', 'M-w'], '228\n229\n'],
  ['emacs', ['C-a', 'C-p', 'C-p', 'C-n', 'C-n', 'C-Space', 'C-p', 'M-w'], '229\n'],
] as const)('%s keys %j copy %j', async (keys, names, copied) => {
  const mode = new CopyMode(await emulator('228\n229\nABCDEFGH', 8), keys);
  expect(press(mode, keys, ...names)).toEqual({ done: 'leave', copy: copied });
});

test('ctrl-k copies to the end of the line', async () => {
  const mode = new CopyMode(await emulator('alpha beta gamma'), 'emacs');
  expect(press(mode, 'emacs', 'C-a', 'M-f', 'C-f', 'C-k')).toEqual({ done: 'leave', copy: 'beta gamma' });
});

test('a hit is where the cursor is, is not copied, and ends what was being selected', async () => {
  const terminal = await emulator(lines);
  const mode = new CopyMode(terminal, 'emacs');
  mode.aim();
  terminal.select(5, 3, 1);
  mode.follow(true);
  expect(mode.cursor.column).toBe(5);
  expect(press(mode, 'emacs', 'Enter')).toEqual({ done: 'leave' });
  const again = new CopyMode(terminal, 'emacs');
  press(again, 'emacs', 'M->', 'C-Space');
  again.aim();
  terminal.select(0, 10, 4);
  again.follow(true);
  expect(press(again, 'emacs', 'M-w').copy).toBe('line 10 ward\n');
  const lost = new CopyMode(terminal, 'emacs');
  press(lost, 'emacs', 'C-a', 'C-Space', 'M-f');
  lost.aim();
  terminal.clearSelection();
  lost.follow(false);
  expect(press(lost, 'emacs', 'M-w').copy).toBe('line');
});

test('searches are asked for in their direction', async () => {
  const mode = new CopyMode(await emulator('x'), 'vi');
  expect([press(mode, 'vi', '/'), press(mode, 'vi', '?'), press(mode, 'vi', 'n'), press(mode, 'vi', 'N')]).toEqual([
    { search: 'newer' },
    { search: 'older' },
    { search: 'again' },
    { search: 'reverse' },
  ]);
  expect([press(mode, 'emacs', 'C-s'), press(mode, 'emacs', 'C-r')]).toEqual([{ search: 'newer' }, { search: 'older' }]);
});

test('each mode binds a key once, in its one spelling, and has every action it needs', () => {
  for (const mode of ['vi', 'emacs'] as const) {
    const keys = copyRows.filter((row) => row.mode === mode).map((row) => row.key);
    expect(new Set(keys).size, mode).toBe(keys.length);
    for (const key of keys) expect(normalizeKey(key), key).toBe(key);
  }
  const used = new Set(copyRows.map((row) => row.action));
  expect(Object.keys(copyActions).filter((action) => !used.has(action as keyof typeof copyActions))).toEqual([]);
});
