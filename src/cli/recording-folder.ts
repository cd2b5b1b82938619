/** A recording, by the id that a person has typed. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../storage/index.ts';
import { RECORDING_ID } from '../types/ids.ts';
import { CliError } from './exit.ts';

/** The folder of a recording. @throws CliError 'noRecording' */
export function recordingFolder(home: Home, id: string): string {
  const folder = join(home.recordings, id);
  if (RECORDING_ID.test(id) && lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw new CliError('noRecording', `There is no recording ${JSON.stringify(id.slice(0, 60))} in ${home.recordings}. See: wardmux list`);
}
