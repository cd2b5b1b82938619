/** What nobody has reviewed: spans that meet leave nothing out, a gap stays due, and what reviewers did themselves waits for somebody who is no hand of theirs. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { certify, reviewedText } from '../ledger/certificate.ts';
import { INSTALLATION, testEvent } from '../ledger/fixture.ts';
import { reviewedWhy } from '../ledger/reviewed-facts.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { thumbprint } from '../recording/wrap.ts';
import type { Role } from '../types/words.ts';
import { reviews as toldReviews } from '../audit/service.ts';
import { Reviews } from './reviews.ts';

const [ada, bo, cy] = ['p-00000000000a', 'p-00000000000b', 'p-00000000000c'] as const;

function auditor() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y } = publicKey.export({ format: 'jwk' }) as { x: string; y: string };
  return {
    key: { x, y },
    thumbprint: thumbprint({ kty: 'EC', crv: 'P-256', x, y }),
    sign: async (bytes: Uint8Array) => sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
  };
}
const keys = { [ada]: auditor(), [bo]: auditor(), [cy]: auditor() };
const rolesOf: Record<string, readonly Role[]> = { [ada]: ['operator', 'auditor'], [bo]: ['auditor'], [cy]: ['operator'] };
const people = {
  person: (id: string) => (id in keys ? { state: 'active', roles: rolesOf[id]!, signingKey: keys[id as keyof typeof keys].thumbprint } : undefined),
  hand: (id: string) => id,
} as unknown as Parameters<Reviews['take']>[1];

async function reviewed(seq: number, by: keyof typeof keys, from: number, to: number, change: Record<string, unknown> = {}): Promise<LedgerEvent> {
  const said = { from, to, root: 'ab'.repeat(32), finding: 'nothing', note: 'cd'.repeat(32) } as const;
  const certificate = await certify(reviewedText({ installation: INSTALLATION, ...said, by }), keys[by].key, keys[by].sign);
  return testEvent(seq, { action: 'ledger.reviewed', person: by, detail: { ...said, ...certificate, ...change } as never });
}
const did = (seq: number, person?: string): LedgerEvent => testEvent(seq, { action: 'lock', detail: { cause: 'user' }, ...(person ? { person } : {}) });

function after(events: readonly LedgerEvent[], facts = people) {
  const reviews = new Reviews();
  for (const event of events) reviews.take(event, facts);
  return reviews;
}

test('spans that meet are one, a gap stays due, and what comes after is due', async () => {
  const base = [did(0), did(1), did(2), did(3), did(4)];
  expect(after(base).due()).toMatchObject({ from: 0, events: 5, own: [] });
  const gap = await reviewed(5, bo, 2, 4);
  expect(after([...base, gap]).due()).toMatchObject({ from: 0, events: 6 });
  const first = await reviewed(6, bo, 0, 2);
  expect(after([...base, gap, first]).due()).toMatchObject({ from: 4, events: 3 });
  expect(after([...base, gap, first]).all).toMatchObject([
    { seq: 5, by: bo, from: 2, to: 4 },
    { seq: 6, by: bo, from: 0, to: 2, finding: 'nothing' },
  ]);
});

test('the last one is told as the line to main has it, and no more of it', async () => {
  const told = after([did(0), did(1), await reviewed(2, bo, 0, 2)]);
  const { success, error } = toldReviews.safeParse({ ...told.due(), last: told.all.at(-1) ?? null });
  expect(success, error?.message).toBe(true);
});

test('what a reviewer did is due until somebody else signs for it, who is no hand of theirs', async () => {
  const base = [did(0, ada), did(1, cy), did(2, ada), did(3, bo)];
  const own = await reviewed(4, ada, 0, 4);
  expect(after([...base, own]).due()).toMatchObject({ from: 4, events: 1, own: [{ person: ada, from: 0, to: 3, events: 2 }] });
  expect(after([...base, own, await reviewed(5, ada, 0, 4)]).due().own).toMatchObject([{ person: ada, events: 2 }]);
  const other = await reviewed(5, bo, 0, 3);
  expect(after([...base, own, other]).due().own).toEqual([]);
  // The same two, of whom one has made the other an auditor alone.
  const hands = { ...people, hand: () => ada } as typeof people;
  expect(after([...base, own, other], hands).due().own).toMatchObject([
    { person: ada, events: 2 },
    { person: bo, from: 3, to: 4, events: 1 },
  ]);
});

test('it counts only as an auditor has signed it, of events that were there', async () => {
  const good = await reviewed(5, bo, 0, 5);
  expect(reviewedWhy(people, good)).toBeUndefined();
  for (const change of [
    { to: 4 },
    { from: 1 },
    { root: 'ba'.repeat(32) },
    { finding: 'reported' },
    { note: 'dc'.repeat(32) },
    { finding: 'fine' },
    { to: 6 },
    { signature: 'A'.repeat(86) },
  ])
    expect(reviewedWhy(people, await reviewed(5, bo, 0, 5, change)), JSON.stringify(change)).toMatch(/^reviews /);
  expect(reviewedWhy(people, { ...good, person: ada })).toMatch(/nobody who may/);
  expect(reviewedWhy(people, await reviewed(5, cy, 0, 5))).toMatch(/nobody who may/);
  expect(after([did(0), { ...good, person: ada }]).due()).toMatchObject({ from: 0 });
});

test('what was signed once counts once, wherever it is entered again, and a review of nothing new counts as none', async () => {
  const base = [did(0, ada), did(1, cy), did(2, ada), did(3, bo)];
  const taken = (events: readonly LedgerEvent[], facts = people): boolean => {
    const reviews = new Reviews();
    let counts = false;
    for (const event of events) counts = reviews.take(event, facts);
    return counts;
  };
  const first = await reviewed(4, ada, 0, 4);
  expect(taken([...base, first])).toBe(true);
  // The same detail, which needs no person's key.
  const again = { ...first, seq: 5 };
  expect(taken([...base, first, again])).toBe(false);
  expect(after([...base, first, again]).all).toHaveLength(1);
  expect(after([...base, first, again, { ...first, seq: 6 }]).due()).toMatchObject({ from: 4, events: 3 });
  // Signed anew: all of it is reviewed, or is her own.
  expect(taken([...base, first, await reviewed(5, ada, 1, 4)])).toBe(false);
  expect(taken([...base, first, await reviewed(5, ada, 4, 5)])).toBe(false);
  // What she did herself is new to somebody else, once.
  const other = await reviewed(5, bo, 0, 3);
  expect(taken([...base, first, other])).toBe(true);
  expect(taken([...base, first, other, await reviewed(6, bo, 0, 2)])).toBe(false);
  expect(taken([...base, first, other, await reviewed(6, ada, 3, 6)])).toBe(true);
  // Also where they count as one no more: what was signed by then was signed then.
  const reviews = new Reviews();
  const one = { ...people, hand: () => ada } as typeof people;
  for (const event of [...base, other]) reviews.take(event, one);
  expect(reviews.adds(other.detail as never, bo, other.time, people)).toBe(true);
  expect(reviews.take({ ...other, seq: 6 }, people)).toBe(false);
});
