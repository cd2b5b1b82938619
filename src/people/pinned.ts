/**
 * A person's record, held against the ledger. people/ID.json is a place to keep ciphertext in and nothing more: whose keys
 * they are, what they may do and which slots there are, the ledger says. A record that differs is refused with a sentence.
 */
import { createHash } from 'node:crypto';
import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { certifierOf, certify, keysText, type Certificate } from '../ledger/certificate.ts';
import type { LedgerFacts } from '../ledger/facts.ts';
import type { PersonFacts } from '../ledger/certificate.ts';
import type { KnownPerson } from '../ledger/person-facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { SlotChangeWord } from '../ledger/table/people.ts';
import { thumbprint } from '../recording/wrap.ts';
import { syncFolder, writeAtomic } from '../disk/atomic.ts';
import { StorageFault } from '../disk/fault.ts';
import { withFileLock } from '../disk/lock.ts';
import { listFolder, type Home } from '../storage/home.ts';
import { Refusal } from '../types/refusal.ts';
import { UnlockError } from './errors.ts';
import { publicPart, type OpenIdentity } from './identity.ts';
import { gravestoneOf, personPath, readPerson, readPersonAt, recordText, savePerson } from './person.ts';
import { personIdSchema } from './schema.ts';
import { dropHalves, StoredHalves } from './stored-half.ts';
import type { KeySlot, Person, PersonRecord } from './types.ts';

export type PersonMismatch = 'unknown' | 'keys' | 'record' | 'slots' | 'missing' | 'damaged';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What of a slot stays the same as long as it is the same slot: all of a passphrase's; a use of a credential changes its counter, and so the wrap. */
function slotFacts(slot: KeySlot): unknown[] {
  const { id, type, created } = slot;
  const { iv, ciphertext } = slot.wrapped;
  if (slot.type === 'recovery-code') return [id, type, created, slot.number, iv, ciphertext];
  const kdf = 'kdf' in slot ? [slot.kdf.N, slot.kdf.r, slot.kdf.p, slot.kdf.salt] : [];
  if (slot.type === 'passphrase') return [id, type, created, ...kdf, iv, ciphertext];
  return [id, type, created, ...kdf, slot.label, slot.aaguid, slot.credentialId, slot.publicKey, slot.transports, slot.prfSalt];
}

/** What the ledger keeps of a record. */
export function factsOf(person: PersonRecord): PersonFacts {
  return {
    encryptionKey: thumbprint(person.encryptionKey),
    signingKey: thumbprint(person.signingKey),
    // The sealed keys too: they are made once, and a garbled one is to be told from a passphrase that is wrong.
    record: sha256(
      JSON.stringify(['wardmux/v1/record', publicPart(person).toString('utf8'), person.identity?.iv ?? null, person.identity?.ciphertext ?? null]),
    ),
    slots: sha256(JSON.stringify(['wardmux/v1/slots', ...person.slots.map(slotFacts)])),
  };
}

/** @returns what differs; undefined where the record is the one that the ledger knows. */
export function mismatch(person: PersonRecord, known: PersonFacts | undefined): PersonMismatch | undefined {
  if (!known) return 'unknown';
  const facts = factsOf(person);
  if (facts.encryptionKey !== known.encryptionKey || facts.signingKey !== known.signingKey) return 'keys';
  if (facts.record !== known.record) return 'record';
  return facts.slots === known.slots ? undefined : 'slots';
}

const what: Readonly<Record<PersonMismatch, string>> = {
  unknown: 'was never enrolled here',
  keys: 'holds other keys than those that were enrolled here',
  record: 'holds another name or other sealed keys than those that were enrolled here',
  slots: 'holds other key slots than those that were enrolled here',
  missing: 'is not there',
  damaged: 'is damaged',
};

/** A record that is not the one of the ledger. `reason` is for the event. */
export class PersonRefused extends UnlockError {
  readonly person: string;
  readonly reason: PersonMismatch;

  constructor(home: Home, person: string, reason: PersonMismatch) {
    super(
      'changed-person',
      `${personPath(home, person)} ${what[reason]}, as the ledger has it. It is left as it is, and nothing is unlocked or recorded with it. Restore it from a backup, and tell whoever audits this workstation.`,
    );
    this.person = person;
    this.reason = reason;
  }
}

