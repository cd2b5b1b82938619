/** From what somebody enters to the event that stands in the ledger. */
import { sealHeads } from './heads.ts';
import type { RuleBreak } from './rules.ts';
import type { Authority, LedgerEntry, LedgerEvent } from './types.ts';

/** When something happened. */
export interface Moment {
  readonly time: string;
  readonly monoUs: number;
}

/** An entry that is to be written. */
export interface Entering {
  readonly entry: LedgerEntry;
  /** The unlock that was in force. */
  readonly authority: Authority | null;
  /** Where it happened before, and could not be entered then. */
  readonly happened?: Moment;
}

/** What is entered of something late that contradicts what was signed for meanwhile: nothing that happened goes without a word. */
export function refusalOf({ entry, ...moment }: Entering, { broken: rule, recording }: RuleBreak): Entering {
  const { action, person } = entry;
  return { ...moment, entry: { action: 'ledger.refused', ...(person === undefined ? {} : { person }), detail: { action, rule, recording } } };
}

/** @param now when it is written: also when it happened, unless that was before. */
export function eventOf(
  { entry, authority, happened }: Entering,
  { seq, installation, now }: { readonly seq: number; readonly installation: string; readonly now: Moment },
): LedgerEvent {
  const { time, monoUs } = happened ?? now;
  const sealed = entry.heads && sealHeads(entry.heads);
  const detail = sealed ? { heads: sealed.digests } : entry.detail;
  return {
    seq,
    time,
    ...(happened === undefined ? {} : { entered: now.time }),
    monoUs,
    installation,
    action: entry.action,
    ...(entry.person === undefined ? {} : { person: entry.person }),
    ...(entry.outcome === undefined ? {} : { outcome: entry.outcome }),
    aal: authority?.aal ?? null,
    credential: authority?.credential ?? null,
    ...(detail === undefined ? {} : { detail }),
    ...(sealed && { opened: sealed.opened }),
  };
}
