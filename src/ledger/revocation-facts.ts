/**
 * What the ledger's events say of revocation lists: the newest that was seen, whom and what of this installation it names, and what became of the last look
 * for one. Pure. A list is the word of somebody outside, and its signature is looked at where it is read (src/revocation); what holds here is that it
 * only goes forward: an event that takes one back is passed over, and `ledger verify` names it (entitled.ts).
 */
import { revocationStates, type RevocationState } from '../types/words.ts';
import type { KnownPerson } from './person-facts.ts';
import type { LedgerEvent } from './types.ts';

export interface RevocationListFacts {
  readonly number: number;
  /** Of what was signed. */
  readonly sha256: string;
  /** ISO 8601 UTC. */
  readonly issued: string;
  /** Number of the event. */
  readonly seq: number;
  /** Ids of people here whom it names, and of key slots. */
  readonly people: readonly string[];
  readonly slots: readonly string[];
}

export interface RevocationFacts {
  readonly list: RevocationListFacts | null;
  /** Of the last look that was another than the one before it; null where there was none. */
  readonly look: { readonly state: RevocationState; readonly open: boolean; readonly seq: number; readonly time: string } | null;
}
export const NO_REVOCATIONS: RevocationFacts = { list: null, look: null };

/** @returns the same facts for events of other things; a sentence where the event cannot be so, to stand behind "event N ": then nothing of it counts. */
export function nextRevocations(before: RevocationFacts, { action, seq, time, detail = {} }: LedgerEvent): RevocationFacts | string {
  if (action === 'revocation.look') {
    const state = revocationStates.find((word) => word === detail['state']);
    const { open } = detail;
    if (!state || typeof open !== 'boolean') return 'does not say what became of a look at the revocation list';
    return { ...before, look: { state, open, seq, time } };
  }
  if (action !== 'revocation.list') return before;
  const { number, sha256, issued, people, slots } = detail;
  if (typeof number !== 'number' || typeof sha256 !== 'string' || typeof issued !== 'string' || !areTexts(people) || !areTexts(slots))
    return 'does not say which revocation list that was';
  const { list } = before;
  if (list && number < list.number) return `takes the revocation list back to number ${number}, and number ${list.number} was seen before`;
  if (list && number === list.number) {
    if (sha256 !== list.sha256) return `has another revocation list of the number ${number} than the one that was seen before`;
    if (!list.people.every((id) => people.includes(id)) || !list.slots.every((id) => slots.includes(id)))
      return `leaves out what the revocation list of number ${number} named before`;
  }
  return { ...before, list: { number, sha256, issued, seq, people, slots } };
}

const areTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((one) => typeof one === 'string');

/** Somebody as the newest list has them: revoked, as long as it names them. Of who is deleted nothing is left to revoke. */
export function withRevocation(known: KnownPerson, id: string, { list }: RevocationFacts): KnownPerson {
  if (!list) return known;
  const { behind, revokedSlots: _, ...rest } = known;
  const slots = list.slots.length > 0 ? { revokedSlots: list.slots } : {};
  const before = known.state === 'revoked' ? (behind ?? 'active') : known.state;
  if (!list.people.includes(id) || before === 'deleted') return { ...rest, state: before, ...slots };
  return { ...rest, state: 'revoked', behind: before, ...slots };
}
