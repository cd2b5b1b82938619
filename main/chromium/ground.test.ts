import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { emptyPage, ground, grounds } from './ground.ts';

test('the colours are those of the pages', () => {
  const tokens = readFileSync(new URL('../../renderer/shared/tokens.css', import.meta.url), 'utf8');
  const pairs = [...tokens.matchAll(/--bg: light-dark\((#[0-9a-f]+), (#[0-9a-f]+)\)/g)].map(([, light, dark]) => [light, dark]);
  // Once for everybody, and twice for more contrast: by the system, and by the person's own setting.
  const whole = (colour: string): string => (colour.length === 4 ? colour.replace(/[0-9a-f]/g, '$&$&') : colour);
  expect(pairs.map((pair) => pair.map((colour) => whole(colour!)))).toEqual(
    [grounds.plain, grounds.contrast, grounds.contrast].map(({ light, dark }) => [light, dark]),
  );
});

test("a person's choice is not the system's", () => {
  expect(ground({ theme: 'dark', contrast: false }, false)).toEqual({ r: 0x15, g: 0x12, b: 0x0f, a: 1 });
  expect(ground({ theme: 'light', contrast: true }, true)).toEqual({ r: 255, g: 255, b: 255, a: 1 });
  for (const systemIsDark of [true, false])
    expect(ground({ theme: 'system', contrast: false }, systemIsDark)).toEqual(ground({ theme: systemIsDark ? 'dark' : 'light', contrast: false }, false));
});

test('the empty page has our name, one colour, and nothing else', () => {
  expect(decodeURIComponent(emptyPage({ theme: 'dark', contrast: false }))).toBe(
    'data:text/html;charset=utf-8,<!doctype html><title>Wardmux</title><style>html{color-scheme:dark;background:light-dark(#fbf7f1,#15120f)}</style>',
  );
});
