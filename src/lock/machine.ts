/**
 * The lock as a pure state machine: all phases, for the window and for a terminal. Nobody else decides whether a session is
 * open. Time comes in as milliseconds of a monotonic clock that counts suspended time (CLOCK_BOOTTIME); the wall clock has
 * no say. Whatever is doubtful locks: time that runs backwards, a gap between events, an event or a state that it does not
 * know. How often somebody may try is not decided here but by the back-off, which is bound to the person (src/people).
 *
 * Only what a person does counts as activity. There is no event for output of a program, for focus or for a terminal's
 * automatic reply, and so none of them can keep a session open.
 */

/** Ticks come every second. Silence this long means that the machine slept or that the process was stopped. */
const defaultGapSeconds = 30;

/** No policy locks later than this on idle (the ceiling for shared workstations), or sooner than anybody could read a screen. */
const idleCeilingSeconds = 900;
const idleFloorSeconds = 30;

/** No policy leaves an identity open for longer than this, whatever is typed (NIST SP 800-63B-4: a day in all at AAL2). */
const longestHours = 24;

export interface LockConfig {
  /** Seconds without input until the lock; held between the floor and the ceiling. */
  readonly idleSeconds: number;
  /** Seconds of warning before it. */
  readonly warnSeconds: number;
  /** Hours after an unlock at which it locks, whatever was done meanwhile. Left out: the ceiling. */
  readonly maxHours?: number | undefined;
  /** Longest silence between two events; see defaultGapSeconds. */
  readonly gapSeconds?: number;
}

export type LockCause =
  | 'idle'
  | 'limit'
  | 'hotkey'
  | 'menu'
  | 'command'
  | 'suspend'
  | 'resume'
  | 'os-lock'
  | 'renderer-gone'
  | 'vault-gone'
  | 'window-closed'
  | 'clock-back'
  | 'gap'
  | 'policy'
  | 'lowered'
  | 'unknown';

/** Something a person did. `move` (the pointer moved, nothing was pressed) extends once until the next key or press. */
export type Activity = 'key' | 'pointer' | 'move';

export type LockEvent =
  /** The first run has made a person, whose identity is open from here on. */
  | { readonly type: 'created'; readonly now: number }
  /** Somebody wants in: from here on an identity may be open. Refused while another attempt is under way, or somebody is in. */
  | { readonly type: 'attempt'; readonly now: number }
  /** The core has proven it. Only the attempt that is under way opens. */
  | { readonly type: 'opened'; readonly attempt: number; readonly now: number }
  | { readonly type: 'failed'; readonly attempt: number; readonly now: number }
  | { readonly type: 'input'; readonly kind: Activity; readonly now: number }
  /** Once a second. `hostIdleSeconds`: since any input on the machine; undefined where nobody can tell. */
  | { readonly type: 'tick'; readonly now: number; readonly hostIdleSeconds?: number | undefined }
  | { readonly type: 'lock'; readonly cause: LockCause; readonly now: number }
  /** A new policy. Counts from the last input, so a shorter time may lock at once. */
  | { readonly type: 'configure'; readonly config: LockConfig; readonly now: number };

/** An event, to which whoever keeps the machine adds the time. */
export type UntimedEvent = LockEvent extends infer E ? (E extends LockEvent ? Omit<E, 'now'> : never) : never;

/** A policy's numbers, in the range that is safe. */
type SafeConfig = { readonly [N in keyof LockConfig]-?: number };

interface Common {
  readonly config: SafeConfig;
  /** Attempts so far. The last one has this number. */
  readonly attempts: number;
}

/** No identity is open, and none is about to be. */
export interface ClosedState extends Common {
  readonly phase: 'closed';
}

