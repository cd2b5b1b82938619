/**
 * Renews what the page and the pty host hold (src/bridge/lease.ts), and notices when this process itself was not running:
 * somebody has stopped it, and what they did meanwhile nobody watched. By the process's own time, which no test turns: what is
 * measured is whether this process runs.
 */
import { LEASE_MS, RENEW_MS } from '../src/bridge/lease.ts';
import { every, steadyClock } from '../src/time/clock.ts';

/** The rhythm of the app's other work: a renewal wakes nobody by itself. */
const BEAT_MS = 1000;
/** A beat that comes this much later than it should is one of a busy machine: there each one renews, so that the next may be later still. */
const LATE_MS = 100;

/** Which beats renew: those that RENEW_MS asks for, and every one for as long as they come late. Pure: monotonic milliseconds come in. */
export class Renewals {
  #last: number;
  #renewed: number;

  constructor(now: number) {
    this.#last = this.#renewed = now;
  }

  /** A beat. `lapsed`: leases are over, for this process did not run. */
  beat(now: number): 'renew' | 'wait' | 'lapsed' {
    const held = now - this.#last;
    this.#last = now;
    if (held >= LEASE_MS) return 'lapsed';
    if (held < BEAT_MS + LATE_MS && now - this.#renewed < RENEW_MS - LATE_MS) return 'wait';
    this.#renewed = now;
    return 'renew';
  }
}

/** @returns what ends it. */
export function keepLeases(parts: { readonly renew: () => void; readonly lapsed: () => void }): () => void {
  const renewals = new Renewals(performance.now());
  return every(steadyClock, BEAT_MS, () => {
    const due = renewals.beat(performance.now());
    if (due === 'lapsed') parts.lapsed();
    else if (due === 'renew') parts.renew();
  });
}
