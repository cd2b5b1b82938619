/**
 * What the last run left behind. The ledger knows which recordings began and did not end: those that were cut off are
 * closed after their last whole record, those that the pty host could still end are entered, missing ones are named.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../src/ledger/ledger.ts';
import { noticeEntry } from '../src/ledger/notice.ts';
import { liveState } from '../src/recording/live.ts';
import { openRecording } from '../src/recording/reader.ts';
import { recoverRecording } from '../src/recording/recovery.ts';
import { readEnd } from '../src/recording/summary.ts';
import { END_FILE } from '../src/recording/writer.ts';
import type { Home } from '../src/storage/index.ts';

/** @returns a sentence for the person for each recording that did not end as it should. */
export async function recoverInterrupted(home: Home, ledger: Ledger): Promise<string[]> {
  const sentences: string[] = [];
  for (const [id, { head }] of ledger.openRecordings()) {
    const sentence = await settle(home, ledger, id, head.size);
    if (sentence) sentences.push(sentence);
  }
  return sentences;
}

/** @param signed records that the ledger signed for before: an auditor has to know which ones this closing signs for first. */
async function settle(home: Home, ledger: Ledger, id: string, signed: number): Promise<string | undefined> {
  const folder = join(home.recordings, id);
  if (!existsSync(folder))
    return `Recording ${id} stands in the ledger, but ${folder} is not there. Restore it from a backup, or tell whoever audits this workstation.`;
  // Another process of ours, such as wardmux record, is still writing it.
  if (liveState(folder) === 'live') return undefined;
  try {
    const end = readEnd(folder);
    if (end) {
      // The file is not signed: the ledger takes its word only where the recording bears it out.
      const reader = await openRecording(folder);
      for await (const _ of reader.frames());
      const { size, root } = reader.head();
      if (reader.fault || size !== end.head.size || root !== end.head.root)
        return `Recording ${id} is not what its ${END_FILE} says: ${reader.fault?.message ?? `it has ${size} records and not ${end.head.size}, or others`}. Nothing was entered in the ledger; keep a copy of ${folder} for the audit.`;
      const entry = noticeEntry({ kind: 'end', recording: id, reason: end.reason, head: end.head, outputBytes: end.outputBytes, durationMs: end.durationMs });
      await ledger.append({ ...entry, detail: { ...entry.detail, signedBefore: signed } });
      return `Wardmux ended without notice while recording ${id} was running. The recording is whole; its shell is gone.${signedNow(size, signed)}`;
    }
    const { head, tornBytes, lastWallMs } = await recoverRecording(folder);
    await ledger.append({ action: 'recording.recovered', detail: { recording: id, size: head.size, root: head.root, tornBytes, signedBefore: signed } });
    const until = lastWallMs > 0 ? ` It is whole up to ${new Date(lastWallMs).toISOString()}.` : '';
    const torn = tornBytes > 0 ? ` ${tornBytes} torn bytes were moved aside.` : '';
    return `Recording ${id} was interrupted.${until}${torn}${signedNow(head.size, signed)}`;
  } catch (error) {
    return `Recording ${id} was interrupted and could not be closed: ${error instanceof Error ? error.message : 'unknown fault'}`;
  }
}

function signedNow(size: number, signed: number): string {
  return size > signed ? ` Its last ${size - signed} of ${size} records were signed for only now.` : '';
}