/** An identity is open, or may be in the next moment: what a lock has to end. */
export interface HeldState extends Common {
  readonly phase: 'created' | 'opening' | 'open';
  /** What an attempt that fails goes back to. */
  readonly behind: 'closed' | 'created';
  /** When somebody was let in, or began to be. */
  readonly since: number;
  /** Time of the latest event. */
  readonly seen: number;
  readonly lastInput: number;
  /** Movement has extended since the last key or press, and does not again. */
  readonly moveUsed: boolean;
  /** Time of the machine's last input as the host tells it; undefined when it cannot. */
  readonly hostInput: number | undefined;
}

export type LockState = ClosedState | HeldState;

export interface LockStep {
  readonly state: LockState;
  /** The event did what it asks for. */
  readonly accepted: boolean;
  /** Present where something was held until this event, and has to be ended now. */
  readonly lock?: LockCause;
}

export interface LockView {
  /** Whole seconds until the lock, rounded up; 0 while closed. */
  readonly lockIn: number;
  /** The policy's time, for the line. */
  readonly idleSeconds: number;
  readonly warning: boolean;
}

const HOUR_MS = 3_600_000;

/** Until a policy is known, the strictest. */
const strictest: LockConfig = { idleSeconds: idleFloorSeconds, warnSeconds: 0 };

/** Closed, as every start is. */
export function initialLock(config: LockConfig = strictest): ClosedState {
  return { phase: 'closed', attempts: 0, config: clampConfig(config) };
}

/** Brings a policy's numbers into the range that is safe; a number that is none becomes the strictest. */
export function clampConfig(config: LockConfig): SafeConfig {
  const within = (value: number | undefined, low: number, high: number, otherwise: number): number =>
    value === undefined || !Number.isFinite(value) ? otherwise : Math.min(high, Math.max(low, value));
  const idleSeconds = within(config.idleSeconds, idleFloorSeconds, idleCeilingSeconds, idleFloorSeconds);
  // The warning takes half of the time at most, so that working is not one long warning.
  const warnSeconds = within(config.warnSeconds, 0, idleSeconds / 2, Math.min(15, idleSeconds / 2));
  const maxHours = config.maxHours === undefined ? longestHours : within(config.maxHours, 1, longestHours, 1);
  return { idleSeconds, warnSeconds, maxHours, gapSeconds: within(config.gapSeconds, 2, defaultGapSeconds, defaultGapSeconds) };
}

export function isHeld(state: LockState): state is HeldState {
  return state.phase !== 'closed';
}

/** One event. Never throws: what it cannot understand locks. */
export function stepLock(before: LockState, event: LockEvent): LockStep {
  const { now } = event;
  if (!isHeld(before)) return Number.isFinite(now) ? fromClosed(before, event) : refuse(before);
  if (!isSound(before) || !Number.isFinite(now)) return close(before, 'unknown');
  const state = event.type === 'tick' ? withHost(before, event.hostIdleSeconds, now) : before;
  if (event.type === 'lock') return { ...close(state, event.cause), accepted: true };
  // Time decides before any other event does: a key that comes too late extends nothing, a proof opens nothing.
  const late = overdue(state, now);
  if (late) return close(state, late);
  const seen: HeldState = { ...state, seen: now };
  switch (event.type) {
    case 'input':
      return input(seen, event.kind, now);
    case 'tick':
      return accept(seen);
    case 'configure':
      return configure(seen, event.config, now);
    case 'attempt':
      return seen.phase === 'created' ? accept({ ...seen, phase: 'opening', attempts: seen.attempts + 1 }) : refuse(seen);
    case 'opened':
      // Proving it was something that a person did.
      return underWay(seen, event.attempt) ? accept({ ...seen, phase: 'open', behind: 'closed', since: now, lastInput: now, moveUsed: false }) : refuse(seen);
    case 'failed':
      if (!underWay(seen, event.attempt)) return refuse(seen);
      return accept(seen.behind === 'created' ? { ...seen, phase: 'created' } : closed(seen));
    case 'created':
      return refuse(seen);
    default:
      return close(seen, 'unknown');
  }
}

