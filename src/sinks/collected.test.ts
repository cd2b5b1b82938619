/** A collector's file against the ledger: gaps, changes, repetitions, others' lines, and whatever else stands there. */
import { expect, test } from 'vitest';
import { testEvent } from '../ledger/fixture.ts';
import { collectedVerdict } from '../services/ledger/against.ts';
import { CollectorComparison } from './collected.ts';
import { eventCef } from './cef.ts';
import { eventDocument } from './document.ts';
import { eventMessage } from './message.ts';

const own = 'w-0123456789ab';
const leafOf = (seq: number): string => seq.toString(16).padStart(64, '0');
const lineOf = (seq: number, leaf = leafOf(seq)): string => eventMessage(testEvent(seq, { action: 'app.stop' }), leaf, 'ws7');

function compare(lines: readonly string[], size: number) {
  const comparison = new CollectorComparison(own);
  for (const line of lines) comparison.line(line);
  for (let seq = 0; seq < size; seq++) comparison.leaf(leafOf(seq));
  return comparison.result();
}
const cefOf = (seq: number): string => eventCef(testEvent(seq, { action: 'app.stop' }), leafOf(seq), 'ws7');
const all = (count: number): string[] => Array.from({ length: count }, (_, seq) => lineOf(seq));
const codeOf = (lines: readonly string[], size: number): string => collectedVerdict('f', compare(lines, size)).code;

test('all of it, with what a collector puts before each line, and events that came since', () => {
  expect(compare(all(5), 5)).toEqual({ events: 5, repeated: 0, outOfOrder: 0, foreign: 0, others: 0, different: [], missing: [], missingCount: 0, behind: 0 });
  expect(
    compare(
      all(5).map((line) => `2026-11-29T02:00:00 siem ${line}`),
      8,
    ),
  ).toMatchObject({ events: 5, behind: 3 });
  expect(codeOf(all(5), 8)).toBe('good');
});

test('what came twice counts once; a second text under the same number is a difference, whichever comes first', () => {
  expect(compare([...all(5), lineOf(3), lineOf(4)], 5)).toMatchObject({ events: 5, repeated: 2, different: [] });
  expect(compare([...all(5), lineOf(3, 'f'.repeat(64))], 5)).toMatchObject({ different: [3] });
  expect(compare([lineOf(3, 'f'.repeat(64)), ...all(5)], 5)).toMatchObject({ different: [3] });
});

test('a gap, a changed event, and one that the ledger never had', () => {
  expect(
    compare(
      all(9).filter((_, seq) => seq !== 4 && seq !== 6),
      9,
    ),
  ).toMatchObject({ missing: [4, 6], missingCount: 2, behind: 0 });
  expect(codeOf(all(9).slice(1), 9)).toBe('not-anchored');
  expect(codeOf([...all(4), lineOf(4, 'f'.repeat(64))], 9)).toBe('diverged');
  expect(codeOf(all(9), 5)).toBe('diverged');
  expect(codeOf([], 5)).toBe('not-anchored');
  const many = compare([lineOf(40)], 41);
  expect(many).toMatchObject({ missingCount: 40 });
  expect(many.missing).toHaveLength(10);
});

test('order is told, and lines of others and of no event are counted and passed over', () => {
  const lines = [lineOf(1), lineOf(0), lineOf(2).replaceAll(own, 'w-ffffffffffff'), 'something else', '', lineOf(3).replace('seq="3"', 'seq="4"')];
  expect(compare(lines, 2)).toMatchObject({ events: 2, outOfOrder: 1, foreign: 1, others: 2, different: [] });
});

test('documents are read as messages are, as they left, with spaces, or in whatever a store puts around them', () => {
  const documents = Array.from({ length: 5 }, (_, seq) => eventDocument(testEvent(seq, { action: 'app.stop' }), leafOf(seq), 'ws7').line);
  expect(codeOf(documents, 5)).toBe('good');
  const spaced = documents.map((line) => JSON.stringify(JSON.parse(line), null, 1).replaceAll('\n', ''));
  const wrapped = documents.map((line, seq) => `{"_index":"logs","_id":"${own}/${seq}","_source":${line}}`);
  for (const lines of [spaced, wrapped]) expect(compare(lines, 5)).toMatchObject({ events: 5, others: 0, missingCount: 0, different: [] });
  expect(codeOf(documents.toSpliced(1, 1), 5)).toBe('not-anchored');
  expect(codeOf(documents.with(2, documents[2]!.replace(leafOf(2), 'f'.repeat(64))), 5)).toBe('diverged');
});

test('lines of CEF are read as messages are, alone and behind what a collector puts before them', () => {
  const lines = Array.from({ length: 5 }, (_, seq) => cefOf(seq));
  for (const before of ['', '<85>1 2026-11-29T02:00:00.000Z ws7 wardmux - app.stop - '])
    expect(
      compare(
        lines.map((line) => `${before}${line}`),
        5,
      ),
    ).toMatchObject({ events: 5, others: 0, missingCount: 0, different: [] });
  expect(codeOf(lines.toSpliced(1, 1), 5)).toBe('not-anchored');
  expect(codeOf(lines.with(2, lines[2]!.replace(leafOf(2), 'f'.repeat(64))), 5)).toBe('diverged');
});
