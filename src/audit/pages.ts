/**
 * Events for whoever looks through them in the window: newest first, a page at a time, read from the end. What lies beside the ledger leads to them, and
 * each group is proven against the signed head, so a ledger of ten million events is as quick as one of a hundred.
 */
import type { Severity } from '../alerts/rules.ts';
import type { NoteKey } from '../ledger/note.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { LedgerView } from '../ledger/view.ts';
import { isAsked, isOfKind, type EventQuery } from '../report/events.ts';
import type { EventKind } from '../types/words.ts';

export interface PageQuery extends EventQuery {
  readonly kind: EventKind;
  /** Events of smaller numbers alone; null: from the newest. */
  readonly before: number | null;
  readonly count: number;
}

export interface EventPage {
  /** Events of the whole ledger. */
  readonly size: number;
  /** Newest first, each with how bad the worst alert is that it raised. */
  readonly events: readonly { readonly event: LedgerEvent; readonly raised: Severity | null }[];
  /** Where to go on (`before`); null where the beginning was reached. */
  readonly next: number | null;
  /** When the last event that was looked at happened; null where there was none. */
  readonly reached: string | null;
}

/** Events that are read and proven together: most pages need one such group. */
const GROUP = 256;
/** So many are looked at for one question, about a second: whoever looks for something rare asks to go on. */
const MOST_LOOKED = 16_384;

/** @throws LedgerError */
export async function pageOf(
  folder: string,
  key: NoteKey,
  { kind, before, count, ...query }: PageQuery,
  raisedBy: (seq: number) => Severity | undefined,
): Promise<EventPage> {
  const view = await LedgerView.open(folder, key);
  if (!view) return { size: 0, events: [], next: null, reached: null };
  try {
    const found: { event: LedgerEvent; raised: Severity | null }[] = [];
    const first = Math.min(before ?? view.events, view.events);
    let reached: string | null = null;
    let at = first;
    while (at > 0 && found.length < count && first - at < MOST_LOOKED) {
      for (const { event } of (await view.between(Math.max(0, at - GROUP), at)).toReversed()) {
        at = event.seq;
        reached = event.time;
        const raised = raisedBy(event.seq) ?? null;
        if (isOfKind(kind, event, raised !== null) && isAsked(query, event)) found.push({ event, raised });
        if (found.length === count) break;
      }
    }
    return { size: view.events, events: found, next: at === 0 ? null : at, reached };
  } finally {
    view.close();
  }
}
