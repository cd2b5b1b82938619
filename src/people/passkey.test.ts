import { createHash } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { deriveFromBoth, deriveFromPassphrase, deriveFromPrf, newScryptParameters } from '../crypto/kdf.ts';
import type { OpenIdentity } from './identity.ts';
import { decoyOptions, Passkeys, passkeySlots } from './passkey.ts';
import { SoftwareAuthenticator, type Lies } from './passkey.fixture.ts';
import { createPerson, NOTHING_MORE, recordText, unlockWithPassphrase } from './person.ts';
import { unwrapVaultKey } from './slot.ts';
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

test('who was stopped hears so where the passkey is theirs, and nothing opens; with another key nobody hears anything of it', async () => {
  const person: Person = { ...(await enrol()), active: false, stopped: true };
  const options = await passkeys.unlockOptions(person);
  await expect(passkeys.unlock(person, device.get(options), device.prf(options))).rejects.toMatchObject({ code: 'person-stopped' });
  const again = await passkeys.unlockOptions(person);
  const wrong = Buffer.from(device.prf(again)!).fill(7);
  await expect(passkeys.unlock(person, device.get(again), wrong)).rejects.toMatchObject({ code: 'passkey-refused' });
  // Whoever is disabled has no passkey here.
  await expect(passkeys.unlockOptions({ ...person, stopped: undefined } as unknown as Person)).rejects.toMatchObject({ code: 'no-such-slot' });
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
  const slots = passkeySlots(person, 'passkey-prf');
  const digest = (label: string): Buffer => createHash('sha256').update(label).digest();
  const shape = (options: unknown): unknown =>
    (options as { allowCredentials: { id: string; transports: string[] }[] }).allowCredentials.map(({ id, transports }) => [id.length, transports]);
  const decoy = await decoyOptions(party.rpId, [[], slots], digest, 'passkey-prf');
  expect(shape(decoy)).toEqual(shape(await passkeys.unlockOptions(person)));
  expect(shape(decoy)).toHaveLength(2);
  expect((await decoyOptions(party.rpId, [slots], digest, 'passkey-prf'))['allowCredentials']).toEqual(decoy['allowCredentials']);
  expect(new Set((decoy['allowCredentials'] as { id: string }[]).map(({ id }) => id)).size).toBe(2);
  expect(shape(await decoyOptions(party.rpId, [[], []], digest, 'passkey-prf'))).toHaveLength(1);
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
    await (good ? expect(proof).resolves.toMatchObject({ id: expect.stringMatching(/^k-/) }) : expect(proof).rejects.toThrow('took too long'));
  }
});

test('the proof must come from the passkey that was just made', async () => {
  const create = await passkeys.enrolOptions(base.identity);
  const prove = await passkeys.enrolVerify(base.identity, device.create(create));
  const other = new SoftwareAuthenticator(party.origin, party.rpId);
  await expect(passkeys.enrolProve(base.identity, other.get(prove), [], 'x', now)).rejects.toThrow('another passkey');
});

