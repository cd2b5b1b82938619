/** What the ledger knows of recordings: which began, which it has closed, and how far it signs for each. */
import type { NoteKey } from './note.ts';
import { readLedger, type LedgerReading } from './read.ts';

export interface KnownRecording {
  /** Time of its `recording.start`, ISO 8601 UTC. */
  readonly began: string;
  /** Whose it is. */
  readonly person: string | null;
  /** The ledger has its end, its failure or its recovery. */
  readonly closed: boolean;
  /** Records of the largest head that the ledger signs for. */
  readonly records: number;
}

/** Reads the ledger once. @returns by recording id, in the order of the ledger. @throws LedgerError */
export function knownRecordings(
  folder: string,
  key: NoteKey,
  signatures: 'all' | 'last' = 'last',
): { reading: LedgerReading; known: Map<string, KnownRecording> } {
  const reading = readLedger(folder, key, { signatures });
  const known = new Map<string, KnownRecording>();
  for (const [id, { began, person, closed, head }] of reading.states.entries()) known.set(id, { began, person, closed: closed !== null, records: head.size });
  return { reading, known };
}
