/** The page's lease: when main is silent, the page takes its text off the screen itself. */
import { CHECK_MS, Lease } from '../../src/bridge/lease.ts';
import type { Bridge } from '../shared/bridge.ts';

/** Calls `lapsed` once, when main has not renewed the lease in its time. It begins now. */
export function watchLease(bridge: Bridge, lapsed: () => void): void {
  const lease = new Lease(performance.now());
  bridge.on('lease', () => lease.renew(performance.now()));
  const timer = setInterval(() => {
    if (!lease.isOver(performance.now())) return;
    clearInterval(timer);
    lapsed();
  }, CHECK_MS);
}
