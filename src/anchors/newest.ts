/**
 * Which of the heads in a file of heads counts: pure. The largest one, not the last line: whoever can append can put an old
 * line behind it. Signatures are asked where the answer hangs on them only: a file in order costs one.
 */
import { parseCheckpoint, type NoteKey } from '../ledger/note.ts';
import { AnchorError } from './errors.ts';
import { headOfNote, noteOfLine } from './head.ts';
import type { AnchorHead } from './types.ts';

/** A signature of two halves takes about a millisecond, and a look waits three seconds: more lines out of order than that are said, and are no state to be called good. */
const MOST_CHECKED = 500;

export interface NewestHead {
  /** The largest head. */
  readonly found: AnchorHead | undefined;
  /** Heads that stand out of order: one that a smaller one stands behind, or another one of its size, and that one. A writer makes none. */
  readonly disordered: readonly AnchorHead[];
  /** Notes in this ledger's name that no key known here has signed, larger than the largest head or behind the last one. */
  readonly unknown: number;
  /** Lines behind the last head that are too long to be one. */
  readonly tooLong: number;
}

/** What a line says that it is. */
interface Claim {
  readonly at: number;
  readonly size: number;
  readonly root: string;
  readonly note: string;
}

/** @param lines of a file, oldest first; undefined for one that is too long. @throws AnchorError 'io' where too many are out of order */
export function newestHead(lines: readonly (string | undefined)[], key: NoteKey): NewestHead {
  const claims = lines.flatMap((line, at): Claim[] => {
    // A look at millions of lines of junk must not take minutes: a head's line has the name as it is.
    const note = line?.includes(key.name) ? noteOfLine(line) : undefined;
    const said = note === undefined ? undefined : parseCheckpoint(note);
    return said?.origin === key.name ? [{ at, ...said.head, note: note! }] : [];
  });
  /** By note: the same one again costs nothing. */
  const asked = new Map<string, AnchorHead | undefined>();
  const headOf = (claim: Claim): AnchorHead | undefined => {
    if (asked.has(claim.note)) return asked.get(claim.note);
    if (asked.size === MOST_CHECKED)
      throw new AnchorError(
        'io',
        `More than ${MOST_CHECKED} notes there are out of order or signed by nobody known here. Keep a copy, and move the file away.`,
      );
    const head = headOfNote(claim.note, key);
    asked.set(claim.note, head);
    return head;
  };
  const disordered: AnchorHead[] = [];
  let order: Claim[] = [];
  for (const claim of claims) {
    const overtaken = (): Claim | undefined => {
      const top = order.at(-1);
      return top && (claim.size < top.size || (claim.size === top.size && claim.root !== top.root)) ? top : undefined;
    };
    if (overtaken() && !headOf(claim)) continue;
    // What nobody known here has signed overtakes nothing.
    for (let top = overtaken(); top && !headOf(top); top = overtaken()) order.pop();
    const top = overtaken();
    if (top) {
      for (const head of [headOf(top)!, headOf(claim)!]) if (!disordered.includes(head)) disordered.push(head);
      order = [];
    }
    order.push(claim);
  }
  const last = claims.findLast(headOf);
  const bySize = claims.toSorted((a, b) => b.size - a.size || b.at - a.at);
  const found = bySize.find(headOf);
  // Of the same head the one that every half signed.
  const largest = bySize.find((claim) => claim.size === found?.size && claim.root === found.root && headOf(claim)?.half === false) ?? found;
  const strange = claims.filter(
    (claim) => asked.has(claim.note) && !asked.get(claim.note) && (claim.size > (largest?.size ?? 0) || claim.at > (last?.at ?? -1)),
  );
  return {
    found: largest && headOf(largest),
    disordered,
    unknown: strange.length,
    tooLong: lines.filter((line, at) => line === undefined && at > (last?.at ?? -1)).length,
  };
}

/** What is said of notes in this ledger's name that no key known here has signed. */
export const unknownSentence = (where: string, count: number): string =>
  `${count} ${count === 1 ? 'newer note' : 'newer notes'} at ${where} ${count === 1 ? 'is' : 'are'} of this ledger by name and signed by no key that is known here: its key was replaced and the data folder was set back to before that, or somebody else writes there. Keep a copy of both for the audit; restore the newest backup, or move that file away where the notes are not yours.`;
