import { expect, test } from 'vitest';
import { CHECK_MS, LEASE_MS, Lease, RENEW_MS } from './lease.ts';

/** Looks every CHECK_MS from `from` to `to`. @returns the time at which the lease was over, if it was. */
function watch(lease: Lease, from: number, to: number, renewed: (now: number) => boolean = () => false): number | undefined {
  for (let now = from; now <= to; now += CHECK_MS) {
    if (renewed(now)) lease.renew(now);
    if (lease.isOver(now)) return now;
  }
  return undefined;
}

test('it is over when nobody has renewed it in its time, and not before', () => {
  expect(watch(new Lease(0), 0, 60_000)).toBe(LEASE_MS);
});

test('it holds while it is renewed, and its time from there', () => {
  const lease = new Lease(0);
  expect(watch(lease, 0, 60_000, (now) => now % RENEW_MS === 0)).toBeUndefined();
  expect(watch(lease, 60_250, 90_000)).toBe(60_000 + LEASE_MS);
});

test('a holder that was held up itself reads first what came meanwhile', () => {
  const held = new Lease(0);
  expect(held.isOver(10_000)).toBe(false);
  held.renew(10_100);
  expect(watch(held, 10_250, 13_000)).toBeUndefined();
  // And acts where nothing came.
  const alone = new Lease(0);
  expect(alone.isOver(10_000)).toBe(false);
  expect(watch(alone, 10_250, 20_000)).toBe(11_000);
});
