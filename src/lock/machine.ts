/**
 * The lock as a pure state machine: all phases, for the window and for a terminal. Nobody else decides whether a session is
 * open. Time comes in as milliseconds of a monotonic clock that counts suspended time (CLOCK_BOOTTIME); the wall clock has
 * no say. Whatever is doubtful locks: time that runs backwards, a gap between events, an event or a state that it does not
 * know. How long somebody has to wait after failures the counters say (src/people), and an attempt that comes sooner is none.
 *
 * One person is in front, or nobody. Whoever was in and is not any more is away: locked, until somebody else comes in, and then parked,
 * while their shells run on without a key. After the policy's time, or at somebody's word, they are logged off: nothing of them is left
 * here but what is sealed. Who is neither in front nor away is logged off, which is also where everybody begins.
 *
 * Over 400 lines: what each state does with each event, read in one place.
 *
 * Only what a person does counts as activity. There is no event for output of a program, for focus or for a terminal's
 * automatic reply, and so none of them can keep a session open.
 */

import type { Activity, lockCauses } from '../types/words.ts';
import { clampConfig, strictest, type LockConfig, type SafeConfig } from './config.ts';
import { begin, bounded, extend, isOver, type Glass } from './glass.ts';
import { HOUR_MS, MINUTE_MS } from '../types/units.ts';

/** Movement this shortly before an idle lock, as a part of the idle time, was no hand that had just left the pointer: a jiggler, or something on the table. */
const JIGGLED = 0.25;

export type LockCause = (typeof lockCauses)[number];

/**
 * Why somebody was logged off. logoff, park, limit: the policy's times, after a lock, parked, and after an unlock. takeover: by whoever came in.
 * person: they are not somebody here any more, or what they may do was changed. new-keys: two people gave them others, and what ran is sealed to those before.
 * revoked: a revocation list names them.
 */
export const logoffCauses = ['logoff', 'park', 'limit', 'takeover', 'stopped', 'revoked', 'person', 'new-keys', 'unknown'] as const;
export type LogoffCause = (typeof logoffCauses)[number];

/** Why nobody comes in but by break-glass: somebody who may has stopped the station, or the revocation list that the policy demands does not stand. */
export type StopCause = 'stopped' | 'unlisted';

/** Why an event was refused, where whoever sent it can be told. */
export type RefusedWhy = 'busy' | StopCause | 'back-off';

export type LockEvent =
  /** The first run has made a person, whose identity is open from here on. */
  | { readonly type: 'created'; readonly now: number }
  /**
   * Somebody wants in: from here on an identity may be open. Refused while another attempt is under way, or somebody is in; while they have to
   * wait, as the counters have it; and while the station is stopped, except by break-glass and to lift that. One that `lifts` opens nothing.
   */
  | {
      readonly type: 'attempt';
      readonly now: number;
      readonly person?: string | undefined;
      readonly waitMs?: number;
      readonly glass?: boolean;
      readonly lifts?: boolean;
    }
  /**
   * The core has proven it. Only the attempt that is under way opens, and one that is for lifting a stop does not.
   * @param glass until when the emergency runs that they come into; an hour from now where it is left out, and never longer than that, or than two where it was extended.
   */
  | { readonly type: 'opened'; readonly attempt: number; readonly now: number; readonly person?: string | undefined; readonly glass?: Glass | undefined }
  | { readonly type: 'failed'; readonly attempt: number; readonly now: number }
  | { readonly type: 'input'; readonly kind: Activity; readonly now: number }
  /** Once a second. `hostIdleSeconds`: since any input on the machine; undefined where nobody can tell. */
  | { readonly type: 'tick'; readonly now: number; readonly hostIdleSeconds?: number | undefined }
  | { readonly type: 'lock'; readonly cause: LockCause; readonly now: number }
  /** Somebody is logged off now, wherever they are. Nothing is there to be done for who is. */
  | { readonly type: 'logoff'; readonly person: string; readonly cause: LogoffCause; readonly now: number }
  /** Nobody comes in but by break-glass, or (undefined) everybody may again. */
  | { readonly type: 'stop'; readonly cause: StopCause | undefined; readonly now: number }
  /** Break-glass goes on, once. */
  | { readonly type: 'glass-extend'; readonly now: number }
  /** Whether what happens can be entered and recorded. */
  | { readonly type: 'audit'; readonly whole: boolean; readonly now: number }
  /** A new policy. Counts from the last input, so a shorter time may lock at once. */
  | { readonly type: 'configure'; readonly config: LockConfig; readonly now: number };

