import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
// @ts-expect-error plain JavaScript, so that the tools run before anything is installed
import { font, glyphs } from './box-font.mjs';

test('the font in assets is the one that the script makes', () => {
  expect(readFileSync(new URL('../assets/fonts/WardmuxBoxes-Regular.woff2', import.meta.url)).equals(font())).toBe(true);
});

test('it has every sign of its ranges, none of them empty but the empty sign of braille', () => {
  const made = glyphs();
  const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const wanted = [...range(0x2500, 0x259f), ...range(0x2800, 0x28ff), ...range(0xe0b0, 0xe0b3)];
  expect([...made.keys()].sort((a, b) => a - b)).toEqual(wanted);
  expect(wanted.filter((code) => made.get(code)!.length === 0)).toEqual([0x2800]);
});
