/** What stands before the expressions loses nothing: with it and without it the same is found, in the labelled corpora, in ordinary output, in lines put together from their parts, and in texts made from each expression. */
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import '../../test/support/properties.ts';
import { corpusOf, ordinary } from '../../test/redaction-corpus/index.ts';
import { publishedCorpus } from '../../test/redaction-corpus/published/index.ts';
import { foundBy, LineScanner } from './line-scanner.ts';
import { plainOf } from './look-alikes.ts';
import { Prefilter, Tables } from './prefilter.ts';
import { recognisers } from './table.ts';
import { kinds, type Kind } from './recogniser.ts';
import { samplesOf } from './samples.fixture.ts';

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

/** Of everything that stands around a value: parts of words, signs, what is no ASCII, and other examples. */
const around = fc.oneof(
  fc.constantFrom(
    '',
    '',
    ' ',
    '_',
    '-',
    '.',
    'x',
    'x_',
    'last_',
    'home_',
    '9',
    '"',
    "'",
    '(',
    '<',
    '\t',
    '\u00e9',
    '\u017f',
    '\u00a0',
    '\u{1f600}',
    'graph',
    '| ',
  ),
  fc.constantFrom(...recognisers.flatMap(({ examples: { found, left } }) => [...found, ...left])).map((text) => text.replaceAll(/[«»\n]/g, ' ')),
);

describe.each(patterns.map((one) => ({ ...one, source: one.pattern.expression.pattern() })))('$kind by $source', ({ kind, pattern, source }) => {
  const insensitive = (pattern.expression.flags() & RE2JS.CASE_INSENSITIVE) !== 0;
  const line = fc.tuple(around, samplesOf(source, insensitive), around).map((parts) => parts.join(''));

  test('whatever the expression finds, its gate and what it needs let through', () => {
    const prefilter = new Prefilter(new Tables([pattern.needs]));
    // The gate of e-mail addresses looks at what the check behind the expression asks for too.
    const finds = (text: string): boolean => (kind === 'email' ? foundBy(kind, pattern, text).length > 0 : pattern.expression.matcher(text).find());
    let found = 0;
    fc.assert(
      fc.property(line, (text) => {
        // Such a line is looked at whole; below.
        fc.pre(!/[\u017f\u212a]/.test(text));
        if (!finds(text)) return;
        found += 1;
        prefilter.look(text);
        expect([prefilter.any, pattern.gate.test(text)], text).toEqual([true, true]);
      }),
      { numRuns: 400 },
    );
    // Some samples are none, because of what stands around them, and addresses have a domain by chance.
    expect(found).toBeGreaterThan(kind === 'email' ? 20 : 40);
  });

  test('of such a line nothing is lost, as it is or as it looks', () => {
    fc.assert(
      fc.property(line, (text) => {
        expect(filtered(text)).toEqual(expect.arrayContaining(unfiltered(text)));
      }),
      { numRuns: 20 },
    );
  });
});

describe.each(recognisers.flatMap((row) => ('reader' in row ? [row] : [])))('$kind over lines', ({ kind, reader, needs, examples }) => {
  const own = [...examples.found, ...examples.left].flatMap((text) => text.replaceAll(/[«»]/g, '').split('\n'));
  const part = fc.oneof(
    fc.constantFrom(...own),
    fc.tuple(fc.constantFrom(...own), fc.nat(40), fc.nat(20)).map(([text, from, length]) => text.slice(from, from + length)),
    fc.constantFrom(
      ...'{}[]:,|;*~"+ \t',
      '"name":',
      '"given": [',
      '"family": "Diaz"',
      'csn',
      'fax',
      'hicn',
      'LAST',
      'Diaz',
      '1',
      '(1 row)',
      '---',
      'ISA*00*',
      'MSH|^~',
    ),
  );
  const line = fc.array(part, { maxLength: 4 }).map((parts) => [parts.join('')]);
  const whole = fc.constantFrom(...examples.found.map((example) => example.replaceAll(/[«»]/g, '').split('\n')));
  const text = fc.array(fc.oneof(line, line, whole), { minLength: 1, maxLength: 8 }).map((parts) => parts.flat());

  test('what its reader finds where every line is looked at, it finds in the lines that have what it needs', () => {
    const prefilter = new Prefilter(new Tables([needs]));
    let found = 0;
    fc.assert(
      fc.property(text, (lines) => {
        const [one, other] = [reader(), reader()];
        for (const line of lines) {
          prefilter.look(line);
          const all = said(one.line(line, true));
          found += all.length;
          expect(said(other.line(line, prefilter.has(0)))).toEqual(expect.arrayContaining(all));
        }
      }),
      { numRuns: 2000 },
    );
    expect(found, kind).toBeGreaterThan(100);
  });
});

test.each([
  ['ssn', 'DIAZ,ROSA      5-4-1966    536221847     NO'],
  ['dob', 'DIAZ,ROSA      5-4-1966    536221847     NO'],
  ['ssn', 'DIAZ,ROSA      5-4-66              536221847     NO'],
  ['dob', 'DIAZ,ROSA      5-4-66              536221847     NO'],
  ['name', 'Patient        : Rosa Diaz'],
  ['name', "'pt': 'Rosa Diaz'"],
  ['name', '<pt>Rosa Diaz'],
  ['name', 'pt| Rosa Diaz'],
  ['name', 'pt# Rosa Diaz'],
  ['name', 'pt) : Rosa Diaz'],
  ['name', 'pt\t: Rosa Diaz'],
  ['visit', 'PAT_ENC_ID=88120034'],
  ['visit', 'last_encounter_id=88120034'],
  ['visit', '"fin_id": "1234567"'],
  ['visit', 'FIN no.: 1234567'],
  ['visit', 'FIN      : 1234567'],
  ['phone', 'home_ph=6175552368'],
  ['mrn', 'x_mr#=4829130'],
  ['password', 'mysql.exe -u root -phunter2x'],
  ['password', 'mysql\t-u root -phunter2x'],
  ['password', 'curl.exe -u ada:S3cret!x https://x'],
  ['password', 'mount.cifs //nas/x /mnt -U ada%S3cret!x'],
  ['password', 'secret_base=5dndnOmf3Sgq0qmVk22Lpr'],
  ['password', "ALTER ROLE feed PASSWORD SET 'S3cret!x'"],
  ['password', 'db01:5432:-emr:feed:S3cret!x'],
  ['ssn', '\u017fsn: 536221847'],
] as const)('%s is found in %j', (kind, text) => {
  expect(filtered(text).filter((one) => one.startsWith(`${kind} `))).not.toEqual([]);
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
