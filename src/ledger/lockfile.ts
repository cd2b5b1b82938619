/**
 * The lock between processes that append to one ledger: flock(2) on a file that stays there. The kernel lets go of it
 * when its holder ends, however that ends, and it takes no room, so it is had on a full disk too. It is held for milliseconds.
 */
import { closeSync, constants, fstatSync, lstatSync } from 'node:fs';
import { lock, NativeError } from '../native/addon.ts';
import { storageFault } from '../disk/errno.ts';
import { requirePlain } from '../disk/plain.ts';
import { LedgerError } from './errors.ts';

/** Holders need some milliseconds; ten seconds means that one of them is stopped or the disk is gone. */
const WAIT_MS = 10_000;

/**
 * Runs `task` while holding the lock at `path`.
 * @param waitMs for whoever holds it.
 * @throws LedgerError 'busy' when a living process does not let go of it for ten seconds, or `waitMs`; 'unreadable' when the folder cannot be written.
 */
export async function withLock<T>(path: string, task: () => Promise<T>, waitMs = WAIT_MS): Promise<T> {
  const fd = await take(path, waitMs);
  try {
    return await task();
  } finally {
    closeSync(fd);
  }
}

async function take(path: string, waitMs: number): Promise<number> {
  let fd: number;
  try {
    fd = requirePlain(path, constants.O_RDWR | constants.O_CREAT);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    throw new LedgerError(
      code === 'ENOSPC' || code === 'EIO' || code === 'EDQUOT' ? 'write-failed' : 'unreadable',
      storageFault(error, 'lock the ledger by', path).message,
      { cause: error },
    );
  }
  let held = false;
  try {
    held = await lock(fd, waitMs);
  } catch (error) {
    closeSync(fd);
    throw new LedgerError('unreadable', error instanceof NativeError ? error.message : `The ledger cannot be locked by ${path}.`, { cause: error });
  }
  if (held && fstatSync(fd).ino === lstatSync(path, { throwIfNoEntry: false })?.ino) return fd;
  closeSync(fd);
  // Somebody has put another file there while we waited: the lock of the old one keeps nobody out.
  if (held) return take(path, waitMs);
  throw new LedgerError(
    'busy',
    `The ledger is held by another process, which has locked ${path} for ${waitMs / 1000} seconds. End that process, then try again.`,
  );
}
