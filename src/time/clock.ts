/** Time that nobody can set back, given from outside so that tests hold it. */
import { uptime } from 'node:os';

export interface Clock {
  /** Milliseconds since some moment before the process began; they never go back. */
  now(): number;
  /** Calls `run` once after `ms`; the result cancels it. */
  after(ms: number, run: () => void): () => void;
}

function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

/** For what lasts while this machine runs: it may leave out the time of a suspend. */
export const steadyClock: Clock = { now: () => performance.now(), after };

/** For what a suspended machine must not put off, such as the idle lock: it counts that time too, where the system does. */
export const bootClock: Clock = { now: () => uptime() * 1000, after };

/** Calls `run` about every `ms`, also after it has thrown. @returns what stops it. */
export function every(clock: Pick<Clock, 'after'>, ms: number, run: () => void): () => void {
  let stop: () => void;
  const again = (): void => {
    stop = clock.after(ms, again);
    run();
  };
  stop = clock.after(ms, again);
  return () => stop();
}