/** An event, to which whoever keeps the machine adds the time. */
export type UntimedEvent = LockEvent extends infer E ? (E extends LockEvent ? Omit<E, 'now'> : never) : never;

/** Somebody who was in, whose shells may run on, and of whom nothing is open. */
export interface Away {
  readonly person: string;
  /** When it locked. */
  readonly since: number;
  /** When somebody else came in; null where nobody has. */
  readonly parkedAt: number | null;
}

interface Common {
  readonly config: SafeConfig;
  /** Attempts so far. The last one has this number. */
  readonly attempts: number;
  readonly away: readonly Away[];
  readonly stop: StopCause | undefined;
  /** Something cannot be entered or recorded: nothing new begins. */
  readonly degraded: boolean;
}

/** No identity is open, and none is about to be. */
export interface ClosedState extends Common {
  readonly phase: 'closed';
  /** Whoever asked last has to wait until then. */
  readonly waitUntil: number;
}

/** An identity is open, or may be in the next moment: what a lock has to end. */
export interface HeldState extends Common {
  readonly phase: 'created' | 'opening' | 'open';
  /** What an attempt that fails goes back to. */
  readonly behind: 'closed' | 'created';
  /** Who is in front; while it is opening, who wants to be. Undefined where nobody has said. */
  readonly person: string | undefined;
  /** By break-glass: asked for, until it is open; then until when, and whether it was extended. */
  readonly glass: 'asked' | Glass | undefined;
  /** They show who they are to lift a stop, and for nothing else. */
  readonly lifts: boolean;
  /** When somebody was let in, or began to be. */
  readonly since: number;
  /** Time of the latest event. */
  readonly seen: number;
  readonly lastInput: number;
  /** Movement has extended since the last key or press, and does not again. */
  readonly moveUsed: boolean;
  /** The pointer moved last, whether that extended or not. */
  readonly lastMove: number;
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
  /** Nobody pressed anything for the idle time, and the pointer moved on until the end of it. */
  readonly jiggled?: true;
  readonly refused?: RefusedWhy;
  /** Whose shells run on from here while somebody else is in front. */
  readonly parked: readonly string[];
  /** Of whom nothing may be left from here on, and why. */
  readonly logoffs: readonly { readonly person: string; readonly cause: LogoffCause }[];
}

/** Closed, as every start is. */
export function initialLock(config: LockConfig = strictest): ClosedState {
  return { phase: 'closed', attempts: 0, config: clampConfig(config), away: [], stop: undefined, degraded: false, waitUntil: -Infinity };
}

export function isHeld(state: LockState): state is HeldState {
  return state.phase !== 'closed';
}

/** One event. Never throws: what it cannot understand locks. */
export function stepLock(before: LockState, event: LockEvent): LockStep {
  const { now } = event;
  if (!Number.isFinite(now)) return andWhatHolds(isHeld(before) ? close(before, 'unknown', before.seen) : refuse(before), event);
  // Time decides first: whoever was away for too long is logged off before they can come back. And last: a new policy may be stricter.
  const [state, due] = withoutDue(before, now);
  const step = isHeld(state) ? fromHeld(state, event) : fromClosed(state, event);
  const [after, dueNow] = withoutDue(step.state, now);
  return { ...step, state: after, logoffs: [...due, ...step.logoffs, ...dueNow] };
}

