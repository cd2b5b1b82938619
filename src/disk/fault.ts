/** One kind of error for everything on disk: its message is a sentence for people, its code is stable. */

export type StorageCode =
  | 'not-initialised'
  | 'already-initialised'
  | 'incomplete'
  | 'exists'
  | 'busy'
  | 'missing'
  | 'corrupt'
  /** Two things that were signed for say different things. */
  | 'contradiction'
  | 'unsafe-permissions'
  | 'not-a-folder'
  | 'read-only'
  | 'disk-full'
  | 'denied'
  | 'secret-store'
  | 'identity'
  /** The account knows another installation in this folder. */
  | 'pinned'
  | 'io';

/** `message` says what is wrong, where, and what to do. It never holds a secret or pane text. */
export class StorageFault extends Error {
  override name = 'StorageFault';
  readonly code: StorageCode;
  readonly path: string;

  constructor(code: StorageCode, path: string, message: string) {
    super(message);
    this.code = code;
    this.path = path;
  }
}

const known: Readonly<Record<string, readonly [StorageCode, string]>> = {
  EROFS: ['read-only', 'the disk is read-only. Mount it for writing, or choose another folder with WARDMUX_HOME.'],
  ENOSPC: ['disk-full', 'the disk is full. Free some space and try again.'],
  EDQUOT: ['disk-full', 'your disk quota is used up. Free some space and try again.'],
  EACCES: ['denied', 'permission is denied. Check who owns it and its mode.'],
  EPERM: ['denied', 'the system does not permit it. Check who owns it and its mode.'],
  ENOTDIR: ['not-a-folder', 'a part of the path is a file and not a folder.'],
  EISDIR: ['io', 'it is a folder and not a file.'],
  ENOENT: ['missing', 'it does not exist.'],
  EEXIST: ['exists', 'it exists already and is left as it is. Choose another path.'],
  ELOOP: ['io', 'the path has too many symbolic links.'],
  ENAMETOOLONG: ['io', 'the path is too long.'],
  EIO: ['io', 'the disk reported an error. Check the disk before you go on.'],
};

/** Turns an error of node:fs into a sentence: `Cannot <doing> <path>: <why and what to do>`. */
export function storageFault(error: unknown, doing: string, path: string): StorageFault {
  if (error instanceof StorageFault) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  const [kind, why] = known[code] ?? ['io', `the system says ${code || String((error as Error)?.message ?? error)}.`];
  return new StorageFault(kind, path, `Cannot ${doing} ${path}: ${why}`);
}

/** True where `error` is node:fs saying that there is nothing at the path. */
export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
