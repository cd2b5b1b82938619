/**
 * The lock between processes that append to one ledger: flock(2) on a file that stays there. The kernel lets go of it
 * when its holder ends, however that ends, and it takes no room, so it is had on a full disk too. It is held for milliseconds.
 * Whoever may write in the folder can exchange that file at any moment, and two processes then hold one each: so the head is locked too. That is the file
 * that a writer has open and compares with its name before each write, and two writers of one ledger have the same.
 */
import { closeSync, constants, fstatSync, lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { lock, NativeError, tryLock, unlock } from '../native/addon.ts';
import { storageFault } from '../disk/errno.ts';
import { requirePlain } from '../disk/plain.ts';
import { LedgerError } from './errors.ts';

/** Holders need some milliseconds; ten seconds means that one of them is stopped or the disk is gone. */
const WAIT_MS = 10_000;
const HEAD_LOOK_MS = 5;

function unlockQuietly(fd: number): boolean {
  try {
    unlock(fd);
    return true;
  } catch {
    return false;
  }
}

/**
 * One process's hold on the lock at a path. Its file stays open between two holds: a program of this account can keep this process
 * from opening any (prlimit(2), RLIMIT_NOFILE), and what happens then is entered all the same.
 */
export class LedgerLock {
  readonly #path: string;
  #fd: number | undefined;
  /** The head, as its writer has it open. */
  #head: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Runs `task` while holding the lock. One call after another: two at once would both have it.
   * @param waitMs for whoever holds it.
   * @throws LedgerError 'busy' when a living process does not let go of it for ten seconds, or `waitMs`; 'unreadable' when the folder cannot be written.
   */
  async hold<T>(task: () => Promise<T>, waitMs = WAIT_MS): Promise<T> {
    const fd = await this.#take(waitMs);
    try {
      if (this.#head !== undefined) await this.#takeHead(this.#head, waitMs);
      return await task();
    } finally {
      if (this.#head !== undefined) unlockQuietly(this.#head);
      if (!unlockQuietly(fd)) this.close();
    }
  }

  /** Within a hold: holds the head too, now and from now on. What was read before that may be old. @param fd stays the caller's; undefined before it is closed */
  async withHead(fd: number | undefined): Promise<void> {
    this.#head = fd;
    if (fd !== undefined) await this.#takeHead(fd, WAIT_MS);
  }

  async #takeHead(fd: number, waitMs: number): Promise<void> {
    try {
      // Held by another process only where the file of this lock was exchanged. Not waited for in the kernel: a lock that comes late would stay.
      for (let waited = 0; waited < waitMs; waited += HEAD_LOOK_MS) {
        if (tryLock(fd)) return;
        await wait(HEAD_LOOK_MS);
      }
    } catch (error) {
      throw new LedgerError('unreadable', error instanceof NativeError ? error.message : 'The head of the ledger cannot be locked.', { cause: error });
    }
    throw this.#busy(`${dirname(this.#path)}/head`, waitMs);
  }

  /** Lets go of the file. */
  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  async #take(waitMs: number): Promise<number> {
    const path = this.#path;
    try {
      this.#fd ??= requirePlain(path, constants.O_RDWR | constants.O_CREAT);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'error';
      throw new LedgerError(
        code === 'ENOSPC' || code === 'EIO' || code === 'EDQUOT' ? 'write-failed' : 'unreadable',
        storageFault(error, 'lock the ledger by', path).message,
        { cause: error },
      );
    }
    const fd = this.#fd;
    let held = false;
    try {
      held = await lock(fd, waitMs);
    } catch (error) {
      this.close();
      throw new LedgerError('unreadable', error instanceof NativeError ? error.message : `The ledger cannot be locked by ${path}.`, { cause: error });
    }
    if (held && fstatSync(fd).ino === lstatSync(path, { throwIfNoEntry: false })?.ino) return fd;
    // A lock that comes late would stay with the file.
    this.close();
    // Somebody has put another file there: the lock of the old one keeps nobody out.
    if (held) return this.#take(waitMs);
    throw this.#busy(path, waitMs);
  }

  #busy(what: string, waitMs: number): LedgerError {
    return new LedgerError(
      'busy',
      `The ledger is held by another process, which has locked ${what} for ${waitMs / 1000} seconds. End that process, then try again.`,
    );
  }
}