function fromHeld(before: HeldState, event: LockEvent): LockStep {
  const { now } = event;
  if (!isSound(before)) return andWhatHolds(close(before, 'unknown', now), event);
  const state = event.type === 'tick' ? withHost(before, event.hostIdleSeconds, now) : before;
  if (event.type === 'lock') return { ...close(state, event.cause, now), accepted: true };
  if (event.type === 'logoff' && isIn(state, event.person)) return logOffInFront(state, event.cause, now);
  // Time decides before any other event does: a key that comes too late extends nothing, a proof opens nothing.
  const late = overdue(state, now);
  if (late) return andWhatHolds(close(state, late, now), event);
  const seen: HeldState = { ...state, seen: now };
  switch (event.type) {
    case 'input':
      return input(seen, event.kind, now);
    case 'tick':
      return accept(seen);
    case 'configure':
      return configure(seen, event.config, now);
    case 'attempt':
      if (seen.phase !== 'created') return refuse(seen, 'busy');
      return accept({ ...seen, phase: 'opening', attempts: seen.attempts + 1, person: event.person });
    case 'opened':
      return underWay(seen, event.attempt) && !seen.lifts && isWhoAsked(seen, event.person) ? opened(seen, event, now) : refuse(seen);
    case 'failed':
      if (!underWay(seen, event.attempt)) return refuse(seen);
      return accept(seen.behind === 'created' ? { ...seen, phase: 'created', person: undefined } : closed(seen));
    case 'stop':
      // Break-glass is what is left then, and to lift it. Whoever is in by that stays.
      if (event.cause === undefined || seen.glass !== undefined || seen.lifts) return accept({ ...seen, stop: event.cause });
      return { ...close({ ...seen, stop: event.cause }, event.cause, now), accepted: true };
    case 'glass-extend': {
      const longer = typeof seen.glass === 'object' ? extend(seen.glass, now) : undefined;
      return longer ? accept({ ...seen, glass: longer }) : refuse(seen);
    }
    case 'audit':
      return accept({ ...seen, degraded: !event.whole });
    case 'logoff':
      return logOffAway(seen, event.person, event.cause);
    case 'created':
      return refuse(seen);
    default:
      return close(seen, 'unknown', now);
  }
}

/** What an event says holds also where time, or doubt, has locked before it was looked at. */
function andWhatHolds(step: LockStep, event: LockEvent): LockStep {
  if (isHeld(step.state) || !whatHolds.has(event.type)) return step;
  const { state, accepted, logoffs } = fromClosed(step.state, event);
  return { ...step, state, accepted, logoffs: [...step.logoffs, ...logoffs] };
}
const whatHolds: ReadonlySet<LockEvent['type']> = new Set(['configure', 'stop', 'audit', 'logoff']);

/** Nobody else comes in by an attempt in which somebody was named. */
const isWhoAsked = ({ person: asked }: HeldState, person: string | undefined): boolean => asked === undefined || person === asked;

/** The proof of the attempt that is under way has come: who else was in is parked, or logged off where the policy has whoever comes in take over. */
function opened(state: HeldState, { person, glass: running }: Extract<LockEvent, { type: 'opened' }>, now: number): LockStep {
  // Whoever comes back into an emergency has what is left of it.
  const glass = state.glass && (running ? bounded(running, now) : begin(now));
  if (glass && isOver(glass, now)) return close(state, 'emergency-over', now);
  const others = state.away.filter((one) => one.person !== person);
  // An emergency is no session of theirs: what they have left locked stays so meanwhile.
  const own = glass ? state.away.filter((one) => one.person === person) : [];
  const { takeOver } = state.config;
  const parked = takeOver ? [] : others.filter(({ parkedAt }) => parkedAt === null).map((one) => one.person);
  const next: HeldState = {
    ...state,
    phase: 'open',
    behind: 'closed',
    person,
    glass,
    away: [...own, ...(takeOver ? [] : others.map((one) => ({ ...one, parkedAt: one.parkedAt ?? now })))],
    since: now,
    // Proving it was something that a person did.
    lastInput: now,
    moveUsed: false,
  };
  return { ...accept(next), parked, logoffs: takeOver ? others.map((one) => ({ person: one.person, cause: 'takeover' as const })) : [] };
}

