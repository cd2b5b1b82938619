/** What time it is, on the wall and since the page began. */
import { useEffect, useState } from 'preact/hooks';

/** The clock: each second while somebody waits, else at the turn of the minute. */
export function useClock(waitUntil: number): { readonly wall: Date; readonly monotonic: number } {
  const [now, setNow] = useState(() => ({ wall: new Date(), monotonic: performance.now() }));
  useEffect(() => {
    const tick = (): void => setNow({ wall: new Date(), monotonic: performance.now() });
    tick();
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, [waitUntil]);
  return now;
}
