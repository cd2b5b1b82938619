/** What is shown of the lock's state: the line's time, and where the station and each person stand. Pure. */
import { idleMs, isHeld, isIn, limitAt, type LockState } from './machine.ts';

/** Where the station stands, in the words of the requirements (4.1). `logged-off`: nobody is in, and nobody is away. */
export type Stage = 'logged-off' | 'locked' | 'back-off' | 'opening' | 'active' | 'warn' | 'break-glass';

/** Where one person stands. Who was never in is logged off. */
export type PersonStage = 'active' | 'locked' | 'parked' | 'logged-off';

export interface LockView {
  /** Whole seconds until the lock, rounded up; 0 while closed. */
  readonly lockIn: number;
  /** The policy's time, for the line. */
  readonly idleSeconds: number;
  readonly warning: boolean;
  /** Whole seconds until the longest time after an unlock, or break-glass, is over, whatever is typed; 0 while closed. */
  readonly limitIn: number;
}

/** Where the station stands. `now` from the same clock as the events. */
export function stageOf(state: LockState, now: number): Stage {
  if (isHeld(state)) {
    if (state.phase !== 'open') return 'opening';
    if (state.glass !== undefined) return 'break-glass';
    return lockView(state, now).warning ? 'warn' : 'active';
  }
  if (now < state.waitUntil) return 'back-off';
  return state.away.length > 0 ? 'locked' : 'logged-off';
}

/** Where somebody stands. */
export function personStage(state: LockState, person: string): PersonStage {
  if (isIn(state, person)) return 'active';
  const away = state.away.find((one) => one.person === person);
  return !away ? 'logged-off' : away.parkedAt === null ? 'locked' : 'parked';
}

/** What the line shows. `now` from the same clock as the events. */
export function lockView(state: LockState, now: number): LockView {
  const { idleSeconds, warnSeconds } = state.config;
  if (!isHeld(state)) return { idleSeconds, lockIn: 0, warning: false, limitIn: 0 };
  const idle = idleSeconds * 1000 - idleMs(state, now);
  const limit = limitAt(state) - now;
  const seconds = (ms: number): number => Math.max(0, Math.ceil(ms / 1000));
  // The warning says that a key keeps it open, which is true of the idle time alone.
  return { idleSeconds, lockIn: seconds(Math.min(idle, limit)), warning: idle <= warnSeconds * 1000, limitIn: seconds(limit) };
}