/** Where records wait whose events are not in the ledger yet. Each change has a place of its own: of two that are made at once one is entered. */
const stagedName = (id: string, slots: string): string => `${id}.json.next-${slots.slice(0, 16)}`;
const stagedPath = (home: Home, id: string, slots: string): string => join(home.people, stagedName(personIdSchema.parse(id), slots));

/**
 * Puts a record beside the one in use. It counts from the moment when the ledger has its event.
 * @returns the digest of its slots, by which it is found again. @throws StorageFault
 */
export function stagePerson(home: Home, person: PersonRecord): string {
  const { slots } = factsOf(person);
  writeAtomic(stagedPath(home, person.id, slots), recordText(person));
  return slots;
}

/** The record that waits. Undefined where there is none that can be read. */
function stagedPerson(home: Home, id: string, slots: string): PersonRecord | undefined {
  try {
    return readPersonAt(stagedPath(home, id, slots), id);
  } catch {
    return undefined;
  }
}

/**
 * The record that waits takes the place of the one in use: its event is in the ledger. Of the file that waited nothing is believed: whoever may write in
 * the folder could have taken it away or changed it by now, and what the ledger names would be nowhere.
 * @param person the record whose event it is. @throws StorageFault
 */
export function takeStaged(home: Home, person: PersonRecord): void {
  const { id } = person;
  const facts = factsOf(person);
  try {
    // No room is needed for this on a full disk.
    renameSync(stagedPath(home, id, facts.slots), personPath(home, id));
  } catch (error) {
    // Whoever looked first has done it, or somebody has taken it away.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (!isInPlace(home, id, facts)) savePerson(home, person);
  syncFolder(home.people);
}

function isInPlace(home: Home, id: string, facts: PersonFacts): boolean {
  try {
    const there = readPerson(home, id);
    return there !== undefined && mismatch(there, facts) === undefined;
  } catch {
    return false;
  }
}

/** Records of changes that were begun and never entered: they count for nothing. */
export const unenteredChanges = (home: Home, id: string): string[] =>
  listFolder(home.people, '').filter((name) => name.startsWith(stagedName(personIdSchema.parse(id), '')));

function dropUnentered(home: Home, id: string): void {
  for (const name of unenteredChanges(home, id)) rmSync(join(home.people, name), { force: true });
}

/** Every file here of a record of theirs but the one in use, what a cut write has left too: each opens with what opened at its time. */
export function dropOthers(home: Home, id: string): void {
  const name = `${personIdSchema.parse(id)}.json`;
  for (const other of readdirSync(home.people))
    if (other.startsWith(`${name}.next-`) || (other.startsWith(`.${name}.`) && other.endsWith('.tmp'))) rmSync(join(home.people, other), { force: true });
}

/** `record` of somebody who was deleted when their record was damaged or away: nothing is left of them here. */
export const NO_GRAVESTONE = sha256(JSON.stringify(['wardmux/v1/no-gravestone']));

/**
 * What is to be left of somebody who is deleted.
 * @returns undefined where no record here is the one that the ledger knows. That keeps nobody from being deleted. @throws StorageFault where it cannot be looked at
 */
export function gravestoneIn(home: Home, facts: Pick<LedgerFacts, 'person'>, id: string): PersonRecord | undefined {
  try {
    const person = readPinned(home, facts, id);
    return person && gravestoneOf(person);
  } catch (error) {
    if (!(error instanceof PersonRefused) && !(error instanceof StorageFault && error.code === 'corrupt')) throw error;
    // Of other slots nothing stays, and the rest of that record is the ledger's.
    const person = error instanceof PersonRefused && error.reason === 'slots' ? readPerson(home, id) : undefined;
    return person && gravestoneOf(person);
  }
}

/**
 * The record of a person whom the ledger knows. Undefined for somebody whom neither knows, and for somebody of whom nothing is left.
 * @throws PersonRefused where file and ledger differ, StorageFault where the file cannot be read.
 */
export function readPinned(home: Home, facts: Pick<LedgerFacts, 'person'>, id: string): Person | undefined {
  if (!personIdSchema.safeParse(id).success) return undefined;
  return checkPinned(home, id, facts.person(id));
}

/** A record with what the ledger says of its person. A slot that was revoked is none: it opens nothing, and goes with their next change of slots. */
export const asKnown = (record: PersonRecord, { roles, state, revokedSlots = [] }: Pick<KnownPerson, 'roles' | 'state' | 'revokedSlots'>): Person => ({
  ...record,
  slots: revokedSlots.length === 0 ? record.slots : record.slots.filter(({ id }) => !revokedSlots.includes(id)),
  roles,
  active: state === 'active',
  ...(state === 'stopped' ? { stopped: true } : {}),
  ...(revokedSlots.length === 0 ? {} : { revokedSlots }),
});

/** The same, where somebody outside has revoked slots of which the ledger does not know yet. */
export function withoutSlots(person: Person, isRevoked: (slot: KeySlot) => boolean): Person {
  const gone = person.slots.filter(isRevoked).map(({ id }) => id);
  if (gone.length === 0) return person;
  return { ...person, slots: person.slots.filter(({ id }) => !gone.includes(id)), revokedSlots: [...(person.revokedSlots ?? []), ...gone] };
}

/** Whoever is in does not have the slots that were revoked; their record has them until they change theirs. */
function asUsed(record: PersonRecord, person: Person | PersonRecord): PersonRecord {
  const revoked = 'revokedSlots' in person ? (person.revokedSlots ?? []) : [];
  const stay = record.slots.filter(({ id }) => revoked.includes(id));
  if (stay.length === 0 || stay.length + person.slots.length !== record.slots.length) return person;
  return { ...record, slots: record.slots.map((slot) => person.slots.find(({ id }) => id === slot.id) ?? slot) };
}

/** The same, for whoever was told what the ledger has. */
export function checkPinned(home: Home, id: string, known: KnownPerson | undefined): Person | undefined {
  if (known?.record === NO_GRAVESTONE) return undefined;
  let person: PersonRecord | undefined;
  let damage: StorageFault | undefined;
  try {
    person = readPerson(home, id);
  } catch (error) {
    if (!(error instanceof StorageFault) || error.code !== 'corrupt') throw error;
    damage = error;
  }
  if (!person && !damage && !known) return undefined;
  const reason = person ? mismatch(person, known) : damage ? 'damaged' : 'missing';
  if (reason === undefined) return asKnown(person!, known!);
  // A change whose event was entered before the file got its name: it is done now.
  const staged = known && stagedPerson(home, id, known.slots);
  if (staged && mismatch(staged, known) === undefined) {
    takeStaged(home, staged);
    return asKnown(staged, known);
  }
  // What is wrong with the file, and where in it, is more than that it differs.
  if (damage) throw damage;
  throw new PersonRefused(home, id, reason);
}

/** What a change did to a person's slots, for its event. */
export interface SlotChange {
  readonly change: SlotChangeWord;
  /** The new one, or the one that it is about. */
  readonly slot: string;
  /** Whose place it took; the recovery code that was used. */
  readonly previous?: string | undefined;
  /** Of a credential that came: its authenticator's model (AAGUID). */
  readonly model?: string | undefined;
}

/** A change that is durable beside the record, certified, and not entered yet. */
export interface StagedChange extends SlotChange, Certificate {
  /** Digest of the slots as they shall be. */
  readonly slots: string;
  /** Number of the person's event that it follows. */
  readonly after: number;
}

/** @throws Refusal where another change came between */
const changedMeanwhile = (): Refusal =>
  new Refusal(
    'changed-meanwhile',
    'These key slots were changed by another window or command in the meantime. Nothing was changed now: look at them, and try again.',
  );

/** @throws Refusal where what opened the identity does so no longer */
const openedByNothing = (): Refusal =>
  new Refusal(
    'slot-gone',
    'The passphrase, passkey or code that this was opened with was replaced or removed in the meantime, or its owner is disabled. Nothing was changed: unlock anew.',
  );

/**
 * Changes the slots of an open identity as far as that goes without the ledger.
 * @param known what the ledger has of this person now: the change starts from that record, whatever was read when the identity was opened.
 * @param change puts the new slots into the identity.
 * @returns what `enterStaged` takes. @throws PersonRefused, StorageFault, Refusal where the slot that opened it is gone, and what `change` throws; the
 * identity has its old slots then.
 */
export async function stageChange(
  home: Home,
  installation: string,
  identity: OpenIdentity,
  known: KnownPerson | undefined,
  change: () => SlotChange | Promise<SlotChange>,
): Promise<StagedChange> {
  const { id } = identity.person;
  const fresh = checkPinned(home, id, known);
  if (!fresh || !known) throw new PersonRefused(home, id, 'unknown');
  if (!fresh.active || !identity.ways.stand(fresh.slots)) throw openedByNothing();
  identity.replaceSlots(fresh.slots);
  try {
    const what = await change();
    const facts = factsOf(identity.person);
    const slots = stagePerson(home, identity.person);
    const { seq: after } = known;
    identity.ways.follow(fresh.slots, what);
    const text = keysText({ ...facts, installation, person: id, by: id, after });
    return { ...what, slots, after, ...(await certify(text, fresh.signingKey, (bytes) => identity.sign(bytes))) };
  } catch (error) {
    identity.replaceSlots(fresh.slots);
    throw error;
  }
}

/**
 * Enters a change that waits, then gives it its name: from the event on, it is what counts. What a crash leaves is the record before
 * it or the one after it, and the ledger says which.
 * @throws PersonRefused for a change of anything but slots: keys and name are not a person's own to change; and for one that the
 * certificate is not of. Refusal where another change came between.
 */
export async function enterStaged(home: Home, ledger: Pick<Ledger, 'facts' | 'append' | 'installation'>, id: string, staged: StagedChange): Promise<Person> {
  const { slots, after, change, slot, previous, model, byKey, signature } = staged;
  const record = stagedPerson(home, id, slots);
  if (!record) throw changedMeanwhile();
  const before = slotsIn(home, id);
  const facts = factsOf(record);
  // Asked under the ledger's lock, so that of two changes that follow the same event one is entered.
  const mayEnter = (): void => {
    const known = ledger.facts.person(id);
    if (known && known.seq !== after) throw changedMeanwhile();
    const differs = mismatch(record, known);
    if (differs !== 'slots' || !known) throw new PersonRefused(home, id, differs ?? 'slots');
    // An event that nobody certified would be passed over, and the record with it.
    const text = keysText({ ...facts, installation: ledger.installation, person: id, by: id, after });
    if (known.state !== 'active' || certifierOf(text, { byKey, signature }) !== known.signingKey) throw new PersonRefused(home, id, 'slots');
  };
  const take = (): void => {
    try {
      takeStaged(home, record);
      dropUnentered(home, id);
    } catch {
      // It is entered, so whoever reads the record next gives it its name.
    }
  };
  const detail = {
    ...facts,
    by: id,
    byKey,
    signature,
    change,
    slot,
    ...(previous === undefined ? {} : { previous }),
    ...(model === undefined ? {} : { model }),
  };
  const enter = (): Promise<unknown> => ledger.append({ action: 'person.keys', person: id, detail }, { before: mayEnter, after: take });
  await withFileLock(usePath(home, id), 'A change of key slots', enter);
  // Told when it is so: from here on nothing else opens.
  const person = checkPinned(home, id, ledger.facts.person(id));
  if (!person) throw new PersonRefused(home, id, 'missing');
  await dropHalves(new StoredHalves(home), before, person.slots);
  return person;
}

/** As the file has them, whatever it is worth: what of them goes leaves nothing in the secret store. */
export function slotsIn(home: Home, id: string): readonly KeySlot[] {
  try {
    return readPerson(home, id)?.slots ?? [];
  } catch {
    return [];
  }
}

/** Held while a record gets another one's place. */
const usePath = (home: Home, id: string): string => `${personPath(home, id)}.lock`;

/**
 * Keeps what a use of a passkey has changed: its counter, and with it the wrap. Where the slots were changed meanwhile, or are being
 * changed, the record stays as it is: a counter that is behind by one lets a copied key in once more, and a lost record nobody.
 * @throws StorageFault
 */
export async function saveUse(home: Home, person: Person | PersonRecord): Promise<void> {
  try {
    await withFileLock(usePath(home, person.id), 'A change of key slots', async () => {
      const now = readPerson(home, person.id);
      const used = now && asUsed(now, person);
      if (used && mismatch(now, factsOf(used)) === undefined) savePerson(home, used);
    });
  } catch (error) {
    if (!(error instanceof StorageFault) || error.code !== 'busy') throw error;
  }
}
