/** Whether somebody writes a recording still. */
import { liveState } from '../recording/live.ts';
import type { RecordingState } from '../ledger/rules.ts';

/**
 * Its writer runs, and the ledger has not closed it: a mark beside one that it has closed is nobody's word.
 * @param state what the ledger says of it; undefined where it knows nothing.
 */
export const goesOn = (folder: string, state: Pick<RecordingState, 'closed'> | undefined): boolean =>
  (state?.closed ?? null) === null && liveState(folder) === 'live';
