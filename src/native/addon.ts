/**
 * The few calls to the operating system that JavaScript cannot make: native/wardmux.c, typed. Linux only; elsewhere each
 * function throws a NativeError with the code ENOTSUP, and does nothing.
 */
import { CodedError } from '../types/coded-error.ts';
import { inTime } from '../time/in-time.ts';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { getSystemErrorName } from 'node:util';

/** What the C side gives: 0 or more, or -errno. */
interface Addon {
  setNotDumpable(): number;
  isDumpable(): number;
  coreLimit(pid: number): number;
  setCoreLimit(pid: number, soft: number): number;
  peer(fd: number): SocketPeer | number;
  closeOnExec(first: number): number;
  closeOnExecEach(first: number): number;
  foregroundGroup(fd: number): number;
  tryLock(fd: number): number;
  lock(fd: number): Promise<number>;
  unlock(fd: number): number;
  startReading(master: number, ring: Uint8Array, batch: number, wake: (looked: number) => void): object | number;
  readerTake(reader: object, taken: number, wanted: number): number;
  readerOrder(reader: object, close: number): number;
}

/** Who connected to a Unix socket, as the kernel saw it then. */
export interface SocketPeer {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** A call that the operating system refused. `code` is errno's name (ENOTSUP: not on this system), or MISSING. */
export class NativeError extends CodedError {}

/** Beside the bundle that holds this module, or where the build makes it. */
const places = [join(import.meta.dirname, 'wardmux.node'), join(import.meta.dirname, '../../native/build/wardmux.node')];

let loaded: Addon | undefined;

/** @throws NativeError MISSING with a sentence for people */
function addon(): Addon {
  if (loaded) return loaded;
  const place = places.find((path) => existsSync(path));
  if (place === undefined) {
    throw new NativeError(
      'MISSING',
      `The native part of Wardmux is missing (looked for ${places.join(' and ')}). In a clone run: npm run build. Else install it again.`,
    );
  }
  try {
    loaded = createRequire(import.meta.url)(place) as Addon;
  } catch (error) {
    throw new NativeError(
      'MISSING',
      `The native part of Wardmux, ${place}, cannot be loaded: ${(error as Error).message}. In a clone run: npm run build -- --force.`,
    );
  }
  return loaded;
}

/** @throws NativeError where `result` is -errno */
function check(call: string, result: number): number {
  if (result >= 0) return result;
  const code = getSystemErrorName(result);
  throw new NativeError(code, code === 'ENOTSUP' ? `This system has no ${call}.` : `The system refuses ${call}: ${code}.`);
}

/**
 * From now on no core is dumped of this process, and no other program of this account can trace it, read its memory, its
 * environment or its list of descriptors, or take a descriptor out of it (prctl(2), PR_SET_DUMPABLE). Root can. A program
 * that this process starts (execve) is not protected by it. Returns only when the kernel says that it is so.
 */
export function setNotDumpable(): void {
  check('PR_SET_DUMPABLE', addon().setNotDumpable());
}

export function isDumpable(): boolean {
  return check('PR_GET_DUMPABLE', addon().isDumpable()) !== 0;
}

/** Soft limit of a core file in bytes, Infinity for none (getrlimit(2), RLIMIT_CORE). `pid` 0 is this process. */
export function coreLimit(pid: number): number {
  return check('RLIMIT_CORE', addon().coreLimit(pid));
}

/** Sets the soft limit, not above the hard one, which stays. Programs that are started afterwards inherit it. */
export function setCoreLimit(pid: number, bytes: number): void {
  check('RLIMIT_CORE', addon().setCoreLimit(pid, bytes));
}

/** Who is at the other end of a connected Unix socket (unix(7), SO_PEERCRED). ENOTSUP for any other descriptor. */
export function peerOf(fd: number): SocketPeer {
  const found = addon().peer(fd);
  if (typeof found === 'number') {
    check('SO_PEERCRED', found);
    throw new NativeError('ENOTSUP', 'This system has no SO_PEERCRED.');
  }
  return found;
}

/** No program that this process becomes or starts afterwards gets a descriptor from `first` on, but those given to it. */
export function closeOnExec(first: number): void {
  // Kernels before 5.11, and some sandboxes, do not know close_range.
  if (addon().closeOnExec(first) < 0) check('close on exec', addon().closeOnExecEach(first));
}

/** Process group in the foreground of a pty, by its master (tcgetpgrp(3)). */
export function foregroundGroup(master: number): number {
  return check('tcgetpgrp', addon().foregroundGroup(master));
}

/**
 * Takes the exclusive lock of an open file (flock(2)) without waiting. The kernel lets go of it when the last descriptor of
 * this opening is closed, however the process ends. True: this opening has it, also if it had it before.
 */
export function tryLock(fd: number): boolean {
  return check('flock', addon().tryLock(fd)) === 1;
}

/**
 * The same, waiting in a thread of its own for `ms` milliseconds at most. False: the time is over; close `fd` then, or a
 * lock that comes late stays with it.
 */
export async function lock(fd: number, ms: number): Promise<boolean> {
  if (tryLock(fd)) return true;
  const result = await inTime(addon().lock(fd), ms);
  if (result === undefined) return false;
  check('flock', result);
  return true;
}

/** Lets go of the lock, and keeps the file open. */
export function unlock(fd: number): void {
  check('flock', addon().unlock(fd));
}

/** The thread of startReading. */
export interface NativeReader {
  /**
   * Tells that the next `taken` bytes were taken and may be overwritten. @returns the bytes held, and whether those are the
   * last that ever come. Where they are fewer than `wanted` (0: none are waited for) and more may come, `wake(false)` is
   * called when there are so many and the terminal has no more for the moment, or a batch is full.
   */
  take(taken: number, wanted: number): { readonly held: number; readonly over: boolean };
  /** Has the thread read whatever there is, and then call `wake(true)`. */
  look(): void;
  /** The thread wipes the ring, closes the master and ends. Nothing else may be called any more. */
  close(): void;
}

/**
 * Starts a thread that reads `master`, a descriptor that does not block, into `ring` without an end, and closes it at its
 * own end. It wakes whoever waits when a `batch` of bytes is held, or fewer and no more for the moment.
 * @throws NativeError: then `master` is as it was.
 */
export function startReading(master: number, ring: Uint8Array, batch: number, wake: (looked: boolean) => void): NativeReader {
  const native = addon();
  const reader = native.startReading(master, ring, batch, (looked) => wake(looked === 1));
  if (typeof reader === 'number') {
    check('reading thread', reader);
    throw new NativeError('ENOTSUP', 'This system has no reading thread.');
  }
  return {
    take(taken, wanted) {
      const held = native.readerTake(reader, taken, wanted);
      return held < 0 ? { held: -1 - held, over: true } : { held, over: false };
    },
    look: () => void native.readerOrder(reader, 0),
    close: () => void native.readerOrder(reader, 1),
  };
}
