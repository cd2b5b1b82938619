import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffRows, delaySeconds, isDisabled, unlockMethods } from './backoff.ts';
import { type LockConfig, type LockEvent, type LockState, clampConfig, initialLock, isOpen, lockView, stepLock } from './machine.ts';

const config: LockConfig = { idleSeconds: 120, warnSeconds: 15 };
const start = 1_000_000;

function opened(at = start, with_: LockConfig = config): LockState {
  return stepLock(initialLock(with_, at), { type: 'unlockSucceeded', method: 'passkey', now: at }).state;
}

/** Ticks once a second from `from` to `to` (seconds after start), both included. */
function ticks(
  state: LockState,
  from: number,
  to: number,
  host?: (second: number) => number | undefined,
): { state: LockState; causes: string[]; lockedAt?: number } {
  const causes: string[] = [];
  let lockedAt: number | undefined;
  for (let second = from; second <= to; second += 1) {
    const step = stepLock(state, { type: 'tick', now: start + second * 1000, hostIdleSeconds: host?.(second) });
    state = step.state;
    for (const effect of step.effects) {
      causes.push(effect.cause);
      lockedAt ??= second;
    }
  }
  return lockedAt === undefined ? { state, causes } : { state, causes, lockedAt };
}

describe('lock machine', () => {
  it('starts locked and opens only by a successful unlock', () => {
    const state = initialLock(config, start);
    expect(state.phase).toBe('locked');
    expect(state.cause).toBe('start');
    expect(stepLock(state, { type: 'input', kind: 'key', now: start + 1 })).toMatchObject({ state: { phase: 'locked' }, consumed: true });
    expect(opened().phase).toBe('active');
  });

  it('warns, then locks on idle, to the second and once', () => {
    expect(ticks(opened(), 1, 104).state.phase).toBe('active');
    expect(ticks(opened(), 1, 105).state.phase).toBe('warn');
    expect(ticks(opened(), 1, 119)).toMatchObject({ causes: [] });
    expect(ticks(opened(), 1, 200)).toMatchObject({ causes: ['idle'], lockedAt: 120, state: { phase: 'locked', cause: 'idle' } });
  });

  it('consumes the key or press that ends the warning, and no other', () => {
    for (const kind of ['key', 'pointer'] as const) {
      const warned = ticks(opened(), 1, 110).state;
      const first = stepLock(warned, { type: 'input', kind, now: start + 110_500 });
      expect(first).toMatchObject({ consumed: true, state: { phase: 'active' } });
      expect(stepLock(first.state, { type: 'input', kind, now: start + 110_600 }).consumed).toBe(false);
    }
  });

  it('consumes a key in the warning even when no tick has noticed the warning', () => {
    const quiet = ticks(opened(), 1, 104).state;
    expect(quiet.phase).toBe('active');
    expect(stepLock(quiet, { type: 'input', kind: 'key', now: start + 105_100 }).consumed).toBe(true);
  });

  it('does not let a key that comes too late extend', () => {
    const state = ticks(opened(), 1, 119).state;
    expect(stepLock(state, { type: 'input', kind: 'key', now: start + 120_000 })).toMatchObject({
      consumed: true,
      effects: [{ kind: 'lock', cause: 'idle' }],
      state: { phase: 'locked' },
    });
  });

  it('lets movement alone extend once', () => {
    let state = opened();
    let lockedAt = 0;
    for (let second = 1; second <= 300 && lockedAt === 0; second += 1) {
      const now = start + second * 1000;
      const step = second % 10 === 0 ? stepLock(state, { type: 'input', kind: 'move', now }) : stepLock(state, { type: 'tick', now });
      state = step.state;
      if (step.effects.length > 0) lockedAt = second;
    }
    expect(lockedAt).toBe(130);
    const keyed = stepLock(ticks(opened(), 1, 20).state, { type: 'input', kind: 'key', now: start + 20_500 }).state;
    expect(stepLock(keyed, { type: 'input', kind: 'move', now: start + 21_000 }).state).toMatchObject({ lastInput: start + 21_000 });
  });

  it('locks when the host has been idle for as long, whatever the window saw', () => {
    let state = opened();
    state = stepLock(state, { type: 'input', kind: 'key', now: start + 1000 }).state;
    expect(stepLock(state, { type: 'tick', now: start + 2000, hostIdleSeconds: 120 }).effects).toEqual([{ kind: 'lock', cause: 'idle' }]);
    expect(stepLock(state, { type: 'tick', now: start + 2000, hostIdleSeconds: Infinity }).effects).toEqual([{ kind: 'lock', cause: 'idle' }]);
  });

  it.each([
    ['zero for ever', () => 0],
    ['unknown', () => undefined],
    ['not a number', () => NaN],
    ['negative', () => -5],
    ['sometimes zero, sometimes unknown', (second: number) => (second % 2 ? 0 : undefined)],
  ])('is not made longer by a host idle time that is %s', (_, host) => {
    expect(ticks(opened(), 1, 200, host)).toMatchObject({ lockedAt: 120, causes: ['idle'] });
  });

  it.each<[LockEvent, string]>([
    [{ type: 'suspend', now: start + 1 }, 'suspend'],
    [{ type: 'resume', now: start + 1 }, 'resume'],
    [{ type: 'osLock', now: start + 1 }, 'os-lock'],
    [{ type: 'rendererGone', now: start + 1 }, 'renderer-gone'],
    [{ type: 'lock', cause: 'hotkey', now: start + 1 }, 'hotkey'],
    [{ type: 'tick', now: start - 1 }, 'clock-back'],
    [{ type: 'input', kind: 'key', now: start - 1 }, 'clock-back'],
    [{ type: 'unlockSucceeded', method: 'passkey', now: start - 1 }, 'clock-back'],
    [{ type: 'tick', now: start + 31_000 }, 'gap'],
    [{ type: 'input', kind: 'key', now: start + 31_000 }, 'gap'],
    [{ type: 'tick', now: NaN }, 'unknown'],
    [{ type: 'output', now: start + 1 } as unknown as LockEvent, 'unknown'],
    [{ type: 'input', kind: 'telepathy', now: start + 1 } as unknown as LockEvent, 'unknown'],
    [{ type: 'unlockFailed', method: 'guess', now: start + 1 } as unknown as LockEvent, 'unknown'],
    [{ type: 'suspend', now: start + 500_000 }, 'suspend'],
  ])('locks on %o', (event, cause) => {
    const step = stepLock(opened(), event);
    expect(step).toMatchObject({ effects: [{ kind: 'lock', cause }], state: { phase: 'locked', cause }, consumed: true });
  });

  it('locks when its own state is not one it knows', () => {
    const broken = { ...opened(), phase: 'open' } as unknown as LockState;
    expect(stepLock(broken, { type: 'tick', now: start + 1 })).toMatchObject({ state: { phase: 'locked' }, effects: [{ kind: 'lock', cause: 'unknown' }] });
    const noInput = { ...opened(), lastInput: NaN } as LockState;
    expect(stepLock(noInput, { type: 'input', kind: 'key', now: start + 1 }).state.phase).toBe('locked');
  });

  it('keeps the first cause and asks for one lock only', () => {
    const locked = stepLock(opened(), { type: 'lock', cause: 'menu', now: start + 1 }).state;
    expect(stepLock(locked, { type: 'osLock', now: start + 2 })).toMatchObject({ effects: [], state: { cause: 'menu' } });
  });

  it('takes a stricter policy at once', () => {
    const state = ticks(opened(), 1, 60).state;
    expect(stepLock(state, { type: 'configure', config: { idleSeconds: 60, warnSeconds: 5 }, now: start + 60_500 }).effects).toEqual([
      { kind: 'lock', cause: 'idle' },
    ]);
  });

  it('clamps what a policy must not say', () => {
    expect(clampConfig({ idleSeconds: 0, warnSeconds: 99 })).toEqual({ idleSeconds: 30, warnSeconds: 15, gapSeconds: 30 });
    expect(clampConfig({ idleSeconds: 1e9, warnSeconds: -1, gapSeconds: 1e9 })).toEqual({ idleSeconds: 900, warnSeconds: 0, gapSeconds: 30 });
    expect(clampConfig({ idleSeconds: NaN, warnSeconds: NaN })).toEqual({ idleSeconds: 30, warnSeconds: 15, gapSeconds: 30 });
  });

  it('tells the line how long it has', () => {
    const state = ticks(opened(), 1, 10).state;
    expect(lockView(state, start + 10_000)).toMatchObject({ lockIn: 110, idleSeconds: 120, warning: false, phase: 'active' });
    expect(lockView(state, start + 10_400).lockIn).toBe(110);
    expect(lockView(state, start + 105_000)).toMatchObject({ lockIn: 15, warning: true });
    expect(lockView(initialLock(config, start), start)).toMatchObject({ lockIn: 0, warning: false });
  });
});

