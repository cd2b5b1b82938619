import { expect, test } from 'vitest';
import { keyBytes } from './send-keys.ts';

test.each([
  ['C-b', '\x02'],
  ['C-Space', '\0'],
  ['C-[', '\x1b'],
  ['a', 'a'],
  ['M-x', '\x1bx'],
  ['C-M-a', '\x1b\x01'],
  ['Enter', '\r'],
  ['Up', '\x1b[A'],
  ['C-Up', '\x1b[1;5A'],
  ['S-F5', '\x1b[15;2~'],
  ['BTab', '\x1b[Z'],
  ['é', 'é'],
])('%s', (name, bytes) => expect(keyBytes(name)).toBe(bytes));

test('application cursor keys', () => {
  expect(keyBytes('Up', true)).toBe('\x1bOA');
  expect(keyBytes('C-Up', true)).toBe('\x1b[1;5A');
});
