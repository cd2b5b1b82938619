/** Passkeys without PRF, half of whose key is in a secret store: what opens, and every half, lie and order that does not. */
import { randomBytes } from 'node:crypto';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { newScryptParameters } from '../crypto/kdf.ts';
import { homePaths } from '../storage/home.ts';
import { MemorySecretStore } from '../storage/secret-store.fixture.ts';
import { asOperator } from './active.fixture.ts';
import { isForbidden } from './factors.ts';
import type { OpenIdentity } from './identity.ts';
import { Passkeys } from './passkey.ts';
import { SoftwareAuthenticator, type Lies } from './passkey.fixture.ts';
import { createPerson, recordText } from './person.ts';
import { factsOf } from './pinned.ts';
import { personSchema } from './schema.ts';
import { dropHalves, StoredHalves } from './stored-half.ts';
import type { Person, PersonRecord } from './types.ts';

const party = { origin: 'https://wardmux.localhost', rpId: 'wardmux.localhost' };
const now = '2026-11-29T00:00:00.000Z';

let base: { record: PersonRecord; identity: OpenIdentity };
let store: MemorySecretStore;
let reads: string[];
let passkeys: Passkeys;
let device: SoftwareAuthenticator;
let handle: Buffer;

beforeAll(async () => {
  base = await createPerson({ name: 'Ada', passphrase: Buffer.from('x'), now, kdf: newScryptParameters(), roles: ['operator'] });
});
beforeEach(() => {
  store = new MemorySecretStore();
  reads = [];
  const get = store.get.bind(store);
  store.get = (key) => (reads.push(key), get(key));
  passkeys = new Passkeys(party, () => 0, new StoredHalves(homePaths('/nowhere'), store));
  device = new SoftwareAuthenticator(party.origin, party.rpId, false);
  handle = randomBytes(32);
  base.identity.replaceSlots(base.record.slots);
});

async function enrol(given: readonly Buffer[] = [handle, handle]): Promise<Person> {
  const create = await passkeys.enrolOptions(base.identity, 'passkey-store');
  const prove = await passkeys.enrolVerify(base.identity, device.create(create));
  await passkeys.enrolProve(base.identity, device.get(prove), given, 'Old ring', now);
  return asOperator(personSchema.parse(JSON.parse(recordText(base.identity.person))));
}
const half = (person: Person): string => `passkey-slot.${person.slots[1]!.id}`;
const unlock = async (person: Person, secret: Buffer | undefined = handle, lies: Lies = {}): Promise<OpenIdentity> => {
  const options = await passkeys.unlockOptions(person);
  return passkeys.unlock(person, device.get(options, lies), secret);
};

test('both halves open, twice, and the slot is of version 2 with the same public part', async () => {
  let person = await enrol();
  expect(person.version).toBe(2);
  expect(person.slots[1]).toMatchObject({ type: 'passkey-store', label: 'Old ring', counter: 2 });
  expect(factsOf(person).record).toBe(factsOf(base.record).record);
  for (const counter of [3, 4]) {
    const identity = await unlock(person);
    expect(identity).toMatchObject({ kid: base.identity.kid, uv: true, slot: person.slots[1]!.id });
    ({ person } = identity);
    expect(person.slots[1]).toMatchObject({ type: 'passkey-store', counter });
    identity.destroy();
  }
});

test('the handle is not in what is asked for, and the options are those of any passkey', async () => {
  const create = await passkeys.enrolOptions(base.identity, 'passkey-store');
  expect(create).toMatchObject({
    user: { id: '' },
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });
  passkeys.reset();
  const person = await enrol();
  const text = JSON.stringify(await passkeys.unlockOptions(person));
  expect(text).not.toContain(handle.toString('base64url'));
  expect(JSON.parse(text)).toMatchObject({
    userVerification: 'required',
    extensions: { prf: { evalByCredential: { [device.credentialId]: { first: expect.stringMatching(/^[\w-]{43}$/) as string } } } },
  });
});

const lies: [string, Lies][] = [
  ['no user verification', { userVerified: false }],
  ['a wrong origin', { origin: 'https://evil.localhost' }],
  ['a wrong relying party', { rpId: 'localhost' }],
  ['another challenge', { challenge: 'AAAA' }],
  ['a counter that goes back', { counter: 1 }],
  ['a frame in another page', { crossOrigin: true }],
  ['a foreign credential', { id: 'AAAA' }],
];
test.each(lies)('%s: refused, and the secret store is not asked', async (_, lie) => {
  const person = await enrol();
  await expect(unlock(person, handle, lie)).rejects.toMatchObject({ code: 'passkey-refused' });
  expect(reads).toEqual([]);
});

