/** A record is the ledger's or it is refused: any change of what counts, and none of what does not. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withFileLock } from '../disk/lock.ts';
import { certify, keysText, type Certificate } from '../ledger/certificate.ts';
import { LedgerFacts } from '../ledger/facts.ts';
import { Ledger } from '../ledger/ledger.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { openSigner, requireInstallation, type Home } from '../storage/index.ts';
import { generateKeys, type OpenIdentity } from './identity.ts';
import { newScryptParameters } from '../crypto/kdf.ts';
import { createPerson, personPath, readPerson, savePerson } from './person.ts';
import { asKnown, enterStaged, factsOf, mismatch, readPinned, saveUse, stageChange, stagePerson, unenteredChanges, type StagedChange } from './pinned.ts';
import type { Person, PersonRecord } from './types.ts';
import { firstHome, ownFolder } from '../../test/support/first-home.ts';

let place: string;
let home: Home;
let person: PersonRecord;
let identity: OpenIdentity;
beforeAll(async () => {
  place = ownFolder();
  const result = await firstHome(place);
  ({ home, person, identity } = result);
});
afterAll(() => {
  identity.destroy();
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
  aaguid: '00000000-0000-0000-0000-000000000000',
  credentialId: 'Y3JlZA',
  publicKey: 'a2V5',
  counter,
  transports: ['usb'],
  prfSalt: 'A'.repeat(43),
  wrapped: { iv: 'A'.repeat(16), ciphertext: wrap },
});

/** What the ledger says of the first person. */
const asFirst = (record: PersonRecord): Person => asKnown(record, { roles: ['operator', 'security'], state: 'active' });

const code = (number: number, wrap: string): PersonRecord['slots'][number] => ({
  id: `k-00000000000${number}`,
  type: 'recovery-code',
  created: '2026-11-28T00:00:00.000Z',
  number,
  wrapped: { iv: 'A'.repeat(16), ciphertext: wrap },
});

