/**
 * What main lends to the page and to the pty host, and renews while it runs. Whoever holds a lease that is over acts by
 * itself: main has been stopped, so nothing would lock. Pure: time comes in, in milliseconds of a monotonic clock.
 */

export const LEASE_MS = 3000;
/** A renewal on its way through the browser wakes five threads: there are as few as leave a second for one that is late. */
export const RENEW_MS = 2000;
/** A holder whose lease seems to be over waits for this long: a renewal that has come by then may not have been read yet. */
export const READ_MS = 100;
/** A holder that looks this much later than it wanted was held up itself: it gives itself as long to read what came meanwhile. */
const LATE_MS = 1000;

export class Lease {
  #until: number;
  /** When the holder wants to look next. */
  #next: number;
  /** It seemed to be over at the last look. */
  #doubtful = false;

  constructor(now: number) {
    this.#until = now + LEASE_MS;
    this.#next = this.#until;
  }

  renew(now: number): void {
    this.#until = now + LEASE_MS;
    this.#doubtful = false;
  }

  /**
   * Asked at first and whenever the time of its answer has passed; sooner by a holder whose timers cost nothing to set anew. Nobody need be woken in
   * between because it was renewed.
   * @returns the milliseconds until the next look; 0 where the lease is over.
   */
  left(now: number): number {
    const late = now - this.#next > LATE_MS;
    if (now >= this.#until && this.#doubtful && !late) return 0;
    this.#doubtful = now >= this.#until;
    const wait = !this.#doubtful ? this.#until - now : late ? LATE_MS : READ_MS;
    this.#next = now + wait;
    return wait;
  }
}
