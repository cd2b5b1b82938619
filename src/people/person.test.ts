import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompactEncrypt, importJWK } from 'jose';
import { beforeEach, expect, test, vi } from 'vitest';
import { openHome, type Home } from '../storage/home.ts';
import { costFor, dearerCost, deriveFromPassphrase, newScryptParameters, scryptLimits } from '../crypto/kdf.ts';
import {
  addPerson,
  createPerson as create,
  dearest,
  listPeople,
  NOTHING_MORE,
  personPath,
  readPerson,
  savePerson,
  unlockWithPassphrase as unlock,
} from './person.ts';
import { asOperator } from './active.fixture.ts';
import type { OpenIdentity } from './identity.ts';
import type { PersonRecord } from './types.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
const passphrase = bytes('a quiet ward at four in the morning');
/** The least, without measuring. */
const kdf = newScryptParameters();
const now = '2026-11-22T00:00:00.000Z';

const createPerson = (input: Omit<Parameters<typeof create>[0], 'roles'>): ReturnType<typeof create> => create({ ...input, roles: ['operator'] });
/** An operator who can come in. */
const unlockWithPassphrase = (record: PersonRecord | undefined, words: Uint8Array): Promise<OpenIdentity> =>
  unlock(record && asOperator(record), words, NOTHING_MORE);

/** N of each derivation, none of which is really made while `counting`. */
const spent: number[] = [];
let counting = false;
vi.mock('../crypto/kdf.ts', async (original) => {
  const kdfs = await original<typeof import('../crypto/kdf.ts')>();
  return {
    ...kdfs,
    deriveFromPassphrase: (...input: Parameters<typeof kdfs.deriveFromPassphrase>) => {
      spent.push(input[1].N);
      return counting ? Promise.resolve(Buffer.alloc(32)) : kdfs.deriveFromPassphrase(...input);
    },
  };
});

let home: Home;
beforeEach(() => {
  home = openHome(mkdtempSync(join(tmpdir(), 'wardmux-person-')));
});

test('a person comes back from disk, unlocks, opens a segment secret and signs', async () => {
  const made = await createPerson({ name: '  Ada Example ', passphrase, now, kdf });
  expect(made.record.name).toBe('Ada Example');
  addPerson(home, made.record);
  made.identity.destroy();
  expect(listPeople(home)).toEqual([made.record.id]);
  const person = readPerson(home, made.record.id)!;
  expect(person).toEqual(made.record);

  const identity = await unlockWithPassphrase(person, passphrase);
  const secret = Buffer.alloc(32, 7);
  const jwe = await new CompactEncrypt(secret)
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: identity.kid })
    .encrypt(await importJWK(person.encryptionKey, 'ECDH-ES'));
  expect(await identity.open(jwe)).toEqual(secret);

  const signature = await identity.sign(bytes('an export'));
  expect(signature.length).toBe(64);
  const key = createPublicKey({ key: { ...person.signingKey }, format: 'jwk' });
  expect(verify('sha256', bytes('an export'), { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);

  identity.destroy();
  await expect(identity.open(jwe)).rejects.toThrow('locked');
  await expect(identity.sign(bytes('x'))).rejects.toThrow('locked');
  expect(() => identity.withVaultKey(() => 0)).toThrow('locked');
});

test('the file holds no private key and no passphrase, and nobody else may read it', async () => {
  const { record } = await createPerson({ name: 'Ada', passphrase, now, kdf });
  addPerson(home, record);
  const text = readFileSync(personPath(home, record.id), 'latin1');
  expect(text).not.toContain('"d"');
  expect(text).not.toContain('quiet ward');
  expect(() => addPerson(home, record)).toThrow('exists already');
});

test('a wrong passphrase and an unknown person get the same answer', async () => {
  const { record } = await createPerson({ name: 'Ada', passphrase, now, kdf });
  const wrong = await unlockWithPassphrase(record, bytes('another passphrase entirely')).catch((error: unknown) => error);
  const nobody = await unlockWithPassphrase(undefined, passphrase).catch((error: unknown) => error);
  expect(wrong).toMatchObject({ name: 'UnlockError', code: 'wrong-passphrase' });
  expect(nobody).toMatchObject({ code: 'wrong-passphrase', message: (wrong as Error).message });
});

test('every change of the public part is found with the right passphrase', async () => {
  const { record } = await createPerson({ name: 'Ada', passphrase, now, kdf });
  const other = await createPerson({ name: 'Eve', passphrase, now, kdf });
  const changed = [
    { ...record, name: 'Eve' },
    { ...record, created: '2026-11-22T00:00:01.000Z' },
    { ...record, encryptionKey: other.record.encryptionKey },
    { ...record, signingKey: other.record.signingKey },
    { ...record, identity: other.record.identity },
    { ...record, identity: { ...record.identity!, iv: other.record.identity!.iv } },
  ];
  for (const person of changed) await expect(unlockWithPassphrase(person, passphrase)).rejects.toMatchObject({ code: 'corrupt-vault' });
});

test('a wrong passphrase costs everybody what it costs whoever pays most, and so does an id that nobody has', async () => {
  const { record } = await createPerson({ name: 'Ada', passphrase, now, kdf });
  const dear = await createPerson({ name: 'Eve', passphrase, now, kdf: newScryptParameters(2 ** 18) });
  addPerson(home, record);
  addPerson(home, dear.record);
  const whole = dearest(home);
  expect(whole).toEqual({ work: 2 ** 18 * 8, N: 2 ** 18 });
  const wrong = bytes('another passphrase entirely');
  for (const person of [asOperator(record), asOperator(dear.record), { ...asOperator(record), active: false }, undefined]) {
    spent.length = 0;
    counting = true;
    await expect(unlock(person, wrong, whole).finally(() => (counting = false))).rejects.toThrow('That did not open it');
    expect(spent.reduce((sum, N) => sum + N, 0)).toBe(2 ** 18);
  }
});

