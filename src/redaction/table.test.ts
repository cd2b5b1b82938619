/** Every row of the table: its examples, its gates, and that a line of any kind is looked at in a time that grows with its length alone. */
import { describe, expect, test } from 'vitest';
import { kinds, type Found, type LineGate } from './recogniser.ts';
import { LineScanner } from './line-scanner.ts';
import { recognisers } from './table.ts';

/** What stands between « and », and the text without them. */
function marked(example: string): { readonly text: string; readonly wanted: string[] } {
  return { text: example.replaceAll(/[«»]/g, ''), wanted: Array.from(example.matchAll(/«([^»]*)»/g), (match) => match[1]!) };
}

function foundIn(kind: (typeof kinds)[number], text: string): string[] {
  const scanner = new LineScanner([kind]);
  const values: [line: number, found: Found, value: string][] = [];
  for (const [n, line] of text.split('\n').entries()) for (const found of scanner.line(line)) values.push([n, found, line.slice(found.start, found.end)]);
  // Two expressions of a row may find the same.
  const once = new Map(values.map((one) => [`${one[0]}:${one[1].start}:${one[1].end}`, one]));
  return [...once.values()].sort(([a, x], [b, y]) => a - b || x.start - y.start).map(([, , value]) => value);
}

test('every kind has one row', () => {
  expect(recognisers.map(({ kind }) => kind).sort()).toEqual([...kinds].sort());
});

describe.each(recognisers)('$kind', ({ kind, examples }) => {
  test.each(examples.found)('finds what is marked in %j', (example) => {
    const { text, wanted } = marked(example);
    expect(foundIn(kind, text)).toEqual(wanted);
  });
  test.each(examples.left)('leaves %j', (example) => {
    expect(foundIn(kind, example)).toEqual([]);
  });
});

const patterns = recognisers.flatMap((row) =>
  'patterns' in row ? row.patterns.map((pattern) => ({ kind: row.kind, gate: pattern.gate, expression: pattern.expression.pattern() })) : [],
);

const parts = (gate: LineGate): readonly RegExp[] => (gate instanceof RegExp ? [gate] : 'parts' in gate ? (gate.parts as readonly RegExp[]) : []);

test.each(patterns.flatMap((one) => parts(one.gate).map((gate) => ({ ...one, gate }))))(
  'the gate of $kind before $expression is of a fixed length',
  ({ gate }) => {
    // No repetition at all: the runtime's engine takes at most so many steps a character as the gate is long.
    const bare = gate.source.replaceAll(/\\./g, 'x').replaceAll(/\[(?:\\.|[^\]])*\]/g, 'c');
    expect(bare).not.toMatch(/[*+{]/);
    expect(gate.flags).not.toMatch(/[gy]/);
  },
);

test.each(['1', '-', '123-45-', '{"name":[', 'PID|', ' | ', 'a@', '((((', 'password=', 'eyJ', '-----BEGIN ', 'NM1*', '"', 'MRN', '\u00e9', '+---'])(
  'a line of many %j takes steps in proportion to its length',
  (unit) => {
    const scanner = new LineScanner(kinds);
    const steps = (length: number): number => {
      const text = unit.repeat(length / unit.length);
      const begin = process.cpuUsage();
      scanner.restart();
      scanner.line(text);
      const { user, system } = process.cpuUsage(begin);
      return user + system;
    };
    steps(1 << 14);
    const best = (length: number): number => Math.min(steps(length), steps(length), steps(length));
    // Eight times the text is about eight times the processor's work; what is quadratic would be 64 times.
    expect(best(1 << 17)).toBeLessThan(24 * Math.max(best(1 << 14), 2000));
  },
);
