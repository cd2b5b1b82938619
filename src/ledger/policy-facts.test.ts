/** Whether a policy came into force by those who may decide that: alone where nobody else may, by two where two may. */
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { expect, test } from 'vitest';
import type { KnownPerson } from './person-facts.ts';
import { policyCounts, type BeforePolicy } from './policy-facts.ts';
import type { LedgerEvent } from './types.ts';

const installation = 'w-000000000001';
const [before, after] = ['1'.repeat(64), '2'.repeat(64)];
const asked = '2026-11-28T12:00:00.000Z';
interface Somebody {
  readonly privateKey: KeyObject;
  readonly point: string;
  readonly known: KnownPerson;
}
const everybody = new Map<string, Somebody>(
  ['a', 'b', 'c'].map((letter) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const { x, y } = publicKey.export({ format: 'jwk' }) as { x: string; y: string };
    const signingKey = createHash('sha256').update(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`).digest('base64url');
    const point = Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]).toString('base64url');
    const known = { signingKey, state: 'active', roles: [letter === 'c' ? 'operator' : 'security'] } as unknown as KnownPerson;
    return [`p-00000000000${letter}`, { privateKey, point, known }];
  }),
);
const [ada, bob, cy] = [...everybody.keys()] as [string, string, string];

const facts = (deciders: readonly string[]): BeforePolicy => ({
  person: (id) => {
    const found = everybody.get(id)?.known;
    return found?.roles.includes('security') && !deciders.includes(id) ? { ...found, state: 'disabled' } : found;
  },
  quorum: (_, by) => ({ seconds: deciders.length > 1 ? deciders.filter((id) => id !== by) : [], until: undefined }),
  policy: { sha256: before },
});

interface Change {
  readonly person?: string;
  readonly changes?: readonly string[] | 'unsaid';
  readonly second?: string;
  /** Whose keys have signed, and over which text. */
  readonly signers?: readonly [string, string];
  readonly previous?: string;
  readonly passed?: number;
}
const weaker = ['lock.idleSeconds weaker 300 900'];

function change({ person = ada, changes = weaker, second, signers = [person, second ?? person], previous = before, passed = 1000 }: Change): LedgerEvent {
  const text = Buffer.from(JSON.stringify(['wardmux/v1/policy', installation, previous, after, person, asked]));
  const [one, two] = signers.map((id) => {
    const { privateKey, point } = everybody.get(id)!;
    return { key: point, signature: sign('sha256', text, { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url') };
  });
  const agreement =
    second === undefined ? {} : { byKey: one!.key, signature: one!.signature, second, secondKey: two!.key, secondSignature: two!.signature, asked };
  const detail = { sha256: after, auditKeys: [], ...(changes === 'unsaid' ? {} : { changes }), ...agreement };
  return { seq: 9, time: new Date(Date.parse(asked) + passed).toISOString(), installation, action: 'policy.change', person, detail } as unknown as LedgerEvent;
}

const both = [ada, bob];
test.each<[string, boolean, readonly string[], Change]>([
  ['a weakening by two', true, both, { second: bob }],
  ['fifteen minutes later', true, both, { second: bob, passed: 900_000 }],
  ['a weakening by one of two', false, both, {}],
  ['one that does not say what changed', false, both, { changes: 'unsaid' }],
  ['a weakening by the only one who may', true, [ada], {}],
  ['what weakens nothing, by one', true, both, { changes: ['lock.idleSeconds stronger 300 60'] }],
  ['by somebody who may not', false, both, { person: cy, changes: [] }],
  ['by nobody whom one knows', false, both, { person: 'p-00000000000f', signers: [ada, bob], changes: [] }],
  ['agreed to by somebody who may not', false, both, { second: cy }],
  ['agreed to by who asks', false, both, { second: ada }],
  ['a second one who has not signed', false, both, { second: bob, signers: [ada, ada] }],
  ['a first one who has not signed', false, both, { second: bob, signers: [bob, bob] }],
  ['signed in place of another policy', false, both, { second: bob, previous: '3'.repeat(64) }],
  ['too late', false, both, { second: bob, passed: 900_001 }],
  ['before it was asked for', false, both, { second: bob, passed: -1 }],
  ['by a second one who was disabled', false, [ada], { second: bob }],
])('%s: %s', (_, counts, deciders, how) => {
  expect(policyCounts(facts(deciders), change(how))).toBe(counts);
});

test('who is alone because the other was put out waits', () => {
  const waits = { ...facts([ada]), quorum: () => ({ seconds: [], until: '2026-12-05T12:00:00.000Z' }) };
  expect(policyCounts(waits, change({}))).toBe(false);
  expect(policyCounts(waits, change({ changes: ['lock.idleSeconds stronger 300 60'] }))).toBe(true);
});

test('the first one is the installation’s own', () => {
  expect(policyCounts({ ...facts([]), policy: undefined }, change({}))).toBe(true);
});
