/**
 * The lock as a pure state machine. Time comes in as milliseconds of a monotonic clock that counts suspended time
 * (CLOCK_BOOTTIME); the wall clock has no say. Whatever is doubtful locks: time that runs backwards, a gap between
 * events, an event or a state that it does not know.
 *
 * Only what a person does counts as activity. There is no event for output of a program, for focus or for a terminal's
 * automatic reply, and so none of them can keep the screen open.
 */
import { type UnlockMethod, delaySeconds, unlockMethods } from './backoff.ts';

/** Ticks come every second. Silence this long means that the machine slept or that the process was stopped. */
export const defaultGapSeconds = 30;

/** No policy locks later than this on idle (the ceiling for shared workstations), or sooner than anybody could read a screen. */
export const idleCeilingSeconds = 900;
export const idleFloorSeconds = 30;

export interface LockConfig {
  /** Seconds without input until the lock; held between the floor and the ceiling. */
  readonly idleSeconds: number;
  /** Seconds of warning before it. */
  readonly warnSeconds: number;
  /** Longest silence between two events; see defaultGapSeconds. */
  readonly gapSeconds?: number;
}

export type LockCause =
  | 'start'
  | 'idle'
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
  | 'unknown';

export type LockEvent =
  /** Something a person did in the window. `move` (the pointer moved, nothing was pressed) extends once until the next key or press. */
  | { readonly type: 'input'; readonly kind: 'key' | 'pointer' | 'move'; readonly now: number }
  /** Once a second. `hostIdleSeconds`: since any input on the machine; undefined where nobody can tell. */
  | { readonly type: 'tick'; readonly now: number; readonly hostIdleSeconds?: number | undefined }
  | { readonly type: 'lock'; readonly cause: LockCause; readonly now: number }
  /** The core has verified it. Ignored while the method is held back. */
  | { readonly type: 'unlockSucceeded'; readonly method: UnlockMethod; readonly now: number }
  | { readonly type: 'unlockFailed'; readonly method: UnlockMethod; readonly now: number }
  | { readonly type: 'suspend' | 'resume' | 'osLock' | 'rendererGone'; readonly now: number }
  /** A new policy. Counts from the last input, so a shorter time may lock at once. */
  | { readonly type: 'configure'; readonly config: LockConfig; readonly now: number };

export interface MethodState {
  /** In a row, since its last success. */
  readonly failures: number;
  /** Time (ms) from which it may be tried again; Infinity when it is disabled. */
  readonly until: number;
}

interface Common {
  readonly config: Required<LockConfig>;
  /** Time of the latest event. */
  readonly seen: number;
  readonly methods: Readonly<Record<UnlockMethod, MethodState>>;
}

export interface OpenState extends Common {
  readonly phase: 'active' | 'warn';
  readonly lastInput: number;
  /** Movement has extended since the last key or press, and does not again. */
  readonly moveUsed: boolean;
  /** Time of the machine's last input as the host tells it; undefined when it cannot. */
  readonly hostInput: number | undefined;
}

export interface ClosedState extends Common {
  /** back-off: closed, and at least one method is held back. */
  readonly phase: 'locked' | 'back-off';
  readonly cause: LockCause;
  readonly since: number;
}

export type LockState = OpenState | ClosedState;

export type LockEffect = { readonly kind: 'lock'; readonly cause: LockCause };

export interface LockStep {
  readonly state: LockState;
  readonly effects: readonly LockEffect[];
  /** True when the input must go no further: it ended the warning, or came while closed. */
  readonly consumed: boolean;
}

export interface LockView {
  readonly phase: LockState['phase'];
  /** Whole seconds until the lock, rounded up; 0 while closed. */
  readonly lockIn: number;
  /** The policy's time, for the line. */
  readonly idleSeconds: number;
  readonly warning: boolean;
  /** Whole seconds until each method may be tried, rounded up; Infinity when disabled. */
  readonly backOffSeconds: Readonly<Record<UnlockMethod, number>>;
  readonly failures: Readonly<Record<UnlockMethod, number>>;
}

