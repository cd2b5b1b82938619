/**
 * Room on the disk that is held back for the ledger: a lock, an unlock and the end of a recording are entered also where
 * somebody has filled the disk. A file of random bytes holds it, because some file systems keep zeros without room for them.
 */
import { randomFillSync } from 'node:crypto';
import { closeSync, constants, fdatasyncSync, fstatSync, fsyncSync, ftruncateSync, openSync, statfsSync, writeSync } from 'node:fs';

/** Some sixteen thousand events. */
export const ROOM_BYTES = 4 * 1024 * 1024;
/** A disk that is nearly full already is not filled by us: so much stays free beyond what is held. */
const LEAVE_BYTES = 4 * ROOM_BYTES;
/** Given up at a time: others who want room on a full disk get what is left of a piece, and not all of it. */
const PIECE_BYTES = 128 * 1024;

export function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

function openRoom(path: string): number | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
  } catch {
    return undefined;
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  return undefined;
}

/** Holds the room back, as far as there is any. Cheap where it is held already. */
export function holdRoom(path: string): void {
  const fd = openRoom(path);
  if (fd === undefined) return;
  try {
    const before = fstatSync(fd).size;
    if (before >= ROOM_BYTES) return;
    const { bavail, bsize } = statfsSync(path);
    if (bavail * bsize < LEAVE_BYTES) return;
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    for (let at = before; at < ROOM_BYTES; at += PIECE_BYTES) {
      randomFillSync(piece);
      writeSync(fd, piece, 0, PIECE_BYTES, at);
    }
    fdatasyncSync(fd);
  } catch {
    // There is no room to hold back. It is looked for again at the next checkpoint.
  } finally {
    closeSync(fd);
  }
}

/** Gives up a piece of it. @returns false where nothing is left. */
export function releaseRoom(path: string): boolean {
  const fd = openRoom(path);
  if (fd === undefined) return false;
  try {
    const { size } = fstatSync(fd);
    if (size === 0) return false;
    ftruncateSync(fd, Math.max(0, size - PIECE_BYTES));
    // The blocks are free once the change is on the disk.
    fsyncSync(fd);
    return true;
  } catch {
    return false;
  } finally {
    closeSync(fd);
  }
}
