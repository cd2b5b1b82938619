import { expect, test } from 'vitest';
import { editLine } from './line-edit.ts';

/** A line with `|` where the cursor is, or two around what is selected. */
const after = (key: string, line: string): string | undefined => {
  const [before = '', ...rest] = line.split('|');
  const end = rest.length === 2 ? before.length + rest[0]!.length : before.length;
  const edited = editLine(key, before + rest.join(''), before.length, end);
  return edited && `${edited.text.slice(0, edited.at)}|${edited.text.slice(edited.at)}`;
};

test.each([
  ['a', 'split -h|', '|split -h'],
  ['e', 'sp|lit -h', 'split -h|'],
  ['u', 'split |-h', '|-h'],
  ['u', 'split -h|', '|'],
  ['k', 'split |-h', 'split |'],
  ['k', '|split', '|'],
  ['w', 'split-window -h  |', 'split-window |'],
  ['w', 'set status-left "gr\u00fc\u00df\u{1f600}|" x', 'set status-left |" x'],
  ['w', 'one|', '|'],
  ['w', '   |', '|'],
  ['w', '|one', '|one'],
  ['w', 'one two |th|ree', 'one |ree'],
])('ctrl-%s makes of %j what readline does', (key, line, wanted) => {
  expect(after(key, line)).toBe(wanted);
});

test('another letter edits nothing', () => {
  for (const key of ['b', 'x', 'c', 'v', 'A', 'Enter', 'constructor']) expect(editLine(key, 'text', 2, 2)).toBeUndefined();
});
