import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextChange, roughly } from './countdown.ts';

test.each([
  [600, '10 min'],
  [571, '10 min'],
  [570, '10 min'],
  [569, '9 min'],
  [90, '2 min'],
  [89, '1 min'],
  [61, '1 min'],
  [60, '1 min'],
  [59, '0:59'],
  [5, '0:05'],
  [0, '0:00'],
])('%i seconds are %s', (seconds, words) => expect(roughly(seconds)).toBe(words));

test('whoever looks again when told to has missed no change, and looks no more often than that but at the beginning of the last minute', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), (seconds) => {
      const next = seconds - nextChange(seconds);
      for (let between = seconds; between > next; between--) expect(roughly(between)).toBe(roughly(seconds));
      if (next !== 60 && next >= 0) expect(roughly(next)).not.toBe(roughly(seconds));
    }),
  );
});