test('an assertion is good once: the same again is refused, and the secret store is not asked', async () => {
  const person = await enrol();
  const response = device.get(await passkeys.unlockOptions(person));
  (await passkeys.unlock(person, response, handle)).destroy();
  reads = [];
  await expect(passkeys.unlock(person, response, handle)).rejects.toMatchObject({ code: 'passkey-refused' });
  expect(reads).toEqual([]);
});

test('a handle that goes past main in the clear is refused', async () => {
  const person = await enrol();
  await expect(unlock(person, handle, { userHandle: handle.toString('base64url') })).rejects.toMatchObject({ code: 'passkey-refused' });
  expect(reads).toEqual([]);
});

test('one half opens nothing: another handle, none, another half, none', async () => {
  const person = await enrol();
  const refused = { code: 'passkey-refused' };
  await expect(unlock(person, randomBytes(32))).rejects.toMatchObject(refused);
  await expect(unlock(person, Buffer.alloc(0))).rejects.toMatchObject(refused);
  const kept = (await store.get(half(person)))!;
  expect(kept).toHaveLength(32);
  expect(kept.equals(handle)).toBe(false);
  await store.set(half(person), randomBytes(32));
  await expect(unlock(person)).rejects.toMatchObject(refused);
  await store.set(half(person), kept.subarray(1));
  await expect(unlock(person)).rejects.toThrow('is not there');
  await store.delete(half(person));
  await expect(unlock(person)).rejects.toThrow('is not there');
  // The right one, put back: so each of the refusals was of what was changed.
  await store.set(half(person), kept);
  (await unlock(person)).destroy();
});

test('what gives nothing back, or two different handles, gets no slot and leaves nothing in the store', async () => {
  let made = 0;
  const set = store.set.bind(store);
  store.set = (key, bytes) => (made++, set(key, bytes));
  await expect(enrol([])).rejects.toMatchObject({ code: 'no-prf' });
  await expect(enrol([handle, randomBytes(32)])).rejects.toMatchObject({ code: 'no-prf' });
  await expect(enrol([handle.subarray(1), handle.subarray(1)])).rejects.toMatchObject({ code: 'no-prf' });
  expect(base.identity.person.slots).toHaveLength(1);
  expect(made).toBe(0);
});

test('a passkey with PRF is not taken the weaker way, nor one without it the stronger way', async () => {
  const create = await passkeys.enrolOptions(base.identity, 'passkey-store');
  await expect(passkeys.enrolVerify(base.identity, new SoftwareAuthenticator(party.origin, party.rpId).create(create))).rejects.toMatchObject({
    code: 'has-prf',
  });
  const plain = await passkeys.enrolOptions(base.identity);
  await expect(passkeys.enrolVerify(base.identity, device.create(plain))).rejects.toMatchObject({ code: 'no-prf' });
});

test('without a secret store none is made, with a sentence', async () => {
  passkeys = new Passkeys(party, () => 0);
  await expect(enrol()).rejects.toMatchObject({ code: 'no-secret-store' });
  expect(base.identity.person.slots).toHaveLength(1);
});

test('a record says the version of what it holds, and no other', async () => {
  const person = JSON.parse(recordText(await enrol())) as Record<string, unknown>;
  const first = JSON.parse(recordText(base.record)) as Record<string, unknown>;
  expect(first['version']).toBe(1);
  expect(personSchema.safeParse({ ...person, version: 1 }).success).toBe(false);
  expect(personSchema.safeParse({ ...first, version: 2 }).success).toBe(false);
  expect(personSchema.safeParse({ ...person, version: 3 }).success).toBe(false);
});

test('what goes takes its half along, and nothing else does', async () => {
  const person = await enrol();
  const halves = new StoredHalves(homePaths('/nowhere'), store);
  await dropHalves(halves, person.slots, person.slots);
  expect(await store.get(half(person))).toBeDefined();
  await dropHalves(halves, person.slots, [person.slots[0]!]);
  expect(await store.get(half(person))).toBeUndefined();
});

test('a policy that says nothing forbids it, and no other slot', () => {
  expect([undefined, {}, { storedPasskeys: false }, { storedPasskeys: true }].map((unlock) => isForbidden({ type: 'passkey-store' }, unlock))).toEqual([
    true,
    true,
    true,
    false,
  ]);
  for (const type of ['passphrase', 'passkey-prf', 'passphrase-key', 'recovery-code'] as const) expect(isForbidden({ type }, undefined)).toBe(false);
});