test('the first run enters the person, and the record is taken', async () => {
  await withLedger(async ({ facts }) => {
    const known = { former: [], roles: ['operator', 'security'], rolesSeq: 3, state: 'active', stateSeq: null };
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
    [{ slots: [...person.slots, code(1, 'A'.repeat(64))] }, 'slots'],
  ];
  for (const [change, reason] of changes) expect(mismatch({ ...person, ...change }, known), JSON.stringify(change)).toBe(reason);
  expect(mismatch(person, undefined)).toBe('unknown');
  const withKey = { ...person, slots: [...person.slots, passkey(1, 'A'.repeat(64))] };
  expect(mismatch({ ...person, slots: [...person.slots, passkey(7, 'B'.repeat(64))] }, factsOf(withKey))).toBeUndefined();
  const renamed: PersonRecord = { ...withKey, slots: withKey.slots.map((slot) => (slot.type === 'passkey-prf' ? { ...slot, label: 'Mine' } : slot)) };
  expect(mismatch(renamed, factsOf(withKey))).toBe('slots');
  // A code is used once or never: all of it stays the same.
  const sheet = [code(1, 'A'.repeat(64)), code(2, 'A'.repeat(64)), code(1, 'B'.repeat(64))].map((slot) => factsOf({ ...person, slots: [slot] }).slots);
  expect(new Set(sheet).size).toBe(3);
});

test('a change of slots counts from its event on, wherever it was cut off', async () => {
  const changed = { ...person, slots: [...person.slots, passkey(1, 'A'.repeat(64))] };
  const { id: installation } = requireInstallation(home);
  const certificateOf = (record: PersonRecord, after = 1, by = identity): Promise<Certificate> =>
    certify(keysText({ ...factsOf(record), installation, person: person.id, by: person.id, after }), by.person.signingKey, (bytes) => by.sign(bytes));
  const stagedOf = (record: PersonRecord, certificate: Certificate, after = 1): StagedChange => ({
    change: 'passkey',
    slot: 'k-0123456789ab',
    slots: factsOf(record).slots,
    after,
    ...certificate,
  });
  await withLedger(async (ledger) => {
    // Staged and not entered: nothing has changed.
    expect(stagePerson(home, changed)).toBe(factsOf(changed).slots);
    expect(readPinned(home, ledger.facts, person.id)).toEqual(asFirst(person));
    expect(unenteredChanges(home, person.id)).toHaveLength(1);
    const before = readFileSync(personPath(home, person.id));
    // Nobody's signature, somebody else's, that of another record, that for a change after another event.
    const stranger = await createPerson({ name: 'Eve', passphrase: Buffer.from('x'), now: '2026-11-28T00:00:00.000Z', kdf: newScryptParameters(), roles: [] });
    const none = { byKey: 'A'.repeat(86), signature: 'A'.repeat(86) };
    for (const certificate of [none, await certificateOf(changed, 1, stranger.identity), await certificateOf(person), await certificateOf(changed, 0)])
      await expect(enterStaged(home, ledger, person.id, stagedOf(changed, certificate))).rejects.toThrow('other key slots');
    await expect(enterStaged(home, ledger, person.id, stagedOf(changed, await certificateOf(changed, 0), 0))).rejects.toMatchObject({
      code: 'changed-meanwhile',
    });
    expect(ledger.events).toBe(4);
    expect(await enterStaged(home, ledger, person.id, stagedOf(changed, await certificateOf(changed)))).toEqual(asFirst(changed));
    expect(unenteredChanges(home, person.id)).toEqual([]);
    const { event } = (await ledger.event(4))!;
    expect([event.action, event.detail]).toMatchObject(['person.keys', { change: 'passkey', slot: 'k-0123456789ab', by: person.id }]);
    // Entered, and cut off before the file got its name.
    writeFileSync(personPath(home, person.id), before);
    expect(() => readPinned(home, ledger.facts, person.id)).toThrow('other key slots');
    stagePerson(home, changed);
    expect(readPinned(home, ledger.facts, person.id)).toEqual(asFirst(changed));
    expect(readPerson(home, person.id)).toEqual(changed);
    // Nobody's keys, name or roles are changed this way.
    for (const change of [{ name: 'Eve' }, { encryptionKey: generateKeys().encryptionKey }]) {
      const other = { ...changed, ...change };
      stagePerson(home, other);
      await expect(enterStaged(home, ledger, person.id, stagedOf(other, await certificateOf(other, 4), 4))).rejects.toThrow(
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
    writeFileSync(personPath(home, person.id), before);
  });
});

test('of two changes that begin at once one is entered, and the record is that one whatever the other does next', async () => {
  await withLedger(async (ledger) => {
    const known = ledger.facts.person(person.id)!;
    const { id: installation } = requireInstallation(home);
    const add = (slot: PersonRecord['slots'][number]) => () => {
      identity.replaceSlots([...identity.person.slots, slot]);
      return { change: 'codes' as const, slot: slot.id };
    };
    const one = await stageChange(home, installation, identity, known, add(code(1, 'A'.repeat(64))));
    const other = await stageChange(home, installation, identity, known, add(code(2, 'A'.repeat(64))));
    const taken = await enterStaged(home, ledger, person.id, other);
    await expect(enterStaged(home, ledger, person.id, one)).rejects.toMatchObject({ code: 'changed-meanwhile' });
    expect(readPinned(home, ledger.facts, person.id)).toEqual(taken);
    // One that began before this, in a process that read its identity then, starts from what is there now.
    const third = await stageChange(home, installation, identity, ledger.facts.person(person.id), add(code(3, 'A'.repeat(64)) as never));
    expect(third.after).toBe(ledger.facts.person(person.id)!.seq);
    // A change that throws leaves the slots as they were, and stages nothing.
    await expect(
      stageChange(home, installation, identity, ledger.facts.person(person.id), () => {
        identity.replaceSlots([]);
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(identity.person.slots).toEqual(taken.slots);
  });
});

test('whoever takes away what waits, or changes it, while its event is entered, shuts nobody out', async () => {
  await withLedger(async (ledger) => {
    const { id: installation } = requireInstallation(home);
    const waits = (): string => join(home.people, unenteredChanges(home, person.id).at(-1)!);
    /** A program of this account that does something as soon as it is entered, or when the record has its name. */
    const enterWhile = (staged: StagedChange, before: () => void, after: () => void = () => undefined): Promise<PersonRecord> => {
      const append: typeof ledger.append = (entry, together) =>
        ledger.append(entry, { before: () => (together?.before?.(), before()), after: () => (together?.after?.(), after()) });
      return enterStaged(home, { facts: ledger.facts, installation, append }, person.id, staged);
    };
    let number = 3;
    const stage = (): Promise<StagedChange> =>
      stageChange(home, installation, identity, ledger.facts.person(person.id), () => {
        const slot = code(++number, 'A'.repeat(64));
        identity.replaceSlots([...identity.person.slots, slot]);
        return { change: 'codes', slot: slot.id };
      });
    for (const deed of [() => rmSync(waits()), () => writeFileSync(waits(), '{}'), () => writeFileSync(waits(), readFileSync(personPath(home, person.id)))]) {
      const staged = await stage();
      expect((await enterWhile(staged, deed)).slots).toHaveLength(identity.person.slots.length);
      expect(factsOf(readPinned(home, ledger.facts, person.id)!).slots).toBe(staged.slots);
    }
    // Where it is not in its place all the same, nobody is told that it opens.
    const staged = await stage();
    await expect(
      enterWhile(
        staged,
        () => undefined,
        () => rmSync(personPath(home, person.id)),
      ),
    ).rejects.toMatchObject({ code: 'changed-person', reason: 'missing' });
    savePerson(home, identity.person);
    expect(factsOf(readPinned(home, ledger.facts, person.id)!).slots).toBe(staged.slots);
  });
});

test('a use of a passkey is kept where the slots are those that it was read with, and never over a change', async () => {
  await withLedger(async (ledger) => {
    const before = readPinned(home, ledger.facts, person.id)!;
    const { id: installation } = requireInstallation(home);
    const staged = await stageChange(home, installation, identity, ledger.facts.person(person.id), () => {
      identity.replaceSlots([person.slots[0]!, passkey(1, 'A'.repeat(64))]);
      return { change: 'passkey', slot: 'k-0123456789ab' };
    });
    const withKey = await enterStaged(home, ledger, person.id, staged);
    const used = { ...withKey, slots: [person.slots[0]!, passkey(9, 'B'.repeat(64))] };
    await saveUse(home, used);
    expect(readPinned(home, ledger.facts, person.id)).toEqual(used);
    await saveUse(home, before);
    expect(readPinned(home, ledger.facts, person.id)).toEqual(used);
    // Somebody is changing them at this moment.
    await withFileLock(`${personPath(home, person.id)}.lock`, 'A test', () => saveUse(home, withKey));
    expect(readPinned(home, ledger.facts, person.id)).toEqual(used);
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
      // And nobody takes another policy into force than the first.
      expect(facts.policy?.sha256).toBe(events.find(({ action }) => action === 'policy.change')?.detail!['sha256']);
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
