/** How much room the disk of the recordings has left for everybody: looked at while something is written, not by the clock. */
import { cannotBegin } from './disk-error.ts';
import { RecordingError } from './errors.ts';
import type { RecordingOptions } from './options.ts';
import { freeMebibytes } from '../disk/room.ts';

const MEBIBYTE = 1024 * 1024;
/** How much may be written between two looks, at most and at least. */
export const SPACE_CHECK_BYTES = 8 * MEBIBYTE;
const MIN_CHECK_BYTES = 256 * 1024;
/** Below this a disk is as good as full, whatever the policy keeps. */
export const MIN_FREE_MEBIBYTES = 4;
/** A disk that was short of room has room again with this part more than what is kept: else it would be said anew with every batch. */
const BACK_AGAIN = 17 / 16;

export interface SpaceParts {
  readonly folder: string;
  /** What the policy in force keeps. */
  readonly reserveMebibytes: () => number;
  /** Free space in MiB: statfs unless given. */
  readonly free?: () => number;
}

export class DiskSpace {
  readonly #parts: SpaceParts;
  /** Bytes that may be written until the next look. */
  #due = 0;
  #low = false;
  #free = Number.POSITIVE_INFINITY;

  constructor(parts: SpaceParts) {
    this.#parts = parts;
  }

  /** At the last look. */
  get freeMebibytes(): number {
    return this.#free;
  }

  /** So many bytes were written. @returns whether there is less room than the policy keeps. */
  wrote(bytes: number): boolean {
    this.#due -= bytes;
    return this.#due > 0 ? this.#low : this.look();
  }

  /** @returns whether there is less room than the policy keeps. */
  look(): boolean {
    const { folder, reserveMebibytes, free } = this.#parts;
    const floor = Math.max(reserveMebibytes(), MIN_FREE_MEBIBYTES);
    try {
      this.#free = free ? free() : freeMebibytes(folder);
    } catch {
      // Where nothing can be seen, the writer meets whatever is wrong.
      this.#free = Number.POSITIVE_INFINITY;
    }
    this.#low = this.#free < (this.#low ? floor * BACK_AGAIN : floor);
    // The nearer to the floor, the sooner the next look.
    this.#due = Math.min(SPACE_CHECK_BYTES, Math.max(MIN_CHECK_BYTES, ((this.#free - floor) * MEBIBYTE) / 2));
    return this.#low;
  }
}

/** @throws RecordingError 'disk-reserve' where there is less room than the policy keeps, 'write-failed' where nobody can say. */
export function requireSpace({ folder, reserveMebibytes = 0, freeMebibytes: given }: RecordingOptions): void {
  let free: number;
  try {
    free = given?.() ?? freeMebibytes(folder);
  } catch (error) {
    throw cannotBegin(folder, error);
  }
  if (free >= reserveMebibytes) return;
  throw new RecordingError(
    'disk-reserve',
    `Only ${Math.floor(free)} MiB are free for recordings in ${folder}; the policy keeps ${reserveMebibytes} MiB. Free some space, then open the pane again.`,
  );
}