const noFailures: MethodState = { failures: 0, until: 0 };

/** Closed, as every start is. */
export function initialLock(config: LockConfig, now: number): ClosedState {
  return { phase: 'locked', cause: 'start', since: now, seen: now, config: clampConfig(config), methods: { passphrase: noFailures, passkey: noFailures } };
}

/** Brings a policy's numbers into the range that is safe; a number that is none becomes the strictest. */
export function clampConfig(config: LockConfig): Required<LockConfig> {
  const within = (value: number | undefined, low: number, high: number, otherwise: number): number =>
    value === undefined || !Number.isFinite(value) ? otherwise : Math.min(high, Math.max(low, value));
  const idleSeconds = within(config.idleSeconds, idleFloorSeconds, idleCeilingSeconds, idleFloorSeconds);
  // The warning takes half of the time at most, so that working is not one long warning.
  const warnSeconds = within(config.warnSeconds, 0, idleSeconds / 2, Math.min(15, idleSeconds / 2));
  return { idleSeconds, warnSeconds, gapSeconds: within(config.gapSeconds, 2, defaultGapSeconds, defaultGapSeconds) };
}

/** One event. Never throws: what it cannot understand locks. */
export function stepLock(before: LockState, event: LockEvent): LockStep {
  const { now } = event;
  if (!isKnown(before)) return close(before, 'unknown', Number.isFinite(now) ? now : 0);
  if (!Number.isFinite(now)) return close(before, 'unknown', before.seen);
  const state = event.type === 'tick' && isOpen(before) ? withHost(before, event.hostIdleSeconds, now) : before;
  const late = isOpen(state) ? overdue(state, now) : undefined;
  if (late) {
    // Time decides before the event does: a key that comes too late extends nothing. A lock that is asked for keeps its own cause.
    const asked = event.type === 'tick' || event.type === 'input' ? undefined : causeOf(event);
    return close(state, asked ?? late, now);
  }
  const cause = causeOf(event);
  if (cause) return close(state, cause, now);
  switch (event.type) {
    case 'input':
      return input(state, event.kind, now);
    case 'tick':
      return stay(state, now);
    case 'configure':
      return configure(state, event.config, now);
    case 'unlockSucceeded':
      return unlock(state, event.method, now);
    case 'unlockFailed':
      return fail(state, event.method, now);
    default:
      return close(state, 'unknown', now);
  }
}

/** What the line and the lock page show. `now` from the same clock as the events. */
export function lockView(state: LockState, now: number): LockView {
  const wait = (method: UnlockMethod): number => Math.max(0, Math.ceil((state.methods[method].until - now) / 1000));
  const common = {
    phase: state.phase,
    idleSeconds: state.config.idleSeconds,
    backOffSeconds: { passphrase: wait('passphrase'), passkey: wait('passkey') },
    failures: { passphrase: state.methods.passphrase.failures, passkey: state.methods.passkey.failures },
  };
  if (!isOpen(state)) return { ...common, lockIn: 0, warning: false };
  const left = state.config.idleSeconds * 1000 - idleMs(state, now);
  return { ...common, lockIn: Math.max(0, Math.ceil(left / 1000)), warning: left <= state.config.warnSeconds * 1000 };
}

export function isOpen(state: LockState): state is OpenState {
  return state.phase === 'active' || state.phase === 'warn';
}

function isKnown(state: LockState): boolean {
  return isOpen(state) ? Number.isFinite(state.lastInput) : state.phase === 'locked' || state.phase === 'back-off';
}

/** Causes of the events that lock whatever the time is. */
function causeOf(event: LockEvent): LockCause | undefined {
  switch (event.type) {
    case 'lock':
      return event.cause;
    case 'suspend':
      return 'suspend';
    case 'resume':
      return 'resume';
    case 'osLock':
      return 'os-lock';
    case 'rendererGone':
      return 'renderer-gone';
    default:
      return undefined;
  }
}

