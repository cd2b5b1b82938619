/**
 * What main lends to the page and to the pty host, and renews while it runs. Whoever holds a lease that is over acts by
 * itself: main has been stopped, so nothing would lock. Pure: time comes in, in milliseconds of a monotonic clock.
 */

export const LEASE_MS = 3000;
/** Three renewals fit into a lease, so that one that is late ends nothing. */
export const RENEW_MS = 1000;
/** How often a holder looks. */
export const CHECK_MS = 250;
/** A holder that has not looked for this long was held up itself: it gives itself as long again to read what came meanwhile. */
const LATE_MS = 1000;

export class Lease {
  #until: number;
  #checked: number;

  constructor(now: number) {
    this.#until = now + LEASE_MS;
    this.#checked = now;
  }

  renew(now: number): void {
    this.#until = now + LEASE_MS;
  }

  /** Asked every CHECK_MS. */
  isOver(now: number): boolean {
    if (now - this.#checked > LATE_MS) this.#until = Math.max(this.#until, now + LATE_MS);
    this.#checked = now;
    return now >= this.#until;
  }
}
