/** What is kept of an anchor, read and compared with the ledger; nothing is changed and nobody is told. */
import type { NoteKey } from '../ledger/note.ts';
import { anchorError, AnchorError } from './errors.ts';
import { gradeAnchor } from './grade.ts';
import { headOfNote } from './head.ts';
import { contradicts, type RootAt } from './relation.ts';
import type { AnchorStore } from './store.ts';
import type { AnchorHead, AnchorState, AnchorView, Channel, Receipt } from './types.ts';
import type { AnchorRow } from '../policy/anchors.ts';

/** How long a look at what stands outside may take (ms). */
const LOOK_MS = 3000;

export interface KeptAnchor {
  readonly row: AnchorRow;
  readonly channel: Channel;
  readonly store: AnchorStore;
}

export interface Inspection {
  readonly state: AnchorState;
  /** The newest receipt whose note and proof hold. */
  readonly kept: { readonly receipt: Receipt; readonly head: AnchorHead } | undefined;
  /** Why the newest receipt is not believed. */
  readonly damage: string | undefined;
  /** The first head that this ledger does not extend, and why. */
  readonly divergence: { readonly note: string; readonly sentence: string } | undefined;
  /** When the head that has waited longest was signed, milliseconds since 1970. */
  readonly waitingSince: number | undefined;
  /** Every head of this ledger that is known from this anchor. */
  readonly heads: readonly AnchorHead[];
  /** Why what stands outside could not be read back. */
  readonly unreadable: string | undefined;
}

/**
 * @param ours the ledger's last checkpoint; undefined where it has none.
 * @param look also reads back what stands outside, where the kind can.
 */
export async function inspectAnchor(
  { row, channel, store }: KeptAnchor,
  ours: AnchorHead | undefined,
  key: NoteKey,
  rootAt: RootAt,
  look: boolean,
): Promise<Inspection> {
  const state = await store.readState();
  const receipt = (await store.receipts().catch(() => [])).at(-1);
  let kept: Inspection['kept'];
  let damage: string | undefined;
  if (receipt) {
    const head = headOfNote(receipt.note, key);
    const wrong = head ? await channel.check(head, receipt.proof).catch((error: Error) => error.message) : 'Its note has no good signature.';
    if (head && !wrong) kept = { receipt, head };
    else damage = `The newest receipt of ${row.name} does not hold: ${wrong} The next head makes a new one.`;
  }
  let outside: AnchorHead | undefined;
  let unreadable: string | undefined;
  if (look && channel.latest) {
    try {
      outside = await within(channel.latest(), channel.where);
    } catch (error) {
      unreadable = anchorError(error, channel.where).message;
    }
  }
  // What was signed here and has not gone counts too: the ledger has to extend it all the same.
  const signed = [state.diverged, state.pending].flatMap((note) => (note === null ? [] : (headOfNote(note, key) ?? [])));
  const heads = [outside, ...signed, kept?.head].filter((head) => head !== undefined);
  let divergence: Inspection['divergence'];
  for (const head of heads) {
    const why = await contradicts(head, ours ?? { size: 0, root: '' }, rootAt);
    if (why) divergence ??= { note: head.note, sentence: `The head of ${head.time} for ${row.name} is not one that this ledger extends: ${why}` };
  }
  const newest = ours && !covers(kept?.head, ours) ? Date.parse(ours.time) : undefined;
  const waitingSince = newest === undefined ? undefined : state.failing ? Math.min(newest, Date.parse(state.failing.since)) : newest;
  return { state, kept, damage, divergence, waitingSince, heads, unreadable };
}

/** A share that hangs holds up nobody who only looks. */
async function within<T>(looking: Promise<T>, where: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AnchorError('timeout', `${where} does not answer within ${LOOK_MS / 1000} s.`)), LOOK_MS);
  });
  try {
    return await Promise.race([looking, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Is nothing of the ledger missing from what is kept? */
export function covers(kept: AnchorHead | undefined, head: AnchorHead | undefined): boolean {
  return kept !== undefined && kept.size === head?.size && kept.root === head.root;
}

/** @param now milliseconds since 1970. */
export function viewOf({ row, channel }: KeptAnchor, { kept, damage, divergence, waitingSince, state, unreadable }: Inspection, now: number): AnchorView {
  const view = gradeAnchor({ row, where: channel.where, kept, damage, divergence: divergence?.sentence, failing: state.failing, waitingSince, now });
  return unreadable && view.grade === 'anchored'
    ? { ...view, grade: 'not-anchored', sentence: `${view.sentence} It cannot be read back now: ${unreadable}` }
    : view;
}
