/** The records against what the ledger says of them: how far they are signed for, how they end, how much output there is. */
import { BundleFailure } from '../failures.ts';
import type { LedgerHeads } from '../heads.ts';
import type { Evidence } from './evidence.ts';

/** @returns how many records the ledger signs for. */
export function checkHeads(ledger: LedgerHeads, evidence: Evidence): number {
  const proven = ledger.heads.at(-1)!.size;
  if (proven > evidence.records) throw new BundleFailure('cut', `The ledger signs for ${proven} records, and there are ${evidence.records}.`);
  for (const { size, root } of ledger.heads)
    // An empty tree says nothing: its root is the same for every recording.
    if (size > 0 && evidence.roots.get(size) !== root) throw new BundleFailure('bad-root', `The first ${size} records.`);
  for (const { segment, firstSeq } of ledger.segments)
    if (evidence.headers[segment]?.firstSeq !== firstSeq) throw new BundleFailure('contradiction', `Segment ${segment} does not begin at record ${firstSeq}.`);
  return proven;
}

/** Where the ledger ends the recording, there it ends, and for the same reason. */
export function checkEnd({ end }: LedgerHeads, evidence: Evidence): void {
  if (end && (end.size !== evidence.records || !evidence.ended))
    throw new BundleFailure('contradiction', `The ledger ends the recording after ${end.size} records, and it does not end there.`);
  if (end && end.reason !== evidence.endReason) throw new BundleFailure('contradiction', 'The ledger has another reason for the end than the recording.');
}

/** @returns output bytes that were counted and are not disclosed; null where nothing was counted. */
export function checkOutput(ledger: LedgerHeads, evidence: Evidence): number | null {
  const { output, outputBytes } = evidence;
  if (output.wrong !== undefined) throw new BundleFailure('bad-output', `Segment ${output.wrong} counts other output before it than there is.`);
  if (!ledger.end) return null;
  const counted = ledger.end.outputBytes;
  if (!output.fits(counted)) throw new BundleFailure('bad-output', `The ledger counted ${counted} bytes, and there are ${outputBytes}.`);
  return counted - outputBytes;
}
