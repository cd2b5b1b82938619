/** A record is the ledger's or it is refused: any change of what counts, and none of what does not. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LedgerFacts } from '../ledger/facts.ts';
import { Ledger } from '../ledger/ledger.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { openSigner, requireInstallation, type Home } from '../storage/index.ts';
import { FileSecretStore } from '../storage/secret-store.ts';
import { firstRun } from '../services/first-run.ts';
import { generateKeys, type OpenIdentity } from './identity.ts';
import { newScryptParameters } from '../crypto/kdf.ts';
import { createPerson, personPath, readPerson } from './person.ts';
import { asKnown, certifySlots, enterStaged, factsOf, mismatch, readPinned, stagePerson } from './pinned.ts';
import type { Person, PersonRecord } from './types.ts';

let place: string;
let home: Home;
let person: PersonRecord;
let identity: OpenIdentity;
beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'wardmux-pinned-'));
  const result = await firstRun({
    home: join(place, 'home'),
    name: 'Ada Example',
    passphrase: Buffer.from('kettle orbit willow prairie stamp'),
    auditKeyPath: join(place, 'audit.json'),
    chooseStore: async ({ secrets }) => ({ store: new FileSecretStore(secrets) }),
    kdf: newScryptParameters(),
  });
  ({ home, person, identity } = result);
});
afterAll(() => {
  identity.destroy();
  rmSync(place, { recursive: true, force: true });
});

async function withLedger<T>(task: (ledger: Ledger) => Promise<T>): Promise<T> {
  const ledger = await Ledger.open({ folder: home.ledger, installation: requireInstallation(home).id, signer: await openSigner(home) });
  try {
    return await task(ledger);
  } finally {
    await ledger.close();
  }
}

const passkey = (counter: number, wrap: string): PersonRecord['slots'][number] => ({
  id: 'k-0123456789ab',
  type: 'passkey-prf',
  created: '2026-11-28T00:00:00.000Z',
  label: 'Key',
  credentialId: 'Y3JlZA',
  publicKey: 'a2V5',
  counter,
  transports: ['usb'],
  prfSalt: 'A'.repeat(43),
  wrapped: { iv: 'A'.repeat(16), ciphertext: wrap },
});

/** What the ledger says of the first person. */
const asFirst = (record: PersonRecord): Person => asKnown(record, { roles: ['operator', 'security'], state: 'active' });

test('the first run enters the person, and the record is taken', async () => {
  await withLedger(async ({ facts }) => {
    const known = { roles: ['operator', 'security'], rolesSeq: 3, state: 'active', stateSeq: null };
    expect(facts.person(person.id)).toEqual({ ...factsOf(person), seq: 1, ...known });
    expect(readPinned(home, facts, person.id)).toEqual(asFirst(person));
    expect(readPinned(home, facts, 'p-ffffffffffff')).toBeUndefined();
    expect(readPinned(home, facts, '../../etc/passwd')).toBeUndefined();
  });
});

/** One character is another. */
const flipped = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);

test('whatever is changed in a record is found, and named; a use of a passkey is no change', () => {
  const known = factsOf(person);
  const other = generateKeys();
  const changes: [Partial<PersonRecord>, string][] = [
    [{ encryptionKey: other.encryptionKey }, 'keys'],
    [{ signingKey: other.signingKey }, 'keys'],
    [{ name: 'Eve' }, 'record'],
    [{ created: '2026-01-01T00:00:00.000Z' }, 'record'],
    [{ identity: { ...person.identity!, ciphertext: flipped(person.identity!.ciphertext) } }, 'record'],
    [{ slots: [] }, 'slots'],
    [{ slots: person.slots.map((slot) => ({ ...slot, wrapped: { ...slot.wrapped, ciphertext: flipped(slot.wrapped.ciphertext) } })) }, 'slots'],
    [{ slots: person.slots.map((slot) => ({ ...slot, wrapped: { ...slot.wrapped, iv: flipped(slot.wrapped.iv) } })) }, 'slots'],
    [{ slots: [...person.slots, passkey(0, 'A'.repeat(64))] }, 'slots'],
  ];
  for (const [change, reason] of changes) expect(mismatch({ ...person, ...change }, known), JSON.stringify(change)).toBe(reason);
  expect(mismatch(person, undefined)).toBe('unknown');
  const withKey = { ...person, slots: [...person.slots, passkey(1, 'A'.repeat(64))] };
  expect(mismatch({ ...person, slots: [...person.slots, passkey(7, 'B'.repeat(64))] }, factsOf(withKey))).toBeUndefined();
});

