/** Is a head that is kept outside one of this ledger's history? */
import type { NoteKey } from '../ledger/note.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { LedgerView } from '../ledger/view.ts';
import type { TreeHead } from '../types/head.ts';

/** Root of the ledger's tree at a size, lower-case hex; undefined where the ledger has fewer events. */
export type RootAt = (size: number) => Promise<string | undefined>;

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

/** The roots of a ledger that is open here, and that others write as well. */
export function rootsOf(ledger: Pick<Ledger, 'rootAt' | 'refresh'>): RootAt {
  return async (size) => {
    const root = await ledger.rootAt(size);
    if (root !== undefined) return root;
    await ledger.refresh();
    return ledger.rootAt(size);
  };
}

/** The roots of a ledger that nobody here holds open. @param folder of the ledger. */
export function ledgerRootAt(folder: string, key: NoteKey): RootAt {
  return async (size) => {
    const view = await LedgerView.open(folder, key);
    try {
      return await view?.rootAt(size);
    } finally {
      view?.close();
    }
  };
}
