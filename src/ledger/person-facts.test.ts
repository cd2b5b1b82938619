/** Who belongs here and what they may do, over any list of events, good and forged: held against the rules of docs/format.md, written a second time here. */
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { roles as allRoles, type Role } from '../types/words.ts';
import { LedgerFacts } from './facts.ts';
import type { KnownPerson } from './person-facts.ts';
import type { LedgerEvent } from './types.ts';

const installation = 'w-000000000001';
interface Keys {
  readonly privateKey: KeyObject;
  readonly point: string;
  readonly signingKey: string;
}
interface Somebody {
  readonly id: string;
  /** The first ones, and those of each time that they got others. */
  readonly pairs: Keys[];
}
const people: readonly Somebody[] = ['a', 'b', 'c', 'd'].map((letter) => ({ id: `p-00000000000${letter}`, pairs: [] }));
function pair(who: number, generation: number): Keys {
  const { pairs } = people[who]!;
  return (pairs[generation] ??= newPair());
}
function newPair(): Keys {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const { x, y } = publicKey.export({ format: 'jwk' }) as { x: string; y: string };
  const point = Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]).toString('base64url');
  return { privateKey, point, signingKey: createHash('sha256').update(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`).digest('base64url') };
}
const hex = (letter: string): string => letter.repeat(64);
const noSlots = createHash('sha256').update('["wardmux/v1/slots"]').digest('hex');

/** What each event asks for, and how it is signed. */
interface Deed {
  readonly kind: 'keys' | 'rebound' | 'roles' | 'active' | 'disabled' | 'deleted';
  readonly who: number;
  /** Undefined: the installation's word. */
  readonly by: number | undefined;
  /** Whose key has signed. */
  readonly signer: number;
  readonly after: 'right' | 'wrong';
  readonly roles: readonly Role[];
  readonly slots: string;
  /** Who agrees, whose key has signed for them, and how many milliseconds after it was asked for. */
  readonly second?: number | undefined;
  readonly secondSigner?: number | undefined;
  readonly passed?: number;
  /** What is wrong with new keys, but for the signatures. */
  readonly flaw?: 'unchecked' | 'another-word' | 'no-former' | 'other-former' | 'same-signing' | 'same-encryption' | undefined;
}

interface Model {
  /** How often they got other keys. */
  generation: number;
  encryptionKey: string;
  signingKey: string;
  former: readonly { readonly encryptionKey: string; readonly signingKey: string }[];
  roles: readonly Role[];
  state: string;
  record: string;
  slots: string;
  seq: number;
  rolesSeq: number | null;
  stateSeq: number | null;
  /** Whose hand they are, where one alone has made them a security admin: for 90 days, which no list here is long. */
  bound?: string | undefined;
}

/** Whether a second one ever had the role, and who had the say and lost it, with whose hand they were: for 7 days, which no list here is long either. */
interface Quorum {
  paired: boolean;
  readonly lost: Map<string, string>;
}
type Known = ReadonlyMap<string, Model>;
const handIn = (known: Known, id: string): string => {
  const bound = known.get(id)?.bound;
  return bound === undefined ? id : handIn(known, bound);
};
const decides = ({ state, roles }: Model): boolean => state === 'active' && roles.includes('security');

/** After an event that counted. @param before who decided, and whose hand each was */
function settle(known: Known, quorum: Quorum, before: ReadonlyMap<string, string>): void {
  for (const [id, model] of known) if (decides(model)) quorum.lost.delete(id);
  for (const [id, hand] of before) if (!decides(known.get(id)!)) quorum.lost.set(id, hand);
  quorum.paired ||= [...known.values()].filter(({ roles }) => roles.includes('security')).length > 1;
}

/** Whose hand somebody is after roles that counted. */
function boundAfter({ by, second, who, roles }: Deed, mine: Model, known: Known, quorum: Quorum): string | undefined {
  const { id } = people[who]!;
  if (!roles.includes('security') || second !== undefined || by === undefined) return undefined;
  if (mine.roles.includes('security')) return mine.bound;
  if (!quorum.paired || quorum.lost.get(id) === id) return undefined;
  for (let each: string | undefined = people[by]!.id; each !== undefined; each = known.get(each)?.bound) if (each === id) return undefined;
  return handIn(known, people[by]!.id);
}

/** The rules. @returns whether the event counts. */
function counts(deed: Deed, known: Known, quorum: Quorum): boolean {
  const { kind, who, by, signer, after } = deed;
  const { id } = people[who]!;
  const mine = known.get(id);
  if (mine?.state === 'deleted') return false;
  const signed = by !== undefined && by === signer && after === 'right';
  const admin = by === undefined ? undefined : known.get(people[by]!.id);
  const byAdmin = signed && by !== who && admin?.state === 'active' && admin.roles.includes('security');
  const isAdmin = (n: number): boolean => known.get(people[n]!.id)?.state === 'active' && known.get(people[n]!.id)!.roles.includes('security');
  const { second, secondSigner, passed = 0 } = deed;
  const hand = (n: number): string => handIn(known, people[n]!.id);
  const isOther = second !== undefined && by !== undefined && hand(second) !== hand(by);
  const agreed = isOther && second === secondSigner && second !== who && isAdmin(second) && passed >= 0 && passed <= 900_000;
  // Two signed a text with the moment in it; where one did, it is not there.
  if (kind === 'rebound') return mine?.state === 'active' && byAdmin && agreed && deed.flaw === undefined;
  if (kind === 'keys') {
    if (second !== undefined && by !== undefined) return false;
    if (mine) return signed && by === who && mine.state === 'active';
    return (by === undefined && known.size === 0) || byAdmin;
  }
  if (!mine) return false;
  if (kind === 'roles') {
    if (deed.roles.includes('security') && deed.roles.includes('auditor')) return false;
    if (by === undefined) return known.size === 1 && mine.rolesSeq === null;
    const more = deed.roles.some((role) => !mine.roles.includes(role));
    const hands = new Set(people.flatMap((_, n) => (n !== who && isAdmin(n) ? hand(n) : [])));
    const waits = [...quorum.lost].some(([other, theirs]) => other !== id && !hands.has(theirs));
    const power = deed.roles.some((role) => role !== 'operator' && !mine.roles.includes(role));
    return byAdmin && (second === undefined ? !(hands.size > 1 ? more : waits && power) : agreed);
  }
  return byAdmin && second === undefined && mine.state !== kind;
}

function eventOf(
  { kind, who, by, signer, after, roles, slots, second, secondSigner = second, passed = 0, flaw }: Deed,
  seq: number,
  model: { get(id: string): Pick<Model, 'seq' | 'rolesSeq' | 'stateSeq' | 'encryptionKey' | 'signingKey' | 'former'> | undefined },
): LedgerEvent {
  const { id } = people[who]!;
  const mine = model.get(id);
  const generationOf = (n: number): number => model.get(people[n]!.id)?.former.length ?? 0;
  const present = pair(who, generationOf(who));
  const isNew = kind === 'rebound';
  const signingKey = isNew && flaw !== 'same-signing' ? pair(who, generationOf(who) + 1).signingKey : present.signingKey;
  const name = by === undefined ? undefined : people[by]!.id;
  const follow = (right: number | null | undefined): number | null => (after === 'right' ? (right ?? null) : (right ?? 0) + 1);
  const first = id.slice(-1).repeat(43);
  const encryptionKey = isNew && flaw !== 'same-encryption' ? `new${seq}`.padEnd(43, 'x') : (mine?.encryptionKey ?? first);
  const keys = { encryptionKey, signingKey, record: hex('e'), slots };
  const checked = flaw === 'unchecked' ? undefined : flaw === 'another-word' ? 'by-the-look-of-it' : 'staff-badge';
  const formerKey = flaw === 'no-former' ? undefined : flaw === 'other-former' ? pair((who + 1) % people.length, 0).point : present.point;
  const [action, facts, signedParts] =
    kind === 'rebound'
      ? ([
          'person.keys',
          { ...keys, change: kind, checked, formerKey },
          ['wardmux/v1/person-rebind', installation, id, ...Object.values(keys), checked, name, follow(mine?.seq)],
        ] as const)
      : kind === 'keys'
        ? (['person.keys', keys, ['wardmux/v1/person-keys', installation, id, ...Object.values(keys), name, follow(mine?.seq)]] as const)
        : kind === 'roles'
          ? (['person.roles', { roles }, ['wardmux/v1/person-roles', installation, id, roles, name, follow(mine?.rolesSeq)]] as const)
          : ([
              'person.state',
              { state: kind, ...(kind === 'deleted' ? { record: hex('9') } : {}) },
              ['wardmux/v1/person-state', installation, id, kind, kind === 'deleted' ? hex('9') : null, name, follow(mine?.stateSeq)],
            ] as const);
  const asked = '2026-11-28T12:00:00.000Z';
  const time = new Date(Date.parse(asked) + passed).toISOString();
  const text = Buffer.from(JSON.stringify(second === undefined ? signedParts : [...signedParts, asked]));
  const signed = (n: number): string => sign('sha256', text, { key: pair(n, generationOf(n)).privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  const agreed =
    second === undefined
      ? {}
      : { second: people[second]!.id, secondKey: pair(secondSigner!, generationOf(secondSigner!)).point, secondSignature: signed(secondSigner!), asked };
  const certificate = name === undefined ? {} : { by: name, byKey: pair(signer, generationOf(signer)).point, signature: signed(signer), ...agreed };
  return { seq, time, installation, action, person: id, detail: { ...facts, ...certificate } } as unknown as LedgerEvent;
}

const person = fc.nat(people.length - 1);
/** Mostly as an honest program signs it. */
const deed: fc.Arbitrary<Deed> = fc
  .record({
    kind: fc.constantFrom(
      'rebound' as const,
      'keys' as const,
      'keys' as const,
      'roles' as const,
      'roles' as const,
      'active' as const,
      'disabled' as const,
      'deleted' as const,
    ),
    who: person,
    by: fc.oneof({ weight: 1, arbitrary: fc.constant(undefined) }, { weight: 5, arbitrary: person }),
    forger: fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: person }),
    after: fc.constantFrom('right' as const, 'right' as const, 'right' as const, 'wrong' as const),
    roles: fc.subarray([...allRoles]),
    slots: fc.constantFrom(hex('c'), hex('d')),
    second: fc.oneof(fc.constant(undefined), person),
    secondForger: fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: person }),
    passed: fc.constantFrom(0, 60_000, 900_000, 900_001, -1),
    flaw: fc.oneof(
      { weight: 9, arbitrary: fc.constant(undefined) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          'unchecked' as const,
          'another-word' as const,
          'no-former' as const,
          'other-former' as const,
          'same-signing' as const,
          'same-encryption' as const,
        ),
      },
    ),
  })
  .map(({ forger, secondForger, second, ...rest }) => {
    // Only what two decide is asked for with a second one, but now and then.
    const two = rest.kind === 'roles' || rest.kind === 'rebound' ? second : undefined;
    return { ...rest, signer: forger ?? rest.by ?? 0, second: two, secondSigner: two === undefined ? undefined : (secondForger ?? two) };
  });
/** The first run's two events, two more who decide, then anything. */
const begun: readonly Deed[] = [
  { kind: 'keys', who: 0, by: undefined, signer: 0, after: 'right', roles: [], slots: hex('c') },
  { kind: 'roles', who: 0, by: undefined, signer: 0, after: 'right', roles: ['operator', 'security'], slots: hex('c') },
];
const admin = { by: 0, signer: 0, after: 'right', roles: ['security'], slots: hex('c') } as const;
const three: readonly Deed[] = [
  ...begun,
  { ...admin, kind: 'keys', who: 1 },
  { ...admin, kind: 'roles', who: 1 },
  { ...admin, kind: 'keys', who: 2 },
  { ...admin, kind: 'roles', who: 2, second: 1, secondSigner: 1 },
];

test('an event counts where the rules say so, and changes what it says: nobody enrols, grants or comes back by themselves', () => {
  let taken = 0;
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 25 }), fc.constantFrom([], begun, three, three), (more, first) => {
      const facts = new LedgerFacts();
      const model = new Map<string, Model>();
      const quorum: Quorum = { paired: false, lost: new Map() };
      for (const [seq, one] of [...first, ...more].entries()) {
        const { id } = people[one.who]!;
        const mine = model.get(id);
        const event = eventOf(one, seq, model);
        facts.take(event);
        if (counts(one, model, quorum)) {
          taken++;
          const before = new Map([...model].flatMap(([each, known]) => (decides(known) ? [[each, handIn(model, each)] as const] : [])));
          const none: Model = {
            generation: 0,
            encryptionKey: id.slice(-1).repeat(43),
            signingKey: pair(one.who, 0).signingKey,
            former: [],
            roles: [],
            state: 'active',
            record: hex('e'),
            slots: '',
            seq,
            rolesSeq: null,
            stateSeq: null,
          };
          if (one.kind === 'rebound') {
            const { generation, encryptionKey, former } = mine!;
            model.set(id, {
              ...mine!,
              generation: generation + 1,
              encryptionKey: String(event.detail!['encryptionKey']),
              signingKey: pair(one.who, generation + 1).signingKey,
              former: [...former, { encryptionKey, signingKey: pair(one.who, generation).point }],
              slots: one.slots,
              seq,
            });
          } else if (one.kind === 'keys') model.set(id, { ...(mine ?? none), slots: one.slots, seq });
          else if (one.kind === 'roles') model.set(id, { ...mine!, roles: one.roles, rolesSeq: seq, bound: boundAfter(one, mine!, model, quorum) });
          else
            model.set(id, {
              ...mine!,
              ...(one.kind === 'deleted' ? { record: hex('9'), slots: noSlots, roles: [] } : {}),
              state: one.kind,
              stateSeq: seq,
            });
          settle(model, quorum, before);
        }
        expect(facts.people()).toEqual([...model.keys()]);
        for (const [known, { generation: _, bound: __, ...wanted }] of model) expect(facts.person(known)).toMatchObject(wanted);
        for (const known of model.keys()) expect(facts.hand(known, event.time)).toBe(handIn(model, known));
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
    const event = eventOf(one, seq, { get: (id) => facts.person(id) });
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
  const take = (one: Deed, seq: number): void => facts.take(eventOf(one, seq, { get: (id) => facts.person(id) }));
  begun.forEach(take);
  const by = { who: 1, by: 0, signer: 0, after: 'right', roles: ['operator'] as const, slots: hex('c') } as const;
  const steps = ['keys', 'roles', 'deleted', 'active', 'keys', 'roles'] as const;
  steps.forEach((kind, n) => take({ ...by, kind }, 2 + n));
  expect(facts.person(people[1]!.id)).toMatchObject({ state: 'deleted', roles: [], record: hex('9'), slots: noSlots, stateSeq: 4 });
});

test('what takes two counts with the signatures of two who may, in time, and of nobody whom it is about', () => {
  /** Of 0, 1 and 2, who decide, and 3, who is enrolled by two of them. */
  const enrolled: readonly Deed[] = [
    ...three,
    { ...admin, kind: 'keys', who: 3, roles: [] },
    { ...admin, kind: 'roles', who: 3, roles: ['operator'], second: 1, secondSigner: 1 },
  ];
  const after = (last: Deed): KnownPerson => {
    const facts = new LedgerFacts();
    const take = (one: Deed, seq: number): void => facts.take(eventOf(one, seq, { get: (id) => facts.person(id) }));
    [...enrolled, last].forEach(take);
    return facts.person(people[3]!.id)!;
  };
  const more = { ...admin, kind: 'roles', who: 3, roles: ['operator', 'emergency'] } as const;
  const rebind = { ...admin, kind: 'rebound', who: 3 } as const;
  const agreed = { second: 2, secondSigner: 2 };
  const cases: readonly (readonly [counts: boolean, how: Partial<Deed>])[] = [
    [true, agreed],
    [true, { ...agreed, passed: 900_000 }],
    [false, {}],
    [false, { ...agreed, passed: 900_001 }],
    [false, { ...agreed, passed: -1 }],
    [false, { second: 0, secondSigner: 0 }],
    [false, { second: 3, secondSigner: 3 }],
    [false, { second: 2, secondSigner: 1 }],
    [false, { second: 2, secondSigner: 0 }],
    [false, { ...agreed, signer: 1 }],
    [false, { ...agreed, after: 'wrong' }],
  ];
  const flaws = ['unchecked', 'another-word', 'no-former', 'other-former', 'same-signing', 'same-encryption'] as const;
  for (const flaw of flaws) expect(after({ ...rebind, ...agreed, flaw }).former, flaw).toEqual([]);
  for (const [counts, how] of cases) {
    expect(after({ ...more, ...how }).roles, JSON.stringify(how)).toEqual(counts ? more.roles : ['operator']);
    expect(after({ ...rebind, ...how }).encryptionKey.startsWith('new'), JSON.stringify(how)).toBe(counts);
  }
  // Less than before is for one, at once; and a second one who is named has to have signed.
  expect(after({ ...more, roles: [] }).roles).toEqual([]);
  expect(after({ ...more, roles: [], second: 2, secondSigner: 1 }).roles).toEqual(['operator']);
});
