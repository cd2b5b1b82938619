/** Heads from notes. */
import { openCheckpoint, parseCheckpoint, type NoteKey } from '../ledger/note.ts';
import type { AnchorHead } from './types.ts';

/** @returns the head that a note signs for with this key, or undefined where it is no such note. */
export function headOfNote(note: string, key: NoteKey): AnchorHead | undefined {
  const opened = openCheckpoint(note, key);
  return opened?.time === undefined ? undefined : { ...opened.head, time: opened.time, note, half: opened.second === 'missing' };
}

/**
 * A note that says it is of this very ledger, and that no key known here has signed: of a key that came after (then installation.json
 * was set back), or of somebody who writes in its name.
 */
export function isOfUnknownKey(note: string, key: NoteKey): boolean {
  return parseCheckpoint(note)?.origin === key.name && headOfNote(note, key) === undefined;
}

/** @returns the note of a line `{"note":"…"}`, as the ledger's checkpoint file and file drops have them. */
export function noteOfLine(line: string): string | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const note = typeof value === 'object' && value !== null ? (value as { note?: unknown }).note : undefined;
    return typeof note === 'string' ? note : undefined;
  } catch {
    return undefined;
  }
}
