/**
 * Who belongs to an installation, and what they may do. Somebody new makes their own keys under their own passphrase, with nobody else's identity
 * open; a security admin certifies them afterwards, and sees public keys and ciphertext. Everything is an event that the admin has signed: what it says
 * counts from there on, and files follow it (src/ledger/person-facts.ts has the rules once more, for whoever can enter events without asking here).
 */
import { hostname } from 'node:os';
import { rmSync } from 'node:fs';
import { separationOf, type Permission } from '../../access/index.ts';
import type { ScryptParameters } from '../../crypto/kdf.ts';
import type { LedgerFacts } from '../../ledger/facts.ts';
import type { Ledger, Together } from '../../ledger/ledger.ts';
import type { KnownPerson } from '../../ledger/person-facts.ts';
import { areSeconds, givesMore, rolesTakeTwo } from '../../ledger/quorum.ts';
import { Backoff } from '../../people/backoff.ts';
import { readBackoffKey } from '../../people/backoff-key.ts';
import { createPerson, personPath } from '../../people/person.ts';
import { dropOthers, factsOf, gravestoneIn, NO_GRAVESTONE, PersonRefused, readPinned, slotsIn, stagePerson, takeStaged } from '../../people/pinned.ts';
import { hasCredential } from '../../people/slot.ts';
import { dropHalves, StoredHalves } from '../../people/stored-half.ts';
import type { PersonRecord } from '../../people/types.ts';
import { lookPath, openSecretStore, workspacePath, type Home, type Installation } from '../../storage/index.ts';
import { Refusal } from '../../types/refusal.ts';
import { roles as allRoles, type PersonStateWord, type PersonState, type Role } from '../../types/words.ts';
import { requireStillMay } from '../deeds/admit.ts';
import { decided, waiting, type Deciders } from '../deeds/decide.ts';
import { checkName, checkNewPassphrase } from '../../people/new-person.ts';
import { sameName } from './person.ts';

/** Somebody who is about to be enrolled. */
export interface NewPerson {
  readonly name: string;
  /** Of somebody who is known here, and gets new keys (rebind.ts); left out of somebody new. */
  readonly id?: string | undefined;
  /** UTF-8, as it was typed; wiped here. */
  readonly passphrase: Uint8Array;
  readonly workstation?: string;
  readonly now?: () => Date;
  /** For tests: parameters that need no measuring. */
  readonly kdf?: ScryptParameters;
}

/**
 * The new person's part: their keys, and a slot that their passphrase opens. Nothing is written, and their identity is closed again.
 * @throws Refusal `bad-name`, `weak-passphrase`
 */
export async function prepareEnrolment({
  name: given,
  id,
  passphrase,
  workstation = hostname(),
  now = () => new Date(),
  kdf,
}: NewPerson): Promise<PersonRecord> {
  try {
    const name = checkName(given);
    const normal = await checkNewPassphrase(passphrase, name, workstation);
    try {
      const made = await createPerson({
        name,
        id,
        passphrase: normal,
        now: now().toISOString(),
        roles: [],
        ...(kdf ? { kdf } : {}),
      });
      made.identity.destroy();
      return made.record;
    } finally {
      normal.fill(0);
    }
  } finally {
    passphrase.fill(0);
  }
}

/** What a security admin works with, and a second one where it takes two. */
export interface PeopleParts extends Deciders {
  readonly home: Home;
  readonly installation: Installation;
  readonly ledger: Pick<Ledger, 'append' | 'facts' | 'installation'>;
}

/**
 * Who could agree where somebody gets these roles; undefined where that is for one.
 * @param by undefined where it is not known yet who asks @param id undefined of somebody who is yet to be enrolled @param now a moment
 * @throws Refusal `second-needed` where it takes two, and nobody here could be the second
 */
export function othersForRoles(
  facts: LedgerFacts,
  by: string | undefined,
  id: string | undefined,
  roles: readonly Role[],
  now = new Date().toISOString(),
): readonly string[] | undefined {
  const before = id === undefined ? [] : (facts.person(id)?.roles ?? []);
  const quorum = facts.quorum(now, by, id);
  // The same roles once more, by two: they stand for somebody whom one alone has put there.
  if (id !== undefined && standsFor(facts, id, roles, now)) return quorum.seconds;
  if (!rolesTakeTwo(quorum, before, roles)) return undefined;
  if (quorum.until !== undefined) throw waiting(quorum.until);
  return quorum.seconds;
}

/** Whether these are the roles that somebody has, as a security admin or an auditor whom one alone has made, and two could say that they are their own. */
function standsFor(facts: LedgerFacts, id: string, roles: readonly Role[], now: string): boolean {
  const known = facts.person(id);
  const isBound = known !== undefined && areSeconds(roles) && !givesMore(known.roles, roles) && facts.hand(id, now) !== id;
  return isBound && facts.quorum(now, undefined, id).seconds.length > 0;
}

/** @throws Refusal where somebody has exactly these roles, and nothing is to be said of them */
export function requireRoleChange(facts: LedgerFacts, id: string, roles: readonly Role[], called: string): void {
  if (facts.person(id)?.roles.join() !== roles.join() || standsFor(facts, id, roles, new Date().toISOString())) return;
  throw new Refusal('no-change', `${called} has these roles already. Nothing was changed.`);
}

