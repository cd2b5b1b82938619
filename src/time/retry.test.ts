import { expect, test } from 'vitest';
import { retryMs } from './retry.ts';

test('each failure doubles the wait, up to the longest, however many there were', () => {
  const pace = { first: 5000, most: 600_000 };
  expect([1, 2, 3, 7, 8, 2000].map((failures) => retryMs(pace, failures))).toEqual([5000, 10_000, 20_000, 320_000, 600_000, 600_000]);
});
