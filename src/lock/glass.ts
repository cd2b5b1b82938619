/**
 * The time of an emergency, by a clock that nobody sets and that a suspend does not stop: it is counted here and nowhere else. Pure. Main, the lock and the
 * process with the shells each hold one, which begins with what main says; from then on none asks another when it is over, and the soonest end is the end.
 */
import { EMERGENCY_MINUTES } from '../types/words.ts';

/** It ends by itself after so long, and goes on for as long again once (requirements 4.6). */
const GLASS_MS = EMERGENCY_MINUTES * 60_000;

/** Until when somebody is in by break-glass, and whether that was extended. */
export interface Glass {
  /** Milliseconds of the clock. A time that is none is over. */
  readonly until: number;
  readonly extended: boolean;
}

/** @param now milliseconds of a clock that nobody sets. */
export const begin = (now: number): Glass => ({ until: now + GLASS_MS, extended: false });

/** One that somebody else counts. Never longer than one that begins now or, where it was extended, than one that is extended now. */
export const bounded = ({ until, extended }: Glass, now: number): Glass => ({ until: Math.min(until, now + (extended ? 2 : 1) * GLASS_MS), extended });

/** One that somebody else has begun, and says so much is left of. @param left milliseconds; a time that is none is over */
export const goingOn = (left: number, now: number): Glass => bounded({ until: now + left, extended: left > GLASS_MS }, now);

/** Where two count, the sooner end is the end. @param left milliseconds, of the other one; a time that is none is over */
export const noLonger = (glass: Glass, left: number, now: number): Glass => ({ ...glass, until: Math.min(glass.until, now + left) });

/** @returns undefined where it was extended before, or is over. */
export function extend(glass: Glass, now: number): Glass | undefined {
  if (glass.extended || isOver(glass, now)) return undefined;
  return { until: glass.until + GLASS_MS, extended: true };
}

export const isOver = ({ until }: Glass, now: number): boolean => !(now < until);

/** Whole seconds, rounded up. */
export const secondsLeft = ({ until }: Glass, now: number): number => Math.max(0, Math.ceil((until - now) / 1000));
