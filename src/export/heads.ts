/** What the ledger's events of one recording say about its tree. Used when a bundle is made and when it is verified. */
import type { TreeHead } from '../recording/types.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { stateOf, type BundleState } from './summary.ts';

/** Events that state size and root of the recording's tree. */
export const HEAD_ACTIONS: readonly string[] = ['recording.segment', 'recording.checkpoint', 'recording.end', 'recording.failed', 'recording.recovered'];

export interface LedgerHeads {
  readonly started: boolean;
  /** In the order of the ledger. */
  readonly heads: readonly TreeHead[];
  /** Output bytes as the recorder counted them, where the recording ended in good order. */
  readonly outputBytes: number | undefined;
  /** Where it was closed after a crash: how many records a checkpoint covered before. Undefined where its own recorder closed it. */
  readonly signedBefore: number | undefined;
  readonly state: BundleState;
}

/** @returns undefined when an event states a size or root that is none. */
export function ledgerHeads(events: readonly LedgerEvent[]): LedgerHeads | undefined {
  const heads: TreeHead[] = [];
  let started = false;
  let outputBytes: number | undefined;
  let last: string | undefined;
  let largest = 0;
  let signedBefore: number | undefined;
  for (const { action, detail } of events) {
    if (action === 'recording.start') started = true;
    if (!HEAD_ACTIONS.includes(action)) continue;
    const size = detail?.['size'];
    const root = detail?.['root'];
    if (!isCount(size) || typeof root !== 'string' || !/^[0-9a-f]{64}$/.test(root)) return undefined;
    const stated = isCount(detail!['signedBefore']) ? detail!['signedBefore'] : undefined;
    // What follows a closing after a crash makes nothing older: the first one decides.
    if (stated !== undefined || action === 'recording.recovered') signedBefore ??= Math.min(largest, stated ?? largest);
    largest = Math.max(largest, size);
    heads.push({ size, root });
    last = action;
    if (action === 'recording.end' && typeof detail!['outputBytes'] === 'number') outputBytes = detail!['outputBytes'];
  }
  return { started, heads, outputBytes, signedBefore, state: stateOf(last) };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
