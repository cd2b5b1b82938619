/** People on disk: people/ID.json. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createNew, readSmall, writeAtomic } from '../disk/atomic.ts';
import { StorageFault } from '../disk/fault.ts';
import { listFolder, type Home } from '../storage/home.ts';
import { parseJson, toJson } from '../disk/json.ts';
import { generateKeys, OpenIdentity, sealIdentity } from './identity.ts';
import { deriveFromPassphrase, measuredScryptParameters, newScryptParameters, type ScryptParameters } from '../crypto/kdf.ts';
import { nameSchema, personIdSchema, personSchema } from './schema.ts';
import { newSlotId, unwrapVaultKey, wrapVaultKey } from './slot.ts';
import { UnlockError, wrongPassphrase } from './errors.ts';
import type { KeySlot, PersonRecord } from './types.ts';

const advice = 'Restore it from a backup, or have an audit key open the recordings.';

const newPersonId = (): string => `p-${randomBytes(6).toString('hex')}`;

export const personPath = (home: Home, id: string): string => join(home.people, `${personIdSchema.parse(id)}.json`);

/** Ids of all people, sorted. Files that are not named as a person's are not people. @throws StorageFault */
export const listPeople = (home: Home): string[] =>
  listFolder(home.people, '.json')
    .map((name) => name.slice(0, -'.json'.length))
    .filter((id) => personIdSchema.safeParse(id).success);

/** Undefined where there is no such person. @throws StorageFault with code `corrupt`, naming path and field. */
export function readPerson(home: Home, id: string): PersonRecord | undefined {
  if (!personIdSchema.safeParse(id).success) return undefined;
  return readPersonAt(personPath(home, id), id);
}

/** A record at another place. @throws StorageFault with code `corrupt` */
export function readPersonAt(path: string, id: string): PersonRecord | undefined {
  const bytes = readSmall(path);
  if (!bytes) return undefined;
  const person = parseJson(personSchema, bytes, path, advice);
  if (person.id !== id) throw new StorageFault('corrupt', path, `${path} is the record of ${person.id}, under another name. It is left as it is. ${advice}`);
  return person;
}

/** Replaces the record of a person that exists. @throws StorageFault */
export function savePerson(home: Home, person: PersonRecord): void {
  writeAtomic(personPath(home, person.id), toJson(personSchema.parse(person)));
}

/** Writes a new person; never over another. @throws StorageFault with code `exists` */
export function addPerson(home: Home, person: PersonRecord): void {
  createNew(personPath(home, person.id), toJson(personSchema.parse(person)));
}

/**
 * Makes a person with fresh keys and a passphrase slot. Writes nothing: `addPerson` does. The passphrase's rules are
 * checked by the caller (passphrase.ts), and so is wiping it.
 * @param passphrase UTF-8 of the NFC form.
 * @param now ISO 8601 UTC.
 * @param kdf only for tests: parameters that need no measuring.
 */
export async function createPerson(input: {
  readonly name: string;
  readonly passphrase: Uint8Array;
  readonly now: string;
  readonly kdf?: ScryptParameters;
}): Promise<{ readonly record: PersonRecord; readonly identity: OpenIdentity }> {
  const keys = generateKeys();
  const base = {
    format: 'wardmux-person',
    version: 1,
    id: newPersonId(),
    name: nameSchema.parse(input.name),
    roles: ['operator'],
    created: input.now,
    encryptionKey: keys.encryptionKey,
    signingKey: keys.signingKey,
  } as const;
  const vaultKey = randomBytes(32);
  const identity = sealIdentity(vaultKey, keys, base);
  const kdf = input.kdf ?? (await measuredScryptParameters());
  const bare = { id: newSlotId(), type: 'passphrase', created: input.now, kdf } as const;
  const kek = await deriveFromPassphrase(input.passphrase, kdf);
  const slot: KeySlot = { ...bare, wrapped: wrapVaultKey(kek, vaultKey, base.id, bare) };
  kek.fill(0);
  const record: PersonRecord = { ...base, slots: [slot], identity };
  const open = OpenIdentity.open(record, vaultKey, slot.id);
  if (!open) throw new Error('a new identity does not open');
  return { record, identity: open };
}

/** Parameters for somebody who does not exist: the answer takes as long as a real one. */
const nobody = newScryptParameters();

/**
 * Opens a person's identity with the passphrase.
 * @param person undefined for an unknown person: takes the same time and gives the same error as a wrong passphrase.
 * @param passphrase UTF-8 of the NFC form. Not wiped here.
 * @throws UnlockError `wrong-passphrase`, or `corrupt-vault` where the passphrase is right and the record was changed.
 */
export async function unlockWithPassphrase(person: PersonRecord | undefined, passphrase: Uint8Array): Promise<OpenIdentity> {
  const slots = person?.slots.filter((slot) => slot.type === 'passphrase') ?? [];
  if (!person || slots.length === 0) {
    (await deriveFromPassphrase(passphrase, nobody)).fill(0);
    throw wrongPassphrase();
  }
  for (const slot of slots) {
    const kek = await deriveFromPassphrase(passphrase, slot.kdf);
    const vaultKey = unwrapVaultKey(kek, person.id, slot);
    kek.fill(0);
    if (!vaultKey) continue;
    return openWithVaultKey(person, vaultKey, slot.id);
  }
  throw wrongPassphrase();
}

/** The last step of every unlock. Takes over `vaultKey`. @throws UnlockError `corrupt-vault` */
export function openWithVaultKey(person: PersonRecord, vaultKey: Buffer, slot: string): OpenIdentity {
  const identity = OpenIdentity.open(person, vaultKey, slot);
  if (identity) return identity;
  throw new UnlockError(
    'corrupt-vault',
    `The key slot opened, but the record of ${person.id} in the people folder was changed. Nothing is unlocked. ${advice}`,
  );
}
