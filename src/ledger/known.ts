/** What the ledger knows of recordings: which began, which it has closed, and how far its signed checkpoints go in each. */
import type { NoteKey } from './note.ts';
import { readLedger, type LedgerReading } from './read.ts';

export interface KnownRecording {
  /** The ledger has its `recording.start`. */
  readonly started: boolean;
  /** The ledger has its end, its failure or its recovery. */
  readonly closed: boolean;
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
  const found = new Map<string, { started: boolean; closed: boolean; heads: { seq: number; size: number }[] }>();
  const reading = readLedger(folder, key, {
    signatures,
    onEvent: ({ seq, action, detail }) => {
      const id = detail?.['recording'];
      if (typeof id !== 'string' || !action.startsWith('recording.')) return;
      const entry = found.get(id) ?? { started: false, closed: false, heads: [] };
      found.set(id, entry);
      if (action === 'recording.start') entry.started = true;
      if (CLOSED.includes(action)) entry.closed = true;
      if (typeof detail?.['size'] === 'number') entry.heads.push({ seq, size: detail['size'] });
    },
  });
  // An event after the last checkpoint is one that anybody of the account could have added while nobody was looking.
  const covered = reading.last?.head.size ?? 0;
  const known = new Map<string, KnownRecording>();
  for (const [id, { started, closed, heads }] of found)
    known.set(id, { started, closed, signed: heads.reduce((most, { seq, size }) => (seq < covered ? Math.max(most, size) : most), 0) });
  return { reading, known };
}
