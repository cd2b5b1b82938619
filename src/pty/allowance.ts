/**
 * What a program may print while the disk has less room than the policy keeps. A flood uses it up at once and waits; a
 * shell in which somebody works, and a program that says a word now and then, never get there. Pure.
 */

/** At once: some screens full, sealed. */
const BURST_BYTES = 256 * 1024;
/** And then: 64 panes that print all the time take a day for 5.5 GB, one takes 6 days for the 512 MiB that a policy keeps. */
const BYTES_PER_MS = 1;
/** One batch of the reader. */
const BATCH_BYTES = 64 * 1024;
/** Less than a screen full is nothing to go on with. */
const SCREEN_BYTES = 4 * 1024;
/** Who types wants to see what comes of it: one batch, at most once in this time. */
const TYPED_MS = 1000;

export class Allowance {
  #bytes = BURST_BYTES;
  #since = 0;
  #typed = Number.NEGATIVE_INFINITY;

  /** So many sealed bytes were printed. @returns whether more may come. */
  take(bytes: number, now: number): boolean {
    this.#refill(now);
    this.#bytes -= bytes;
    return this.#bytes > SCREEN_BYTES;
  }

  /** Whether it is enough for a batch again. */
  allows(now: number): boolean {
    this.#refill(now);
    return this.#bytes >= BATCH_BYTES;
  }

  /** Whether nothing of it is used: the program has been quiet. */
  isWhole(now: number): boolean {
    this.#refill(now);
    return this.#bytes >= BURST_BYTES;
  }

  /** Somebody has typed. @returns whether a batch may come for it. */
  typed(now: number): boolean {
    this.#refill(now);
    if (now - this.#typed < TYPED_MS) return this.#bytes > SCREEN_BYTES;
    this.#typed = now;
    this.#bytes = Math.max(this.#bytes, BATCH_BYTES);
    return true;
  }

  /** There is room again. */
  reset(): void {
    this.#bytes = BURST_BYTES;
  }

  #refill(now: number): void {
    this.#bytes = Math.min(BURST_BYTES, this.#bytes + Math.max(0, now - this.#since) * BYTES_PER_MS);
    this.#since = now;
  }
}
