/** The ledger's vocabulary: one JSON event a line, each event a leaf of one RFC 6962 tree. Never any pane text in it. */
import type { TreeHead } from '../types/head.ts';
import type { OpenedHeads, RecordingHead } from './heads.ts';

/** What an unlock has shown. */
export interface Authority {
  /** Authenticator assurance level of NIST SP 800-63B-4: 1 for a passphrase, 2 for a passkey that asked who is there. */
  readonly aal: 1 | 2 | 3;
  /** Id of the key slot that opened the identity. */
  readonly credential: string;
}

/** An event as its writer states it. The ledger adds the rest. */
export interface LedgerEntry {
  /** A row of events.ts, for example `lock` or `recording.end`. */
  readonly action: string;
  readonly person?: string;
  readonly outcome?: 'success' | 'failure';
  /** Fields that the row of events.ts allows, and no others. */
  readonly detail?: Readonly<Record<string, string | number | boolean | null | readonly string[]>>;
  /** Of `recording.heads` alone, and in place of `detail`: the ledger makes that. */
  readonly heads?: readonly RecordingHead[];
}

/** An event as it stands in the ledger. */
export interface LedgerEvent extends Omit<LedgerEntry, 'heads'> {
  /** From 0, without gaps: also its leaf index. */
  readonly seq: number;
  /** When it happened: ISO 8601 UTC with milliseconds. */
  readonly time: string;
  /** When it was entered, where that was later because the ledger could not be written. */
  readonly entered?: string;
  /** Microseconds of the monotonic clock when it happened: since the machine began, and only comparable until it begins again. Null where there is none. */
  readonly monoUs: number | null;
  readonly installation: string;
  /** Of the unlock that was in force in the process that entered it; both null where none was. */
  readonly aal: Authority['aal'] | null;
  readonly credential: string | null;
  /** Of `recording.heads` alone, and no part of the leaf. */
  readonly opened?: OpenedHeads;
}

/** A C2SP checkpoint as a signed note (c2sp.org/tlog-checkpoint, c2sp.org/signed-note). */
export interface SignedCheckpoint {
  readonly origin: string;
  readonly head: TreeHead;
  readonly note: string;
}

/** A head of the ledger that is kept outside of its folder. */
export interface OutsideHead extends TreeHead {
  /** Where it was found, for people. */
  readonly source: string;
  /** As its note says: ISO 8601 UTC. */
  readonly time: string;
  readonly note: string;
  /** It lies in the data folder after all, and is set back with it, or where no policy that ever was in force has an anchor. */
  readonly here?: boolean;
  /** Of a key of two halves only the first signed it: it can contradict a ledger, and proves nothing. */
  readonly half: boolean;
}

/** Where heads are kept that whoever writes in the ledger's folder cannot change. */
export interface KnownHeads {
  /** Every head that can be found now. */
  known(): Promise<readonly OutsideHead[]>;
  /** Keeps the head of a checkpoint. Nobody waits for it but the end. */
  keep(note: string): Promise<void>;
}
