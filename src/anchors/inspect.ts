/** What is kept of an anchor, read and compared with the ledger; nothing is changed and nobody is told. */
import type { NoteKey } from '../ledger/note.ts';
import { inTime } from '../time/in-time.ts';
import { anchorError, AnchorError } from './errors.ts';
import { gradeAnchor, type AnchorView, type KeptHead } from './grade.ts';
import { headOfNote } from './head.ts';
import { unknownSentence } from './newest.ts';
import { contradicts, type History } from './relation.ts';
import type { AnchorStore } from './store.ts';
import type { AnchorHead, AnchorState } from './types.ts';
import type { Channel } from './kind.ts';
import { keptAt, type AnchorRow, type AnchorProof } from './kinds.ts';

/** How long a look at what stands outside may take (ms). */
const LOOK_MS = 3000;

export interface KeptAnchor {
  readonly row: AnchorRow;
  readonly channel: Channel<AnchorProof>;
  readonly store: AnchorStore;
}

export interface Inspection {
  readonly state: AnchorState;
  /** What the anchor gave for the newest head that this workstation has signed a receipt of. */
  readonly proof: AnchorProof | undefined;
  /** The newest head that is known to stand there: from the place itself where it was looked at, or else from the newest receipt that holds. */
  readonly kept: KeptHead | undefined;
  /** Why what is kept is not believed. */
  readonly damage: string | undefined;
  /** What was passed over and was no head and no receipt, for people. */
  readonly passedOver: string | undefined;
  /** The first head that this ledger does not extend, and why. */
  readonly divergence: { readonly note: string; readonly sentence: string } | undefined;
  /** When the first event that stands nowhere outside was entered, milliseconds since 1970. */
  readonly waitingSince: number | undefined;
  /** Every head of this ledger that is known from this anchor; `here` are those that lie in the data folder. */
  readonly heads: readonly (AnchorHead & { readonly here: boolean })[];
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
  history: History,
  look: boolean,
): Promise<Inspection> {
  const state = await store.readState();
  const { receipts, ignored } = await store.receipts(key).catch(() => ({ receipts: [], ignored: 0 }));
  const receipt = receipts.at(-1);
  let kept: Inspection['kept'];
  let damage: string | undefined;
  if (receipt) {
    const head = headOfNote(receipt.note, key);
    const wrong = head ? await channel.check(head, receipt.proof).catch((error: Error) => error.message) : 'Its note has no good signature.';
    if (head && !wrong) kept = { head, at: keptAt(receipt) };
    else damage = `The newest receipt of ${row.name} does not hold: ${wrong} The next head makes a new one.`;
  }
  const noted = kept?.head;
  let outside: AnchorHead | undefined;
  let unreadable: string | undefined;
  let tooLong = 0;
  let unknown = 0;
  let disordered: readonly AnchorHead[] = [];
  if (look && channel.latest) {
    try {
      ({ found: outside, disordered, tooLong, unknown } = await within(channel.latest(receipt?.proof), channel.where));
      // What can be looked at is judged by itself. The receipt was read before it, so what is there cannot be older.
      if (noted && noted.size > (outside?.size ?? 0))
        damage = `A receipt of ${row.name} says that a head of ${noted.size} events stood at ${channel.where}, and the newest there has ${outside?.size ?? 0}: it was cut, or is another file.`;
      if (unknown > 0) damage = unknownSentence(channel.where, unknown);
      if (!outside || outside.note !== noted?.note) kept = outside && { head: outside, at: outside.time };
    } catch (error) {
      unreadable = anchorError(error, channel.where).message;
    }
  }
  // What was signed here and has not gone counts too: the ledger has to extend it all the same.
  const signed = [state.diverged, state.pending].flatMap((note) => (note === null ? [] : (headOfNote(note, key) ?? [])));
  const here = [...signed, ...(noted ? [noted] : [])].map((head) => ({ ...head, here: true }));
  const heads = [...[...(outside ? [outside] : []), ...disordered].map((head) => ({ ...head, here: false })), ...here];
  let divergence: Inspection['divergence'];
  for (const head of heads) {
    const why = await contradicts(head, ours ?? { size: 0, root: '' }, history.rootAt);
    if (why) divergence ??= { note: head.note, sentence: `The head of ${head.time} for ${row.name} is not one that this ledger extends: ${why}` };
  }
  const waitingSince = await waitsSince(kept?.head, ours, history, state);
  const passedOver = [
    ...(ignored > 0
      ? [`${ignored} ${ignored === 1 ? 'line' : 'lines'} among its receipts ${ignored === 1 ? 'is' : 'are'} not signed by this installation: not believed.`]
      : []),
    ...(disordered.length > 0
      ? [
          `A head of ${disordered[1]!.size} events stands at ${channel.where} behind one of ${disordered[0]!.size}: somebody put an old line there, or a data folder that was set back was at work. The largest counts.`,
        ]
      : []),
    ...(tooLong > 0
      ? [`${tooLong} ${tooLong === 1 ? 'line' : 'lines'} at the end of ${channel.where} ${tooLong === 1 ? 'is' : 'are'} too long to be a head: passed over.`]
      : []),
  ];
  return { state, proof: receipt?.proof, kept, damage, passedOver: passedOver.join(' ') || undefined, divergence, waitingSince, heads, unreadable };
}

/** The ledger says it, and not a file that says when an attempt failed: that can be removed, and each new head would set the time back to nothing. */
async function waitsSince(
  kept: AnchorHead | undefined,
  ours: AnchorHead | undefined,
  { timeOf }: History,
  { failing }: AnchorState,
): Promise<number | undefined> {
  if (!ours || covers(kept, ours)) return undefined;
  const times = [Date.parse(ours.time), ...(failing ? [Date.parse(failing.since)] : [])];
  const first = kept && kept.size < ours.size ? await timeOf(kept.size) : undefined;
  return Math.min(...times, ...(first === undefined ? [] : [first]));
}

/** A share that hangs holds up nobody who only looks. */
function within<T>(looking: Promise<T>, where: string): Promise<T> {
  return inTime(looking, LOOK_MS, () => {
    throw new AnchorError('timeout', `${where} does not answer within ${LOOK_MS / 1000} s.`);
  });
}

/** Is nothing of the ledger missing from what is kept, nor a half of the signature? */
export function covers(kept: AnchorHead | undefined, head: AnchorHead | undefined): boolean {
  return kept !== undefined && kept.size === head?.size && kept.root === head.root && (!kept.half || head.half);
}

/** @param now milliseconds since 1970. */
export function viewOf({ row, channel }: KeptAnchor, inspection: Inspection, now: number): AnchorView {
  const { kept, damage, passedOver, divergence, waitingSince, state, unreadable } = inspection;
  const graded = gradeAnchor({ row, where: channel.where, kept, damage, divergence: divergence?.sentence, failing: state.failing, waitingSince, now });
  const view = passedOver ? { ...graded, sentence: `${graded.sentence} ${passedOver}` } : graded;
  return unreadable && view.grade !== 'diverged'
    ? { ...view, grade: 'not-anchored', sentence: `${view.sentence} It cannot be read back now: ${unreadable}` }
    : view;
}
