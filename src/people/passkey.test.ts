import { createHash } from 'node:crypto';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { newScryptParameters } from '../crypto/kdf.ts';
import type { OpenIdentity } from './identity.ts';
import { decoyOptions, Passkeys, passkeySlots } from './passkey.ts';
import { SoftwareAuthenticator, type Lies } from './passkey.fixture.ts';
import { createPerson, recordText } from './person.ts';
import { personSchema } from './schema.ts';
import { asOperator } from './active.fixture.ts';
import type { Person, PersonRecord } from './types.ts';

const party = { origin: 'https://wardmux.localhost', rpId: 'wardmux.localhost' };
const now = '2026-11-22T00:00:00.000Z';
const kdf = newScryptParameters();

let base: { record: PersonRecord; identity: OpenIdentity };
let clock: number;
let passkeys: Passkeys;
let device: SoftwareAuthenticator;

beforeAll(async () => {
  base = await createPerson({ name: 'Ada', passphrase: Buffer.from('x'), now, kdf, roles: ['operator'] });
});
beforeEach(() => {
  clock = 1000;
  passkeys = new Passkeys(party, () => clock);
  device = new SoftwareAuthenticator(party.origin, party.rpId);
  base.identity.replaceSlots(base.record.slots);
});

async function enrol(authenticator = device): Promise<Person> {
  const create = await passkeys.enrolOptions(base.identity);
  const prove = await passkeys.enrolVerify(base.identity, authenticator.create(create));
  const evaluations = [authenticator.prf(create), authenticator.prf(prove)].filter((prf) => prf !== undefined);
  await passkeys.enrolProve(base.identity, authenticator.get(prove), evaluations, 'Key\u202e ring ', now);
  return asOperator(personSchema.parse(JSON.parse(recordText(base.identity.person))));
}

test('enrol, then unlock twice: the counter moves on and the slot opens', async () => {
  let person = await enrol();
  expect(person.slots).toHaveLength(2);
  expect(person.slots[1]).toMatchObject({ type: 'passkey-prf', label: 'Key ring', credentialId: device.credentialId, counter: 2, transports: ['internal'] });
  for (const counter of [3, 4]) {
    const options = await passkeys.unlockOptions(person);
    expect(options).toMatchObject({ rpId: party.rpId, userVerification: 'required', timeout: 60_000 });
    const identity = await passkeys.unlock(person, device.get(options), device.prf(options));
    expect(identity.kid).toBe(base.identity.kid);
    ({ person } = identity);
    expect(person.slots[1]).toMatchObject({ counter });
    identity.destroy();
  }
});

test('the options to enrol ask for what is needed, and for nothing more', async () => {
  const person = await enrol();
  const options = await passkeys.enrolOptions(base.identity);
  expect(options).toMatchObject({
    rp: { id: party.rpId },
    attestation: 'none',
    authenticatorSelection: { userVerification: 'required' },
    excludeCredentials: [{ id: device.credentialId }],
    user: { id: Buffer.from(person.id).toString('base64url') },
  });
  expect((options['pubKeyCredParams'] as { alg: number }[]).map(({ alg }) => alg)).toEqual([-7, -8, -257]);
});

const liesAtUnlock: [string, Lies, RegExp][] = [
  ['a wrong origin', { origin: 'https://evil.localhost' }, /origin/],
  ['the same host over http', { origin: 'http://wardmux.localhost' }, /origin/],
  ['a wrong relying party', { rpId: 'localhost' }, /RP ID/],
  ['no user verification', { userVerified: false }, /user could not be verified/],
  ['no user present', { userPresent: false }, /not present/],
  ['another challenge', { challenge: 'AAAA' }, /challenge/],
  ['another ceremony', { type: 'webauthn.create' }, /type/],
  ['a frame in another page', { crossOrigin: true }, /inside another page/],
  ['a counter that goes back', { counter: 1 }, /counter/],
  ['a counter that stands still', { counter: 2 }, /counter/],
  ['the handle of somebody else', { userHandle: Buffer.from('p-ffffffffffff').toString('base64url') }, /somebody else/],
  ['a foreign credential', { id: 'AAAA' }, /not enrolled here/],
];
test.each(liesAtUnlock)('%s is refused', async (_, lies, sentence) => {
  const person = await enrol();
  const options = await passkeys.unlockOptions(person);
  const attempt = passkeys.unlock(person, device.get(options, lies), device.prf(options));
  await expect(attempt).rejects.toMatchObject({ code: 'passkey-refused', message: expect.stringMatching(sentence) });
});

