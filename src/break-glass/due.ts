/** What is owed after an emergency, and before the next one: a review, a drill. Pure; from what the ledger says. */
import { EMERGENCY } from '../access/index.ts';
import type { EmergencyFacts } from '../ledger/break-glass-facts.ts';
import type { LedgerFacts } from '../ledger/facts.ts';
import { EMERGENCY_MINUTES } from '../types/words.ts';
import { HOUR_MS, MINUTE_MS } from '../types/units.ts';

/** Hours after its end by which somebody else has reviewed an emergency, and days between two drills (requirements 4.6). */
export const REVIEW_HOURS = 72;
export const DRILL_DAYS = 90;

/** `running`: it is not over. `due`: a review is. `overdue`: it should have been there. `reviewed`: it is. */
export type EmergencyReviewState = 'running' | 'due' | 'overdue' | 'reviewed';

/** @returns milliseconds since the epoch; undefined while it runs. */
export function reviewDueAt({ end }: Pick<EmergencyFacts, 'end'>): number | undefined {
  return end === null ? undefined : Date.parse(end.time) + REVIEW_HOURS * HOUR_MS;
}

/** @param now milliseconds since the epoch. */
export function reviewStateOf(one: Pick<EmergencyFacts, 'end' | 'review'>, now: number): EmergencyReviewState {
  if (one.review) return 'reviewed';
  const due = reviewDueAt(one);
  return due === undefined ? 'running' : now >= due ? 'overdue' : 'due';
}

/** Emergencies that are over and that nobody has reviewed, oldest first. */
export function unreviewed({ emergencies }: Pick<LedgerFacts, 'emergencies'>): readonly EmergencyFacts[] {
  return emergencies.all.filter(({ end, review }) => end !== null && review === null);
}

/**
 * An emergency that the ledger has no end of, although its time is long over: what ran it was ended, and nothing was started here since. Undefined where
 * there is none. @param now milliseconds since the epoch; a clock that was set back to before its beginning says no more of it than that there is one.
 */
export function endless({ emergency }: Pick<LedgerFacts, 'emergency'>, now: number): EmergencyFacts | undefined {
  if (!emergency) return undefined;
  const age = now - Date.parse(emergency.time);
  return age >= 0 && age < 2 * EMERGENCY_MINUTES * MINUTE_MS ? undefined : emergency;
}

/** What this person can still review: none that they were in. */
export function reviewableBy(facts: Pick<LedgerFacts, 'emergencies'>, person: string): readonly EmergencyFacts[] {
  return unreviewed(facts).filter((one) => one.person !== person && one.second !== person);
}

/**
 * The oldest emergency of which nobody outside has been told: as long as there is one, the lock page says so to whoever passes.
 * @param carried some anchor of the policy in force carries alerts: then only its leaving counts. Where none does, somebody's review does: whoever is in on it
 * could otherwise keep the alert here for ever with one.
 */
export function silentAlert({ emergencies }: Pick<LedgerFacts, 'emergencies'>, carried: boolean): EmergencyFacts | undefined {
  return emergencies.all.find(({ alerted, review }) => alerted.length === 0 && (carried || review === null));
}

/** Those who have the role of emergencies and whose last drill is too old, or never was. @param now milliseconds since the epoch */
export function drillsDue(facts: Pick<LedgerFacts, 'active' | 'person' | 'drill'>, now: number): { readonly person: string; readonly last: string | null }[] {
  return facts
    .active()
    .filter((id) => facts.person(id)?.roles.includes(EMERGENCY))
    .map((person) => ({ person, last: facts.drill(person)?.time ?? null }))
    .filter(({ last }) => last === null || now - Date.parse(last) >= DRILL_DAYS * 24 * HOUR_MS);
}
