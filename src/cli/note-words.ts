/** Words that lie sealed beside the ledger, once somebody has looked for them with an audit key: a note of an alert, of a review, of the program's files. */
import type { WordsLook } from '../recording/sealed-words.ts';
import { CliError } from './exit.ts';

/** @param note `open`: nobody has written anything. @param whose for people: whose note it is. @param folder where its file belongs @throws CliError */
export function noteWords(note: WordsLook | { readonly state: 'open' }, whose: string, folder: string): string {
  const faults = {
    open: `There is no note of ${whose}: nobody has written one.`,
    missing: `The file with the note of ${whose} is gone from ${folder}. Restore it from a backup.`,
    changed: `The file with the note of ${whose} in ${folder} is not the one that the ledger knows. Keep a copy for the audit, and restore it from a backup.`,
    sealed: `The note of ${whose} is not sealed to that audit key.`,
  } as const;
  if (note.state !== 'read') throw new CliError('failed', faults[note.state]);
  return note.words;
}
