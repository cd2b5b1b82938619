/** What stands before the expressions loses nothing: with it and without it the same is found, in the labelled corpora, in ordinary output and in lines put together from their parts. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import '../../test/support/properties.ts';
import { corpusOf, ordinary } from '../../test/redaction-corpus/index.ts';
import { publishedCorpus } from '../../test/redaction-corpus/published/index.ts';
import { foundBy, LineScanner } from './line-scanner.ts';
import { plainOf } from './look-alikes.ts';
import { Prefilter, Tables } from './prefilter.ts';
import { recognisers } from './table.ts';
import { kinds, type Kind } from './recogniser.ts';

const patterns = recognisers.flatMap((row) => ('patterns' in row ? row.patterns.map((pattern) => ({ kind: row.kind, pattern })) : []));
const shapeKinds = [...new Set(patterns.map(({ kind }) => kind))];
const scanner = new LineScanner(shapeKinds);

const said = (found: readonly { readonly kind: Kind; readonly start: number; readonly end: number }[]): string[] =>
  [...new Set(found.map(({ kind, start, end }) => `${kind} ${start} ${end}`))].sort();
/** Every expression over the whole line, whatever the line has. */
const unfiltered = (text: string): string[] => said(patterns.flatMap(({ kind, pattern }) => foundBy(kind, pattern, text)));
const filtered = (text: string): string[] => said(scanner.line(text));

const labelled = [...corpusOf(7, 90), ...publishedCorpus(7, 90)].flatMap(({ text }) => text.split('\n')).filter((line) => line.length < 2000 && !plainOf(line));

test('in the lines of both corpora the same is found with the prefilter and without it', { timeout: 120_000 }, () => {
  let found = 0;
  for (const line of labelled.filter((_, i) => i % 3 === 0)) {
    const without = unfiltered(line);
    expect(filtered(line), line).toEqual(without);
    found += without.length;
  }
  expect(found).toBeGreaterThan(200);
});

test('in ordinary output nothing is lost either', () => {
  for (const line of ordinary(7, 1500)
    .split('\n')
    .filter((text) => !plainOf(text)))
    expect(filtered(line), line).toEqual(unfiltered(line));
});

test('in lines put together from pieces of what is found and of what is not', { timeout: 120_000 }, () => {
  const examples = recognisers.flatMap(({ examples: { found, left } }) => [...found, ...left]).flatMap((text) => text.replaceAll(/[«»]/g, '').split('\n'));
  const part = fc.oneof(
    fc.constantFrom(...examples),
    fc.tuple(fc.constantFrom(...examples), fc.nat(40), fc.nat(40)).map(([text, from, length]) => text.slice(from, from + length)),
    fc.constantFrom(...' :=#|"\'-_@,;.(+/', '1', '22', '333', '4444', '55555', '666666', '999999999', 'AA', 'mrn', 'DOB', 'pass', 'name', '\t'),
  );
  const line = fc.array(part, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(line, (text) => {
      fc.pre(!plainOf(text));
      expect(filtered(text)).toEqual(unfiltered(text));
    }),
    { numRuns: 1500 },
  );
});

describe.each(recognisers)('$kind', (row) => {
  test('a line has what the row needs wherever something of it is found', () => {
    const needs = 'patterns' in row ? row.patterns.map((pattern) => pattern.needs) : [row.needs];
    const prefilter = new Prefilter(new Tables(needs));
    for (const example of row.examples.found) {
      const lines = example.replaceAll(/[«»]/g, '').split('\n');
      const any = lines.some((text) => {
        prefilter.look(text);
        return prefilter.any;
      });
      expect(any, example).toBe(true);
    }
  });
});

test('rows of both halves are told apart, and words of one character too', () => {
  const needs = Array.from({ length: 62 }, (_, i) => ({
    words: [i % 2 === 0 ? String.fromCharCode(97 + (i % 26)) : `q${String.fromCharCode(97 + (i % 26))}`],
  }));
  const prefilter = new Prefilter(new Tables(needs));
  prefilter.look('c qd');
  const wanted = needs.flatMap(({ words: [word] }, i) => ('c qd'.includes(word!) ? [i] : []));
  expect([...prefilter.from(0)]).toEqual(wanted);
  expect([...prefilter.from(31)]).toEqual(wanted.filter((i) => i >= 31).map((i) => i - 31));
  expect([...prefilter.from(5)]).toEqual(wanted.filter((i) => i >= 5).map((i) => i - 5));
  expect(needs.flatMap((_, i) => (prefilter.has(i) ? [i] : []))).toEqual(wanted);
  expect(() => new Tables([...needs, {}])).toThrow('62');
});

test('a text is read as it looks, and what is found stands where it stood', () => {
  const all = new LineScanner(kinds);
  for (const text of ['５３６-22-1847', '5\u200d36\u2011\u20602\u20602-1847', '5\u03363\u03366-22-1847', '\u{1d7d3}36-22-1847', 'МRN: 00482913', '٥٣٦-22-1847'])
    expect(said(all.line(`x ${text} y`)), text).toEqual([expect.stringMatching(/^(?:ssn|mrn) /)]);
  const text = 'a \u200d５３６-２２-１８４７ b';
  const [found] = all.line(text);
  expect(text.slice(found!.start, found!.end)).toBe('５３６-２２-１８４７');
  expect(plainOf('Łódź 病院 Ngọc')).toBeUndefined();
});
