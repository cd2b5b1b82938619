import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { chosenGround, emptyPage, ground, groundPage, grounds, groundScript } from './ground.ts';

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

test('the first page is the same, and has its icon in it, so that the browser asks for none', () => {
  expect(groundPage({ theme: 'light', contrast: false })).toBe(
    '<!doctype html><title>Wardmux</title><style>html{color-scheme:light;background:light-dark(#fbf7f1,#15120f)}</style><link rel="icon" href="data:,">',
  );
});

test('a document has its ground before its own style sheets, and loses it to any of them', () => {
  expect(groundScript({ theme: 'system', contrast: true })).toContain(
    '"@layer tokens{:where(html){color-scheme:light dark;background:light-dark(#ffffff,#000000)}}"',
  );
  const tokens = readFileSync(new URL('../../renderer/shared/tokens.css', import.meta.url), 'utf8');
  expect(/@layer ([^;{]*);/.exec(tokens)?.[1]).toMatch(/^tokens, /);
});

test('what stands before a page is known only where the person has chosen a theme', () => {
  expect(chosenGround({ theme: 'dark', contrast: false })).toBe('#15120f');
  expect(chosenGround({ theme: 'light', contrast: true })).toBe('#ffffff');
  expect(chosenGround({ theme: 'system', contrast: true })).toBeUndefined();
});
