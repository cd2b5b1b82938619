/** What an error of the disk means for a recording, in a sentence. */
import { StorageFault } from '../disk/fault.ts';
import { RecordingError } from './errors.ts';

/** Code of an error of ours: a segment's file is gone from its place, or shorter than what was written. */
export const MOVED = 'MOVED';

/** What the commonest errors of a disk mean. */
const meanings: Readonly<Record<string, string>> = {
  ENOENT: 'it is not there',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: "the user's share of the disk is full",
  EFBIG: 'the file is as long as it may be',
  EIO: 'the disk has an error',
  [MOVED]: 'somebody has taken away, replaced or shortened the file that it is written to',
  EEXIST: 'there is a recording of this name already',
};

/** The error's own code, or what stands for it. */
export function nameOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.name : 'unknown error');
}

/** What the system says of a full disk. */
export function noRoom(): NodeJS.ErrnoException {
  return Object.assign(new Error('no room is left'), { code: 'ENOSPC' });
}

/** A running recording could not be written. */
export function stopped(recording: string, folder: string, error: unknown): RecordingError {
  const why =
    error instanceof StorageFault
      ? error.message
      : `writing to ${folder} failed, ${meanings[nameOf(error)] ?? 'the system refused'} (${nameOf(error)}). What was written before is kept.`;
  return new RecordingError('write-failed', `Recording ${recording} has stopped: ${why}`, { cause: error });
}

/** A recording could not begin. */
export function cannotBegin(folder: string, error: unknown): RecordingError {
  const name = nameOf(error);
  return new RecordingError('write-failed', `No recording can begin in ${folder}: ${meanings[name] ?? 'the system refused'} (${name}).`, { cause: error });
}