/** Roles, each once, in the order in which they are written. @throws Refusal where one person may not hold all of them */
export function orderedRoles(wanted: readonly Role[]): readonly Role[] {
  const ordered = allRoles.filter((role) => wanted.includes(role));
  const apart = separationOf(ordered);
  if (apart !== undefined) throw new Refusal('not-together', `${apart} Nothing was changed.`);
  return ordered;
}

/**
 * Enrols somebody. @param record of `prepareEnrolment`.
 * @throws Refusal, StorageFault, LedgerError: then nobody was enrolled.
 */
export async function enrol(parts: PeopleParts, record: PersonRecord, wanted: readonly Role[]): Promise<KnownPerson> {
  const { home, installation, ledger, admin } = parts;
  const roles = orderedRoles(wanted);
  const { id, name } = record;
  // An id is never free again; by chance this does not happen.
  if (ledger.facts.person(id)) throw new Refusal('known-id', `The id ${id} was given before. Try again.`);
  const isFree = (): void => {
    if (namesakeOf(home, ledger.facts, record.name, record.id))
      throw new Refusal('same-name', `Somebody here has the name ${JSON.stringify(name)} already. Give a name that tells them apart. Nothing was changed.`);
  };
  isFree();
  const key = await readBackoffKey(openSecretStore(installation.secretStore, home, installation.id));
  try {
    new Backoff(home, key).create(id);
  } finally {
    key.fill(0);
  }
  stagePerson(home, record);
  const whom = { person: id, after: null };
  const by = admin.id;
  const keys = factsOf(record);
  // Before anything is entered: both, or nothing.
  const forRoles = await decided(ledger.installation, parts, { deed: 'roles', ...whom, roles }, othersForRoles(ledger.facts, by, undefined, roles));
  const forKeys = await decided(ledger.installation, { admin }, { deed: 'keys', ...whom, ...keys }, undefined);
  const { before: stillMayEnrol } = stillMay(parts, 'person.enrol');
  const stillEnrols: Together = {
    before: () => {
      stillMayEnrol?.();
      isFree();
    },
  };
  await Promise.all([
    ledger.append({ action: 'person.keys', person: id, detail: { ...keys, by, ...forKeys } }, stillEnrols),
    ledger.append({ action: 'person.roles', person: id, detail: { roles, by, ...forRoles } }, stillEnrols),
  ]);
  const known = ledger.facts.person(id);
  if (known?.roles.join() !== roles.join()) throw passedOver();
  takeStaged(home, record);
  return known;
}

/** Gives somebody else exactly these roles. @throws Refusal, LedgerError: then nothing was changed. */
export async function grantRoles(parts: Omit<PeopleParts, 'home' | 'installation'>, id: string, wanted: readonly Role[]): Promise<void> {
  const { ledger, admin } = parts;
  const roles = orderedRoles(wanted);
  const known = somebodyElse(ledger.facts, admin, id);
  requireRoleChange(ledger.facts, id, roles, id);
  const by = admin.id;
  const request = { deed: 'roles', person: id, roles, after: known.rolesSeq } as const;
  const signatures = await decided(ledger.installation, parts, request, othersForRoles(ledger.facts, by, id, roles));
  const { seq } = await ledger.append(
    { action: 'person.roles', person: id, detail: { roles, by, ...signatures } },
    stillMay(parts, 'role.grant', { id, known }),
  );
  if (ledger.facts.person(id)?.rolesSeq !== seq) throw passedOver();
}

/** Takes away how somebody's windows were arranged and how they look: their key opens it no more. @param id of a person */
export function dropWorkspace(home: Pick<Home, 'workspaces'>, id: string): void {
  for (const path of [workspacePath(home, id), lookPath(home, id)]) rmSync(path, { force: true });
}

/**
 * Disables, enables or deletes somebody else. Of who is deleted the key slots and the sealed keys go: nothing here opens what they recorded any more
 * but the audit key. @throws Refusal, StorageFault, LedgerError: then nothing was changed.
 */
