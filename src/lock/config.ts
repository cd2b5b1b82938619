/** The times of the lock: what a policy may say of them, and what holds whatever it says. Pure. */

/** Ticks come every second. Silence this long means that the machine slept or that the process was stopped. */
const defaultGapSeconds = 30;

/** No policy locks later than this on idle (the ceiling for shared workstations), or sooner than anybody could read a screen. */
const idleCeilingSeconds = 900;
const idleFloorSeconds = 30;

/** No policy leaves an identity open for longer than this, whatever is typed (NIST SP 800-63B-4: a day in all at AAL2). */
const longestHours = 24;

/** No policy keeps somebody away for longer before they are logged off (NIST SP 800-63B-4: an hour without activity at AAL2). */
const longestAwayMinutes = 60;

export interface LockConfig {
  /** Seconds without input until the lock; held between the floor and the ceiling. */
  readonly idleSeconds: number;
  /** Seconds of warning before it. */
  readonly warnSeconds: number;
  /** Hours after an unlock at which it locks, whatever was done meanwhile. Left out: the ceiling. */
  readonly maxHours?: number | undefined;
  /** Minutes after a lock at which whoever was in is logged off. Left out: the ceiling. */
  readonly logoffMinutes?: number | undefined;
  /** The same for somebody who is parked, from when somebody else came in. Left out: the ceiling. */
  readonly parkMinutes?: number | undefined;
  /** Whoever comes in logs off everybody else instead of parking them. */
  readonly takeOver?: boolean | undefined;
  /** Longest silence between two events; see defaultGapSeconds. */
  readonly gapSeconds?: number;
}

/** The policy's times for somebody who wants to be locked out after so many seconds: only ever sooner. 0: as the policy says. */
export const sooner = (config: LockConfig, seconds: number): LockConfig =>
  seconds > 0 ? { ...config, idleSeconds: Math.min(config.idleSeconds, seconds) } : config;

/** A policy's numbers, in the range that is safe. */
export type SafeConfig = { readonly [N in Exclude<keyof LockConfig, 'takeOver'>]-?: number } & { readonly takeOver: boolean };

/** Until a policy is known, the strictest. */
export const strictest: LockConfig = { idleSeconds: idleFloorSeconds, warnSeconds: 0 };

/** Brings a policy's numbers into the range that is safe; a number that is none becomes the strictest. */
export function clampConfig(config: LockConfig): SafeConfig {
  const within = (value: number | undefined, low: number, high: number, otherwise: number): number =>
    value === undefined || !Number.isFinite(value) ? otherwise : Math.min(high, Math.max(low, value));
  const idleSeconds = within(config.idleSeconds, idleFloorSeconds, idleCeilingSeconds, idleFloorSeconds);
  // The warning takes half of the time at most, so that working is not one long warning.
  const warnSeconds = within(config.warnSeconds, 0, idleSeconds / 2, Math.min(15, idleSeconds / 2));
  const maxHours = config.maxHours === undefined ? longestHours : within(config.maxHours, 1, longestHours, 1);
  const awayMinutes = (value: number | undefined): number => (value === undefined ? longestAwayMinutes : within(value, 1, longestAwayMinutes, 1));
  return {
    idleSeconds,
    warnSeconds,
    maxHours,
    logoffMinutes: awayMinutes(config.logoffMinutes),
    parkMinutes: awayMinutes(config.parkMinutes),
    takeOver: config.takeOver === true,
    gapSeconds: within(config.gapSeconds, 2, defaultGapSeconds, defaultGapSeconds),
  };
}