/** Somebody in front is logged off at once. */
function logOffInFront(state: HeldState, cause: LogoffCause, now: number): LockStep {
  const person = state.person!;
  const { state: next, lock } = close(state, lockCauseOf[cause], now);
  const away = next.away.filter((one) => one.person !== person);
  return { ...accept({ ...next, away }), ...(lock ? { lock } : {}), logoffs: [{ person, cause }] };
}

function logOffAway(state: LockState, person: string, cause: LogoffCause): LockStep {
  if (!state.away.some((one) => one.person === person)) return refuse(state);
  return { ...accept({ ...state, away: state.away.filter((one) => one.person !== person) }), logoffs: [{ person, cause }] };
}

/** What locks where somebody in front is logged off. */
const lockCauseOf: Readonly<Record<LogoffCause, LockCause>> = {
  logoff: 'policy',
  park: 'policy',
  limit: 'limit',
  takeover: 'policy',
  stopped: 'stopped',
  revoked: 'revoked',
  person: 'policy',
  'new-keys': 'policy',
  unknown: 'unknown',
};

/** Whom a lock logs off at once, and why: their time was over, whatever they did. */
const logsOff: Readonly<Partial<Record<LockCause, LogoffCause>>> = { limit: 'limit' };

/** Whoever is away for longer than the policy lets them be; a time that is none is over. */
function withoutDue<S extends LockState>(state: S, now: number): [S, LockStep['logoffs']] {
  const { logoffMinutes, parkMinutes } = state.config;
  const due = state.away.flatMap(({ person, since, parkedAt }) => {
    const [from, minutes, cause] = parkedAt === null ? ([since, logoffMinutes, 'logoff'] as const) : ([parkedAt, parkMinutes, 'park'] as const);
    const age = now - from;
    if (age >= 0 && age < minutes * MINUTE_MS) return [];
    return [{ person, cause: age >= 0 ? cause : ('unknown' as const) }];
  });
  if (due.length === 0) return [state, due];
  return [{ ...state, away: state.away.filter(({ person }) => !due.some((one) => one.person === person)) }, due];
}

export const isIn = (state: LockState, person: string): state is HeldState => isHeld(state) && state.phase === 'open' && state.person === person;

/** When it locks whatever is typed. */
export function limitAt({ since, config, glass }: HeldState): number {
  const limit = since + config.maxHours * HOUR_MS;
  return typeof glass === 'object' ? Math.min(limit, glass.until) : limit;
}

const accept = (state: LockState): LockStep => ({ state, accepted: true, parked: [], logoffs: [] });
const refuse = (state: LockState, refused?: RefusedWhy): LockStep => ({ state, accepted: false, ...(refused ? { refused } : {}), parked: [], logoffs: [] });

function fromClosed(state: ClosedState, event: LockEvent): LockStep {
  const { now } = event;
  switch (event.type) {
    case 'created':
      return state.stop ? refuse(state, state.stop) : accept(hold(state, 'created', now));
    case 'attempt': {
      const { person, glass = false, lifts = false, waitMs = 0 } = event;
      if (state.stop !== undefined && !glass && !(lifts && state.stop === 'stopped')) return refuse(state, state.stop);
      // A time that is none is the longest.
      if (!(waitMs <= 0)) return refuse({ ...state, waitUntil: now + (waitMs > 0 ? waitMs : Infinity) }, 'back-off');
      return accept({ ...hold(state, 'opening', now), attempts: state.attempts + 1, person, glass: glass ? 'asked' : undefined, lifts });
    }
    case 'stop':
      return accept({ ...state, stop: event.cause });
    case 'audit':
      return accept({ ...state, degraded: !event.whole });
    case 'logoff':
      return logOffAway(state, event.person, event.cause);
    case 'configure':
      return accept({ ...state, config: clampConfig(event.config) });
    default:
      return refuse(state);
  }
}

