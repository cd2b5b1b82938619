/**
 * The lock between processes that append to one ledger: a file that names its holder by process id, start time and boot.
 * It is made whole by link(2), so nobody ever reads a half-written one, and it is held for milliseconds.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { storageFault } from '../storage/fault.ts';
import { LedgerError } from './errors.ts';

/** Holders need about a millisecond; ten seconds means that one of them is stopped or the disk is gone. */
const WAIT_MS = 10_000;
/** First pause between attempts; doubles up to the second figure. */
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 25;

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Start time of a process in clock ticks since boot (proc(5), field 22 of stat), or '' where the system has no /proc. */
function startTime(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  // The command name in field 2 can hold spaces and brackets, so counting begins after its last bracket.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

const boot = (): string => read('/proc/sys/kernel/random/boot_id')?.trim() ?? '';

/** @returns true when the process that the lock names is certainly not running any more. */
function holderIsGone(content: string): boolean {
  const [pidText, start, bootId] = content.split('\n');
  const pid = Number(pidText);
  if (!Number.isSafeInteger(pid) || pid <= 0) return true;
  if (bootId && boot() && bootId !== boot()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  return Boolean(start) && startTime(pid) !== start;
}

function tryTake(path: string): boolean {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    writeFileSync(temporary, `${process.pid}\n${startTime(process.pid)}\n${boot()}\n`, { mode: 0o600, flag: 'wx' });
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    // On a full disk the file may be there, empty, or not be there at all.
    rmSync(temporary, { force: true });
  }
}

/**
 * Removes a lock whose holder is gone. Only the holder of a second lock may do so: without it two waiters could both
 * find the old lock, and the slower one would remove the new lock of the quicker one.
 */
function removeStale(path: string): void {
  const guard = `${path}.break`;
  if (!tryTake(guard)) {
    const content = read(guard);
    if (content !== undefined && holderIsGone(content)) unlinkSync(guard);
    return;
  }
  try {
    const content = read(path);
    if (content !== undefined && holderIsGone(content)) unlinkSync(path);
  } finally {
    unlinkSync(guard);
  }
}

/**
 * Runs `task` while holding the lock at `path`.
 * @throws LedgerError 'busy' when a living process does not let go of it for ten seconds; 'unreadable' when the folder cannot be written.
 */
export async function withLock<T>(path: string, task: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + WAIT_MS;
  let pause = FIRST_PAUSE_MS;
  for (;;) {
    try {
      if (tryTake(path)) break;
      const content = read(path);
      if (content !== undefined && holderIsGone(content)) {
        removeStale(path);
        continue;
      }
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'error';
      throw new LedgerError(
        code === 'ENOSPC' || code === 'EIO' || code === 'EDQUOT' ? 'write-failed' : 'unreadable',
        storageFault(error, 'lock the ledger by', path).message,
        { cause: error },
      );
    }
    if (performance.now() > deadline)
      throw new LedgerError(
        'busy',
        `The ledger is held by another process: ${path} names process ${read(path)?.split('\n')[0] ?? 'nobody'}. End that process, then try again.`,
      );
    await delay(pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
  try {
    return await task();
  } finally {
    unlinkSync(path);
  }
}