test('a key with the right id and a foreign private key is refused', async () => {
  const person = await enrol();
  const other = new SoftwareAuthenticator(party.origin, party.rpId);
  const options = await passkeys.unlockOptions(person);
  const response = other.get(options, { id: device.credentialId, counter: 9 });
  await expect(passkeys.unlock(person, response, device.prf(options))).rejects.toThrow('signature');
});

test('a changed signature is refused', async () => {
  const person = await enrol();
  const options = await passkeys.unlockOptions(person);
  const response = device.get(options);
  const bytes = Buffer.from(response.response['authenticatorData']!, 'base64url');
  bytes[36]! ^= 0x40;
  response.response['authenticatorData'] = bytes.toString('base64url');
  await expect(passkeys.unlock(person, response, device.prf(options))).rejects.toMatchObject({ code: 'passkey-refused' });
});

test('an answer is good once: not replayed, not after a failure, not for another purpose, not after a minute', async () => {
  const person = await enrol();
  const options = await passkeys.unlockOptions(person);
  const response = device.get(options);
  (await passkeys.unlock(person, response, device.prf(options))).destroy();
  await expect(passkeys.unlock(person, response, device.prf(options))).rejects.toThrow('no question of ours');

  const second = await passkeys.unlockOptions(person);
  await expect(passkeys.unlock(person, {}, undefined)).rejects.toThrow('not valid');
  await expect(passkeys.unlock(person, device.get(second), device.prf(second))).rejects.toThrow('no question of ours');

  const enrolling = await passkeys.enrolOptions(base.identity);
  await expect(passkeys.unlock(person, device.get(enrolling), undefined)).rejects.toThrow('no question of ours');

  const late = await passkeys.unlockOptions(person);
  clock += 60_001;
  await expect(passkeys.unlock(person, device.get(late), device.prf(late))).rejects.toThrow('took too long');
});

test('the right assertion without the right PRF opens nothing', async () => {
  const person = await enrol();
  for (const prf of [undefined, Buffer.alloc(31), Buffer.alloc(32, 1)]) {
    const options = await passkeys.unlockOptions(person);
    await expect(passkeys.unlock(person, device.get(options), prf)).rejects.toMatchObject({ code: 'passkey-refused' });
  }
});

test('a slot whose counter was set back on disk does not open', async () => {
  const person = await enrol();
  const changed = { ...person, slots: person.slots.map((slot) => (slot.type === 'passkey-prf' ? { ...slot, counter: 0 } : slot)) };
  const options = await passkeys.unlockOptions(changed);
  await expect(passkeys.unlock(changed, device.get(options), device.prf(options))).rejects.toThrow('its slot or the passkey was changed');
});

test('nobody, and somebody without a passkey, get the same answer', async () => {
  const answers = await Promise.all([undefined, asOperator(base.record)].map((person) => passkeys.unlockOptions(person).catch((error: unknown) => error)));
  expect(answers[0]).toMatchObject({ code: 'no-such-slot' });
  expect((answers[0] as Error).message).toBe((answers[1] as Error).message);
});

test('a PRF result in the JSON has gone past main in the clear: refused', async () => {
  const person = await enrol();
  const options = await passkeys.unlockOptions(person);
  const response = { ...device.get(options), clientExtensionResults: { prf: { results: { first: 'AAAA' } } } };
  await expect(passkeys.unlock(person, response, device.prf(options))).rejects.toThrow('not valid');
});

