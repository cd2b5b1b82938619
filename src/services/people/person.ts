/** Whose deed it is: the person who is named, or the only one there is, with a record that is the ledger's. */
import { StorageFault } from '../../disk/fault.ts';
import type { AuditEntry } from '../../ledger/events.ts';
import type { LedgerFacts } from '../../ledger/facts.ts';
import { mayProve, readPerson } from '../../people/person.ts';
import { PersonRefused, readPinned } from '../../people/pinned.ts';
import { foldedName } from '../../people/schema.ts';
import type { Person } from '../../people/types.ts';
import type { Home } from '../../storage/home.ts';
import { SentenceError } from '../../types/sentence.ts';
import type { Enter } from '../deeds/admit.ts';

/** Nobody of that name, or nobody knows which one is meant: a sentence. */
export class UnknownPerson extends SentenceError {
  override name = 'UnknownPerson';
}

/** The event of a record that is not the ledger's; undefined for every other error. @param id whose record was read, where it was one that was */
export function refusedEntry(error: unknown, id?: string): AuditEntry | undefined {
  if (error instanceof PersonRefused) return { action: 'person.refused', person: error.person, detail: { reason: error.reason } };
  if (id === undefined || !isDamaged(error)) return undefined;
  return { action: 'person.refused', person: id, detail: { reason: 'damaged' } };
}

const isDamaged = (error: unknown): boolean => error instanceof StorageFault && error.code === 'corrupt';

/** Whether a person would call both the same. */
export const sameName = (one: string | undefined, other: string): boolean => one !== undefined && foldedName(one) === foldedName(other);

/**
 * Whom somebody means who types an id or a name. Of people who are not deleted no two have the same name (src/services/people/people.ts). Who cannot
 * come in is meant too: a try in their name is an event that names them.
 * Where no record that is the ledger's has that name, one that is not is meant by the name in it, which proves nothing: whoever is meant so is refused, with
 * the sentence of their record, and that is an event. It takes nobody's name away: a record that is the ledger's comes first.
 * @returns their id; what was typed where nobody is meant.
 */
export function meant(home: Home, facts: Pick<LedgerFacts, 'people' | 'person'>, typed: string): string {
  const id = foldedName(typed);
  if (facts.person(id)) return id;
  // Everybody is looked at, whoever is found, so that no answer comes sooner.
  const found: string[] = [];
  const changed: string[] = [];
  for (const each of facts.people().filter((one) => facts.person(one)?.state !== 'deleted'))
    try {
      if (sameName(readPinned(home, facts, each)?.name, typed)) found.push(each);
    } catch {
      if (sameName(unprovenName(home, each), typed)) changed.push(each);
    }
  const [only, ...more] = found.length > 0 ? found : changed;
  return only === undefined || more.length > 0 ? typed : only;
}

/** The name that stands in a record, whoever wrote it there. Undefined where none can be read. */
function unprovenName(home: Home, id: string): string | undefined {
  try {
    return readPerson(home, id)?.name;
  } catch {
    return undefined;
  }
}

/** The records of people that are not as the ledger has them, but of those who are deleted: whose, and what is wrong, as a sentence that says what to do. */
export function changedRecords(home: Home, facts: Pick<LedgerFacts, 'people' | 'person'>): { readonly id: string; readonly error: Error }[] {
  return facts.people().flatMap((id) => {
    if (facts.person(id)?.state === 'deleted') return [];
    try {
      readPinned(home, facts, id);
      return [];
    } catch (error) {
      return refusedEntry(error, id) ? { id, error: error as Error } : [];
    }
  });
}

/** The record of somebody whom the ledger knows. @param enter takes the event of one that is not the ledger's. @throws PersonRefused, StorageFault */
export async function pinnedPerson(home: Home, facts: LedgerFacts, id: string, enter: Enter): Promise<Person | undefined> {
  try {
    return readPinned(home, facts, id);
  } catch (error) {
    const entry = refusedEntry(error, id);
    if (entry) await enter(entry);
    throw error;
  }
}

/** @throws UnknownPerson where there is nobody at all. */
export function requirePeople(home: Home, facts: LedgerFacts): void {
  if (facts.people().length === 0) throw new UnknownPerson(`Nobody is known in ${home.people}. Do the first run: wardmux init`);
}

/**
 * @param wanted an id or a name; undefined for the only person there is.
 * @param enter takes the event of a record that is not the ledger's.
 * @throws UnknownPerson, PersonRefused, StorageFault
 */
export async function choosePerson(home: Home, facts: LedgerFacts, wanted: string | undefined, enter: Enter): Promise<Person> {
  requirePeople(home, facts);
  const ids = facts.active();
  if (wanted === undefined && ids.length !== 1)
    throw new UnknownPerson(`This installation has ${ids.length} people. Say which one with --person ID, one of ${ids.join(', ')}.`);
  const id = wanted === undefined ? ids[0]! : meant(home, facts, wanted);
  const person = await pinnedPerson(home, facts, id, enter);
  if (!person) throw new UnknownPerson(`There is no person ${JSON.stringify(id.slice(0, 40))} here.`);
  if (!mayProve(person)) throw new UnknownPerson(`${id} cannot come in here any more. Whoever is a security admin sees why: wardmux person list`);
  return person;
}
