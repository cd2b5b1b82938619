/** What an error of the disk means for a recording, in a sentence. */
import { nameOf, troubleOf } from '../disk/errno.ts';
import { StorageFault } from '../disk/fault.ts';
import { RecordingError } from './errors.ts';

/** Code of an error of ours: a segment's file is gone from its place, or shorter than what was written. */
export const MOVED = 'MOVED';

/** What no disk says but we do, and what a disk says of something that has a better name here. */
const meanings: Readonly<Record<string, string>> = {
  [MOVED]: 'somebody has taken away, replaced or shortened the file that it is written to',
  EEXIST: 'there is a recording of this name already',
};

const meaningOf = (error: unknown): string => meanings[nameOf(error)] ?? troubleOf(error)?.is ?? 'the system refused';

/** What the system says of a full disk. */
export function noRoom(): NodeJS.ErrnoException {
  return Object.assign(new Error('no room is left'), { code: 'ENOSPC' });
}

/** A running recording could not be written. */
export function stopped(recording: string, folder: string, error: unknown): RecordingError {
  const why =
    error instanceof StorageFault ? error.message : `writing to ${folder} failed, ${meaningOf(error)} (${nameOf(error)}). What was written before is kept.`;
  return new RecordingError('write-failed', `Recording ${recording} has stopped: ${why}`, { cause: error });
}

/** A recording could not begin. */
export function cannotBegin(folder: string, error: unknown): RecordingError {
  return new RecordingError('write-failed', `No recording can begin in ${folder}: ${meaningOf(error)} (${nameOf(error)}).`, { cause: error });
}
