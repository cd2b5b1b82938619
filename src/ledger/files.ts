/** The files of a ledger, and reading them line by line without holding more than one line. */
import { closeSync, fstatSync, openSync, readSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Names inside the ledger's folder. */
export const EVENTS_FILE = 'events.jsonl';
export const CHECKPOINTS_FILE = 'checkpoints.jsonl';
export const LOCK_FILE = 'lock';

/** Bytes of one read: large enough that a ledger reads at the disk's speed. */
const CHUNK = 1024 * 1024;
/** Longest line we take: an event of ours has at most about 4 KiB, a line of a megabyte is not one. */
export const MAX_LINE_BYTES = 64 * 1024;

export interface LedgerPaths {
  readonly events: string;
  readonly checkpoints: string;
  readonly lock: string;
}

export function ledgerPaths(folder: string): LedgerPaths {
  return { events: join(folder, EVENTS_FILE), checkpoints: join(folder, CHECKPOINTS_FILE), lock: join(folder, LOCK_FILE) };
}

/** What a pass over a file found. `end` is the offset after its last whole line; bytes after it are torn. */
export interface LinePass {
  readonly end: number;
  readonly tornBytes: number;
}

/**
 * Calls `visit` with each whole line from `start` (a byte offset) on, without its newline. The buffer is only good during the call.
 * Of a line that is too long to be an event only the beginning is given, and the pass ends there.
 */
export function passLines(fd: number, start: number, visit: (line: Buffer, offset: number) => void, maxLine = MAX_LINE_BYTES): LinePass {
  const size = fstatSync(fd).size;
  const buffer = Buffer.allocUnsafe(Math.max(CHUNK, maxLine + 1));
  let held = 0;
  let offset = start;
  for (let at = start; at < size;) {
    if (held > maxLine) {
      // Not a torn write, which is short, but a broken file: the visitor gets the piece and refuses it.
      visit(buffer.subarray(0, held), offset);
      return { end: offset, tornBytes: 0 };
    }
    const count = readSync(fd, buffer, held, Math.min(buffer.length - held, size - at), at);
    if (count === 0) break;
    at += count;
    held += count;
    let from = 0;
    const filled = buffer.subarray(0, held);
    for (let end = filled.indexOf(0x0a); end >= 0; end = filled.indexOf(0x0a, from)) {
      visit(buffer.subarray(from, end), offset);
      offset += end + 1 - from;
      from = end + 1;
    }
    buffer.copyWithin(0, from, held);
    held -= from;
  }
  return { end: offset, tornBytes: size - offset };
}

/** As passLines, over a path. @returns undefined when there is no such file. @throws the system's error for any other trouble. */
export function passFile(path: string, visit: (line: Buffer, offset: number) => void, maxLine = MAX_LINE_BYTES): LinePass | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return passLines(fd, 0, visit, maxLine);
  } finally {
    closeSync(fd);
  }
}
