/** Where copied text comes from: the last copy counts, a part is known by its lines, and memory has a bound. */
import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { MOST_PIECES } from '../types/classes.ts';
import { Origins, piecesOf } from './origins.ts';

const digests = (text: string): string[] => piecesOf(text).map((piece) => hash('sha256', piece, 'hex').slice(0, 32));

test('a text is one, however its lines end and whatever the filter takes out of it', () => {
  const [whole] = piecesOf('first line\nsecond line\n');
  expect(piecesOf('first line\r\nsecond line')[0]).toBe(whole);
  expect(piecesOf('first \u200bline\rsecond line   ')[0]).toBe(whole);
  expect(piecesOf('first line\n  second line\nls\nfirst line')).toEqual([expect.any(String), 'first line', 'second line']);
  expect(piecesOf(Array.from({ length: 5000 }, (_, i) => `line number ${i}`).join('\n'))).toHaveLength(MOST_PIECES);
});

test('the last copy of a text counts, and a part of it is known by its lines', () => {
  const origins = new Origins();
  expect([...origins.of(digests('Meier, 4711'))]).toEqual([]);
  origins.copied(digests('patient Meier\nbed number 12\nls'), 'clinical');
  expect([...origins.of(digests('patient Meier'))]).toEqual(['clinical']);
  expect([...origins.of(digests('note:\n  bed number 12\n'))]).toEqual(['clinical']);
  // Too short to say anything.
  expect([...origins.of(digests('a text\nls'))]).toEqual([]);
  origins.copied(digests('bed number 12'), 'general');
  expect([...origins.of(digests('bed number 12'))]).toEqual(['general']);
  expect([...origins.of(digests('patient Meier\nbed number 12'))].toSorted()).toEqual(['clinical', 'general']);
});

test('of a text of two classes nothing goes where one may not', () => {
  const origins = new Origins();
  origins.copied(digests('patient Meier'), 'clinical');
  origins.copied(digests('route add default'), 'general');
  const rules = { names: ['clinical', 'general', 'lab'], first: 'clinical', lets: (from: string) => from === 'general' };
  expect(origins.pasted(digests('patient Meier\nroute add default'), 'lab', rules)).toEqual([
    { from: 'clinical', to: 'lab', way: 'paste', allowed: false },
    { from: 'general', to: 'lab', way: 'paste', allowed: true },
  ]);
  expect(origins.pasted(digests('patient Meier'), 'clinical', rules)).toEqual([]);
});

test('what is remembered has a bound: the oldest is forgotten first', () => {
  const origins = new Origins();
  for (let copy = 0; copy < 70; copy++)
    origins.copied(
      Array.from({ length: 1000 }, (_, i) => hash('sha256', `${copy} ${i}`, 'hex').slice(0, 32)),
      'clinical',
    );
  expect(origins.size).toBe(50_000);
  expect(origins.of([hash('sha256', '0 0', 'hex').slice(0, 32)]).size).toBe(0);
  expect(origins.of([hash('sha256', '69 999', 'hex').slice(0, 32)]).size).toBe(1);
});
