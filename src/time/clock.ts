/** Time that nobody can set back, given from outside so that tests hold it. */
import { openSync, readSync } from 'node:fs';
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

const bytes = Buffer.alloc(64);
let file: number | undefined;

/**
 * Node's own word opens /proc/uptime each time (proc(5)), and where that cannot be (a limit that another program has lowered) it says whole
 * seconds: time that runs backwards. So the file stays open.
 */
function sinceBoot(): number {
  try {
    file ??= openSync('/proc/uptime', 'r');
    const seconds = Number.parseFloat(bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0)));
    if (seconds > 0) return seconds * 1000;
  } catch {
    // Another system has no such file.
  }
  return uptime() * 1000;
}

/** For what a suspended machine must not put off, such as the idle lock: it counts that time too, where the system does. */
export const bootClock: Clock = { now: sinceBoot, after };

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
