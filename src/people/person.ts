/** People on disk: people/ID.json. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createNew, readSmall, writeAtomic } from '../disk/atomic.ts';
import { StorageFault } from '../disk/fault.ts';
import { listFolder, type Home } from '../storage/home.ts';
import { parseJson, toJson } from '../disk/json.ts';
import { generateKeys, OpenIdentity, sealIdentity } from './identity.ts';
import { dearerCost, deriveFromPassphrase, measuredScryptParameters, newScryptParameters, scryptLimits, type ScryptParameters } from '../crypto/kdf.ts';
import { nameSchema, personIdSchema, personSchema } from './schema.ts';
import type { Role } from '../types/words.ts';
import { newSlotId, unwrapVaultKey, versionFor, wrapVaultKey } from './slot.ts';
import type { Sealed } from '../crypto/seal.ts';
import { deriveFromCode } from './recovery-code.ts';
import { personStopped, UnlockError, wrongPassphrase } from './errors.ts';
import type { KeySlot, Person, PersonRecord } from './types.ts';

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

/** The text of a record: what the ledger says of its person is not in it. */
export function recordText(person: PersonRecord): string {
  const { format, id, name, created, encryptionKey, signingKey, slots, identity } = person;
  return toJson(personSchema.parse({ format, version: versionFor(slots), id, name, created, encryptionKey, signingKey, slots, identity }));
}

/** Replaces the record of a person that exists. @throws StorageFault */
export function savePerson(home: Home, person: PersonRecord): void {
  writeAtomic(personPath(home, person.id), recordText(person));
}

/** Writes a new person; never over another. @throws StorageFault with code `exists` */
export function addPerson(home: Home, person: PersonRecord): void {
  createNew(personPath(home, person.id), recordText(person));
}

/** What is left of somebody who is deleted: who they were, and the public keys that evidence names. Nothing opens it. */
export const gravestoneOf = (person: PersonRecord): PersonRecord => ({ ...person, slots: [], identity: null });

/**
 * Makes a person with fresh keys and a passphrase slot. Writes nothing: `addPerson` does. The passphrase's rules are
 * checked by the caller (passphrase.ts), and so is wiping it.
 * @param passphrase UTF-8 of the NFC form.
 * @param now ISO 8601 UTC.
 * @param kdf only for tests: parameters that need no measuring.
 */
export async function createPerson(input: {
  readonly name: string;
  /** Of somebody who is known here, and gets new keys; left out of somebody new. */
  readonly id?: string | undefined;
  readonly passphrase: Uint8Array;
  readonly now: string;
  /** What the ledger will say of them. */
  readonly roles: readonly Role[];
  readonly kdf?: ScryptParameters;
}): Promise<{ readonly record: PersonRecord; readonly identity: OpenIdentity }> {
  const keys = generateKeys();
  const base = {
    format: 'wardmux-person',
    version: 1,
    id: input.id ?? newPersonId(),
    name: nameSchema.parse(input.name),
    created: input.now,
    encryptionKey: keys.encryptionKey,
    signingKey: keys.signingKey,
  } as const;
  const vaultKey = randomBytes(32);
  const identity = sealIdentity(vaultKey, keys, base);
  const kdf = input.kdf ?? (await measuredScryptParameters());
  const slot = await passphraseSlot(base.id, input.passphrase, input.now, kdf, (wrap) => wrap(vaultKey));
  const record: PersonRecord = { ...base, slots: [slot], identity };
  const open = OpenIdentity.open({ ...record, roles: input.roles, active: true }, vaultKey, slot.id);
  if (!open) throw new Error('a new identity does not open');
  return { record, identity: open };
}

type PassphraseSlot = Extract<KeySlot, { type: 'passphrase' }>;

/** @param lend gives the vault key for the moment of the wrap. */
async function passphraseSlot(
  person: string,
  passphrase: Uint8Array,
  created: string,
  kdf: ScryptParameters,
  lend: (wrap: (vaultKey: Uint8Array) => Sealed) => Sealed,
): Promise<PassphraseSlot> {
  const bare = { id: newSlotId(), type: 'passphrase', created, kdf } as const;
  const kek = await deriveFromPassphrase(passphrase, kdf);
  try {
    return { ...bare, wrapped: lend((vaultKey) => wrapVaultKey(kek, vaultKey, person, bare)) };
  } finally {
    kek.fill(0);
  }
}

/** A passphrase slot for an open identity. @param passphrase UTF-8 of the NFC form. @param now ISO 8601 UTC. */
export const newPassphraseSlot = (identity: OpenIdentity, passphrase: Uint8Array, now: string, kdf: ScryptParameters): Promise<PassphraseSlot> =>
  passphraseSlot(identity.person.id, passphrase, now, kdf, (wrap) => identity.withVaultKey(wrap));

/** What a wrong passphrase costs: scrypt of each slot, as the sum of N * r * p, and the largest N among them. */
export interface Cost {
  readonly work: number;
  readonly N: number;
}