export async function setState(parts: Omit<PeopleParts, 'installation'>, id: string, state: PersonStateWord): Promise<void> {
  const { home, ledger, admin } = parts;
  const known = somebodyElse(ledger.facts, admin, id);
  if (state === known.state) throw new Refusal('no-change', `${id} is ${state} already. Nothing was changed.`);
  if (known.state === 'stopped' && state !== 'deleted')
    throw new Refusal('stopped', `${id} is stopped. Another security admin than who did that lifts it: wardmux stop lift ${id}. Nothing was changed.`);
  if (known.state === 'revoked' && state !== 'deleted')
    throw new Refusal(
      'revoked',
      `${id} is named by the revocation list of this workstation. Whoever signs that leaves them out of the next one. Nothing was changed.`,
    );
  const by = admin.id;
  const gravestone = state === 'deleted' ? gravestoneIn(home, ledger.facts, id) : undefined;
  // Now, and once more when it is entered: a cut in between leaves nothing that nobody clears away.
  if (state === 'deleted') dropOthers(home, id);
  if (gravestone) stagePerson(home, gravestone);
  const record = state !== 'deleted' ? null : gravestone ? factsOf(gravestone).record : NO_GRAVESTONE;
  const request = { deed: 'state', person: id, state, record, after: known.stateSeq } as const;
  const detail = { state, ...(record === null ? {} : { record }), by, ...(await decided(ledger.installation, { admin }, request, undefined)) };
  const needs = state === 'deleted' ? 'person.delete' : 'person.disable';
  const { seq } = await ledger.append({ action: 'person.state', person: id, detail }, stillMay(parts, needs, { id, known }));
  if (ledger.facts.person(id)?.stateSeq !== seq) throw passedOver();
  if (state !== 'deleted') return;
  const before = slotsIn(home, id);
  if (gravestone) takeStaged(home, gravestone);
  else rmSync(personPath(home, id), { force: true });
  dropOthers(home, id);
  // Sealed under a key that is gone; nobody can read how their windows were called.
  dropWorkspace(home, id);
  await dropHalves(new StoredHalves(home), before, []);
}

/**
 * Asked under the ledger's lock: an admin who was disabled since they were let in enters nothing, nor does anybody while the station is stopped, nor is
 * anything entered of somebody whose roles or state have changed since it was certified: it would be passed over.
 * @param of somebody, and as they were then; undefined: somebody new.
 */
export const stillMay = (
  { ledger, admin, second }: Pick<PeopleParts, 'ledger' | 'admin' | 'second'>,
  needs: Permission,
  of?: { readonly id: string; readonly known: KnownPerson },
): Together => ({
  before: () => {
    for (const one of second ? [admin, second] : [admin]) requireStillMay(ledger.facts, one.id, needs);
    // Who was let in before it could keep out whoever is to lift it.
    if (ledger.facts.stationStop) throw new Refusal('stopped', 'This workstation was stopped meanwhile. Nothing was changed.');
    const now = of && ledger.facts.person(of.id);
    if (of && (now?.rolesSeq !== of.known.rolesSeq || now?.stateSeq !== of.known.stateSeq))
      throw new Refusal('changed-meanwhile', `Roles or state of ${of.id} were changed meanwhile. Nothing was changed. Look at: wardmux person list`);
  },
});

/** @throws Refusal where it is nobody, oneself, or somebody who is deleted */
export function somebodyElse(facts: LedgerFacts, admin: Pick<PeopleParts['admin'], 'id'>, id: string): KnownPerson {
  const known = facts.person(id);
  if (!known) throw new Refusal('unknown-person', `There is no person ${JSON.stringify(id.slice(0, 40))} here. Nothing was changed.`);
  if (id === admin.id)
    throw new Refusal(
      'not-yourself',
      'Nobody gives themselves roles or new keys, disables or deletes themselves: another security admin does. Nothing was changed.',
    );
  if (known.state === 'deleted') throw new Refusal('deleted', `${id} is deleted, and that is for ever. Nothing was changed.`);
  return known;
}

/** The ledger has the event, and its rules do not take it: somebody has taken the admin's role meanwhile. */
const passedOver = (): Refusal =>
  new Refusal('not-permitted', 'It was entered, and does not count: your roles were changed meanwhile. Look at: wardmux person list');

/** Somebody else who is not deleted and has this name. @param own undefined of somebody who has no id yet */
export function namesakeOf(home: Home, facts: LedgerFacts, name: string, own?: string): string | undefined {
  return facts.people().find((id) => id !== own && facts.person(id)!.state !== 'deleted' && sameName(nameOf(home, facts, id), name));
}

/** Undefined where the record is not the ledger's. */
export function nameOf(home: Home, facts: LedgerFacts, id: string): string | undefined {
  try {
    return readPinned(home, facts, id)?.name;
  } catch {
    return undefined;
  }
}

/** Somebody, as a list shows them. */
export interface ListedPerson {
  readonly id: string;
  /** Null where the record is not the one that the ledger knows. */
  readonly name: string | null;
  readonly roles: readonly Role[];
  readonly slots: readonly { readonly id: string; readonly type: string; readonly created: string; readonly label?: string }[];
  readonly state: PersonState;
  /** What is wrong with the record; null where nothing is. */
  readonly fault: string | null;
}

/** Everybody who ever was enrolled, in that order. */
export function listedPeople(home: Home, facts: LedgerFacts): ListedPerson[] {
  return facts.people().map((id) => {
    const { roles, state } = facts.person(id)!;
    try {
      const person = readPinned(home, facts, id);
      if (!person) return { id, name: null, roles, slots: [], state, fault: 'missing' };
      const { name, slots } = person;
      const shown = slots.map((slot) => ({
        id: slot.id,
        type: slot.type,
        created: slot.created,
        ...(hasCredential(slot) ? { label: slot.label } : {}),
      }));
      return { id, name, roles, slots: shown, state, fault: null };
    } catch (error) {
      return { id, name: null, roles, slots: [], state, fault: error instanceof PersonRefused ? error.reason : 'unreadable' };
    }
  });
}
