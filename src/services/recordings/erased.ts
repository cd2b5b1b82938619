/** Whether what lies there of a recording is what two have left of it: asked before anything of it is shown, searched or handed on. */
import { join } from 'node:path';
import { erasuresOf, readErasure } from '../../ledger/life-cycle-facts.ts';
import { hasErasedSegments } from '../../recording/erased-segments.ts';
import { checkRecording, type Asked } from '../../records/index.ts';
import { Refusal } from '../../types/refusal.ts';

/**
 * Why nothing of a recording is shown: its files have something that was erased, or lack something that nobody has signed for. All of one that has an erasure
 * is read for it; of the others the first bytes of each segment. @returns a sentence; undefined where it is shown
 */
export async function erasureFault(folder: string, ledger: Asked, recording: string): Promise<string | undefined> {
  const state = await ledger.recording(recording);
  if (!state?.erased && !hasErasedSegments(folder)) return undefined;
  const proof = await checkRecording(folder, ledger, recording);
  if (!proof) return `Pieces of recording ${recording} are erased, and the ledger does not know it. Nothing of it is shown.`;
  return proof.contradiction === 'erased' ? `${proof.sentence} Nothing of it is shown.` : undefined;
}

/** @throws Refusal `erased` */
export async function requireErasedAsSigned(recordings: string, ledger: Asked, recording: string): Promise<void> {
  const fault = await erasureFault(join(recordings, recording), ledger, recording);
  if (fault !== undefined) throw new Refusal('erased', fault);
}

/** What is said of each span that was erased of a recording and counts, wherever it is shown. */
export async function erasureSentences(ledger: Asked, recording: string): Promise<string[]> {
  const state = await ledger.recording(recording);
  if (!state?.erased) return [];
  return erasuresOf(state, await ledger.eventsOf(recording)).map(({ event }) => {
    const { fromMs, toMs, pieces, reason } = readErasure(event)!;
    const { second } = event.detail!;
    return `Recording ${recording}: from ${fromMs / 1000} to ${toMs / 1000} s since its start ${pieces} pieces were erased on ${event.time} by ${event.person} and ${second as string}, because of ${reason}.`;
  });
}
