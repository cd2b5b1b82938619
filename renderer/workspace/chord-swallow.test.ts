import { expect, test } from 'vitest';
import { ChordSwallow } from './chord-swallow.ts';

const modifiers = { Control: 'ctrlKey', Shift: 'shiftKey', Alt: 'altKey', Meta: 'metaKey' } as const;

/** A keyboard: `+x` presses, `-x` lets go, `=x` repeats. The first key comes while the warning stands. Gives what went on. */
function reached(...strokes: string[]): string[] {
  const swallow = new ChordSwallow();
  const down = new Set<string>();
  const through: string[] = [];
  strokes.forEach((stroke, i) => {
    const key = stroke.slice(1);
    if (stroke[0] === '-') down.delete(key);
    else down.add(key);
    const flags = Object.fromEntries(Object.entries(modifiers).map(([held, flag]) => [flag, down.has(held)]));
    const event = { key, code: key, repeat: stroke[0] === '=', ...flags } as never;
    const swallowed = stroke[0] === '-' ? swallow.up(event) : swallow.down(event, i === 0);
    if (!swallowed) through.push(stroke);
  });
  return through;
}

test.each<[string, string[], string[]]>([
  ['one key, and the next is the shell’s again', ['+a', '-a', '+b', '-b'], ['+b', '-b']],
  ['ctrl-c', ['+Control', '+c', '-c', '-Control', '+d'], ['+d']],
  ['ctrl-c with ctrl let go first', ['+Control', '+c', '-Control', '+x', '-c', '-x', '+d'], ['+d']],
  ['a capital letter', ['+Shift', '+Z', '-Z', '-Shift', '+d'], ['+d']],
  ['several chords on one modifier', ['+Control', '+c', '-c', '+d', '-d', '-Control', '+e'], ['+e']],
  ['a key that repeats', ['+a', '=a', '=a', '-a', '+b'], ['+b']],
  ['a modifier that was down before the warning', ['+c', '+Control', '-c', '+x', '-x', '-Control', '+y'], ['+y']],
  ['a chord of a Mac, which tells no end of the key', ['+Meta', '+c', '-Meta', '+d'], ['+d']],
])('%s', (_, strokes, through) => {
  expect(reached(...strokes)).toEqual(through);
});

test('a key that never came up does not silence the keyboard: pressed anew, it is the shell’s', () => {
  const swallow = new ChordSwallow();
  const key = { key: 'a', code: 'KeyA', repeat: false, ctrlKey: false, altKey: false, shiftKey: false, metaKey: false };
  expect(swallow.down(key, true)).toBe(true);
  expect(swallow.down({ ...key, repeat: true }, false)).toBe(true);
  expect(swallow.down(key, false)).toBe(false);
  expect(swallow.up(key)).toBe(false);
});