/**
 * Milliseconds since the last input, own or the host's, whichever is longer. What a person does here the host sees too,
 * so a longer idle time of the host means that our input was synthetic. A shorter one never extends.
 */
function idleMs(state: OpenState, now: number): number {
  return Math.max(0, now - Math.min(state.lastInput, state.hostInput ?? state.lastInput));
}

function overdue(state: OpenState, now: number): LockCause | undefined {
  if (now < state.seen) return 'clock-back';
  if (idleMs(state, now) >= state.config.idleSeconds * 1000) return 'idle';
  return now - state.seen > state.config.gapSeconds * 1000 ? 'gap' : undefined;
}

function withHost(state: OpenState, hostIdleSeconds: number | undefined, now: number): OpenState {
  const known = hostIdleSeconds !== undefined && hostIdleSeconds >= 0;
  return { ...state, hostInput: known ? now - hostIdleSeconds * 1000 : undefined };
}

function stay(state: LockState, now: number): LockStep {
  if (!isOpen(state))
    return { state: { ...state, seen: Math.max(now, state.seen), phase: heldBack(state.methods, now) ? 'back-off' : 'locked' }, effects: [], consumed: true };
  const warn = idleMs(state, now) >= (state.config.idleSeconds - state.config.warnSeconds) * 1000;
  return { state: { ...state, seen: now, phase: warn ? 'warn' : 'active' }, effects: [], consumed: false };
}

function input(state: LockState, kind: 'key' | 'pointer' | 'move', now: number): LockStep {
  const current = stay(state, now);
  if (!isOpen(current.state)) return current;
  if (kind !== 'key' && kind !== 'pointer' && kind !== 'move') return close(state, 'unknown', now);
  if (kind === 'move' && current.state.moveUsed) return current;
  // The host's figure is older than this input; the next tick brings a new one.
  const extended: OpenState = { ...current.state, phase: 'active', lastInput: now, hostInput: undefined, moveUsed: kind === 'move' };
  return { state: extended, effects: [], consumed: current.state.phase === 'warn' };
}

function configure(state: LockState, config: LockConfig, now: number): LockStep {
  const changed: LockState = { ...state, config: clampConfig(config) };
  const late = isOpen(changed) ? overdue(changed, now) : undefined;
  return late ? close(changed, late, now) : { ...stay(changed, now), consumed: false };
}

function unlock(state: LockState, method: UnlockMethod, now: number): LockStep {
  if (!unlockMethods.includes(method)) return close(state, 'unknown', now);
  if (isOpen(state) || state.methods[method].until > now || now < state.seen) return stay(state, now);
  const methods = { ...state.methods, [method]: noFailures };
  const open: OpenState = { phase: 'active', config: state.config, methods, seen: now, lastInput: now, moveUsed: false, hostInput: undefined };
  return { state: open, effects: [], consumed: true };
}

function fail(state: LockState, method: UnlockMethod, now: number): LockStep {
  if (!unlockMethods.includes(method)) return close(state, 'unknown', now);
  const failures = state.methods[method].failures + 1;
  const until = Math.max(state.methods[method].until, now + delaySeconds(method, failures) * 1000);
  return stay({ ...state, methods: { ...state.methods, [method]: { failures, until } } }, now);
}

function heldBack(methods: Common['methods'], now: number): boolean {
  return unlockMethods.some((method) => methods[method].until > now);
}

function close(state: LockState, cause: LockCause, now: number): LockStep {
  if (!isOpen(state) && isKnown(state)) return stay(state, now);
  const closed: ClosedState = {
    phase: heldBack(state.methods, now) ? 'back-off' : 'locked',
    cause,
    since: now,
    seen: Math.max(now, Number.isFinite(state.seen) ? state.seen : now),
    config: state.config,
    methods: state.methods,
  };
  return { state: closed, effects: [{ kind: 'lock', cause }], consumed: true };
}
