/** Whether output comes too fast to be cut in lines, which nobody could read. Pure. */
import { SATURATED_BYTES_PER_SECOND, SATURATED_CHUNK_BYTES } from './events.ts';

/** Over how long the rate of output is taken. */
const RATE_WINDOW_NS = 100_000_000n;
const RATE_WINDOW_BYTES = SATURATED_BYTES_PER_SECOND / 10;

export class FloodGauge {
  #windowNs = 0n;
  #windowBytes = 0;
  #flood = false;

  /** @param now nanoseconds, monotonic. */
  floods(bytes: number, now: bigint): boolean {
    if (now - this.#windowNs >= RATE_WINDOW_NS) {
      // A flood lasts into the next window, so that a window's beginning is not cut fine each time.
      this.#flood = now - this.#windowNs < 2n * RATE_WINDOW_NS && this.#windowBytes >= RATE_WINDOW_BYTES;
      this.#windowNs = now;
      this.#windowBytes = 0;
    }
    this.#windowBytes += bytes;
    return bytes >= SATURATED_CHUNK_BYTES || this.#flood || this.#windowBytes >= RATE_WINDOW_BYTES;
  }
}
