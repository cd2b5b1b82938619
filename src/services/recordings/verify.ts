/** Whether a recording, as it lies on the disk now, is what the signed ledger remembers. */
import { join } from 'node:path';
import { LedgerError, type Ledger } from '../../ledger/index.ts';
import { RecordingError } from '../../recording/errors.ts';
import { liveState } from '../../recording/live.ts';
import { checkRecording, proofText } from '../../records/index.ts';
import type { Home } from '../../storage/home.ts';

/** One sentence, for good and for bad. */
export async function verifyRecording(
  home: Pick<Home, 'recordings'>,
  ledger: Ledger,
  recording: string,
): Promise<{ readonly good: boolean; readonly code: string; readonly sentence: string }> {
  const bad = (code: string, sentence: string) => ({ good: false, code, sentence });
  await ledger.checkpoint();
  const folder = join(home.recordings, recording);
  try {
    const proof = await checkRecording(folder, ledger, recording, { live: liveState(folder) === 'live' });
    if (!proof) return bad('unknown', `Recording ${recording} is not in the ledger: nothing of it is proven.`);
    if (proof.contradiction) return bad(proof.contradiction, `${proof.sentence} Keep a copy of both for the audit.`);
    if (proof.fault) return bad(proof.fault.code, proof.fault.message);
    return {
      good: true,
      code: 'good',
      sentence: `Verified against the signed ledger, ${proofText(proof)}. Whether the ledger was rolled back was not checked.`,
    };
  } catch (error) {
    if (error instanceof LedgerError) return bad(error.code, `The ledger does not hold: ${error.message}`);
    if (error instanceof RecordingError) return bad(error.code, error.message);
    throw error;
  }
}
