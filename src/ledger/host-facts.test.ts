/** Pinned keys of hosts: one a name, taken by whoever opens sessions, taken back by a security admin. */
import { expect, test } from 'vitest';
import { MOST_PINNED, nextHosts, type PinnedHost } from './host-facts.ts';
import type { KnownPerson } from './person-facts.ts';
import type { LedgerEvent } from './types.ts';

const somebody = (roles: KnownPerson['roles'], state: KnownPerson['state'] = 'active') => ({ roles, state }) as unknown as KnownPerson;
const people = new Map<string, KnownPerson>([
  ['p-operator0000', somebody(['operator'])],
  ['p-security0000', somebody(['security'])],
  ['p-disabled0000', somebody(['operator', 'security'], 'disabled')],
]);
const [one, other] = ['11'.repeat(32), '22'.repeat(32)];
const event = (person: string, change: string, key = one, host = 'lab'): LedgerEvent =>
  ({ action: 'host.key', person, seq: 7, time: '2026-11-29T12:00:00.000Z', detail: { host, type: 'ssh-ed25519', key, change } }) as unknown as LedgerEvent;
const next = (before: readonly PinnedHost[], said: LedgerEvent) => nextHosts(before, said, { person: (id) => people.get(id) });

test('a key is pinned once, and another one only after it was taken back by a security admin', () => {
  const pinned = next([], event('p-operator0000', 'pinned')) as readonly PinnedHost[];
  expect(pinned).toEqual([{ host: 'lab', type: 'ssh-ed25519', sha256: one, by: 'p-operator0000', seq: 7, time: '2026-11-29T12:00:00.000Z' }]);
  expect(next(pinned, event('p-operator0000', 'pinned', other))).toBe('pins a key of lab, which has one');
  expect(next(pinned, event('p-operator0000', 'forgotten'))).toMatch(/who may not/);
  expect(next(pinned, event('p-security0000', 'forgotten', other))).toMatch(/not pinned/);
  const none = next(pinned, event('p-security0000', 'forgotten')) as readonly PinnedHost[];
  expect(none).toEqual([]);
  expect(next(none, event('p-operator0000', 'pinned', other))).toHaveLength(1);
});

test('Lab and lab are one host, with one pin', () => {
  const pinned = next([], event('p-operator0000', 'pinned', one, 'Lab')) as readonly PinnedHost[];
  expect(pinned.map(({ host }) => host)).toEqual(['lab']);
  expect(next(pinned, event('p-operator0000', 'pinned', other, 'LAB'))).toBe('pins a key of lab, which has one');
  expect(next(pinned, event('p-security0000', 'forgotten', one, 'Lab'))).toEqual([]);
});

test.each([['p-security0000'], ['p-disabled0000'], ['p-nobody000000']])('%s pins nothing', (person) => {
  expect(next([], event(person, 'pinned'))).toMatch(/who may not/);
});

test('what is no pin says so, and a snapshot holds no more than it can', () => {
  expect(next([], event('p-operator0000', 'pinned', 'x'))).toMatch(/does not say/);
  expect(next([], event('p-operator0000', 'pinned', one, '-x'))).toMatch(/does not say/);
  const many = Array.from({ length: MOST_PINNED }, (_, n): PinnedHost => ({ host: `h${n}`, type: 'ssh-rsa', sha256: one, by: 'x', seq: n, time: '' }));
  expect(next(many, event('p-operator0000', 'pinned'))).toMatch(/more than/);
});
