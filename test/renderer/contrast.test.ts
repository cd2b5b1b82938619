/** Every pair of colours that the parts use holds its floor, in dark and light, plain and with more contrast. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const css = readFileSync(new URL('../../renderer/shared/tokens.css', import.meta.url), 'utf8');
const more = css.indexOf('@media (prefers-contrast');
const own = css.indexOf(':root[data-contrast');
const afterOwn = css.indexOf('@media (prefers-reduced');

type Scheme = 'light' | 'dark';
type Palette = Record<Scheme, Record<string, string>>;

const expand = (hex: string): string => (hex.length === 4 ? `#${[...hex.slice(1)].map((digit) => digit + digit).join('')}` : hex);

function read(text: string): Palette {
  const palette: Palette = { light: {}, dark: {} };
  for (const [, name, light, dark, both] of text.matchAll(/--([\w-]+):\s*(?:light-dark\(\s*(#[0-9a-f]+),\s*(#[0-9a-f]+)\s*\)|(#[0-9a-f]+))/gi)) {
    palette.light[name!] = expand((light ?? both)!);
    palette.dark[name!] = expand((dark ?? both)!);
  }
  return palette;
}

/** WCAG 2.2, relative luminance and contrast ratio. */
const linear = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => linear(parseInt(hex.slice(at, at + 2), 16) / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function ratio(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const grounds = ['bg', 'sunk', 'band'];
const pairs: (readonly [string, string, number])[] = [];
for (const ink of ['fg', 'fg2', 'fg3', 'seal', 'warn', 'stop', 'clin', 'gen']) for (const ground of [...grounds, 'sel']) pairs.push([ink, ground, 4.5]);
for (let i = 0; i < 16; i++) for (const ground of ['bg', 'sunk', 'glass-mark']) pairs.push([`t${i}`, ground, 4.5]);
for (const [ink, ground] of [
  ['inv', 'fg'],
  ['inv', 'fg2'],
  ['inv', 'clin'],
  ['inv', 'gen'],
  ['inv', 'warn'],
  ['on-stop', 'stop-bg'],
  ['fg', 'hit'],
  ['warn', 'warn-bg'],
  ['fg', 'warn-bg'],
  ['fg2', 'warn-bg'],
] as const)
  pairs.push([ink, ground, 4.5]);
for (const ground of grounds) pairs.push(['edge', ground, 3]);

const base = read(css.slice(0, more));
const high = read(css.slice(more, own));
const asked = read(css.slice(own, afterOwn));

test.each([
  ['plain', 'dark', {}],
  ['plain', 'light', {}],
  ['more contrast', 'dark', high.dark],
  ['more contrast', 'light', high.light],
] as const)('%s, %s', (name, scheme, over) => {
  const palette: Record<string, string> = { ...base[scheme], ...over };
  const low = pairs
    .map(([ink, ground, floor]) => ({
      ink,
      ground,
      floor: name === 'more contrast' && floor === 4.5 && !/^t\d|hit|warn-bg/.test(ink + ground) ? 7 : floor,
      ratio: ratio(palette[ink]!, palette[ground]!),
    }))
    .filter((pair) => pair.ratio < pair.floor);
  expect(low).toEqual([]);
});

test('more contrast asked for here is the same as asked for in the system', () => {
  expect(Object.keys(high.dark).length).toBeGreaterThan(10);
  expect(asked).toEqual(high);
});
