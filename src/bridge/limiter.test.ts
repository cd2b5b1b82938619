import { expect, test } from 'vitest';
import { Limiter } from './limiter.ts';

test('a flood is told of once in each stretch of time', () => {
  const limiter = new Limiter(2, 1000);
  const take = (now: number): string => [1, 2, 3, 4].map(() => limiter.take(now)).join(' ');
  expect(take(5)).toBe('yes yes flood no');
  expect(take(1004)).toBe('no no no no');
  expect(take(1005)).toBe('yes yes flood no');
});
