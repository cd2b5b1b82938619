/** Patterns with * and ?. */
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { fitsWildcard } from './wildcard.ts';

test.each([
  ['prod-*', 'prod-db', true],
  ['prod-*', 'prod', false],
  ['*', '', true],
  ['?', '', false],
  ['a*b?c', 'axxbyc', true],
  ['a.c', 'abc', false],
  ['**', 'lab', true],
])('%s and %s: %s', (pattern, text, fits) => {
  expect(fitsWildcard(pattern, text)).toBe(fits);
});

test('it says what a regular expression says', () => {
  const word = (letters: string[]) => fc.array(fc.constantFrom(...letters), { maxLength: 8 }).map((all) => all.join(''));
  fc.assert(
    fc.property(word(['a', 'b', '*', '?']), word(['a', 'b']), (pattern, text) => {
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
      expect(fitsWildcard(pattern, text)).toBe(expression.test(text));
    }),
    { seed: 7, numRuns: 2000 },
  );
});

test('many stars cost nothing: a regular expression would not come to its end', () => {
  expect(fitsWildcard(`${'*-'.repeat(45)}prod`, '-'.repeat(100))).toBe(false);
});