describe('back-off', () => {
  it('has the delays of the table', () => {
    const passphrase = Array.from({ length: 12 }, (_, failures) => delaySeconds('passphrase', failures));
    expect(passphrase).toEqual([0, 0, 0, 0, 0, 30, 60, 120, 300, 900, 3600, 3600]);
    expect(Array.from({ length: 10 }, (_, failures) => delaySeconds('passkey', failures))).toEqual([0, 0, 0, 0, 5, 15, 60, 300, 300, 300]);
    expect([delaySeconds('passphrase', 99), delaySeconds('passphrase', 100), delaySeconds('passkey', 5000)]).toEqual([3600, Infinity, 300]);
    expect([delaySeconds('passphrase', NaN), delaySeconds('passphrase', -1), delaySeconds('passkey', 1.5)]).toEqual([Infinity, Infinity, 300]);
    expect([isDisabled('passphrase', 100), isDisabled('passkey', 100)]).toEqual([true, false]);
  });

  it('never becomes shorter with more failures', () => {
    for (const method of unlockMethods) {
      for (let failures = 0; failures < 150; failures += 1) expect(delaySeconds(method, failures + 1)).toBeGreaterThanOrEqual(delaySeconds(method, failures));
    }
  });

  it('holds one method back and not the other, and a success forgives its own', () => {
    let state: LockState = initialLock(config, start);
    for (let i = 0; i < 5; i += 1) state = stepLock(state, { type: 'unlockFailed', method: 'passphrase', now: start }).state;
    expect(state.phase).toBe('back-off');
    expect(lockView(state, start + 500).backOffSeconds).toEqual({ passphrase: 30, passkey: 0 });
    expect(stepLock(state, { type: 'unlockSucceeded', method: 'passphrase', now: start + 29_999 }).state.phase).toBe('back-off');
    expect(stepLock(state, { type: 'unlockSucceeded', method: 'passphrase', now: start + 30_000 }).state).toMatchObject({
      phase: 'active',
      methods: { passphrase: { failures: 0 } },
    });
    expect(stepLock(state, { type: 'unlockSucceeded', method: 'passkey', now: start + 1 }).state).toMatchObject({
      phase: 'active',
      methods: { passphrase: { failures: 5 } },
    });
    expect(stepLock(state, { type: 'tick', now: start + 30_000 }).state.phase).toBe('locked');
  });

  it('does not open, and does not wait less, when time runs backwards', () => {
    let state: LockState = initialLock(config, start);
    for (let i = 0; i < 5; i += 1) state = stepLock(state, { type: 'unlockFailed', method: 'passphrase', now: start }).state;
    const back = stepLock(state, { type: 'tick', now: start - 60_000 }).state;
    expect(lockView(back, start - 60_000).backOffSeconds.passphrase).toBe(90);
    expect(stepLock(back, { type: 'unlockSucceeded', method: 'passkey', now: start - 50_000 }).state.phase).not.toBe('active');
  });

  it('disables the passphrase at its limit for good', () => {
    let state: LockState = initialLock(config, start);
    const limit = backoffRows.passphrase.disabledAt ?? 0;
    for (let i = 0; i < limit; i += 1) state = stepLock(state, { type: 'unlockFailed', method: 'passphrase', now: start + i * 4_000_000 }).state;
    expect(stepLock(state, { type: 'unlockSucceeded', method: 'passphrase', now: start + 1e12 }).state.phase).toBe('back-off');
    expect(lockView(state, start).backOffSeconds.passphrase).toBe(Infinity);
  });
});

