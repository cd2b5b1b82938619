import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hotkey, KeyboardLine } from './keys.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const activityOf = (text: string): string | undefined => new KeyboardLine(() => 0).read(bytes(text)).activity;

describe('what a person did', () => {
  test.each(['a', 'ö', '\r', '\x03', '\x7f', '\x1bx', '\x1b[A', '\x1b[1;5C', '\x1bOP', '\x1b[15~', '\x1b[Z', '\x1b[200~', '\x1b[97;5u', '\x1b[27;5;97~'])(
    '%j is a key',
    (text) => {
      expect(activityOf(text)).toBe('key');
    },
  );

  test.each(['\x1b[<0;3;4M', '\x1b[<0;3;4m', '\x1b[<64;3;4M', '\x1b[<32;3;4M', '\x1b[M !!', '\x1b[32;5;6M'])('%j is the pointer', (text) => {
    expect(activityOf(text)).toBe('pointer');
  });

  test.each(['\x1b[<35;3;4M', '\x1b[MC!!', '\x1b[67;5;6M'])('%j is the pointer that only moved', (text) => {
    expect(activityOf(text)).toBe('move');
  });

  test.each([
    ['the cursor', '\x1b[24;80R'],
    ['status', '\x1b[0n'],
    ['what it is', '\x1b[?62;22c'],
    ['what it is, again', '\x1b[>41;390;0c'],
    ['a mode', '\x1b[?2004;1$y'],
    ['its size', '\x1b[8;24;80t'],
    ['focus', '\x1b[I\x1b[O'],
    ['a colour', '\x1b]11;rgb:0000/0000/0000\x1b\\'],
    ['a setting', '\x1bP1$r0m\x1b\\'],
    ['its name', '\x1bP>|XTerm(390)\x1b\\'],
    ['the keyboard', '\x1b[?1u'],
    ['a key that went up', '\x1b[97;5:3u'],
  ])('a terminal that tells %s is nobody', (_, text) => {
    expect(activityOf(text)).toBeUndefined();
  });

  test('is the same however the bytes are cut', () => {
    const parts = ['a', '\x1b[A', '\x1b[24;80R', '\x1b[<35;3;4M', '\x1bOP', '\x1b[MC!!', '\x0c', '\xc3\xb6', '\x1b]11;x\x1b\\', '\x1b[I'];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 12 }), fc.array(fc.nat(40)), (sequence, cuts) => {
        const whole: number[] = [];
        new KeyboardLine(
          () => 0,
          (typed) => whole.push(...typed),
        ).read(bytes(sequence.join('')));
        const cut: number[] = [];
        const line = new KeyboardLine(
          () => 0,
          (typed) => cut.push(...typed),
        );
        const all = bytes(sequence.join(''));
        const at = [0, ...cuts.filter((n) => n < all.length).sort((a, b) => a - b), all.length];
        for (let i = 1; i < at.length; i++) line.read(all.subarray(at[i - 1], at[i]));
        expect(cut).toEqual(whole);
        // And only what is typed is text: no letter of any sequence.
        expect(Buffer.from(whole).toString('latin1')).toBe(sequence.filter((part) => part === 'a' || part === '\xc3\xb6' || part === '\x0c').join(''));
      }),
    );
  });
});

test('every place of the cursor is told, however many come at once', () => {
  const line = new KeyboardLine(() => 0);
  expect(line.read(bytes('\x1b[2;3R\x1b[4;5R')).positions).toEqual([
    { row: 2, column: 3 },
    { row: 4, column: 5 },
  ]);
  expect(line.read(bytes('a')).positions).toEqual([]);
});

describe('the hotkey', () => {
  const press = (...keys: readonly (readonly [after: number, text: string])[]): boolean[] => {
    let now = 0;
    const line = new KeyboardLine(() => now);
    return keys.map(([after, text]) => {
      now += after;
      return line.read(bytes(text)).hotkey;
    });
  };

  test.each(['\x0c', '\x1b[108;5u', '\x1b[108;6u', '\x1b[108;69:2u', '\x1b[27;5;108~'])('is ctrl-l three times, as %j', (key) => {
    expect(press([0, key], [400, key], [400, key])).toEqual([false, false, true]);
    expect(press([0, key + key + key])).toEqual([true]);
  });

  test('is not ctrl-l now and then, nor with another key between', () => {
    const slow = hotkey.withinMs / 2 + 1;
    expect(press([0, '\x0c'], [slow, '\x0c'], [slow, '\x0c'], [slow, '\x0c'])).not.toContain(true);
    expect(press([0, '\x0c'], [10, '\x0c'], [10, 'x'], [10, '\x0c'])).not.toContain(true);
    expect(press([0, 'lll'], [1, 'l'])).not.toContain(true);
    // A report of the terminal is no key: it comes between, and hinders nothing.
    expect(press([0, '\x0c'], [10, '\x0c\x1b[1;1R'], [10, '\x0c'])).toEqual([false, false, true]);
  });
});
