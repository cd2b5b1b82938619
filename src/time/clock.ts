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

/** What is done in one rhythm. */
interface Rhythm {
  readonly all: Set<() => void>;
  stop: () => void;
}
const rhythms = new Map<number, Rhythm>();

/**
 * Calls `run` about every `ms`, for the first time after that or sooner, also after it has thrown. What goes by this machine's time in
 * one rhythm is done in one moment: each timer of its own would wake the processor once more. @returns what stops it.
 */
export function every(clock: Pick<Clock, 'after'>, ms: number, run: () => void): () => void {
  return clock.after === after ? together(ms, run) : alone(clock, ms, run);
}

function alone(clock: Pick<Clock, 'after'>, ms: number, run: () => void): () => void {
  let stop: () => void;
  const again = (): void => {
    stop = clock.after(ms, again);
    run();
  };
  stop = clock.after(ms, again);
  return () => stop();
}

function together(ms: number, run: () => void): () => void {
  const rhythm = rhythms.get(ms) ?? begin(ms);
  // Whoever is in it twice is called twice.
  const mine = (): void => run();
  rhythm.all.add(mine);
  return () => {
    if (!rhythm.all.delete(mine) || rhythm.all.size > 0) return;
    rhythm.stop();
    rhythms.delete(ms);
  };
}

function begin(ms: number): Rhythm {
  const all = new Set<() => void>();
  const beat = (): void => {
    const failures: unknown[] = [];
    for (const run of all)
      try {
        run();
      } catch (error) {
        failures.push(error);
      }
    if (failures.length > 0) throw failures[0];
  };
  const rhythm = { all, stop: alone({ after }, ms, beat) };
  rhythms.set(ms, rhythm);
  return rhythm;
}
