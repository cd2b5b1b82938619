/**
 * One process at a time, without waiting: flock(2) on a file that is there while somebody holds it. The kernel lets go of it when its holder ends, however that
 * ends, so a file that a killed process has left, empty or not, holds nobody up; and it takes no room, so it is had on a full disk too. What stands in it helps
 * who looks at it, and is believed by nobody.
 */
import { closeSync, constants, fstatSync, ftruncateSync, lstatSync, rmSync } from 'node:fs';
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
    // Where it was taken away meanwhile, what stands there is another one's.
    if (isAt(path, fd)) rmSync(path, { force: true });
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
      if (fstatSync(fd).nlink > 1)
        throw new StorageFault('corrupt', path, `Cannot lock ${path}: the same file stands under another name too, and would be written over. Move it away.`);
      if (!tryLock(fd)) throw new StorageFault('busy', path, `${doing} is going on already: another process holds ${path}. Wait until it is done.`);
      held = isAt(path, fd);
      if (held) sign(fd);
    } finally {
      if (!held) closeSync(fd);
    }
    // Whoever had it has removed it meanwhile: the lock of a file without a name keeps nobody out.
    if (held) return fd;
  }
}

/** Whether the file that is open is the one that stands at the path. */
function isAt(path: string, fd: number): boolean {
  const open = fstatSync(fd, { bigint: true });
  const there = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return there?.ino === open.ino && there.dev === open.dev;
}

function sign(fd: number): void {
  try {
    ftruncateSync(fd);
    writeAll(fd, Buffer.from(`${process.pid}\n`));
  } catch {
    // A full disk: it is held all the same.
  }
}
