/** The app's own short look at evidence: is a recording, as it lies on the disk now, what the signed ledger remembers? */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LedgerError } from '../src/ledger/errors.ts';
import type { Ledger } from '../src/ledger/ledger.ts';
import { MerkleTree } from '../src/merkle/tree.ts';
import { openRecording } from '../src/recording/reader.ts';
import type { Home } from '../src/storage/index.ts';

export function defaultExportFolder(env: Readonly<Record<string, string | undefined>>, recording: string): string {
  return join(env['HOME'] || homedir(), `wardmux-export-${recording}`);
}

/** Compares every head that the ledger remembers of this recording. One sentence, for good and for bad. */
export async function verifyAgainstLedger(home: Home, ledger: Ledger, recording: string): Promise<{ good: boolean; code: string; sentence: string }> {
  await ledger.checkpoint();
  const remembered = new Map<number, string>();
  try {
    for (const { event } of await ledger.eventsOf(recording)) {
      const { size, root } = event.detail ?? {};
      if (typeof size === 'number') remembered.set(size, String(root));
    }
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return { good: false, code: error.code, sentence: `The ledger does not hold: ${error.message}` };
  }
  const reader = await openRecording(join(home.recordings, recording), { live: true });
  const tree = new MerkleTree();
  let last = 0;
  for await (const { leaf } of reader.frames()) {
    tree.append(leaf);
    const root = remembered.get(tree.size);
    if (root === undefined) continue;
    if (root !== tree.head().root)
      return {
        good: false,
        code: 'root-mismatch',
        sentence: `The recording differs from what the ledger signed for at its record ${tree.size}. Keep a copy of both for the audit.`,
      };
    last = tree.size;
  }
  if (reader.fault) return { good: false, code: reader.fault.code, sentence: reader.fault.message };
  const most = Math.max(0, ...remembered.keys());
  if (last < most)
    return {
      good: false,
      code: 'cut',
      sentence: `The ledger signed for ${most} records, and only ${tree.size} are here: the end of the recording is missing.`,
    };
  const after = tree.size - last;
  return {
    good: true,
    code: 'good',
    sentence: `Verified: ${last} records match the signed ledger${after > 0 ? `, ${after} newer ones are not signed for yet` : ''}. Whether the ledger was rolled back was not checked.`,
  };
}
