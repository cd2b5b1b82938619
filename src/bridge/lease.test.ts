import { expect, test } from 'vitest';
import { LEASE_MS, Lease, READ_MS, RENEW_MS } from './lease.ts';

/** Looks when the lease wants it, until `to`; where a renewal falls on a look, it comes after it. @returns the time at which it was over, if it was; and how often it looked. */
function hold(lease: Lease, from: number, to: number, renewals: readonly number[] = []): { readonly over?: number; readonly looks: number } {
  const waiting = [...renewals];
  let looks = 0;
  for (let now = from; now <= to; looks++) {
    const left = lease.left(now);
    if (left === 0) return { over: now, looks };
    while (waiting[0] !== undefined && waiting[0] < now + left) lease.renew(waiting.shift()!);
    now += left;
  }
  return { looks };
}

const renewalsUntil = (end: number): number[] => Array.from({ length: end / RENEW_MS }, (_, n) => (n + 1) * RENEW_MS);

test('it is over when nobody has renewed it in its time, and not before', () => {
  expect(hold(new Lease(0), 0, 60_000).over).toBe(LEASE_MS + READ_MS);
});

test('it holds while it is renewed, and its time from there; its holder looks no more often than that', () => {
  const held = hold(new Lease(0), 0, 60_000, renewalsUntil(60_000));
  expect(held.over).toBeUndefined();
  expect(held.looks).toBeLessThanOrEqual(60_000 / RENEW_MS);
  expect(hold(new Lease(0), 0, 90_000, renewalsUntil(60_000)).over).toBe(60_000 + LEASE_MS + READ_MS);
});

test('a holder that looks at each renewal anew wants nothing before the end of its lease', () => {
  const lease = new Lease(0);
  lease.left(0);
  for (const now of renewalsUntil(60_000)) {
    lease.renew(now);
    expect(lease.left(now)).toBe(LEASE_MS);
  }
  expect(lease.left(60_000 + LEASE_MS)).toBe(READ_MS);
  expect(lease.left(60_000 + LEASE_MS + READ_MS)).toBe(0);
});

test('a renewal that came just in time, and is read only after the look, counts', () => {
  const lease = new Lease(0);
  expect(lease.left(0)).toBe(LEASE_MS);
  expect(lease.left(LEASE_MS)).toBe(READ_MS);
  lease.renew(LEASE_MS + 1);
  expect(lease.left(LEASE_MS + READ_MS)).toBe(LEASE_MS + 1 - READ_MS);
});

test('a holder that was held up itself reads first what came meanwhile', () => {
  const held = new Lease(0);
  held.left(0);
  expect(held.left(10_000)).toBe(1000);
  held.renew(10_100);
  expect(held.left(11_000)).toBe(10_100 + LEASE_MS - 11_000);
  // And acts where nothing came; held up twice, it reads twice.
  const alone = new Lease(0);
  alone.left(0);
  expect(alone.left(10_000)).toBe(1000);
  expect(alone.left(11_000)).toBe(0);
  const twice = new Lease(0);
  twice.left(0);
  expect([twice.left(10_000), twice.left(20_000), twice.left(21_000)]).toEqual([1000, 1000, 0]);
});
