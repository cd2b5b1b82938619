/** Words of this room. A head is the ledger's signed checkpoint; an anchor is a place outside that keeps heads. */
import type { TreeHead } from '../types/head.ts';
import type { AnchorFailureCode } from './errors.ts';

/** A head of the ledger with the note that signs for it (docs/format.md, Checkpoints). */
export interface AnchorHead extends TreeHead {
  /** When the ledger was seen whole, as its note says: ISO 8601 UTC. */
  readonly time: string;
  readonly note: string;
  /** Of a key of two halves only the first signed it: it can contradict a ledger, and proves nothing. */
  readonly half: boolean;
}

/** Something that somebody outside is to hear of at once: an emergency. */
export interface EmergencyAlert {
  /** Of the emergency. */
  readonly id: string;
  /** When it began: ISO 8601 UTC. */
  readonly time: string;
  /** JSON in one line, ASCII, free of patient data. */
  readonly text: string;
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

/**
 * `anchored`: a head of this ledger stands outside, is not overdue, and the last attempt was taken. `not-anchored`: none, overdue, or it was not.
 * `diverged`: what stands outside is not of this ledger's history: it was set back, or is another one.
 */
export type AnchorGrade = 'anchored' | 'not-anchored' | 'diverged';
