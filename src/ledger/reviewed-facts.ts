/** Who signs that they have looked through events: an active auditor, about a span that was there. What they did themselves they do not review. Pure. */
import { permissions } from '../access/index.ts';
import { ledgerFindings, type LedgerFinding } from '../types/words.ts';
import type { KnownPeople } from './break-glass-facts.ts';
import { certifierOf, reviewedText } from './certificate.ts';
import type { LedgerEvent } from './types.ts';

export const REVIEWED = 'ledger.reviewed';

/** Events from one number to before another, and what was found in them. */
export interface Reviewed {
  readonly from: number;
  readonly to: number;
  readonly finding: LedgerFinding;
  /** SHA-256 of the file with the sealed note. */
  readonly note: string;
}

/** @returns undefined where it has not the fields of its row, or names a span that was not there. */
export function readReviewed({ action, seq, detail = {} }: Pick<LedgerEvent, 'action' | 'seq' | 'detail'>): (Reviewed & { readonly root: string }) | undefined {
  const { from, to, root, note } = detail;
  const finding = ledgerFindings.find((one) => one === detail['finding']);
  if (action !== REVIEWED || typeof from !== 'number' || typeof to !== 'number' || typeof root !== 'string' || typeof note !== 'string' || !finding)
    return undefined;
  return from >= 0 && from < to && to <= seq ? { from, to, root, finding, note } : undefined;
}

/** Why a `ledger.reviewed` does not count; undefined where it does, and for events of other things: a sentence to stand behind "event N ". */
export function reviewedWhy(before: Pick<KnownPeople, 'person'>, event: LedgerEvent): string | undefined {
  const { action, installation, person: by = '', detail = {} } = event;
  if (action !== REVIEWED) return undefined;
  const said = readReviewed(event);
  if (!said) return 'reviews events and does not say which, or some that were not there';
  const { byKey, signature } = detail;
  const known = before.person(by);
  const may = known?.state === 'active' && known.roles.some((role) => (permissions['ledger.review'].roles as readonly string[]).includes(role));
  const text = reviewedText({ installation, ...said, by });
  const signer = typeof byKey === 'string' && typeof signature === 'string' ? certifierOf(text, { byKey, signature }) : undefined;
  return may && signer === known.signingKey ? undefined : `reviews the events ${said.from} to ${said.to - 1}, and nobody who may has signed that`;
}
