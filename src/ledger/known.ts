/** What the ledger knows of recordings: which began, which it has closed, and how far its signed checkpoints go in each. */
import { recordingPattern } from './events.ts';
import type { NoteKey } from './note.ts';
import { readLedger, type LedgerReading } from './read.ts';

export interface KnownRecording {
  /** Time of its `recording.start`, ISO 8601 UTC; null where the ledger has none. */
  readonly began: string | null;
  /** Whose it is, likewise. */
  readonly person: string | null;
  /** The ledger has its end, its failure or its recovery. */
  readonly closed: boolean;
  /** Records of the largest head that the ledger has of it. */
  readonly records: number;
  /** Records that a signed checkpoint covers: the largest head among the events that the last checkpoint signs for. */
  readonly signed: number;
}

const CLOSED: readonly string[] = ['recording.end', 'recording.failed', 'recording.recovered'];

/** Reads the ledger once. @returns by recording id, in the order of the ledger. @throws LedgerError */
export function knownRecordings(
  folder: string,
  key: NoteKey,
  signatures: 'all' | 'last' = 'last',
): { reading: LedgerReading; known: Map<string, KnownRecording> } {
  const found = new Map<string, { began: string | null; person: string | null; closed: boolean; heads: { seq: number; size: number }[] }>();
  const reading = readLedger(folder, key, {
    signatures,
    onEvent: ({ seq, time, action, person, detail }) => {
      const id = detail?.['recording'];
      if (typeof id !== 'string' || !recordingPattern.test(id) || !action.startsWith('recording.')) return;
      const entry = found.get(id) ?? { began: null, person: null, closed: false, heads: [] };
      found.set(id, entry);
      if (action === 'recording.start') Object.assign(entry, { began: time, person: person ?? null });
      if (CLOSED.includes(action)) entry.closed = true;
      if (typeof detail?.['size'] === 'number') entry.heads.push({ seq, size: detail['size'] });
    },
  });
  // An event after the last checkpoint is one that anybody of the account could have added while nobody was looking.
  const covered = reading.last?.head.size ?? 0;
  const known = new Map<string, KnownRecording>();
  for (const [id, { heads, ...entry }] of found) {
    const largest = (until: number): number => heads.reduce((most, { seq, size }) => (seq < until ? Math.max(most, size) : most), 0);
    known.set(id, { ...entry, records: largest(Infinity), signed: largest(covered) });
  }
  return { reading, known };
}
