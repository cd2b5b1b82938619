/** A line of the ledger that is the event that is due there. */
import { decodeLine } from './events.ts';
import type { NoteKey } from './note.ts';
import type { LedgerEvent } from './types.ts';

/** An event of the ledger with the entry that is its leaf. */
export interface FoundEvent {
  readonly event: LedgerEvent;
  readonly entry: Buffer;
}

/** @returns undefined where a line is not the event that is due. */
export function eventAt(line: Buffer, seq: number, key: NoteKey): FoundEvent | undefined {
  const found = decodeLine(line);
  return found?.event.seq === seq && found.event.installation === key.name.split('/')[1] ? found : undefined;
}
