/**
 * Opening what should be a plain file. Whoever can write in the data folder can put a FIFO, a device, a socket or a link
 * where a file belongs: opening the first would wait for ever, opening the second can do things, a link leads elsewhere.
 */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { isMissing } from './errno.ts';

/** Never waits for a FIFO's other end, never follows a link, and takes no terminal. */
const CAREFUL = constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
/** What open(2) says of a link and of a socket. */
const NOT_PLAIN = new Set(['ELOOP', 'ENXIO', 'ENODEV', 'EISDIR']);

/** `code` is EINVAL, as of a system call that was asked for something that it cannot do. */
export class NotPlainError extends Error {
  override name = 'NotPlainError';
  readonly code = 'EINVAL';

  constructor(path: string) {
    super(`${path} is not a plain file`);
  }
}

function refusal(error: unknown, path: string): unknown {
  return NOT_PLAIN.has((error as NodeJS.ErrnoException).code ?? '') ? new NotPlainError(path) : error;
}

/**
 * Opens a plain file that is there, or makes it where the flags say so.
 * @param mode of a file that is made.
 * @throws NotPlainError; the system's error for any other trouble, ENOENT too.
 */
export function requirePlain(path: string, flags: number = constants.O_RDONLY, mode = 0o600): number {
  let fd: number;
  try {
    fd = openSync(path, flags | CAREFUL, mode);
  } catch (error) {
    throw refusal(error, path);
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new NotPlainError(path);
}

/** The same, undefined where there is none. */
export function openPlain(path: string): number | undefined {
  try {
    return requirePlain(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** As requirePlain, without waiting for the disk. */
export async function requirePlainHandle(path: string, flags: number = constants.O_RDONLY, mode = 0o600): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, flags | CAREFUL, mode);
  } catch (error) {
    throw refusal(error, path);
  }
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new NotPlainError(path);
}

/** The same, undefined where there is none. */
export async function openPlainHandle(path: string): Promise<FileHandle | undefined> {
  try {
    return await requirePlainHandle(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