type Step = { readonly after: number; readonly make: (now: number) => LockEvent };
const advance = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 1500 }) }, { weight: 1, arbitrary: fc.integer({ min: -200_000, max: 200_000 }) });
const anyEvent: fc.Arbitrary<(now: number) => LockEvent> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc
      .option(fc.oneof(fc.integer({ min: 0, max: 200 }), fc.constantFrom(NaN, Infinity, -1)), { nil: undefined })
      .map((hostIdleSeconds) => (now: number): LockEvent => ({ type: 'tick', now, hostIdleSeconds })),
  },
  { weight: 4, arbitrary: fc.constantFrom('key', 'pointer', 'move').map((kind) => (now: number): LockEvent => ({ type: 'input', kind, now })) },
  { weight: 4, arbitrary: fc.constantFrom('passphrase', 'passkey').map((method) => (now: number): LockEvent => ({ type: 'unlockSucceeded', method, now })) },
  { weight: 1, arbitrary: fc.constantFrom('passphrase', 'passkey').map((method) => (now: number): LockEvent => ({ type: 'unlockFailed', method, now })) },
  { weight: 1, arbitrary: fc.constantFrom('suspend', 'resume', 'osLock', 'rendererGone').map((type) => (now: number): LockEvent => ({ type, now })) },
  { weight: 1, arbitrary: fc.constant((now: number): LockEvent => ({ type: 'lock', cause: 'hotkey', now })) },
  {
    weight: 1,
    arbitrary: fc
      .record({ idleSeconds: fc.integer({ min: 0, max: 300 }), warnSeconds: fc.integer({ min: 0, max: 60 }) })
      .map((next) => (now: number): LockEvent => ({ type: 'configure', config: next, now })),
  },
);
const walk: fc.Arbitrary<Step[]> = fc.array(fc.record({ after: advance, make: anyEvent }), { minLength: 50, maxLength: 400 });

