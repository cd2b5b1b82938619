/** Where a recording of this installation lies. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../storage/home.ts';
import { RECORDING_ID } from '../types/ids.ts';
import { Refusal } from '../types/refusal.ts';

/** @throws Refusal where there is none of this id */
export function recordingFolder({ recordings }: Pick<Home, 'recordings'>, recording: string): string {
  const folder = join(recordings, recording);
  if (!RECORDING_ID.test(recording) || !existsSync(folder)) throw new Refusal('no-recording', 'There is no such recording in this installation.');
  return folder;
}
