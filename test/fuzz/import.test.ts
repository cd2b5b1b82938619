/**
 * Every importer against hostile files: whatever a file is, it is read or refused with a sentence, nothing else is thrown, and what is read is
 * bounded by the file, in order, and the same however its bytes come. Seeded (test/support/properties.ts).
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makers, readBack, type MadeFile, type ReadBack } from '../../src/import/fixture.ts';
import { ImportError } from '../../src/import/index.ts';

/** Of each property, for each importer. */
const RUNS = 150;

/** A session of some pieces, as each format can write it down. */
const session = fc.array(
  fc.record({
    after: fc.integer({ min: 0, max: 5_000 }).map((ms) => ms / 1000),
    data: fc
      .string({
        unit: fc.constantFrom('a', '\r', '\n', '\x1b[2J', '\u00e9', '\u4e2d', '\ud83e\ude7a', '\x00', '"', '\\', '\ufffd'),
        minLength: 1,
        maxLength: 30,
      })
      .map((text) => Buffer.from(text)),
  }),
  { minLength: 1, maxLength: 12 },
);

const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((array) => Buffer.from(array));
const hostile = fc.constantFrom(
  '9'.repeat(40),
  '-1',
  '1e400',
  'null',
  '{}',
  '[[[[[[[[[[[[',
  '"\\ud800"',
  '\n',
  '\r\n',
  '4294967295',
  '0x0',
  '\xff\xfe',
  ',',
  '"',
  '\0',
);

/** What is done to a file: bits turned, parts cut, doubled, moved and put in. */
const change = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), bit: fc.integer({ min: 0, max: 7 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ kind: fc.constant('end' as const), at: fc.nat() }),
  fc.record({
    kind: fc.constant('put' as const),
    at: fc.nat(),
    what: fc.oneof(
      bytes,
      hostile.map((text) => Buffer.from(text, 'latin1')),
    ),
  }),
  fc.record({ kind: fc.constant('double' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 200 }) }),
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function changed(file: Buffer, changes: readonly Change[]): Buffer {
  let now = file;
  for (const one of changes) {
    const at = one.at % (now.length + 1);
    const [before, behind] = [now.subarray(0, at), now.subarray(at)];
    if (one.kind === 'flip') {
      now = Buffer.from(now);
      if (at < now.length) now[at] = now[at]! ^ (1 << one.bit);
    } else if (one.kind === 'cut') now = Buffer.concat([before, behind.subarray(one.length)]);
    else if (one.kind === 'end') now = before;
    else if (one.kind === 'put') now = Buffer.concat([before, one.what, behind]);
    else now = Buffer.concat([before, behind.subarray(0, one.length), behind]);
  }
  return now;
}

/** @returns the sentence of a refusal. Anything else that is thrown fails the test. */
function outcome(file: MadeFile, lengths?: readonly number[]): ReadBack | string {
  try {
    return readBack(file, lengths);
  } catch (error) {
    if (error instanceof ImportError) return error.message;
    throw error;
  }
}

function holds(file: MadeFile, lengths: readonly number[]): void {
  const read = outcome(file);
  expect(outcome(file, lengths)).toEqual(read);
  if (typeof read === 'string') {
    expect(read).toMatch(/\.$|\)$/);
    expect(read.length).toBeLessThan(400);
    return;
  }
  const { head, events, output, tally } = read;
  const most = file.content.length + (file.timing?.length ?? 0);
  // UTF-8 of a character that JSON has as itself is never longer, and an escape is longer than what it stands for.
  expect(output.length).toBeLessThanOrEqual(most * 3);
  expect(tally.output).toBe(output.length);
  expect(events.length).toBeLessThanOrEqual(most);
  let before = 0;
  for (const event of events) {
    expect(Number.isSafeInteger(event.us) && event.us >= before).toBe(true);
    before = event.us;
  }
  const sizes = [head.size, ...events.flatMap((event) => (event.code === 'r' ? [event.size] : []))];
  for (const { cols, rows } of sizes)
    expect(Number.isInteger(cols) && Number.isInteger(rows) && cols >= 1 && cols <= 2000 && rows >= 1 && rows <= 2000).toBe(true);
  for (const event of events) if (event.code === 'm') expect(event.text.isWellFormed() && event.text.length <= 1025).toBe(true);
  for (const [n, event] of events.entries()) if (event.code === 'x') expect(n).toBe(events.length - 1);
}

const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 4 });

describe.each(Object.entries(makers))('%s', (_, make) => {
  test('a session comes back to the byte', () => {
    fc.assert(
      fc.property(session, lengths, (printed, cut) => {
        const { output } = readBack(make(printed), cut);
        expect(output.equals(Buffer.concat(printed.map(({ data }) => data)))).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  test('a file that somebody has changed is read or refused', () => {
    fc.assert(
      fc.property(session, fc.array(change, { minLength: 1, maxLength: 6 }), lengths, fc.boolean(), (printed, changes, cut, beside) => {
        const made = make(printed);
        const file = beside && made.timing ? { ...made, timing: changed(made.timing, changes) } : { ...made, content: changed(made.content, changes) };
        holds(file, cut);
      }),
      { numRuns: 3 * RUNS },
    );
  });

  test('bytes that are nothing are read or refused, whatever they are said to be', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.option(fc.uint8Array({ maxLength: 200 }), { nil: undefined }), lengths, (content, timing, cut) => {
        const { format } = make([{ after: 0, data: Buffer.from('a') }]);
        const file = { content: Buffer.from(content), ...(timing ? { timing: Buffer.from(timing) } : {}) };
        holds({ ...file, format }, cut);
        holds({ ...file, format: 'auto' }, cut);
      }),
      { numRuns: RUNS },
    );
  });
});