test('a slot of another person does not open, nor one with other parameters', async () => {
  const { record } = await createPerson({ name: 'Ada', passphrase, now, kdf });
  const other = await createPerson({ name: 'Eve', passphrase, now, kdf });
  await expect(unlockWithPassphrase({ ...record, slots: other.record.slots }, passphrase)).rejects.toMatchObject({ code: 'wrong-passphrase' });
  const slot = { ...record.slots[0]!, created: '2020-01-01T00:00:00.000Z' };
  await expect(unlockWithPassphrase({ ...record, slots: [slot] }, passphrase)).rejects.toMatchObject({ code: 'wrong-passphrase' });
});

test('a damaged file is named with its field, and left as it is', async () => {
  const { record } = await createPerson({ name: 'Ada', passphrase, now, kdf });
  const path = personPath(home, record.id);
  const cases: [unknown, RegExp][] = [
    ['{', /not JSON/],
    [{ ...record, version: 2 }, /not valid at version/],
    [{ ...record, extra: 1 }, /not valid at the top level/],
    [{ ...record, slots: [] }, /not valid at slots/],
    [{ ...record, slots: [{ ...record.slots[0], kdf: { ...kdf, N: 1024 } }] }, /not valid at slots.0.kdf.N/],
    [{ ...record, slots: [{ ...record.slots[0], kdf: { ...kdf, N: 2 ** 20, r: 16 } }] }, /needs too much memory/],
    [{ ...record, id: 'p-000000000000' }, /under another name/],
  ];
  for (const [value, sentence] of cases) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    writeFileSync(path, text);
    expect(() => readPerson(home, record.id)).toThrow(sentence);
    expect(() => readPerson(home, record.id)).toThrow(path);
    expect(readFileSync(path, 'utf8')).toBe(text);
  }
  expect(readPerson(home, '../../etc/passwd')).toBeUndefined();
  expect(readPerson(home, 'p-ffffffffffff')).toBeUndefined();
});

test('saving replaces the whole file', async () => {
  const { record } = await createPerson({ name: 'Ada', passphrase, now, kdf });
  addPerson(home, record);
  const changed = { ...record, slots: [...record.slots, { ...record.slots[0]!, id: 'k-000000000000' }] };
  savePerson(home, changed);
  expect(readPerson(home, record.id)).toEqual(changed);
});

test('scrypt is RFC 7914: its second and third test vectors', async () => {
  // RFC 7914 section 12 gives 64 bytes; scrypt's last step is PBKDF2, so the first 32 bytes are the 32-byte output.
  const salt = (text: string): string => Buffer.from(text).toString('base64url');
  const second = await deriveFromPassphrase(bytes('password'), { N: 1024, r: 8, p: 16, salt: salt('NaCl') });
  expect(second.toString('hex')).toBe('fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162');
  const third = await deriveFromPassphrase(bytes('pleaseletmein'), { N: 16384, r: 8, p: 1, salt: salt('SodiumChloride') });
  expect(third.toString('hex')).toBe('7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2');
});

test('a new person gets parameters that were measured here, within bounds', async () => {
  const { record } = await createPerson({ name: 'Ada', passphrase, now });
  const [slot] = record.slots;
  expect(slot?.type === 'passphrase' && slot.kdf.N).toBeGreaterThanOrEqual(scryptLimits.minN);
  expect(slot?.type === 'passphrase' && slot.kdf.N).toBeLessThanOrEqual(scryptLimits.maxN);
  await unlockWithPassphrase(record, passphrase);
});

test.each([
  [500, 17],
  [2000, 17],
  [1e9, 17],
  [340, 18],
  [120, 19],
  [60, 20],
  [0.001, 20],
  [0, 17],
  [NaN, 17],
])('where the least takes %d ms, N is 2^%d', (leastMs, power) => {
  expect(costFor(leastMs, 64 * 2 ** 30)).toBe(2 ** power);
});

test('a small machine keeps most of its memory', () => {
  expect(costFor(60, 2 * 2 ** 30)).toBe(2 ** 18);
  expect(costFor(60, 256 * 2 ** 20)).toBe(2 ** 17);
});

test('a slot that says less than the least, or more than a machine has, is refused', async () => {
  const { record } = await createPerson({ name: 'Ada', passphrase, now, kdf });
  addPerson(home, record);
  const text = readFileSync(personPath(home, record.id), 'utf8');
  for (const N of [2 ** 16, 2 ** 14, 1024, 2 ** 21, 2 ** 17 + 1]) {
    writeFileSync(personPath(home, record.id), text.replace('"N": 131072', `"N": ${N}`).replace('"N":131072', `"N":${N}`));
    expect(() => readPerson(home, record.id), String(N)).toThrow(/N/);
  }
});

test('a slot that costs too little for this machine is told, one that is near enough is not, and none shall cost less', () => {
  const memory = 64 * 2 ** 30;
  for (const [N, took, wanted] of [
    [2 ** 17, 500, undefined],
    [2 ** 17, 200, undefined],
    [2 ** 17, 100, 2 ** 19],
    [2 ** 18, 100, 2 ** 20],
    [2 ** 20, 10, undefined],
    [2 ** 20, 60_000, undefined],
    [2 ** 17, 0, undefined],
  ] as const)
    expect([N, took, dearerCost(N, took, memory)]).toEqual([N, took, wanted]);
  // What the machine cannot bear is not wanted.
  expect(dearerCost(2 ** 17, 10, 2 * 2 ** 30)).toBeUndefined();
});