describe('a passphrase and a key that is touched', () => {
  const typed = Buffer.from('gloves on at night shift');
  const touch: Lies = { userVerified: false };

  async function enrolBoth(authenticator = device): Promise<Person> {
    const create = await passkeys.enrolOptions(base.identity, 'passphrase-key');
    const prove = await passkeys.enrolVerify(base.identity, authenticator.create(create, touch));
    const prf = authenticator.prf(prove)!;
    await passkeys.enrolProve(base.identity, authenticator.get(prove, touch), [prf, prf], 'Ring', now, { passphrase: typed, kdf });
    return asOperator(personSchema.parse(JSON.parse(recordText(base.identity.person))));
  }
  const unlock = async (person: Person, words: Uint8Array | undefined, lies = touch, prf?: Buffer): Promise<OpenIdentity> => {
    const options = await passkeys.unlockOptions(person, undefined, 'passphrase-key');
    return passkeys.unlock(person, device.get(options, lies), prf ?? device.prf(options), words);
  };

  test('takes the place of the passphrase alone, asks for a touch, and opens by both', async () => {
    const create = await passkeys.enrolOptions(base.identity, 'passphrase-key');
    expect(create).toMatchObject({ authenticatorSelection: { residentKey: 'discouraged', userVerification: 'discouraged' } });
    const person = await enrolBoth();
    expect(person.slots).toMatchObject([{ type: 'passphrase-key', label: 'Ring', kdf, credentialId: device.credentialId }]);
    expect(await passkeys.unlockOptions(person, undefined, 'passphrase-key')).toMatchObject({ userVerification: 'discouraged' });
    for (const [lies, uv] of [
      [touch, false],
      [{}, true],
    ] as const) {
      const identity = await unlock(person, typed, lies);
      expect([identity.kid, identity.uv]).toEqual([base.identity.kid, uv]);
      identity.destroy();
    }
  });

  test('neither of them opens anything alone', async () => {
    const person = await enrolBoth();
    // The passphrase alone: no slot takes it, and its key is not what wraps.
    await expect(unlockWithPassphrase(person, typed, NOTHING_MORE)).rejects.toMatchObject({ code: 'wrong-passphrase' });
    const [slot] = passkeySlots(person, 'passphrase-key');
    const derived = await deriveFromPassphrase(typed, kdf);
    const options = await passkeys.unlockOptions(person, undefined, 'passphrase-key');
    const prf = device.prf(options)!;
    const salt = Buffer.from(slot!.prfSalt, 'base64url');
    const zero = Buffer.alloc(32);
    for (const kek of [
      derived,
      prf,
      deriveFromPrf(prf, salt),
      deriveFromPrf(derived, salt),
      deriveFromBoth(derived, zero, salt),
      deriveFromBoth(zero, prf, salt),
    ])
      expect(unwrapVaultKey(kek, person.id, slot!)).toBeUndefined();
    expect(unwrapVaultKey(deriveFromBoth(derived, prf, salt), person.id, slot!)).toHaveLength(32);
    // The key with another passphrase, the passphrase with the secret of another key, and the key as if it were a passkey.
    await expect(unlock(person, Buffer.from('violin harbour seven lanterns'))).rejects.toMatchObject({ code: 'wrong-passphrase' });
    await expect(unlock(person, typed, touch, Buffer.alloc(32, 7))).rejects.toMatchObject({ code: 'wrong-passphrase' });
    await expect(unlock(person, undefined)).rejects.toMatchObject({ code: 'passkey-refused', message: expect.stringContaining('not enrolled') });
    await expect(passkeys.unlockOptions(person)).rejects.toMatchObject({ code: 'no-such-slot' });
  });

  test('a passkey that was not verified is refused also where a key that is touched is enrolled', async () => {
    await enrol();
    const other = new SoftwareAuthenticator(party.origin, party.rpId);
    const person = await enrolBoth(other);
    const options = await passkeys.unlockOptions(person);
    await expect(passkeys.unlock(person, device.get(options, touch), device.prf(options))).rejects.toThrow(/verif/);
    // Nor is its answer taken for the other kind: the passkey's slot is not one of both.
    const touched = await passkeys.unlockOptions(person, undefined, 'passphrase-key');
    await expect(passkeys.unlock(person, device.get(touched, touch), device.prf(options), typed)).rejects.toThrow('not enrolled');
  });

  test.each([
    ['nobody touches it', { userPresent: false }, /presence|present/i],
    ['another origin', { origin: 'https://evil.localhost' }, /origin/],
    ['a counter that goes back', { counter: 1 }, /counter/i],
  ])('%s: refused with the passphrase too', async (_, lies, sentence) => {
    const person = await enrolBoth();
    await expect(unlock(person, typed, { ...touch, ...lies })).rejects.toThrow(sentence);
  });

  test('is not made of an enrolment that was begun as a passkey, nor the other way round', async () => {
    for (const [kind, known] of [
      ['passkey-prf', { passphrase: typed, kdf }],
      ['passphrase-key', undefined],
    ] as const) {
      const create = await passkeys.enrolOptions(base.identity, kind);
      const prove = await passkeys.enrolVerify(base.identity, device.create(create));
      const prf = device.prf(prove)!;
      await expect(passkeys.enrolProve(base.identity, device.get(prove), [prf, prf], 'x', now, known)).rejects.toMatchObject({ code: 'not-enrolled' });
    }
    expect(base.identity.person.slots).toHaveLength(1);
  });
});
