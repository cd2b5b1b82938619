/** Is a head that is kept outside one of this ledger's history? */
import type { NoteKey } from '../ledger/note.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { LedgerQuestions } from '../ledger/lookups.ts';
import { LedgerView } from '../ledger/view.ts';
import type { TreeHead } from '../types/head.ts';

/** Root of the ledger's tree at a size, lower-case hex; undefined where the ledger has fewer events. */
export type RootAt = (size: number) => Promise<string | undefined>;

/** The history of the ledger here: what heads that are kept outside are held against. */
export interface History {
  readonly rootAt: RootAt;
  /** When the event of this number was entered, milliseconds since 1970; undefined where the ledger has none. */
  readonly timeOf: (seq: number) => Promise<number | undefined>;
}

/**
 * @param outside the head that is kept outside.
 * @param ours the ledger's own head.
 * @returns a sentence where the ledger does not extend it; undefined where it does.
 */
export async function contradicts(outside: TreeHead, ours: TreeHead, rootAt: RootAt): Promise<string | undefined> {
  // Another process may have written on, and handed its head over, since ours was signed.
  const root = outside.size === ours.size ? ours.root : await rootAt(outside.size);
  if (root === undefined) return `it has ${outside.size} events, and the ledger here has ${ours.size}. The ledger was cut, or set back to an older copy.`;
  if (root !== outside.root) return `its first ${outside.size} events are others than those here. The ledger was rewritten.`;
  return undefined;
}

const timeIn = async (ledger: Pick<LedgerQuestions, 'event'>, seq: number): Promise<number | undefined> => {
  const found = await ledger.event(seq);
  return found && Date.parse(found.event.time);
};

/** The history of a ledger that is open here, and that others write as well. */
export function historyOf(ledger: Pick<Ledger, 'rootAt' | 'event' | 'refresh'>): History {
  const ask = async <T>(question: () => Promise<T | undefined>): Promise<T | undefined> => {
    const answer = await question();
    if (answer !== undefined) return answer;
    await ledger.refresh();
    return question();
  };
  return { rootAt: (size) => ask(() => ledger.rootAt(size)), timeOf: (seq) => ask(() => timeIn(ledger, seq)) };
}

/** The history of a ledger that nobody here holds open. @param folder of the ledger. @param read what was read of it: it is read again only for what came later. */
export function historyAt(folder: string, key: NoteKey, read?: LedgerQuestions): History {
  const ask = async <T>(question: (view: LedgerQuestions) => Promise<T | undefined>): Promise<T | undefined> => {
    const known = read && (await question(read));
    if (known !== undefined) return known;
    const view = await LedgerView.open(folder, key);
    try {
      return view && (await question(view));
    } finally {
      view?.close();
    }
  };
  return { rootAt: (size) => ask((view) => view.rootAt(size)), timeOf: (seq) => ask((view) => timeIn(view, seq)) };
}
