/** The lock: its rules, walked at random against what must never be so, and the limits under which this process holds anything. */
import { initialLock, isHeld, stepLock, type LockCause, type LockEvent, type LockState, type LockStep } from '../lock/machine.ts';
import { coreLimit, isDumpable } from '../native/addon.ts';
import { CORE_LIMIT_BYTES, tracer } from '../native/protect.ts';
import { fails, holds, type Finding } from './finding.ts';

/** Steps of the walk: some tens of milliseconds, and each rule is met some hundred times. */
const STEPS = 20_000;
/** Any number but 0 starts the walk; a fixed one, so that a failure can be had again. */
const SEED = 0x5e1f7e57;

/** What keeps other programs of this account out of a process. */
export interface ProcessLimits {
  /** Others may look into its memory, and a crash writes it to the disk. */
  readonly dumpable: boolean;
  /** Soft limit of a core file in bytes. */
  readonly coreBytes: number;
  /** The process that traces this one; 0 for none. */
  readonly tracer: number;
}

/** Of this process. Undefined on a system that has none of them. @throws NativeError */
function ownLimits(): ProcessLimits | undefined {
  if (process.platform !== 'linux') return undefined;
  return { dumpable: isDumpable(), coreBytes: coreLimit(0), tracer: tracer() };
}

export interface LockParts {
  readonly step?: (state: LockState, event: LockEvent) => LockStep;
  readonly limits?: () => ProcessLimits | undefined;
}

export function tryLock({ step = stepLock, limits = ownLimits }: LockParts = {}): Finding {
  const broken = walk(step);
  if (broken !== undefined) return fails(`The rules of the lock do not hold: ${broken}.`);
  const own = limits();
  const rules = `${STEPS} events at random: nothing opened without a proof, nothing stayed open over its time.`;
  if (!own) return holds(`${rules} This system has no limits that could be looked at.`);
  const bad = [
    ...(own.dumpable ? ['other programs of this account can read its memory'] : []),
    ...(own.coreBytes > CORE_LIMIT_BYTES ? ['a crash writes its memory to the disk'] : []),
    ...(own.tracer !== 0 ? [`process ${own.tracer} traces it`] : []),
  ];
  if (bad.length > 0) return fails(`This process is not protected: ${bad.join(', ')}.`);
  return holds(`${rules} This process is closed to other programs of the account, dumps no core, and nobody traces it.`);
}

/** @returns what was broken; undefined where nothing was. */
function walk(step: NonNullable<LockParts['step']>): string | undefined {
  const next = random(SEED);
  let now = 1_000_000;
  let state: LockState = initialLock({ idleSeconds: 60, warnSeconds: 10 });
  let opened = 0;
  let closed = 0;
  for (let n = 0; n < STEPS; n++) {
    // Mostly seconds, at times longer than any limit, and at times backwards.
    const leap = next(100);
    now += leap < 90 ? next(3000) : leap < 97 ? next(120_000) : -next(5000);
    const event = randomEvent(next, state, now);
    const after: LockState = step(state, event).state;
    const wrong = brokenRule(state, event, after);
    if (wrong !== undefined) return wrong;
    if (isHeld(after) && after.phase === 'open' && event.type === 'opened') opened++;
    if (isHeld(state) && !isHeld(after)) closed++;
    state = after;
    if (isHeld(state)) now = Math.max(now, state.seen);
  }
  // A walk that never gets anywhere shows nothing.
  return opened > 100 && closed > 100 ? undefined : `only ${opened} of ${STEPS} steps opened and ${closed} closed`;
}

function brokenRule(before: LockState, event: LockEvent, after: LockState): string | undefined {
  const isOpen = (state: LockState): boolean => isHeld(state) && state.phase === 'open';
  const proven = event.type === 'opened' && isHeld(before) && before.phase === 'opening' && event.attempt === before.attempts;
  if (isOpen(after) && !isOpen(before) && !proven) return `${event.type} opened without the proof of the attempt that is under way`;
  if (!isHeld(before) || !isHeld(after)) return undefined;
  if (event.type === 'lock') return 'it was told to lock, and something is held still';
  if (event.now < before.seen) return 'time ran backwards, and something is held still';
  const { idleSeconds, gapSeconds } = before.config;
  if (event.now - before.lastInput >= idleSeconds * 1000) return 'nobody was there for the whole idle time, and something is held still';
  if (event.now - before.seen > gapSeconds * 1000) return 'nothing was heard for longer than the gap, and something is held still';
  if (event.type === 'input' && event.kind === 'move' && before.moveUsed && after.lastInput !== before.lastInput) return 'movement alone extended twice';
  return undefined;
}

const causes: readonly LockCause[] = ['hotkey', 'suspend', 'os-lock', 'renderer-gone', 'vault-gone'];

function randomEvent(next: (below: number) => number, state: LockState, now: number): LockEvent {
  // Proofs of other attempts than the one that is under way come too.
  const attempt = state.attempts - (next(4) === 0 ? 1 : 0);
  const kinds = ['key', 'pointer', 'move'] as const;
  switch (next(8)) {
    case 0:
      return { type: 'attempt', now };
    case 1:
    case 2:
      return { type: 'opened', attempt, now };
    case 3:
      return { type: 'failed', attempt, now };
    case 4:
    case 5:
      return { type: 'input', kind: kinds[next(kinds.length)]!, now };
    case 6:
      return next(4) === 0
        ? { type: 'lock', cause: causes[next(causes.length)]!, now }
        : { type: 'tick', now, hostIdleSeconds: next(2) === 0 ? undefined : next(90) };
    default:
      return { type: 'tick', now };
  }
}

/** xorshift32 (Marsaglia, 2003): the same walk every time. @returns a whole number from 0, below what it is given. */
function random(seed: number): (below: number) => number {
  let x = seed;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}
