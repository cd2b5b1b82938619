/** What held at an event follows from those before it: roles as they were then, the policy of then, and what the two clocks say of each other. */
import { expect, test } from 'vitest';
import type { Role } from '../types/words.ts';
import { Contexts } from './contexts.ts';
import { LedgerFacts, NO_FACTS } from './facts.ts';
import { testEvent } from './fixture.ts';
import type { LedgerEvent } from './types.ts';

const ada = 'p-0a1b2c3d4e5f';
const bo = 'p-112233445566';
const START = Date.parse('2026-11-27T10:00:00.000Z');

const noClock = NO_FACTS.clock;

interface Known {
  readonly roles?: Readonly<Record<string, readonly Role[]>>;
  readonly policy?: string;
}

test('roles and the policy are those of that time, and not of today', () => {
  const contexts = new Contexts();
  const events: LedgerEvent[] = [];
  const take = (entry: Parameters<typeof testEvent>[1], { roles = {}, policy }: Known): void => {
    const event = testEvent(events.length, entry);
    events.push(event);
    contexts.take(event, {
      policy: policy === undefined ? undefined : { sha256: policy },
      clock: noClock,
      person: (id: string) => roles[id] && { roles: roles[id] },
    } as never);
  };
  const first: Known = { roles: { [ada]: ['operator', 'security'] }, policy: 'aa' };
  take({ action: 'app.start', detail: {} }, {});
  take({ action: 'person.roles', person: ada, detail: { roles: ['operator', 'security'] } }, first);
  take({ action: 'lock', person: ada, detail: { cause: 'user' } }, first);
  const second: Known = { roles: { [ada]: ['auditor'], [bo]: ['security'] }, policy: 'bb' };
  take({ action: 'person.roles', person: ada, detail: { roles: ['auditor'], by: bo } }, { ...second, policy: 'aa' });
  take({ action: 'policy.change', person: bo, detail: {} }, second);
  take({ action: 'lock', person: ada, detail: { cause: 'user' } }, second);
  expect(events.map((event) => contexts.of(event)).map(({ roles, policySha256 }) => [roles.join(), policySha256])).toEqual([
    ['', null],
    ['operator,security', 'aa'],
    ['operator,security', 'aa'],
    ['auditor', 'aa'],
    ['security', 'bb'],
    ['auditor', 'bb'],
  ]);
});

test('a clock that was moved is seen at the next event, and an event that was entered late moves nothing', () => {
  const contexts = new Contexts();
  const moves = (
    [
      [0, 0],
      [10_000, 10_400],
      [20_000, 3_620_400],
      [30_000, 20_400],
      [31_000, 21_400, 'late'],
      [32_000, 22_400],
      [500, 90_000],
      [1_500, 91_000],
    ] as const
  ).map(([mono, wall, late], seq) => {
    const time = new Date(START + wall).toISOString();
    const event = { ...testEvent(seq, { action: 'app.stop', detail: {} }, time), monoUs: 1000 * (mono + 1), ...(late ? { entered: time } : {}) };
    contexts.take(event, { policy: undefined, clock: noClock, person: () => undefined });
    return contexts.of(event).clockMs;
  });
  expect(moves).toEqual([null, 0, 3_600_000, -3_610_000, 0, 0, null, 0]);
  const blind = { ...testEvent(8, { action: 'app.stop', detail: {} }), monoUs: null };
  contexts.take(blind, { policy: undefined, clock: noClock, person: () => undefined });
  expect(contexts.of(blind).clockMs).toBeNull();
});

test('whether the clock was set by anything is as the last event of that says, from that event on', () => {
  const contexts = new Contexts();
  const facts = LedgerFacts.from();
  const states = [undefined, 'synced', undefined, 'unsynced', 'unknown', 'right', undefined, 'synced'].map((state, seq) => {
    const event = testEvent(seq, state === undefined ? { action: 'app.stop', detail: {} } : { action: 'clock.state', detail: { state } });
    facts.take(event);
    contexts.take(event, facts);
    return event;
  });
  expect(states.map((event) => contexts.of(event).clockState)).toEqual(['unknown', 'synced', 'synced', 'unsynced', 'unknown', 'unknown', 'unknown', 'synced']);
  // What a snapshot keeps says the same.
  expect(LedgerFacts.from(facts.state()).clock).toEqual({ state: 'synced', time: states.at(-1)!.time });
});
