/** What the ledger knows of recordings: which began, which it has closed, and how far it signs for each. */
import type { RecordingStates } from './rules.ts';

export interface KnownRecording {
  /** Time of its `recording.start`, ISO 8601 UTC. */
  readonly began: string;
  /** Whose it is. */
  readonly person: string | null;
  /** The ledger has its end, its failure or its recovery. */
  readonly closed: boolean;
  /** Of what it was imported, that nobody witnessed; null where it was recorded here. */
  readonly imported: string | null;
  /** It was deleted, as the ledger says: it is not missing. */
  readonly deleted: boolean;
  /** Records of the largest head that the ledger signs for. */
  readonly records: number;
}

/** What was read of a ledger. @returns by recording id, in the order of the ledger. */
export function knownRecordings(states: RecordingStates): Map<string, KnownRecording> {
  const known = new Map<string, KnownRecording>();
  for (const [id, { began, person, closed, imported, deleted, head }] of states.entries())
    known.set(id, { began, person, closed: closed !== null, imported, deleted, records: head.size });
  return known;
}