/** What the line shows. `now` from the same clock as the events. */
export function lockView(state: LockState, now: number): LockView {
  const { idleSeconds, warnSeconds } = state.config;
  if (!isHeld(state)) return { idleSeconds, lockIn: 0, warning: false };
  const idle = idleSeconds * 1000 - idleMs(state, now);
  const left = Math.min(idle, state.config.maxHours * HOUR_MS - (now - state.since));
  // The warning says that a key keeps it open, which is true of the idle time alone.
  return { idleSeconds, lockIn: Math.max(0, Math.ceil(left / 1000)), warning: idle <= warnSeconds * 1000 };
}

const accept = (state: LockState): LockStep => ({ state, accepted: true });
const refuse = (state: LockState): LockStep => ({ state, accepted: false });

function fromClosed(state: ClosedState, event: LockEvent): LockStep {
  const { now } = event;
  switch (event.type) {
    case 'created':
      return accept(hold(state, 'created', now));
    case 'attempt':
      return accept({ ...hold(state, 'opening', now), attempts: state.attempts + 1 });
    case 'configure':
      return accept({ ...state, config: clampConfig(event.config) });
    default:
      return refuse(state);
  }
}

const hold = ({ config, attempts }: ClosedState, phase: 'created' | 'opening', now: number): HeldState => ({
  phase,
  behind: phase === 'created' ? 'created' : 'closed',
  config,
  attempts,
  since: now,
  seen: now,
  lastInput: now,
  moveUsed: false,
  hostInput: undefined,
});

const closed = ({ config, attempts }: HeldState): ClosedState => ({ phase: 'closed', config, attempts });

function close(state: HeldState, cause: LockCause): LockStep {
  return { state: closed(state), accepted: false, lock: cause };
}

const phases: ReadonlySet<string> = new Set(['created', 'opening', 'open'] satisfies HeldState['phase'][]);
const isSound = (state: HeldState): boolean => phases.has(state.phase) && [state.lastInput, state.seen, state.since].every(Number.isFinite);

/** Only the last attempt, and only as long as nothing has ended it. */
const underWay = (state: HeldState, attempt: number): boolean => state.phase === 'opening' && attempt === state.attempts;

/**
 * Milliseconds since the last input, own or the host's, whichever is longer. What a person does here the host sees too,
 * so a longer idle time of the host means that our input was synthetic. A shorter one never extends.
 */
function idleMs(state: HeldState, now: number): number {
  return Math.max(0, now - Math.min(state.lastInput, state.hostInput ?? state.lastInput));
}

function overdue(state: HeldState, now: number): LockCause | undefined {
  if (now < state.seen) return 'clock-back';
  if (idleMs(state, now) >= state.config.idleSeconds * 1000) return 'idle';
  if (now - state.since >= state.config.maxHours * HOUR_MS) return 'limit';
  return now - state.seen > state.config.gapSeconds * 1000 ? 'gap' : undefined;
}

function withHost(state: HeldState, hostIdleSeconds: number | undefined, now: number): HeldState {
  const known = hostIdleSeconds !== undefined && hostIdleSeconds >= 0;
  return { ...state, hostInput: known ? now - hostIdleSeconds * 1000 : undefined };
}

function input(state: HeldState, kind: Activity, now: number): LockStep {
  if (kind !== 'key' && kind !== 'pointer' && kind !== 'move') return close(state, 'unknown');
  if (kind === 'move' && state.moveUsed) return accept(state);
  // The host's figure is older than this input; the next tick brings a new one.
  return accept({ ...state, lastInput: now, hostInput: undefined, moveUsed: kind === 'move' });
}

function configure(state: HeldState, config: LockConfig, now: number): LockStep {
  const changed: HeldState = { ...state, config: clampConfig(config) };
  const late = overdue(changed, now);
  return late ? close(changed, late) : accept(changed);
}
