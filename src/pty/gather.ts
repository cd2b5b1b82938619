/**
 * Output on its way to the page, gathered while it floods: every frame costs four processes something before its first
 * byte. 50 MB came a third faster in frames of 1 MiB than of 256 KiB, and those a third faster than 64 KiB. As long as the
 * page has enough to parse a frame may fill; what comes slower goes at once: nobody waits for an echo.
 */
import type { Clock } from './clock.ts';

/** Output is held back no longer than this, half of a frame of the display, unless the page has enough to do without it. */
export const gatherMs = 8;
/** More than this within gatherMs is a flood, 4 MB/s: no screen is redrawn that fast. */
export const floodBytes = 32 * 1024;
/** A frame of gathered output. */
export const gatherBytes = 1024 * 1024;
/** Enough to do: 25 ms of the page's parser, in which the next frame reaches it. */
export const enoughBytes = 512 * 1024;
/** Nor longer than this at all: a page that stands still must not keep output here in the clear. */
export const longestMs = 200;

export class OutputGather {
  readonly #clock: Clock;
  readonly #send: (offset: number, bytes: Uint8Array) => void;
  readonly #unparsed: () => number;
  /** Made at the first flood. Zeros but for buffer[0, #length). */
  #buffer: Uint8Array | undefined;
  #length = 0;
  /** Output bytes before those in the buffer. */
  #offset = 0;
  /** When the first of the bytes in the buffer came. */
  #since = 0;
  #cancel: (() => void) | undefined;
  #windowStart = -Infinity;
  #windowBytes = 0;

  /** `send` may use the bytes during the call only. `unparsed`: bytes of output that the page has not parsed, those held back here included. */
  constructor(clock: Clock, send: (offset: number, bytes: Uint8Array) => void, unparsed: () => number) {
    this.#clock = clock;
    this.#send = send;
    this.#unparsed = unparsed;
  }

  /** Takes output; `offset` is the number of output bytes before it. Sends it in order: now, within gatherMs, or before the page runs dry. */
  add(offset: number, bytes: Uint8Array): void {
    const now = this.#clock.now();
    if (now - this.#windowStart >= gatherMs) {
      this.#windowStart = now;
      this.#windowBytes = 0;
    }
    this.#windowBytes += bytes.length;
    if (this.#length + bytes.length > gatherBytes) this.flush();
    if (bytes.length > gatherBytes || (this.#length === 0 && this.#windowBytes <= floodBytes)) {
      this.#send(offset, bytes);
      return;
    }
    this.#buffer ??= new Uint8Array(gatherBytes);
    if (this.#length === 0) {
      this.#offset = offset;
      this.#since = now;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    this.#cancel ??= this.#clock.after(gatherMs, () => this.#due());
  }

  #due(): void {
    this.#cancel = undefined;
    const busy = this.#length > 0 && this.#unparsed() - this.#length >= enoughBytes;
    if (busy && this.#clock.now() - this.#since < longestMs) this.#cancel = this.#clock.after(gatherMs, () => this.#due());
    else this.flush();
  }

  /** Sends what is gathered. */
  flush(): void {
    if (this.#length === 0 || !this.#buffer) return;
    const bytes = this.#buffer.subarray(0, this.#length);
    this.#length = 0;
    try {
      this.#send(this.#offset, bytes);
    } finally {
      bytes.fill(0);
    }
  }

  /** Drops and wipes what is gathered: nobody may see it any more. */
  drop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#buffer?.fill(0, 0, this.#length);
    this.#length = 0;
  }
}
