import { expect, test } from 'vitest';
import { Welcomes, type WelcomesParts } from './welcomes.ts';

/** @param action of the last event at which the ledger has somebody told everything; undefined where there is none */
function over(action: string | undefined): Welcomes {
  const ledger = {
    facts: { untold: () => ({ since: action === undefined ? -1 : 4, failures: 0 }) },
    event: async (seq: number) => (seq < 0 ? undefined : { event: { action, time: '2026-11-29T12:51:51.227Z' } }),
  };
  return new Welcomes({ installed: { require: () => ({ ledger }) } } as unknown as WelcomesParts);
}

test.each([
  ['unlock', { unlock: '2026-11-29T12:51:51.227Z', told: '2026-11-29T12:51:51.227Z' }],
  ['person.keys', { unlock: null, told: '2026-11-29T12:51:51.227Z' }],
  [undefined, { unlock: null, told: null }],
])('of somebody whose last one is %s', async (action, seen) => {
  expect(await over(action).lastSeen('p-000000000001')).toEqual(seen);
});
