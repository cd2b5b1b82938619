/** The files of a ledger as its writer holds them: opened as what they are, parts of them kept aside, and what the system says when it refuses. */
import { closeSync, constants, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder } from '../disk/atomic.ts';
import { LedgerError } from './errors.ts';
import type { LedgerPaths } from './files.ts';
import type { SignedHead } from './head.ts';
import type { NoteKey } from './note.ts';
import { corrupt } from './state.ts';

/** Bytes copied at a time when something is moved aside. */
const COPY_BYTES = 1024 * 1024;

export interface OpenFiles {
  readonly events: number;
  readonly checkpoints: number;
  readonly head: number;
}

export type LedgerFile = keyof OpenFiles;

/** Nothing is opened for appending: a line stands where the tree says, whatever somebody else adds meanwhile. */
function openFile(path: string, create: number): number {
  const fd = openSync(path, constants.O_RDWR | create | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw Object.assign(new Error(`${path} is not a plain file`), { code: 'EINVAL' });
}

/** The files of a ledger that has been read. Events and checkpoints may be missing only where the head vouches for none. */
export function openFiles(paths: LedgerPaths, key: NoteKey, vouched: SignedHead): OpenFiles {
  const opened: number[] = [];
  try {
    const open = (path: string, create: number): number => {
      const fd = openFile(path, create);
      opened.push(fd);
      return fd;
    };
    const head = open(paths.head, 0);
    const checkpoints = open(paths.checkpoints, vouched.checkpoints.lines === 0 ? constants.O_CREAT : 0);
    const events = open(paths.events, vouched.tree.size === 0 ? constants.O_CREAT : 0);
    syncFolder(dirname(paths.events));
    return { events, checkpoints, head };
  } catch (error) {
    for (const fd of opened) closeSync(fd);
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw corrupt(dirname(paths.events), key, 'A file of it is missing.');
    throw systemError('write-failed', `The ledger in ${dirname(paths.events)} cannot be written`, error);
  }
}

export function fileStamp(clock: () => number): string {
  return new Date(clock()).toISOString().replace(/[-:.]/g, '');
}

/** Copies a part of a file into a new one, and makes that durable. */
export function keepAside(fd: number, path: string, from: number, to: number): void {
  let aside = -1;
  for (let n = 0; aside < 0; n++) {
    try {
      aside = openSync(n === 0 ? path : `${path}-${n}`, 'wx', 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  try {
    const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, to - from));
    for (let at = from; at < to;) {
      const count = readSync(fd, buffer, 0, Math.min(buffer.length, to - at), at);
      if (count === 0) break;
      for (let written = 0; written < count;) written += writeSync(aside, buffer, written, count - written);
      at += count;
    }
    fdatasyncSync(aside);
  } finally {
    closeSync(aside);
  }
  syncFolder(dirname(path));
}

export function systemError(code: 'write-failed' | 'unreadable', what: string, error: unknown): LedgerError {
  if (error instanceof LedgerError) return error;
  const reason = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  const advice: Record<string, string> = {
    ENOSPC: 'The disk is full: make room, then try again.',
    EDQUOT: 'The disk quota is used up: make room, then try again.',
    EROFS: 'The disk is read-only: mount it for writing, then try again.',
    EACCES: 'You have no right to it: check owner and mode.',
    EIO: 'The disk reports an error: replace it, and keep a copy of what can be read.',
  };
  return new LedgerError(code, `${what} (${reason}). ${advice[reason] ?? 'Check the disk and the rights.'}`, { cause: error });
}
