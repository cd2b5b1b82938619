/** A page that is no workspace tells the core that somebody is there. */
import type { Bridge } from './bridge.ts';

/** The core wants to know at most once a second. */
const ACTIVITY_MS = 1_000;

export function tellActivity(bridge: Bridge): void {
  let last = -Infinity;
  const active = (kind: 'key' | 'pointer') => (): void => {
    if (performance.now() - last < ACTIVITY_MS) return;
    last = performance.now();
    void bridge.request('activity', { kind }).catch(() => {});
  };
  window.addEventListener('keydown', active('key'), { capture: true });
  window.addEventListener('pointerdown', active('pointer'), { capture: true });
}
