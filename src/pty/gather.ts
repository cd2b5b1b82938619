/**
 * Output on its way to the page, gathered while it floods: every frame costs four processes something before its first
 * byte, so that 64 KiB a frame took a third longer than 256 KiB. What comes slower goes at once: nobody waits for an echo.
 */
import type { Clock } from './clock.ts';

/** Output is held back no longer than this: half of a frame of the display. */
export const gatherMs = 8;
/** More than this within gatherMs is a flood, 4 MB/s: no screen is redrawn that fast. */
export const floodBytes = 32 * 1024;
/** A frame of gathered output. */
export const gatherBytes = 256 * 1024;

export class OutputGather {
  readonly #clock: Clock;
  readonly #send: (offset: number, bytes: Uint8Array) => void;
  /** Made at the first flood. Zeros but for buffer[0, #length). */
  #buffer: Uint8Array | undefined;
  #length = 0;
  /** Output bytes before those in the buffer. */
  #offset = 0;
  #cancel: (() => void) | undefined;
  #windowStart = -Infinity;
  #windowBytes = 0;

  /** `send` may use the bytes during the call only. */
  constructor(clock: Clock, send: (offset: number, bytes: Uint8Array) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /** Takes output; `offset` is the number of output bytes before it. Sends it now or within gatherMs, in order. */
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
    if (this.#length === 0) this.#offset = offset;
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    this.#cancel ??= this.#clock.after(gatherMs, () => {
      this.#cancel = undefined;
      this.flush();
    });
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
