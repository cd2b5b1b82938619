/** Who belongs here and what they may do, over any list of events, good and forged: held against the rules of docs/format.md, written a second time here. */
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { roles as allRoles, type Role } from '../types/words.ts';
import { LedgerFacts } from './facts.ts';
import type { KnownPerson } from './person-facts.ts';
import type { LedgerEvent } from './types.ts';

const installation = 'w-000000000001';
interface Somebody {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly point: string;
  readonly signingKey: string;
}
const people: readonly Somebody[] = ['a', 'b', 'c', 'd'].map((letter) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const { x, y } = publicKey.export({ format: 'jwk' }) as { x: string; y: string };
  const point = Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]).toString('base64url');
  const signingKey = createHash('sha256').update(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`).digest('base64url');
  return { id: `p-00000000000${letter}`, privateKey, point, signingKey };
});
const hex = (letter: string): string => letter.repeat(64);
const noSlots = createHash('sha256').update('["wardmux/v1/slots"]').digest('hex');

/** What each event asks for, and how it is signed. */
interface Deed {
  readonly kind: 'keys' | 'roles' | 'active' | 'disabled' | 'deleted';
  readonly who: number;
  /** Undefined: the installation's word. */
  readonly by: number | undefined;
  /** Whose key has signed. */
  readonly signer: number;
  readonly after: 'right' | 'wrong';
  readonly roles: readonly Role[];
  readonly slots: string;
}

interface Model {
  roles: readonly Role[];
  state: string;
  record: string;
  slots: string;
  seq: number;
  rolesSeq: number | null;
  stateSeq: number | null;
}

/** The rules. @returns whether the event counts. */
function counts(deed: Deed, known: ReadonlyMap<string, Model>): boolean {
  const { kind, who, by, signer, after } = deed;
  const { id } = people[who]!;
  const mine = known.get(id);
  if (mine?.state === 'deleted') return false;
  const signed = by !== undefined && by === signer && after === 'right';
  const admin = by === undefined ? undefined : known.get(people[by]!.id);
  const byAdmin = signed && by !== who && admin?.state === 'active' && admin.roles.includes('security');
  if (kind === 'keys') {
    if (mine) return signed && by === who && mine.state === 'active';
    return (by === undefined && known.size === 0) || byAdmin;
  }
  if (!mine) return false;
  if (kind === 'roles') {
    if (deed.roles.includes('security') && deed.roles.includes('auditor')) return false;
    return (by === undefined && known.size === 1 && mine.rolesSeq === null) || byAdmin;
  }
  return byAdmin && mine.state !== kind;
}

function eventOf({ kind, who, by, signer, after, roles, slots }: Deed, seq: number, mine: Model | undefined): LedgerEvent {
  const { id, signingKey } = people[who]!;
  const name = by === undefined ? undefined : people[by]!.id;
  const follow = (right: number | null | undefined): number | null => (after === 'right' ? (right ?? null) : (right ?? 0) + 1);
  const keys = { encryptionKey: id.slice(-1).repeat(43), signingKey, record: hex('e'), slots };
  const [action, facts, signedParts] =
    kind === 'keys'
      ? (['person.keys', keys, ['wardmux/v1/person-keys', installation, id, ...Object.values(keys), name, follow(mine?.seq)]] as const)
      : kind === 'roles'
        ? (['person.roles', { roles }, ['wardmux/v1/person-roles', installation, id, roles, name, follow(mine?.rolesSeq)]] as const)
        : ([
            'person.state',
            { state: kind, ...(kind === 'deleted' ? { record: hex('9') } : {}) },
            ['wardmux/v1/person-state', installation, id, kind, kind === 'deleted' ? hex('9') : null, name, follow(mine?.stateSeq)],
          ] as const);
  const { privateKey, point } = people[signer]!;
  const signature = sign('sha256', Buffer.from(JSON.stringify(signedParts)), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  const certificate = name === undefined ? {} : { by: name, byKey: point, signature };
  return { seq, installation, action, person: id, detail: { ...facts, ...certificate } } as unknown as LedgerEvent;
}

const person = fc.nat(people.length - 1);
/** Mostly as an honest program signs it. */
const deed: fc.Arbitrary<Deed> = fc
  .record({
    kind: fc.constantFrom('keys' as const, 'keys' as const, 'roles' as const, 'roles' as const, 'active' as const, 'disabled' as const, 'deleted' as const),
    who: person,
    by: fc.oneof({ weight: 1, arbitrary: fc.constant(undefined) }, { weight: 5, arbitrary: person }),
    forger: fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: person }),
    after: fc.constantFrom('right' as const, 'right' as const, 'right' as const, 'wrong' as const),
    roles: fc.subarray([...allRoles]),
    slots: fc.constantFrom(hex('c'), hex('d')),
  })
  .map(({ forger, ...rest }) => ({ ...rest, signer: forger ?? rest.by ?? 0 }));
/** The first run's two events, then anything. */
const begun: readonly Deed[] = [
  { kind: 'keys', who: 0, by: undefined, signer: 0, after: 'right', roles: [], slots: hex('c') },
  { kind: 'roles', who: 0, by: undefined, signer: 0, after: 'right', roles: ['operator', 'security'], slots: hex('c') },
];

test('an event counts where the rules say so, and changes what it says: nobody enrols, grants or comes back by themselves', () => {
  let taken = 0;
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 25 }), fc.boolean(), (more, first) => {
      const facts = new LedgerFacts();
      const model = new Map<string, Model>();
      for (const [seq, one] of [...(first ? begun : []), ...more].entries()) {
        const { id } = people[one.who]!;
        const mine = model.get(id);
        const event = eventOf(one, seq, mine);
        facts.take(event);
        if (counts(one, model)) {
          taken++;
          const none: Model = { roles: [], state: 'active', record: hex('e'), slots: '', seq, rolesSeq: null, stateSeq: null };
          if (one.kind === 'keys') model.set(id, { ...(mine ?? none), slots: one.slots, seq });
          else if (one.kind === 'roles') model.set(id, { ...mine!, roles: one.roles, rolesSeq: seq });
          else
            model.set(id, {
              ...mine!,
              ...(one.kind === 'deleted' ? { record: hex('9'), slots: noSlots, roles: [] } : {}),
              state: one.kind,
              stateSeq: seq,
            });
        }
        expect(facts.people()).toEqual([...model.keys()]);
        for (const [known, wanted] of model) expect(facts.person(known)).toMatchObject(wanted);
        expect(facts.active()).toEqual([...model].filter(([, { state }]) => state === 'active').map(([known]) => known));
        // What is kept in a snapshot is the same.
        expect(LedgerFacts.from(facts.state()).state()).toEqual(facts.state());
      }
    }),
    { numRuns: 300 },
  );
  expect(taken).toBeGreaterThan(300);
});

test('an old signature is not good a second time: what it said was undone since', () => {
  const facts = new LedgerFacts();
  const take = (one: Deed, seq: number): LedgerEvent => {
    const event = eventOf(one, seq, facts.person(people[one.who]!.id) as KnownPerson);
    facts.take(event);
    return event;
  };
  begun.forEach(take);
  const by = { who: 1, by: 0, signer: 0, after: 'right', roles: ['operator'] as const, slots: hex('c') } as const;
  take({ ...by, kind: 'keys' }, 2);
  const granted = take({ ...by, kind: 'roles' }, 3);
  take({ ...by, kind: 'roles', roles: [] }, 4);
  const disabled = take({ ...by, kind: 'disabled' }, 5);
  take({ ...by, kind: 'active' }, 6);
  for (const [old, seq] of [
    [granted, 7],
    [disabled, 8],
  ] as const)
    facts.take({ ...old, seq });
  expect(facts.person(people[1]!.id)).toMatchObject({ roles: [], state: 'active', rolesSeq: 4, stateSeq: 6 });
});

test('who is deleted stays deleted, and their id is nobody’s again', () => {
  const facts = new LedgerFacts();
  const take = (one: Deed, seq: number): void => facts.take(eventOf(one, seq, facts.person(people[one.who]!.id) as KnownPerson));
  begun.forEach(take);
  const by = { who: 1, by: 0, signer: 0, after: 'right', roles: ['operator'] as const, slots: hex('c') } as const;
  const steps = ['keys', 'roles', 'deleted', 'active', 'keys', 'roles'] as const;
  steps.forEach((kind, n) => take({ ...by, kind }, 2 + n));
  expect(facts.person(people[1]!.id)).toMatchObject({ state: 'deleted', roles: [], record: hex('9'), slots: noSlots, stateSeq: 4 });
});
