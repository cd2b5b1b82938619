/** Words of this room. A head is the ledger's signed checkpoint; an anchor is a place outside that keeps heads. */
import type { AnchorRow, Proof } from './kinds.ts';
import type { TreeHead } from '../types/head.ts';
import type { AnchorFailureCode } from './errors.ts';
import type { NewestHead } from './newest.ts';

/** A head of the ledger with the note that signs for it (docs/format.md, Checkpoints). */
export interface AnchorHead extends TreeHead {
  /** When the ledger was seen whole, as its note says: ISO 8601 UTC. */
  readonly time: string;
  readonly note: string;
  /** Of a key of two halves only the first signed it: it can contradict a ledger, and proves nothing. */
  readonly half: boolean;
}

/** A head that an anchor took, as a line of receipts.jsonl keeps it, signed by the installation. */
export interface Receipt {
  /** This workstation's clock, ISO 8601 UTC. */
  readonly at: string;
  readonly note: string;
  readonly proof: Proof;
}

/** What is kept between attempts, and over a crash: state.json. */
export interface AnchorState {
  /** The newest head that has not gone yet. An older one is covered by it. */
  readonly pending: string | null;
  readonly failing: { readonly since: string; readonly attempts: number; readonly code: AnchorFailureCode } | null;
  /** A head that stands outside, and that the ledger does not extend. */
  readonly diverged: string | null;
  /** When the ledger was last told, by event: told again after a day, or when it is something new. */
  readonly told: { readonly sent: string | null; readonly failed: string | null };
}

/** The way to an anchor. */
export interface Channel {
  /** For people: `folder /mnt/audit`, `siem.example.org:6514`. */
  readonly where: string;
  /**
   * Hands a head over. Resolves only when the kind's own condition for that is met (see each file).
   * @param signal ends the attempt.
   * @param known what it gave for a head before, signed for here.
   * @throws AnchorError
   */
  send(head: AnchorHead, signal: AbortSignal, known?: Proof): Promise<Proof>;
  /** Checks a proof that was given before. @returns a sentence where it does not hold. */
  check(head: AnchorHead, proof: Proof): Promise<string | undefined>;
  /** The heads that can be read back there, where this kind can be read. @param known as send. @throws AnchorError */
  latest?(known?: Proof): Promise<NewestHead>;
}

/**
 * `anchored`: a head of this ledger stands outside, is not overdue, and the last attempt was taken. `not-anchored`: none, overdue, or it was not.
 * `diverged`: what stands outside is not of this ledger's history: it was set back, or is another one.
 */
export type AnchorGrade = 'anchored' | 'not-anchored' | 'diverged';

export interface AnchorView {
  readonly name: string;
  readonly kind: AnchorRow['kind'];
  readonly where: string;
  readonly grade: AnchorGrade;
  /** The newest head that stands outside. */
  readonly head: { readonly size: number; readonly root: string; readonly time: string } | null;
  /** When it was handed over; for a timestamp, the authority's time. ISO 8601 UTC. */
  readonly at: string | null;
  /** Seconds since then. */
  readonly ageSeconds: number | null;
  readonly failing: AnchorState['failing'];
  /** For people. */
  readonly sentence: string;
}