test('a decoy asks for as many passkeys as somebody here has, of their shape, and for the same ones each time', async () => {
  await enrol();
  const person = await enrol(new SoftwareAuthenticator(party.origin, party.rpId));
  const slots = passkeySlots(person);
  const digest = (label: string): Buffer => createHash('sha256').update(label).digest();
  const shape = (options: unknown): unknown =>
    (options as { allowCredentials: { id: string; transports: string[] }[] }).allowCredentials.map(({ id, transports }) => [id.length, transports]);
  const decoy = await decoyOptions(party.rpId, [[], slots], digest);
  expect(shape(decoy)).toEqual(shape(await passkeys.unlockOptions(person)));
  expect(shape(decoy)).toHaveLength(2);
  expect((await decoyOptions(party.rpId, [slots], digest))['allowCredentials']).toEqual(decoy['allowCredentials']);
  expect(new Set((decoy['allowCredentials'] as { id: string }[]).map(({ id }) => id)).size).toBe(2);
  expect(shape(await decoyOptions(party.rpId, [[], []], digest))).toHaveLength(1);
});

test('an authenticator without PRF gets no slot, and the sentence says what that means', async () => {
  const plain = new SoftwareAuthenticator(party.origin, party.rpId, false);
  await expect(enrol(plain)).rejects.toMatchObject({ code: 'no-prf', message: expect.stringMatching(/passphrase stays/) });
  expect(base.identity.person.slots).toHaveLength(1);
});

test('PRF is proven by two equal evaluations, not by a flag', async () => {
  const cases: (Buffer | undefined)[][] = [[], [Buffer.alloc(32)], [Buffer.alloc(32), Buffer.alloc(32, 1)], [Buffer.alloc(16), Buffer.alloc(16)]];
  for (const evaluations of cases) {
    const create = await passkeys.enrolOptions(base.identity);
    const prove = await passkeys.enrolVerify(base.identity, device.create(create));
    const given = evaluations.filter((prf) => prf !== undefined);
    await expect(passkeys.enrolProve(base.identity, device.get(prove), given, 'x', now)).rejects.toMatchObject({ code: 'no-prf' });
  }
  expect(base.identity.person.slots).toHaveLength(1);
});

const liesAtEnrolment: [string, Lies, RegExp][] = [
  ['a wrong origin', { origin: 'https://evil.localhost' }, /origin/],
  ['a wrong relying party', { rpId: 'localhost' }, /RP ID/],
  ['no user verification', { userVerified: false }, /verif/],
  ['another challenge', { challenge: 'AAAA' }, /challenge/],
  ['a frame in another page', { crossOrigin: true }, /inside another page/],
  ['two ids', { id: 'AAAA' }, /two credential ids/],
];
test.each(liesAtEnrolment)('%s is not enrolled', async (_, lies, sentence) => {
  const options = await passkeys.enrolOptions(base.identity);
  await expect(passkeys.enrolVerify(base.identity, device.create(options, lies))).rejects.toThrow(sentence);
});

test('an attestation with certificates is refused before the library asks the network about them', async () => {
  const options = await passkeys.enrolOptions(base.identity);
  const statement = new Map<string, unknown>([['x5c', [new Uint8Array(4)]]]);
  const response = device.create(options, {}, { fmt: 'packed', attStmt: statement });
  await expect(passkeys.enrolVerify(base.identity, response)).rejects.toThrow('nobody asked for');
});

test('the proof may take two minutes, for two touches, and no longer', async () => {
  for (const [ms, good] of [
    [119_000, true],
    [120_001, false],
  ] as const) {
    base.identity.replaceSlots(base.record.slots);
    const create = await passkeys.enrolOptions(base.identity);
    const prove = await passkeys.enrolVerify(base.identity, device.create(create));
    clock += ms;
    const proof = passkeys.enrolProve(base.identity, device.get(prove), [device.prf(prove)!, device.prf(prove)!], 'x', now);
    await (good ? expect(proof).resolves.toMatch(/^k-/) : expect(proof).rejects.toThrow('took too long'));
  }
});

test('the proof must come from the passkey that was just made', async () => {
  const create = await passkeys.enrolOptions(base.identity);
  const prove = await passkeys.enrolVerify(base.identity, device.create(create));
  const other = new SoftwareAuthenticator(party.origin, party.rpId);
  await expect(passkeys.enrolProve(base.identity, other.get(prove), [], 'x', now)).rejects.toThrow('another passkey');
});
