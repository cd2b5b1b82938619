/** The boot-time clock: it counts suspend too and nobody can set it, so the idle timer cannot be fooled by the date. */
import { uptime } from 'node:os';

export interface Clock {
  /** Milliseconds since the machine started, suspend included where the system counts it. */
  now(): number;
  /** Calls back about every `ms`; returns what stops it. */
  every(ms: number, callback: () => void): () => void;
}

export const bootClock: Clock = {
  now: () => uptime() * 1000,
  every: (ms, callback) => {
    const timer = setInterval(callback, ms);
    return () => clearInterval(timer);
  },
};
