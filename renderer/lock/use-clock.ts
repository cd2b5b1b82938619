/** What time it is, on the wall and since the page began. */
import { useLayoutEffect, useState } from 'preact/hooks';

/** A machine that was asleep shows its time again within this (ms). */
const LOOK_MS = 10_000;

/** The clock: each second while somebody waits, else at the turn of the minute. */
export function useClock(waitUntil: number): { readonly wall: Date; readonly monotonic: number } {
  const [now, setNow] = useState(() => ({ wall: new Date(), monotonic: performance.now() }));
  // Before it is painted: what was looked at last may be a minute old, and who has to wait would read too long a time.
  useLayoutEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const tick = (): void => {
      const [wall, monotonic] = [new Date(), performance.now()];
      const waits = waitUntil > monotonic;
      setNow((before) => (waits || before.monotonic < waitUntil || wall.getMinutes() !== before.wall.getMinutes() ? { wall, monotonic } : before));
      timer = setTimeout(tick, waits ? 1000 : Math.min(LOOK_MS, 60_000 - (wall.getTime() % 60_000)));
    };
    tick();
    return () => clearTimeout(timer);
  }, [waitUntil]);
  return now;
}