const commonOf = ({ config, attempts, away, stop, degraded }: Common): Common => ({ config, attempts, away, stop, degraded });

const hold = (state: ClosedState, phase: 'created' | 'opening', now: number): HeldState => ({
  ...commonOf(state),
  phase,
  behind: phase === 'created' ? 'created' : 'closed',
  person: undefined,
  glass: undefined,
  lifts: false,
  since: now,
  seen: now,
  lastInput: now,
  moveUsed: false,
  lastMove: -Infinity,
  hostInput: undefined,
});

const closed = (state: HeldState): ClosedState => ({ ...commonOf(state), phase: 'closed', waitUntil: -Infinity });

/** Whoever was in front is away from here on. */
function close(state: HeldState, cause: LockCause, now: number): LockStep {
  const { person, phase, away, glass } = state;
  const next = closed(state);
  const jiggled = cause === 'idle' && now - state.lastMove < JIGGLED * state.config.idleSeconds * 1000;
  const step: LockStep = { ...refuse(next), lock: cause, ...(jiggled ? { jiggled } : {}) };
  // Who only wanted to come in never was; and an emergency, whose shells end with it, leaves nobody who could be parked or logged off.
  if (phase === 'opening' || phase === 'created' || person === undefined || glass !== undefined) return step;
  const logoff = logsOff[cause];
  if (logoff) return { ...step, logoffs: [{ person, cause: logoff }] };
  return { ...step, state: { ...next, away: [...away, { person, since: now, parkedAt: null }] } };
}

const phases: ReadonlySet<string> = new Set(['created', 'opening', 'open'] satisfies HeldState['phase'][]);
const isSound = (state: HeldState): boolean => phases.has(state.phase) && [state.lastInput, state.seen, state.since].every(Number.isFinite);

/** Only the last attempt, and only as long as nothing has ended it. */
const underWay = (state: HeldState, attempt: number): boolean => state.phase === 'opening' && attempt === state.attempts;

/**
 * Milliseconds since the last input, own or the host's, whichever is longer. What a person does here the host sees too,
 * so a longer idle time of the host means that our input was synthetic. A shorter one never extends.
 */
export function idleMs(state: HeldState, now: number): number {
  return Math.max(0, now - Math.min(state.lastInput, state.hostInput ?? state.lastInput));
}

function overdue(state: HeldState, now: number): LockCause | undefined {
  if (now < state.seen) return 'clock-back';
  if (idleMs(state, now) >= state.config.idleSeconds * 1000) return 'idle';
  if (typeof state.glass === 'object' && isOver(state.glass, now)) return 'emergency-over';
  if (now >= limitAt(state)) return 'limit';
  return now - state.seen > state.config.gapSeconds * 1000 ? 'gap' : undefined;
}

function withHost(state: HeldState, hostIdleSeconds: number | undefined, now: number): HeldState {
  const known = hostIdleSeconds !== undefined && hostIdleSeconds >= 0;
  return { ...state, hostInput: known ? now - hostIdleSeconds * 1000 : undefined };
}

function input(state: HeldState, kind: Activity, now: number): LockStep {
  if (kind !== 'key' && kind !== 'pointer' && kind !== 'move') return close(state, 'unknown', now);
  const lastMove = kind === 'move' ? now : state.lastMove;
  if (kind === 'move' && state.moveUsed) return accept({ ...state, lastMove });
  // The host's figure is older than this input; the next tick brings a new one.
  return accept({ ...state, lastInput: now, hostInput: undefined, moveUsed: kind === 'move', lastMove });
}

function configure(state: HeldState, config: LockConfig, now: number): LockStep {
  const changed: HeldState = { ...state, config: clampConfig(config) };
  const late = overdue(changed, now);
  return late ? close(changed, late, now) : accept(changed);
}