test('a change of slots counts from its event on, wherever it was cut off', async () => {
  const changed = { ...person, slots: [...person.slots, passkey(1, 'A'.repeat(64))] };
  const certificateOf = (record: PersonRecord, after = 1, by = identity) =>
    certifySlots(requireInstallation(home).id, { person: asKnown(record, { roles: [], state: 'active' }), sign: (bytes) => by.sign(bytes) }, after);
  await withLedger(async (ledger) => {
    // Staged and not entered: nothing has changed.
    stagePerson(home, changed);
    expect(readPinned(home, ledger.facts, person.id)).toEqual(asFirst(person));
    const before = readFileSync(personPath(home, person.id));
    // Nobody's signature, somebody else's, that of another record, that for a change after another event.
    const stranger = await createPerson({ name: 'Eve', passphrase: Buffer.from('x'), now: '2026-11-28T00:00:00.000Z', kdf: newScryptParameters(), roles: [] });
    const none = { byKey: 'A'.repeat(86), signature: 'A'.repeat(86) };
    for (const certificate of [none, await certificateOf(changed, 1, stranger.identity), await certificateOf(person), await certificateOf(changed, 0)])
      await expect(enterStaged(home, ledger, person.id, certificate)).rejects.toThrow('other key slots');
    expect(ledger.events).toBe(4);
    expect(await enterStaged(home, ledger, person.id, await certificateOf(changed))).toEqual(asFirst(changed));
    // Entered, and cut off before the file got its name.
    writeFileSync(personPath(home, person.id), before);
    expect(() => readPinned(home, ledger.facts, person.id)).toThrow('other key slots');
    stagePerson(home, changed);
    expect(readPinned(home, ledger.facts, person.id)).toEqual(asFirst(changed));
    expect(readPerson(home, person.id)).toEqual(changed);
    // Nobody's keys, name or roles are changed this way.
    for (const change of [{ name: 'Eve' }, { encryptionKey: generateKeys().encryptionKey }]) {
      stagePerson(home, { ...changed, ...change });
      await expect(enterStaged(home, ledger, person.id, await certificateOf({ ...changed, ...change }, 4))).rejects.toThrow(
        /other (keys|name|roles)|another name/,
      );
    }
    expect(ledger.facts.person(person.id)).toMatchObject({ ...factsOf(changed), seq: 4 });
    // Whoever can write events and has seen that certificate: the passkey is taken away, and cannot be brought back by entering it again.
    const entered = { ...factsOf(changed), by: person.id, ...(await certificateOf(changed)) };
    await ledger.append({ action: 'person.keys', person: person.id, detail: { ...factsOf(person), by: person.id, ...(await certificateOf(person, 4)) } });
    for (const detail of [entered, { ...factsOf(changed) }, { ...entered, by: 'p-ffffffffffff' }])
      await ledger.append({ action: 'person.keys', person: person.id, detail });
    expect(ledger.facts.person(person.id)).toMatchObject({ ...factsOf(person), seq: 5 });
  });
});

