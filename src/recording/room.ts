/**
 * Room that is held back for the end of one running recording: what was read from its program and not written yet, its last
 * records and its end file. So a recording ends in good order also where somebody has filled the disk.
 *
 * Measured: a reader in a thread of its own has read 256 KiB at most and the kernel has 19 kB (src/pty/reader.ts), which is
 * 281 kB sealed; last records, end file and the names of files are four blocks.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { holdRoom, releaseRoom } from '../disk/room.ts';

const ROOM_FILE = 'reserve';
export const ROOM_BYTES = 384 * 1024;
/** What may wait for room, sealed: output, and besides it some two hundred locks, sizes and notes. What the end itself needs is left. */
export const MAX_WAITING_OUTPUT = ROOM_BYTES - 72 * 1024;
export const MAX_WAITING_MARKS = 40 * 1024;

export class EndRoom {
  readonly #path: string;

  constructor(folder: string) {
    this.#path = join(folder, ROOM_FILE);
  }

  /** @throws what the system says */
  hold(): void {
    holdRoom(this.#path, ROOM_BYTES, { sync: false });
  }

  /** Gives all of it up, to be written to at once. */
  release(): void {
    releaseRoom(this.#path, ROOM_BYTES);
  }

  /** The recording has ended. Never throws: a file that stays is harmless, and its recovery removes it. */
  remove(): void {
    try {
      rmSync(this.#path, { force: true });
    } catch {
      // Whoever took the folder away took it as well.
    }
  }
}
