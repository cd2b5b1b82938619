/**
 * A person's record, held against the ledger. people/ID.json is a place to keep ciphertext in and nothing more: whose keys
 * they are, what they may do and which slots there are, the ledger says. A record that differs is refused with a sentence.
 */
import { createHash } from 'node:crypto';
import { renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { certifierOf, certify, keysText, type Certificate } from '../ledger/certificate.ts';
import type { LedgerFacts } from '../ledger/facts.ts';
import type { KnownPerson, PersonFacts } from '../ledger/person-facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { thumbprint } from '../recording/wrap.ts';
import { syncFolder, writeAtomic } from '../disk/atomic.ts';
import { StorageFault } from '../disk/fault.ts';
import type { Home } from '../storage/home.ts';
import { UnlockError } from './errors.ts';
import { publicPart } from './identity.ts';
import { personPath, readPerson, readPersonAt, recordText } from './person.ts';
import { personIdSchema } from './schema.ts';
import type { Identity, KeySlot, Person, PersonRecord } from './types.ts';

export type PersonMismatch = 'unknown' | 'keys' | 'record' | 'slots' | 'missing' | 'damaged';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What of a slot stays the same as long as it is the same slot: all of a passphrase's; a use of a passkey changes its counter, and so its wrap. */
function slotFacts(slot: KeySlot): unknown[] {
  const { id, type, created } = slot;
  if (slot.type === 'passphrase') return [id, type, created, slot.kdf.N, slot.kdf.r, slot.kdf.p, slot.kdf.salt, slot.wrapped.iv, slot.wrapped.ciphertext];
  return [id, type, created, slot.label, slot.credentialId, slot.publicKey, slot.transports, slot.prfSalt];
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

/** Where a record waits whose event is not in the ledger yet. */
const stagedPath = (home: Home, id: string): string => `${personPath(home, id)}.next`;

/** Puts a record beside the one in use. It counts from the moment when the ledger has its event. @throws StorageFault */
export function stagePerson(home: Home, person: PersonRecord): void {
  writeAtomic(stagedPath(home, person.id), recordText(person));
}

/** The record that waits. Undefined where there is none that can be read. */
function stagedPerson(home: Home, id: string): PersonRecord | undefined {
  try {
    return readPersonAt(stagedPath(home, id), id);
  } catch {
    return undefined;
  }
}

/** The record that waits takes the place of the one in use: its event is in the ledger. */
export function takeStaged(home: Home, id: string): void {
  const path = stagedPath(home, id);
  renameSync(path, personPath(home, id));
  syncFolder(dirname(path));
}

/**
 * The record of a person whom the ledger knows. Undefined for somebody whom neither knows.
 * @throws PersonRefused where file and ledger differ, StorageFault where the file cannot be read.
 */
export function readPinned(home: Home, facts: Pick<LedgerFacts, 'person'>, id: string): Person | undefined {
  if (!personIdSchema.safeParse(id).success) return undefined;
  return checkPinned(home, id, facts.person(id));
}

/** A record with what the ledger says of its person. */
export const asKnown = (record: PersonRecord, { roles, state }: Pick<KnownPerson, 'roles' | 'state'>): Person => ({
  ...record,
  roles,
  active: state === 'active',
});

/** The same, for whoever was told what the ledger has. */
export function checkPinned(home: Home, id: string, known: KnownPerson | undefined): Person | undefined {
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
  const staged = stagedPerson(home, id);
  if (staged && mismatch(staged, known) === undefined) {
    takeStaged(home, id);
    return asKnown(staged, known!);
  }
  // What is wrong with the file, and where in it, is more than that it differs.
  if (damage) throw damage;
  throw new PersonRefused(home, id, reason);
}

/** Who is in certifies the slots that they have now. @param after number of the event before it (`KnownPerson.seq`). */
export function certifySlots(installation: string, identity: Pick<Identity, 'person' | 'sign'>, after: number): Promise<Certificate> {
  const { person } = identity;
  const text = keysText({ ...factsOf(person), installation, person: person.id, by: person.id, after });
  return certify(text, person.signingKey, (bytes) => identity.sign(bytes));
}

/**
 * Enters the change that waits, then gives it its name: from the event on, it is what counts.
 * @param certificate of the person themselves.
 * @throws PersonRefused for a change of anything but slots: keys and name are not a person's own to change; and for one that the
 * certificate is not of.
 */
export async function enterStaged(
  home: Home,
  ledger: Pick<Ledger, 'facts' | 'append' | 'installation'>,
  id: string,
  certificate: Certificate,
): Promise<Person> {
  const known = ledger.facts.person(id);
  const staged = stagedPerson(home, id);
  if (!staged) throw new PersonRefused(home, id, 'missing');
  const differs = mismatch(staged, known);
  if (differs !== 'slots' || !known) throw new PersonRefused(home, id, differs ?? 'slots');
  const facts = factsOf(staged);
  // An event that nobody certified would be passed over, and the record with it.
  const text = keysText({ ...facts, installation: ledger.installation, person: id, by: id, after: known.seq });
  if (known.state !== 'active' || certifierOf(text, certificate) !== known.signingKey) throw new PersonRefused(home, id, 'slots');
  await ledger.append({ action: 'person.keys', person: id, detail: { ...facts, by: id, ...certificate } });
  takeStaged(home, id);
  return asKnown(staged, known);
}