/** Two people with signing keys, and a certificate as docs/format.md has it, made without the code that is tested. */
const installation = 'w-000000000001';
const two = ['p-00000000000a', 'p-00000000000b'].map((id) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const { x, y } = publicKey.export({ format: 'jwk' }) as { x: string; y: string };
  const point = Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]).toString('base64url');
  const signingKey = createHash('sha256').update(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`).digest('base64url');
  return { id, privateKey, point, signingKey };
});
const hex = (letter: string): string => letter.repeat(64);

test('facts follow the events, and whoever was not known before certifies nothing', () => {
  const method = fc.constantFrom('passphrase', 'passkey');
  const someone = fc.constantFrom(...two.map(({ id }) => id), undefined);
  const keys = fc.record({
    kind: fc.constant('keys' as const),
    who: fc.constantFrom(0, 1),
    by: fc.constantFrom(undefined, 0, 1),
    /** Whose key has signed it. */
    signer: fc.constantFrom(0, 1),
    encryptionKey: fc.constantFrom('a', 'b').map((letter) => letter.repeat(43)),
    slots: fc.constantFrom('c', 'd').map(hex),
    after: fc.constantFrom('right' as const, 'right' as const, 'wrong' as const),
  });
  const other = fc.oneof(
    fc.record({ action: fc.constant('unlock.attempt'), person: someone, detail: fc.record({ method }) }),
    fc.record({ action: fc.constant('unlock'), person: someone, outcome: fc.constantFrom('success', 'failure'), detail: fc.record({ method }) }),
    fc.record({ action: fc.constant('policy.change'), detail: fc.record({ sha256: fc.string({ maxLength: 4 }), auditKeys: fc.array(fc.string({ maxLength: 3 })) }) }), // prettier-ignore
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(keys, other), { maxLength: 30 }), (list) => {
      const facts = new LedgerFacts();
      const model = new Map<string, { encryptionKey: string; slots: string; seq: number }>();
      const events: LedgerEvent[] = [];
      for (const [seq, entry] of list.entries()) {
        if (!('kind' in entry)) {
          events.push({ ...entry, seq, installation } as unknown as LedgerEvent);
          facts.take(events.at(-1)!);
          continue;
        }
        const { id, signingKey } = two[entry.who]!;
        const known = model.get(id);
        const after = entry.after === 'right' ? (known?.seq ?? null) : (known?.seq ?? 0) + 1;
        const plain = { encryptionKey: entry.encryptionKey, signingKey, record: hex('e'), slots: entry.slots };
        const by = entry.by === undefined ? undefined : two[entry.by]!.id;
        const { point, privateKey } = two[entry.signer]!;
        const text = JSON.stringify(['wardmux/v1/person-keys', installation, id, plain.encryptionKey, signingKey, plain.record, plain.slots, by, after]);
        const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
        const detail = by === undefined ? plain : { ...plain, by, byKey: point, signature };
        facts.take({ seq, installation, action: 'person.keys', person: id, detail } as unknown as LedgerEvent);
        // Nobody has a role here, so nobody enrols anybody; slots are changed by whose they are.
        const own = entry.by === entry.who && entry.signer === entry.who && entry.after === 'right';
        if (known ? own && known.encryptionKey === plain.encryptionKey : by === undefined && model.size === 0)
          model.set(id, { encryptionKey: plain.encryptionKey, slots: plain.slots, seq });
      }
      expect(facts.people()).toEqual([...model.keys()]);
      for (const [id, wanted] of model) expect(facts.person(id)).toMatchObject(wanted);
      expect(facts.policy?.sha256).toBe(events.findLast(({ action }) => action === 'policy.change')?.detail!['sha256']);
      for (const id of facts.people()) {
        for (const each of ['passphrase', 'passkey'] as const) {
          const mine = events.filter((entry) => entry.person === id && entry.detail!['method'] === each);
          const success = mine.findLastIndex(({ action, outcome }) => action === 'unlock' && outcome === 'success');
          expect(facts.attempts(id, each)).toEqual({
            failures: mine.slice(success + 1).filter(({ action }) => action === 'unlock.attempt').length,
            since: success < 0 ? -1 : mine[success]!.seq,
          });
        }
      }
    }),
    { numRuns: 500 },
  );
});
