/**
 * The segment files of a recording that is being written: one whole frame after the other, and their way to the disk's
 * platter. Writing is synchronous; fdatasync is not, and runs every SYNC_INTERVAL_MS while something was written.
 */
import { close, fdatasync, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { segmentName } from './header.ts';

/** Longest time between a write and its fdatasync. Measured: group commit at 10 ms or more costs under a quarter of the rate, at 200 ms nothing that can be seen. */
export const SYNC_INTERVAL_MS = 200;

const fdatasyncAsync = promisify(fdatasync);
const closeAsync = promisify(close);

export class SegmentFile {
  readonly #folder: string;
  /** Told of what fails while nobody waits for it. */
  readonly #failed: (error: unknown) => void;
  #fd = -1;
  #bytes = 0;
  #allBytes = 0;
  #dirty = false;
  #syncTimer: NodeJS.Timeout | undefined;
  /** Every asynchronous call on a file descriptor, one after the other: no descriptor is closed under a running sync. */
  #io: Promise<void> = Promise.resolve();

  constructor(folder: string, failed: (error: unknown) => void) {
    this.#folder = folder;
    this.#failed = failed;
  }

  /** Bytes of the present segment. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of all segments. */
  get allBytes(): number {
    return this.#allBytes;
  }

  /** Leaves the present segment behind and makes the next one. Throws what the system says. */
  next(segment: number): void {
    this.startSync();
    this.#retire();
    this.#fd = openSync(join(this.#folder, segmentName(segment)), 'wx', 0o600);
    this.#bytes = 0;
    // The new name must last as well. Not waited for: at a lock every pane rotates, and a slow disk must not hold them up.
    this.#queue(() => syncFolderAsync(this.#folder));
  }

  /** Writes all bytes at the segment's end. Throws what the system says. */
  append(bytes: Buffer): void {
    for (let written = 0; written < bytes.length;) {
      const more = writeSync(this.#fd, bytes, written, bytes.length - written);
      if (more === 0) throw new Error('no byte was written');
      written += more;
    }
    this.#bytes += bytes.length;
    this.#allBytes += bytes.length;
    this.#dirty = true;
    this.#syncTimer ??= setTimeout(() => this.startSync(), SYNC_INTERVAL_MS).unref();
  }

  /** Starts an fdatasync of what was written, behind those that run. */
  startSync(): void {
    clearTimeout(this.#syncTimer);
    this.#syncTimer = undefined;
    if (!this.#dirty) return;
    this.#dirty = false;
    const fd = this.#fd;
    this.#queue(() => fdatasyncAsync(fd));
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

  /** Closes without another sync: what comes of it has nobody left to be told. */
  abandon(): void {
    clearTimeout(this.#syncTimer);
    this.#syncTimer = undefined;
    this.#dirty = false;
    this.#retire();
  }

  /** Closes the present file behind every sync of it. */
  #retire(): void {
    const fd = this.#fd;
    this.#fd = -1;
    if (fd >= 0) this.#queue(() => closeAsync(fd));
  }

  #queue(work: () => Promise<void>): void {
    this.#io = this.#io.then(work).catch(this.#failed);
  }
}

async function syncFolderAsync(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
