/** The page's lease: when main is silent, the page takes its text off the screen itself. */
import { Lease } from '../../src/bridge/lease.ts';
import type { Bridge } from '../shared/bridge.ts';

/** Calls `lapsed` once, when main has not renewed the lease in its time. It begins now. */
export function watchLease(bridge: Bridge, lapsed: () => void): void {
  const lease = new Lease(performance.now());
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (): void => {
    clearTimeout(timer);
    const left = lease.left(performance.now());
    if (left > 0) timer = setTimeout(look, left);
    else lapsed();
  };
  bridge.on('lease', () => {
    lease.renew(performance.now());
    // The page is awake: it looks at once, and is not woken for it later.
    look();
  });
  look();
}
