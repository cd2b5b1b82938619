/** Which of main's beats renew the leases. */
import { expect, test } from 'vitest';
import { LEASE_MS, RENEW_MS } from '../src/bridge/lease.ts';
import { Renewals } from './lease.ts';

/** What is done at each of these times. */
const beats = (...times: readonly number[]): string[] => {
  const renewals = new Renewals(0);
  return times.map((now) => renewals.beat(now));
};

test('every second beat of a process that is not held up renews, also where each is some milliseconds late', () => {
  expect(beats(1000, 2000, 3000, 4000, 5000)).toEqual(['wait', 'renew', 'wait', 'renew', 'wait']);
  expect(beats(1003, 2009, 3011, 4015, 5018, 6020)).toEqual(['wait', 'renew', 'wait', 'renew', 'wait', 'renew']);
  expect(beats(998, 1997, 2996, 3995)).toEqual(['wait', 'renew', 'wait', 'renew']);
});

test('a beat that comes late renews at once, and so does each that follows late', () => {
  expect(beats(1150, 2300, 3450, 4450, 5450)).toEqual(['renew', 'renew', 'renew', 'wait', 'renew']);
});

test('between two renewals of a process that runs there is never more than RENEW_MS and one delay', () => {
  const delays = [0, 40, 99, 100, 180, 700, 990];
  for (const delay of delays) {
    const renewals = new Renewals(0);
    let renewed = 0;
    for (let now = 0, n = 0; n < 200; n++) {
      // One beat in seven is late.
      now += 1000 + (n % 7 === 3 ? delay : 0);
      if (renewals.beat(now) !== 'renew') continue;
      expect(now - renewed).toBeLessThanOrEqual(RENEW_MS + delay);
      renewed = now;
    }
  }
});

test('a process that did not run for as long as a lease knows it', () => {
  expect(beats(1000, 2000, 2000 + LEASE_MS)).toEqual(['wait', 'renew', 'lapsed']);
});
