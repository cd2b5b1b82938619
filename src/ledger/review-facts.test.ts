/** Nobody says of their own work that it is fine, or closes an alert about it, by a hand of theirs. */
import { expect, test } from 'vitest';
import type { Role } from '../types/words.ts';
import { alertWhy } from './alert-facts.ts';
import { testEvent } from './fixture.ts';
import type { KnownPerson } from './person-facts.ts';
import { reviewFault, reviewWhy } from './review-facts.ts';
import type { RecordingState } from './rules.ts';

const AT = '2026-11-29T02:00:00.000Z';
const LATER = '2027-03-01T00:00:00.000Z';
const [sec, hand, free] = ['p-00000000000a', 'p-00000000000b', 'p-00000000000c'] as const;
const recording = '20261122-081500-0a1b2c3d';

/** An auditor whom a security admin alone has made that, and one who is nobody's hand. */
const somebody = (roles: readonly Role[], bound?: KnownPerson['bound']): KnownPerson =>
  ({ roles, state: 'active', signingKey: 'key', ...(bound && { bound }) }) as unknown as KnownPerson;
const known = new Map([
  [sec, somebody(['security', 'operator'])],
  [hand, somebody(['auditor'], { to: sec, until: '2027-02-01T00:00:00.000Z' })],
  [free, somebody(['auditor'])],
]);
const people = { person: (id: string) => known.get(id as typeof sec) };

test('a hand of its person reviews no recording, until it is one no longer', () => {
  const own = { person: sec };
  expect(reviewFault(people, hand, own, AT)).toMatch(/whose hand/);
  expect(reviewFault(people, free, own, AT)).toBeUndefined();
  expect(reviewFault(people, hand, own, LATER)).toBeUndefined();
  expect(reviewFault(people, hand, { person: null }, AT)).toBeUndefined();
  const states = { get: () => ({ person: sec, start: 3 }) as RecordingState };
  const why = (by: string, time: string) =>
    reviewWhy(people, states, testEvent(9, { action: 'recording.review', person: by, detail: { recording, state: 'fine' } }, time));
  expect(why(hand, AT)).toMatch(/whose hand/);
  expect(why(free, AT)).toMatch(/nobody who may has signed/);
  expect(why(hand, LATER)).toMatch(/nobody who may has signed/);
});

test('a hand of whom an alert is about does not close it, nor they one that is about their hand', () => {
  const why = (by: string, about: string, time = AT) =>
    alertWhy(people, testEvent(9, { action: 'alert.closed', person: by, detail: { alert: 3, rule: 'jiggler', about: [about], note: 'ab'.repeat(32) } }, time));
  expect(why(hand, sec)).toMatch(/hand of theirs/);
  expect(why(sec, hand)).toMatch(/hand of theirs/);
  expect(why(free, sec)).toMatch(/nobody who may has signed/);
  expect(why(hand, sec, LATER)).toMatch(/nobody who may has signed/);
});
