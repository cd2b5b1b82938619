/** What the last run left behind: recordings that were cut off are closed after their last whole record, and it is said. */
import { join } from 'node:path';
import type { Ledger } from '../src/ledger/ledger.ts';
import { needsRecovery, recoverRecording } from '../src/recording/recovery.ts';
import { listRecordings } from '../src/recording/summary.ts';
import type { Home } from '../src/storage/index.ts';

/** @returns a sentence for the person for each recording that was interrupted or could not be recovered. */
export async function recoverInterrupted(home: Home, ledger: Ledger): Promise<string[]> {
  const sentences: string[] = [];
  for (const { id, state } of await listRecordings(home.recordings)) {
    const folder = join(home.recordings, id);
    if (state !== 'interrupted' || !needsRecovery(folder)) continue;
    try {
      const { head, tornBytes, lastWallMs } = await recoverRecording(folder);
      await ledger.append({ action: 'recording.recovered', detail: { recording: id, size: head.size, root: head.root, tornBytes } });
      const until = lastWallMs > 0 ? ` It is whole up to ${new Date(lastWallMs).toISOString()}.` : '';
      const torn = tornBytes > 0 ? ` ${tornBytes} torn bytes were moved aside.` : '';
      sentences.push(`Recording ${id} was interrupted.${until}${torn}`);
    } catch (error) {
      sentences.push(`Recording ${id} was interrupted and could not be closed: ${error instanceof Error ? error.message : 'unknown fault'}`);
    }
  }
  return sentences;
}
