/** What the system's names of a disk's troubles mean: one table, of which every room takes the words for its own sentence. */
import { StorageFault, type StorageCode } from './fault.ts';
import { kindOf } from '../types/sentence.ts';

export interface Trouble {
  readonly code: StorageCode;
  /** What is wrong; ends without a stop. */
  readonly is: string;
  /** What to do; begins small, ends without a stop. */
  readonly mend: string;
}

const room = 'free some space and try again';
const rights = 'check who owns it and its mode';

const troubles: Readonly<Record<string, readonly [code: StorageCode, is: string, mend: string]>> = {
  EROFS: ['read-only', 'the disk is read-only', 'mount it for writing, or choose another folder'],
  ENOSPC: ['disk-full', 'the disk is full', room],
  EDQUOT: ['disk-full', 'your disk quota is used up', room],
  EFBIG: ['io', 'the file is as long as it may be', 'move it away, or allow longer files'],
  EACCES: ['denied', 'permission is denied', rights],
  EPERM: ['denied', 'the system does not permit it', rights],
  ENOTDIR: ['not-a-folder', 'a part of the path is a file and not a folder', 'choose another path'],
  EISDIR: ['io', 'it is a folder and not a file', 'choose another path'],
  ENOENT: ['missing', 'it does not exist', 'make its folder first, or choose another path'],
  EEXIST: ['exists', 'it exists already and is left as it is', 'choose another path'],
  EINVAL: ['corrupt', 'it is not a plain file', 'move it away'],
  ELOOP: ['io', 'the path has too many symbolic links', 'choose another path'],
  ENAMETOOLONG: ['io', 'the path is too long', 'choose a shorter one'],
  EIO: ['io', 'the disk reported an error', 'check the disk before you go on'],
};

/** The system's name of an error of node:fs; the error's own name where it has none. */
export function nameOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? (error instanceof Error ? error.name : 'unknown error');
}

/** What an error of node:fs means; undefined for a rare one. */
export function troubleOf(error: unknown): Trouble | undefined {
  const row = troubles[nameOf(error)];
  return row && { code: row[0], is: row[1], mend: row[2] };
}

/** With a large first letter. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Turns an error of node:fs into a sentence: `Cannot <doing> <path>: <what is wrong>. <What to do>.` */
export function storageFault(error: unknown, doing: string, path: string): StorageFault {
  if (error instanceof StorageFault) return error;
  const trouble = troubleOf(error);
  return trouble
    ? new StorageFault(trouble.code, path, `Cannot ${doing} ${path}: ${trouble.is}. ${capital(trouble.mend)}.`)
    : new StorageFault('io', path, `Cannot ${doing} ${path}: the system says ${kindOf(error)}.`);
}

/** True where `error` is node:fs saying that there is nothing at the path. */
export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';

/** Whether an error of node:fs or a StorageFault says that there is no room. */
export function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'disk-full';
}
