/** A running recording whose files are not what its writer wrote. */
import { join } from 'node:path';
import type { Ledger } from '../ledger/ledger.ts';
import { MerkleTree } from '../merkle/tree.ts';
import { RecordingError } from '../recording/errors.ts';
import type { TreeHead } from '../types/head.ts';
import { walkRecording } from '../recording/walk.ts';
import { enterDamage } from './recover.ts';

/**
 * Codes of a replay that mean that somebody has been at the files: the writer holds its own segments, and seals them to whoever
 * looks at them again. Not a disk or a permission that refuses to read.
 */
const damage: ReadonlySet<string> = new Set([
  'torn',
  'bad-length',
  'bad-crc',
  'bad-sequence',
  'bad-header',
  'bad-seal',
  'bad-commitment',
  'missing-segment',
  'not-as-written',
  'not-a-recipient',
  'no-recording',
]);

export const isDamage = (code: string): boolean => damage.has(code);

/** Enters `recording.damaged` with what lies on the disk beside what was written, once for each finding. Reads all of the recording. */
export async function enterLiveDamage(ledger: Ledger, recordings: string, recording: string, written: TreeHead): Promise<void> {
  let found = new MerkleTree().head();
  try {
    ({ head: found } = await walkRecording(join(recordings, recording), [], { live: true }));
  } catch (error) {
    // A folder that is gone has no records.
    if (!(error instanceof RecordingError)) throw error;
  }
  await enterDamage(ledger, recording, written, found);
}