/** Only what the slots themselves take. */
export const NOTHING_MORE: Cost = { work: 0, N: scryptLimits.minN };
const LEAST: Cost = { work: scryptLimits.minN * 8, N: scryptLimits.minN };
/** A record that somebody has written here makes nobody wait longer than this. */
const MOST_WORK = 2 * scryptLimits.maxN * 8;

function costOf({ slots }: Pick<PersonRecord, 'slots'>): Cost {
  const each = slots.flatMap((slot) => (slot.type === 'passphrase' ? [slot.kdf] : []));
  return { work: each.reduce((sum, { N, r, p }) => sum + N * r * p, 0), N: Math.max(0, ...each.map(({ N }) => N)) };
}

/** The cost for whoever pays most: a wrong passphrase takes as long for everybody, and for nobody. Records that cannot be read cost nothing. */
export function dearest(home: Home): Cost {
  const costs = listPeople(home).map((id) => {
    try {
      return costOf(readPerson(home, id) ?? { slots: [] });
    } catch {
      return costOf({ slots: [] });
    }
  });
  return { work: Math.min(MOST_WORK, Math.max(LEAST.work, ...costs.map(({ work }) => work))), N: Math.max(LEAST.N, ...costs.map(({ N }) => N)) };
}

/** Below this nobody measures a difference: a thousandth of the least that a slot may cost. */
const LEAST_DECOY = 128;

/** Does the work that is still missing. Costs are sums of powers of two. */
async function workOff(passphrase: Uint8Array, missing: number, most: number): Promise<void> {
  for (let left = missing / 8; left >= LEAST_DECOY;) {
    const N = Math.min(most, 2 ** Math.floor(Math.log2(left)));
    (await deriveFromPassphrase(passphrase, newScryptParameters(N))).fill(0);
    left -= N;
  }
}

/**
 * Opens a person's identity with the passphrase.
 * @param person undefined for an unknown person: takes the same time and gives the same error as a wrong passphrase.
 * @param passphrase UTF-8 of the NFC form. Not wiped here.
 * @param whole what a wrong one is to cost in all (`dearest`).
 * @param dearer only for tests: which cost a slot should have.
 * @throws UnlockError `wrong-passphrase`; `disabled`, in the same words and after the same time, for somebody who may not come in; `person-stopped` for
 * somebody who was stopped, where it is right; or `corrupt-vault`
 * where the passphrase is right and the record was changed.
 */
export async function unlockWithPassphrase(person: Person | undefined, passphrase: Uint8Array, whole: Cost, dearer = dearerCost): Promise<OpenIdentity> {
  const slots = person && mayProve(person) ? person.slots.filter((slot) => slot.type === 'passphrase') : [];
  let spent = 0;
  for (const slot of slots) {
    const begun = performance.now();
    const kek = await deriveFromPassphrase(passphrase, slot.kdf);
    const took = performance.now() - begun;
    spent += costOf({ slots: [slot] }).work;
    const vaultKey = unwrapVaultKey(kek, person!.id, slot);
    kek.fill(0);
    if (!vaultKey) continue;
    const identity = openWithVaultKey(person!, vaultKey, slot.id);
    requireNotStopped(identity);
    identity.dearer = dearer(slot.kdf.N, took);
    return identity;
  }
  await workOff(passphrase, whole.work - spent, whole.N);
  throw person && !mayProve(person) ? new UnlockError('disabled', wrongPassphrase().message) : wrongPassphrase();
}

/** Whether what somebody gives is tried at all: of who is disabled, revoked or deleted it is not, and nobody is told why. */
export const mayProve = ({ active, stopped }: Pick<Person, 'active' | 'stopped'>): boolean => active || stopped === true;

/** What was shown is right. Of who is stopped it opens nothing all the same. @throws UnlockError `person-stopped`; the identity is closed then */
export function requireNotStopped(identity: OpenIdentity): void {
  if (!identity.person.stopped) return;
  identity.destroy();
  throw personStopped();
}

/** The last step of every unlock. Takes over `vaultKey`. @throws UnlockError `corrupt-vault` */
export function openWithVaultKey(person: Person, vaultKey: Buffer, slot: string): OpenIdentity {
  const identity = OpenIdentity.open(person, vaultKey, slot);
  if (identity) return identity;
  throw new UnlockError(
    'corrupt-vault',
    `The key slot opened, but the record of ${person.id} in the people folder was changed. Nothing is unlocked. ${advice}`,
  );
}

/**
 * Opens a person's identity with a recovery code, for a new passphrase and for nothing else: the caller sees to that.
 * @param secret 16 bytes, not wiped here.
 * @throws UnlockError `wrong-code`, also for one that was used
 */
export function openWithCode(person: Person, secret: Uint8Array): OpenIdentity {
  const kek = deriveFromCode(secret);
  try {
    for (const slot of person.active ? person.slots : []) {
      const vaultKey = slot.type === 'recovery-code' ? unwrapVaultKey(kek, person.id, slot) : undefined;
      if (vaultKey) return openWithVaultKey(person, vaultKey, slot.id);
    }
  } finally {
    kek.fill(0);
  }
  throw new UnlockError('wrong-code', 'This code opens nothing here: it is not one of this person, it was used, or a newer sheet has taken its place.');
}