describe('random walks', () => {
  it('hold every promise of the lock', () => {
    let reached = { open: 0, warn: 0, backOff: 0 };
    fc.assert(
      fc.property(walk, (steps) => {
        let state: LockState = initialLock(config, start);
        let now = start;
        // The model: when a person last did something that counts, and what was seen last.
        let genuine = -Infinity;
        for (const { after, make } of steps) {
          now += after;
          const event = make(now);
          const before = state;
          const step = stepLock(before, event);
          state = step.state;
          const idle = before.config.idleSeconds * 1000;

          if (isOpen(state) && !isOpen(before)) {
            expect(event.type).toBe('unlockSucceeded');
            genuine = now;
          }
          if (isOpen(before) && event.type === 'input' && event.kind !== 'move') genuine = isOpen(state) ? now : genuine;
          // Movement buys one more period at most.
          if (isOpen(state)) expect(now - genuine).toBeLessThan(2 * 300 * 1000);
          if (isOpen(before) && now - before.lastInput >= idle) expect(isOpen(state)).toBe(false);
          if (isOpen(before) && (now < before.seen || now - before.seen > 30_000)) expect(isOpen(state)).toBe(false);
          if (isOpen(before) && event.type === 'tick' && (event.hostIdleSeconds ?? 0) * 1000 >= idle) expect(isOpen(state)).toBe(false);
          // Exactly the way from open to closed asks for the lock.
          expect(step.effects.length).toBe(isOpen(before) && !isOpen(state) ? 1 : 0);
          if (!isOpen(before) && !isOpen(state)) expect(state.cause).toBe(before.cause);
          // In the warning no input reaches a program; while closed none at all.
          if (event.type === 'input' && (!isOpen(before) || before.phase === 'warn') && !(event.kind === 'move' && isOpen(state)))
            expect(step.consumed).toBe(true);
          if (isOpen(state)) {
            // Never idle beyond the time of the warning without being in it.
            const quiet = now - state.lastInput;
            if (quiet >= (state.config.idleSeconds - state.config.warnSeconds) * 1000) expect(state.phase).toBe('warn');
            // A host idle time is never what keeps the screen open.
            expect(lockView(state, now).lockIn).toBeLessThanOrEqual(Math.ceil((state.config.idleSeconds * 1000 - quiet) / 1000));
            reached = { ...reached, open: reached.open + 1, warn: reached.warn + (state.phase === 'warn' ? 1 : 0) };
          } else if (state.phase === 'back-off') reached = { ...reached, backOff: reached.backOff + 1 };
        }
      }),
      { numRuns: 400 },
    );
    // A walk that never opened the lock would prove nothing.
    expect(reached.open).toBeGreaterThan(1000);
    expect(reached.warn).toBeGreaterThan(10);
    expect(reached.backOff).toBeGreaterThan(10);
  });
});
