/**
 * One process at a time, without waiting: flock(2) on a file that is there while somebody holds it. The kernel lets go of it when its holder ends, however that
 * ends, so a file that a killed process has left, empty or not, holds nobody up; and it takes no room, so it is had on a full disk too. What stands in it is for
 * the sentence alone.
 */
import { closeSync, constants, fstatSync, ftruncateSync, lstatSync, readSync, rmSync } from 'node:fs';
import { tryLock } from '../native/addon.ts';
import { writeAll } from './bytes.ts';
import { storageFault } from './errno.ts';
import { StorageFault } from './fault.ts';
import { requirePlain } from './plain.ts';

/**
 * Runs `task` while holding the lock at `path`.
 * @param doing what the holder is doing, for the sentence: `A first run`.
 * @throws StorageFault `busy` where another process holds it, or what the disk says; NativeError where the system has no such lock.
 */
export async function withFileLock<T>(path: string, doing: string, task: () => Promise<T>): Promise<T> {
  const fd = take(path, doing);
  try {
    return await task();
  } finally {
    letGo(path, fd);
  }
}

function letGo(path: string, fd: number): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A folder that may not be written any more: a file that nobody holds keeps nobody out.
  } finally {
    closeSync(fd);
  }
}

function take(path: string, doing: string): number {
  for (;;) {
    let fd: number;
    try {
      fd = requirePlain(path, constants.O_RDWR | constants.O_CREAT);
    } catch (error) {
      throw storageFault(error, 'lock', path);
    }
    let held = false;
    try {
      if (!tryLock(fd)) throw busy(fd, path, doing);
      held = fstatSync(fd).ino === lstatSync(path, { throwIfNoEntry: false })?.ino;
      if (held) sign(fd);
    } finally {
      if (!held) closeSync(fd);
    }
    // Whoever had it has removed it meanwhile: the lock of a file without a name keeps nobody out.
    if (held) return fd;
  }
}

function sign(fd: number): void {
  try {
    ftruncateSync(fd);
    writeAll(fd, Buffer.from(`${process.pid}\n`));
  } catch {
    // A full disk: it is held all the same.
  }
}

function busy(fd: number, path: string, doing: string): StorageFault {
  const bytes = Buffer.alloc(16);
  const pid = Number(bytes.toString('latin1', 0, readSync(fd, bytes, 0, bytes.length, 0)));
  const who = Number.isSafeInteger(pid) && pid > 0 ? `process ${pid}` : 'in another process';
  return new StorageFault('busy', path, `${doing} is going on already (${who}). Wait until it is done, or end that process; ${path} is its lock.`);
}
