/** The files of a ledger, and reading them line by line without holding more than one line. */
import { fstatSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** Names inside the ledger's folder. */
const EVENTS_FILE = 'events.jsonl';
const CHECKPOINTS_FILE = 'checkpoints.jsonl';
const HEAD_FILE = 'head';
/** A folder: what is kept there is derived from the events, and may be removed at any time. */
const DERIVED_FOLDER = 'derived';
/** Room on the disk that is held back for events. */
const RESERVE_FILE = 'reserve';
const LOCK_FILE = 'lock';
/** Beside the ledger's folder, which may be away: events that could not be entered before a process ended. */
const LATE_SUFFIX = '.late';

/** Bytes of one read: large enough that a ledger reads at the disk's speed, and some milliseconds of work. */
const CHUNK = 256 * 1024;
/** Longest line we take: an event of ours has at most about 4 KiB, a line of a megabyte is not one. */
export const MAX_LINE_BYTES = 64 * 1024;

/**
 * Of what stands beyond the head so much is looked at, and kept aside (bytes). An append that was interrupted is far below it; a file can be made
 * longer by any length with one call (truncate(2)), a hole that takes no room, and neither the time nor the disk is to go into it.
 */
export const MAX_BEYOND_BYTES = 8 * 1024 * 1024;

export interface LedgerPaths {
  readonly events: string;
  readonly checkpoints: string;
  readonly head: string;
  readonly derived: string;
  readonly reserve: string;
  readonly lock: string;
  readonly late: string;
}

export function ledgerPaths(folder: string): LedgerPaths {
  return {
    events: join(folder, EVENTS_FILE),
    checkpoints: join(folder, CHECKPOINTS_FILE),
    head: join(folder, HEAD_FILE),
    derived: join(folder, DERIVED_FOLDER),
    reserve: join(folder, RESERVE_FILE),
    lock: join(folder, LOCK_FILE),
    late: `${folder}${LATE_SUFFIX}`,
  };
}

/** What a pass over a file found. */
export interface LinePass {
  /** The offset after the last line that was visited. */
  readonly end: number;
  /** Bytes after it, of the file as it was when the pass began. */
  readonly tornBytes: number;
}

/** Visits a line; `false` ends the pass before it. */
export type LineVisitor = (line: Buffer, offset: number) => boolean | void;

/**
 * Calls `visit` with each whole line from `start` (a byte offset) on, without its newline, until it returns false. The buffer is only good during the
 * call. Of a line that is too long to be an event only the beginning is given, and the pass ends there.
 */
export const passLines = (fd: number, start: number, visit: LineVisitor, maxLine = MAX_LINE_BYTES): LinePass => atOnce(passInSteps(fd, start, visit, maxLine));

/** As passLines, with a break after each block, in which others can run. */
export const passLinesGently = (fd: number, start: number, visit: LineVisitor, maxLine = MAX_LINE_BYTES): Promise<LinePass> =>
  gently(passInSteps(fd, start, visit, maxLine));

/** Work in steps of a block each: a command does it at once, a process in which others wait lets them run in between. */
export type InSteps<Result> = Generator<undefined, Result>;

export function atOnce<Result>(steps: InSteps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

export async function gently<Result>(steps: InSteps<Result>): Promise<Result> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await new Promise(setImmediate);
  }
}

/** As passLines, in steps. */
export function* passInSteps(fd: number, start: number, visit: LineVisitor, maxLine = MAX_LINE_BYTES): InSteps<LinePass> {
  const size = fstatSync(fd).size;
  const buffer = Buffer.allocUnsafe(Math.max(Math.min(CHUNK, size - start), maxLine + 1));
  let held = 0;
  let offset = start;
  for (let at = start; at < size;) {
    if (held > maxLine) {
      // Not a torn write, which is short, but a broken file: the visitor gets the piece and refuses it.
      visit(buffer.subarray(0, held), offset);
      return { end: offset, tornBytes: size - offset };
    }
    const count = readSync(fd, buffer, held, Math.min(buffer.length - held, size - at), at);
    if (count === 0) break;
    at += count;
    held += count;
    let from = 0;
    const filled = buffer.subarray(0, held);
    for (let end = filled.indexOf(0x0a); end >= 0; end = filled.indexOf(0x0a, from)) {
      if (visit(buffer.subarray(from, end), offset) === false) return { end: offset, tornBytes: size - offset };
      offset += end + 1 - from;
      from = end + 1;
    }
    buffer.copyWithin(0, from, held);
    held -= from;
    yield;
  }
  return { end: offset, tornBytes: size - offset };
}

/** The offset after the next newline from `from` on; undefined where none follows. */
export function skipLine(fd: number, from: number): number | undefined {
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let at = from; ;) {
    const count = readSync(fd, buffer, 0, CHUNK, at);
    if (count === 0) return undefined;
    const newline = buffer.subarray(0, count).indexOf(0x0a);
    if (newline >= 0) return at + newline + 1;
    at += count;
  }
}

/** Lines in a part of a file: its newlines, and one more where its last byte is none. Of a part of more than MAX_BEYOND_BYTES those in its beginning. */
export function countLines(fd: number, from: number, end: number): number {
  const to = Math.min(end, from + MAX_BEYOND_BYTES);
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(1, to - from)));
  let lines = 0;
  let last = 0x0a;
  for (let at = from; at < to;) {
    const count = readSync(fd, buffer, 0, Math.min(buffer.length, to - at), at);
    if (count === 0) break;
    for (let i = 0; i < count; i++) if (buffer[i] === 0x0a) lines += 1;
    last = buffer[count - 1]!;
    at += count;
  }
  return last === 0x0a ? lines : lines + 1;
}
