/**
 * Renews what the page and the pty host hold (src/bridge/lease.ts), and notices when this process itself was not running:
 * somebody has stopped it, and what they did meanwhile nobody watched. By the process's own time, which no test turns: what is
 * measured is whether this process runs.
 */
import { LEASE_MS, RENEW_MS } from '../src/bridge/lease.ts';
import { every, steadyClock } from '../src/time/clock.ts';

/** @returns what ends it. */
export function keepLeases(parts: { readonly renew: () => void; readonly lapsed: () => void }): () => void {
  let last = performance.now();
  return every(steadyClock, RENEW_MS, () => {
    const now = performance.now();
    const held = now - last;
    last = now;
    if (held >= LEASE_MS) parts.lapsed();
    else parts.renew();
  });
}
