/**
 * One app for one data folder: flock(2) on the folder itself, from before the app asks for another one until it ends. A socket's
 * file is removed by whoever may write there, and the kernel lets go of this lock only when its holder ends, however it ends.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { NativeError, tryLock } from '../native/addon.ts';

/** Whoever only looks holds it for less than a millisecond, and is not taken for an app. */
const TRIES = { most: 10, everyMs: 20 };

export interface Hold {
  /** False where the path names another folder now: whoever asks there does not ask this app. */
  stands(): boolean;
  release(): void;
}

const openFolder = (folder: string): number => openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);

/** Where the system has no such lock, nobody is kept out by it. */
function locks(fd: number): boolean {
  try {
    return tryLock(fd);
  } catch (error) {
    if (error instanceof NativeError && error.code === 'ENOTSUP') return true;
    throw error;
  }
}

/** @returns undefined where another process holds it. @throws Error of the system where the folder is not there */
export async function holdFolder(folder: string): Promise<Hold | undefined> {
  const fd = openFolder(folder);
  for (let attempt = 1; !locks(fd); attempt++) {
    if (attempt === TRIES.most) {
      closeSync(fd);
      return undefined;
    }
    await wait(TRIES.everyMs);
  }
  const { dev, ino } = fstatSync(fd);
  return {
    stands: () => {
      const now = statSync(folder, { throwIfNoEntry: false });
      return now?.dev === dev && now.ino === ino;
    },
    release: () => closeSync(fd),
  };
}

/**
 * True where an app holds the folder, whether it can be asked or not; also where that cannot be found out, as with a folder that
 * somebody has made unreadable: only a folder that is not there has no app.
 */
export function isHeld(folder: string): boolean {
  let fd: number;
  try {
    fd = openFolder(folder);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
  try {
    return !locks(fd);
  } finally {
    closeSync(fd);
  }
}

/** Processes that hold the folder, where the kernel names them (proc(5), /proc/locks); 0 for one of another container. */
export function holdersOf(folder: string): number[] {
  try {
    const inode = statSync(folder, { bigint: true }).ino;
    // ORDINAL: FLOCK ADVISORY WRITE PID MAJOR:MINOR:INODE 0 EOF
    return readFileSync('/proc/locks', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, kind, , , , file]) => kind === 'FLOCK' && file?.split(':')[2] === String(inode))
      .map(([, , , , holder]) => Number(holder));
  } catch {
    return [];
  }
}

/**
 * Whether `pid` may be the process that holds the folder: false where nobody does, or the kernel names another one. True where it
 * does not say, as across containers, and on file systems that have other numbers there.
 */
export function mayHold(folder: string, pid: number): boolean {
  if (process.platform !== 'linux') return true;
  if (!isHeld(folder)) return false;
  const holders = holdersOf(folder);
  return holders.length === 0 || holders.some((holder) => holder === pid || holder <= 0);
}
