/** Whose deed it is: the person who is named, or the only one there is, with a record that is the ledger's. */
import type { AuditEntry } from '../ledger/events.ts';
import type { LedgerFacts } from '../ledger/facts.ts';
import { PersonRefused, readPinned } from '../people/pinned.ts';
import type { PersonRecord } from '../people/types.ts';
import type { Home } from '../storage/home.ts';
import { SentenceError } from '../types/sentence.ts';
import type { Enter } from './admit.ts';

/** Nobody of that name, or nobody knows which one is meant: a sentence. */
export class UnknownPerson extends SentenceError {
  override name = 'UnknownPerson';
}

/** The event of a record that is not the ledger's. */
export const refusedEntry = ({ person, reason }: PersonRefused): AuditEntry => ({ action: 'person.refused', person, detail: { reason } });

/**
 * @param wanted an id; undefined for the only person there is.
 * @param enter takes the event of a record that is not the ledger's.
 * @throws UnknownPerson, PersonRefused, StorageFault
 */
export async function choosePerson(home: Home, facts: LedgerFacts, wanted: string | undefined, enter: Enter): Promise<PersonRecord> {
  const ids = facts.people();
  if (ids.length === 0) throw new UnknownPerson(`Nobody is known in ${home.people}. Do the first run: wardmux init`);
  const id = wanted ?? (ids.length === 1 ? ids[0] : undefined);
  if (id === undefined) throw new UnknownPerson(`This installation has ${ids.length} people. Say which one with --person ID, one of ${ids.join(', ')}.`);
  let person: PersonRecord | undefined;
  try {
    person = readPinned(home, facts, id);
  } catch (error) {
    if (error instanceof PersonRefused) await enter(refusedEntry(error));
    throw error;
  }
  if (!person) throw new UnknownPerson(`There is no person ${JSON.stringify(id.slice(0, 40))} here.`);
  return person;
}
