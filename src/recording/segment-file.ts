/**
 * The segment files of a recording that is being written: one whole frame after the other, and their way to the disk's
 * platter. Writing is synchronous; fdatasync is not, and runs every SYNC_INTERVAL_MS while something was written.
 *
 * Where a full disk takes a part of a frame only, that part is taken back: the file ends with a whole frame, and the same
 * frame may be written later.
 */
import { close, closeSync, fdatasync, fstat, fstatSync, ftruncateSync, openSync, unlinkSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { syncFolderAsync } from '../disk/atomic.ts';
import { writeAll } from '../disk/bytes.ts';
import { isFull } from '../disk/errno.ts';
import { MOVED } from './disk-error.ts';
import { segmentName } from './header.ts';
import type { TreeHead } from '../types/head.ts';

/** Longest time between a write and its fdatasync. Measured: group commit at 10 ms or more costs under a quarter of the rate, at 200 ms nothing that can be seen. */
const SYNC_INTERVAL_MS = 200;

const fdatasyncAsync = promisify(fdatasync);
const closeAsync = promisify(close);
const fstatAsync = promisify(fstat);

export interface SegmentFileParts {
  /** The recording's own folder. */
  readonly folder: string;
  /** The head of everything that was appended. */
  readonly head: () => TreeHead;
  /** Told of what fails while nobody waits for it. */
  readonly failed: (error: unknown) => void;
}

export class SegmentFile {
  readonly #parts: SegmentFileParts;
  #fd = -1;
  #path = '';
  #bytes = 0;
  #allBytes = 0;
  #dirty = false;
  #broken = false;
  #durable: TreeHead;
  #syncTimer: NodeJS.Timeout | undefined;
  /** Every asynchronous call on a file descriptor, one after the other: no descriptor is closed under a running sync. */
  #io: Promise<void> = Promise.resolve();

  constructor(parts: SegmentFileParts) {
    this.#parts = parts;
    this.#durable = parts.head();
  }

  /** Bytes of the present segment. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of all segments. */
  get allBytes(): number {
    return this.#allBytes;
  }

  /** The head of what is on the platter for certain. */
  get durable(): TreeHead {
    return this.#durable;
  }

  /**
   * Makes the next segment with its first bytes, and leaves the present one behind. Throws what the system says: the
   * present one is then still the present one.
   */
  next(segment: number, first: Buffer): void {
    const path = join(this.#parts.folder, segmentName(segment));
    const fd = openSync(path, 'wx', 0o600);
    try {
      writeAll(fd, first, 0);
    } catch (error) {
      closeSync(fd);
      unlinkSync(path);
      throw error;
    }
    this.startSync();
    this.#retire();
    this.#fd = fd;
    this.#path = path;
    this.#bytes = first.length;
    this.#allBytes += first.length;
    // The new name must last as well. Not waited for: at a lock every pane rotates, and a slow disk must not hold them up.
    this.#queue(() => syncFolderAsync(this.#parts.folder));
    this.#written();
  }

  /** Writes all bytes at the segment's end. Throws what the system says: on a full disk the file is then as long as it was. */
  append(bytes: Buffer): void {
    const at = this.#bytes;
    // Somebody has cut it: what is written behind would stand after a hole.
    if (fstatSync(this.#fd).size !== at) throw notInPlace();
    try {
      writeAll(this.#fd, bytes, at);
    } catch (error) {
      if (isFull(error)) ftruncateSync(this.#fd, at);
      throw error;
    }
    this.#bytes += bytes.length;
    this.#allBytes += bytes.length;
    this.#written();
  }

  /** Starts an fdatasync of what was written, behind those that run. */
  startSync(): void {
    clearTimeout(this.#syncTimer);
    this.#syncTimer = undefined;
    if (!this.#dirty) return;
    this.#dirty = false;
    const fd = this.#fd;
    const [path, bytes] = [this.#path, this.#bytes];
    const head = this.#parts.head();
    this.#queue(async () => {
      // After a failed sync the kernel may have dropped what was to be synced, and reports success for the next one.
      if (this.#broken) return;
      await fdatasyncAsync(fd);
      await requireInPlace(fd, path, bytes);
      this.#durable = head;
    });
  }

  /** Resolves when every sync that was started is over; whether it failed was told. */
  settled(): Promise<void> {
    return this.#io;
  }

  /** Syncs what was written and closes. */
  close(): void {
    this.startSync();
    this.#retire();
  }

  #written(): void {
    this.#dirty = true;
    this.#syncTimer ??= setTimeout(() => this.startSync(), SYNC_INTERVAL_MS).unref();
  }

  /** Closes the present file behind every sync of it. */
  #retire(): void {
    const fd = this.#fd;
    this.#fd = -1;
    if (fd >= 0) this.#queue(() => closeAsync(fd));
  }

  #queue(work: () => Promise<void>): void {
    this.#io = this.#io.then(work).catch((error: unknown) => {
      this.#broken = true;
      this.#parts.failed(error);
    });
  }
}

/**
 * What is written into a file that nobody can find any more is not recorded. Whoever may write the folder can take the file
 * away, put another one in its place, or shorten it; the descriptor takes bytes all the same.
 */
async function requireInPlace(fd: number, path: string, bytes: number): Promise<void> {
  const [own, there] = await Promise.all([fstatAsync(fd, { bigint: true }), lstat(path, { bigint: true }).catch(() => undefined)]);
  if (there?.ino === own.ino && there.dev === own.dev && own.size >= bytes) return;
  throw notInPlace();
}

const notInPlace = (): Error => Object.assign(new Error('the file is not in its place'), { code: MOVED });
