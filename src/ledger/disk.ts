/** The files of a ledger as its writer holds them: opened as what they are, parts of them kept aside, and what the system says when it refuses. */
import { closeSync, constants, fdatasyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder } from '../disk/atomic.ts';
import { copyBytes } from '../disk/bytes.ts';
import { capital, nameOf, troubleOf } from '../disk/errno.ts';
import { requirePlain } from '../disk/plain.ts';
import { LedgerError } from './errors.ts';
import { MAX_BEYOND_BYTES, type LedgerPaths } from './files.ts';
import type { SignedHead } from './head.ts';
import type { NoteKey } from './note.ts';
import { corrupt } from './state.ts';

export interface OpenFiles {
  readonly events: number;
  readonly checkpoints: number;
  readonly head: number;
}

export type LedgerFile = keyof OpenFiles;

/**
 * The files of a ledger that has been read. Events and checkpoints may be missing only where the head vouches for none. Nothing is
 * opened for appending: a line stands where the tree says, whatever somebody else adds meanwhile.
 */
export async function openFiles(paths: LedgerPaths, key: NoteKey, vouched: SignedHead): Promise<OpenFiles> {
  const opened: number[] = [];
  try {
    const open = (path: string, create: number): number => {
      const fd = requirePlain(path, constants.O_RDWR | create);
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
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw await corrupt(dirname(paths.events), key, 'A file of it is missing.');
    throw systemError('write-failed', `The ledger in ${dirname(paths.events)} cannot be written`, error);
  }
}

export function fileStamp(clock: () => number): string {
  return new Date(clock()).toISOString().replace(/[-:.]/g, '');
}

/** Copies a part of a file into a new one, and makes that durable. Of a part of more than MAX_BEYOND_BYTES its beginning. */
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
    copyBytes(fd, from, Math.min(to, from + MAX_BEYOND_BYTES), aside);
    fdatasyncSync(aside);
  } finally {
    closeSync(aside);
  }
  syncFolder(dirname(path));
}

export function systemError(code: 'write-failed' | 'unreadable', what: string, error: unknown): LedgerError {
  if (error instanceof LedgerError) return error;
  const trouble = troubleOf(error);
  const advice = trouble ? `${capital(trouble.is)}: ${trouble.mend}.` : 'Check the disk and the rights.';
  return new LedgerError(code, `${what} (${nameOf(error)}). ${advice}`, { cause: error });
}
