/**
 * Room on the disk that is held back for what must be written also where somebody has filled the disk. A file of random
 * bytes holds it, because some file systems keep zeros without room for them.
 */
import { randomFillSync } from 'node:crypto';
import { closeSync, constants, fdatasyncSync, fstatSync, fsyncSync, ftruncateSync, statfsSync, writeSync } from 'node:fs';
import { isFull } from './errno.ts';
import { requirePlain } from './plain.ts';

const PIECE_BYTES = 128 * 1024;
const MEBIBYTE = 1024 * 1024;

/** Free space for an ordinary user on the disk of `path`, in MiB. @throws what the system says */
export function freeMebibytes(path: string): number {
  return diskOf(path).free / MEBIBYTE;
}

/** The disk of `path` as a whole, and what of it is free for an ordinary user, in bytes. @throws what the system says */
export function diskOf(path: string): { readonly size: number; readonly free: number } {
  const { blocks, bavail, bsize } = statfsSync(path);
  return { size: blocks * bsize, free: bavail * bsize };
}

/** Undefined where something else than a file of ours stands there, or none can be made. @throws where the disk is full */
function openRoom(path: string): number | undefined {
  try {
    return requirePlain(path, constants.O_RDWR | constants.O_CREAT);
  } catch (error) {
    if (isFull(error)) throw error;
    return undefined;
  }
}

/**
 * Holds room back at `path`. Cheap where it is held already.
 * @param sync waits for the disk's platter. A file system takes the room away from others when it is written, not when it is synced.
 * @throws what the system says; what there was room for is held.
 */
export function holdRoom(path: string, bytes: number, { sync }: { readonly sync: boolean }): void {
  const fd = openRoom(path);
  if (fd === undefined) return;
  try {
    let at = fstatSync(fd).size;
    if (at >= bytes) return;
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    randomFillSync(piece);
    while (at < bytes) at += writeSync(fd, piece, 0, Math.min(PIECE_BYTES, bytes - at), at);
    if (sync) fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Gives up so much of it. @returns false where nothing is left. Never throws. */
export function releaseRoom(path: string, bytes: number): boolean {
  let fd: number | undefined;
  try {
    fd = openRoom(path);
    if (fd === undefined) return false;
    const { size } = fstatSync(fd);
    if (size === 0) return false;
    ftruncateSync(fd, Math.max(0, size - bytes));
    // The blocks are free once the change is on the disk.
    fsyncSync(fd);
    return true;
  } catch {
    return false;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
