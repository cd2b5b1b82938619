/**
 * Events for whoever asks for them: only those of a ledger that holds, as far as its head vouches for it, and never before the reading itself is
 * entered. Afterwards as they come in, each proven to stand in a ledger that goes on from the one before.
 */
import { statSync } from 'node:fs';
import { LedgerError, restoreAdvice } from '../../ledger/errors.ts';
import { ledgerPaths } from '../../ledger/files.ts';
import { readLedgerGently } from '../../ledger/read.ts';
import type { LedgerEvent } from '../../ledger/types.ts';
import { LedgerView } from '../../ledger/view.ts';
import type { TreeHead } from '../../types/head.ts';
import { appendEvent, type OpenInstallation } from '../installation/installation.ts';

/** Events that are proven together: some hundred kilobytes. */
const GROUP = 1024;

export type ReadHow = 'list' | 'follow' | 'report';

/** Enters that somebody reads. Where that cannot be entered, nothing is to be shown. @throws LedgerError, StorageFault */
export const enterReading = (site: OpenInstallation, how: ReadHow): Promise<void> => appendEvent(site, { action: 'ledger.read', detail: { how } });

/**
 * Reads all of a ledger.
 * @param take is given each event; what it kept counts only when this resolves.
 * @returns how far it was read. @throws LedgerError 'corrupt' where the ledger does not hold: nothing is told from such a one; 'unreadable'
 */
export async function readEvents({ home, noteKey }: OpenInstallation, take: (event: LedgerEvent) => void): Promise<TreeHead> {
  const { faults, tree } = await readLedgerGently(home.ledger, noteKey, { signatures: 'all', onEvent: (event) => take(event) });
  // An append that is under way is none of those that are asked for.
  const fault = faults.find(({ code }) => code !== 'unvouched');
  if (fault) throw new LedgerError('corrupt', `${fault.message} Nothing is shown of a ledger that does not hold. See: wardmux ledger verify`);
  return tree.head();
}

/** @returns whether another head is written than at the question before; at the first one there is. It reads nothing, so it can be asked often. */
export function newHeadOf(folder: string): () => boolean {
  let seen: string | undefined;
  return () => {
    const before = seen;
    seen = headStamp(folder);
    return seen !== before;
  };
}

/** What changes with each head that is written; undefined where there is none. */
function headStamp(folder: string): string | undefined {
  const found = statSync(ledgerPaths(folder).head, { throwIfNoEntry: false, bigint: true });
  return found && `${found.ino} ${found.mtimeNs} ${found.size}`;
}

/**
 * Gives what is entered after `from`, in order and once, until `over` says so.
 * @param pause resolves when it is time to look again.
 * @throws LedgerError 'diverged' where the ledger no longer goes on from what was read before, 'corrupt', 'unreadable'
 */
export async function followEvents(
  { home, noteKey }: OpenInstallation,
  from: TreeHead,
  { take, pause, over }: { readonly take: (event: LedgerEvent) => Promise<void>; readonly pause: () => Promise<void>; readonly over: () => boolean },
): Promise<void> {
  let at = from;
  let seen: string | undefined;
  while (!over()) {
    const stamp = headStamp(home.ledger);
    if (stamp === undefined || stamp !== seen) at = await since(home.ledger);
    seen = stamp;
    if (!over()) await pause();
  }

  async function since(folder: string): Promise<TreeHead> {
    const view = await LedgerView.open(folder, noteKey);
    try {
      if (view === undefined || (await view.rootAt(at.size)) !== at.root)
        throw new LedgerError(
          'diverged',
          `The ledger no longer goes on from the ${at.size} events that were shown: it was cut, set back to an older copy, or rewritten. ${restoreAdvice(home.folder)}`,
        );
      const { size, root } = view.head.tree;
      for (let seq = at.size; seq < size; seq += GROUP) for (const { event } of await view.between(seq, seq + GROUP)) await take(event);
      return { size, root };
    } finally {
      view?.close();
    }
  }
}
