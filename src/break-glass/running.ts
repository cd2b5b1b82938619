/**
 * An emergency while it runs: its time, by a clock that nobody sets and that a suspend does not stop. Pure. Main holds one, and the process with the
 * shells another, which begins with what main says is left: from then on neither asks the other when it is over, and the sooner end is the end.
 */
import { EMERGENCY_MINUTES } from '../types/words.ts';

const MINUTE_MS = 60_000;

export interface Running {
  readonly id: string;
  /** Milliseconds of the clock. */
  readonly until: number;
  readonly extended: boolean;
}

/** @param now milliseconds of a clock that nobody sets. */
export const begin = (id: string, now: number): Running => ({ id, until: now + EMERGENCY_MINUTES * MINUTE_MS, extended: false });

/**
 * One that somebody else has begun, and says so much is left of. Never longer than one that begins now and is extended.
 * @param left milliseconds; a time that is none is over @param now as of `begin`
 */
export const goingOn = (id: string, left: number, now: number): Running => ({
  id,
  until: now + Math.min(left, 2 * EMERGENCY_MINUTES * MINUTE_MS),
  extended: left > EMERGENCY_MINUTES * MINUTE_MS,
});

/** Where two count, the sooner end is the end. @param left milliseconds, of the other one; a time that is none is over */
export const noLonger = (running: Running, left: number, now: number): Running => ({ ...running, until: Math.min(running.until, now + left) });

/** @returns undefined where it was extended before, or is over. */
export function extend(running: Running, now: number): Running | undefined {
  if (running.extended || isOver(running, now)) return undefined;
  return { ...running, until: running.until + EMERGENCY_MINUTES * MINUTE_MS, extended: true };
}

/** A time that is none is over. */
export const isOver = ({ until }: Running, now: number): boolean => !(now < until);

/** Whole seconds, rounded up. */
export const secondsLeft = ({ until }: Running, now: number): number => Math.max(0, Math.ceil((until - now) / 1000));
