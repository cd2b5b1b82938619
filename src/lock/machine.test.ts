import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { initialLock, isHeld, stepLock, type LockCause, type LockEvent, type LockState } from './machine.ts';
import { clampConfig, sooner, type LockConfig } from './config.ts';
import { lockView } from './view.ts';

const config: LockConfig = { idleSeconds: 120, warnSeconds: 15 };
const start = 1_000_000;

/** The machine, fed with events; keeps every lock that it asks for. */
class Walk {
  state: LockState = initialLock(config);
  readonly locks: LockCause[] = [];

  send(event: LockEvent): boolean {
    const { state, lock, accepted } = stepLock(this.state, event);
    this.state = state;
    if (lock) this.locks.push(lock);
    return accepted;
  }

  /** Somebody gets in. */
  open(now = start): this {
    this.send({ type: 'attempt', now });
    expect(this.send({ type: 'opened', attempt: this.state.attempts, now })).toBe(true);
    return this;
  }

  /** Ticks once a second. `from` and `to` in seconds after the start, both included. @returns the second in which it locked. */
  ticks(from: number, to: number, host: (second: number) => number | undefined = () => undefined): number | undefined {
    for (let second = from; second <= to; second++) {
      this.send({ type: 'tick', now: start + second * 1000, hostIdleSeconds: host(second) });
      if (!isHeld(this.state)) return second;
    }
    return undefined;
  }
}

it('who wants to be locked out sooner is, and later never', () => {
  expect([0, -1, NaN, 1, 60, 120, 900, Infinity].map((seconds) => clampConfig(sooner(config, seconds)).idleSeconds)).toEqual([
    120, 120, 120, 30, 60, 120, 120, 120,
  ]);
  expect(sooner(config, 60).warnSeconds).toBe(config.warnSeconds);
});

describe('who gets in', () => {
  it('starts closed, and input opens nothing', () => {
    const walk = new Walk();
    expect(walk.state.phase).toBe('closed');
    for (const kind of ['key', 'pointer', 'move'] as const) expect(walk.send({ type: 'input', kind, now: start })).toBe(false);
    expect(walk.send({ type: 'opened', attempt: 0, now: start })).toBe(false);
    expect(walk.send({ type: 'opened', attempt: 1, now: start })).toBe(false);
    expect(walk.state.phase).toBe('closed');
  });

  it('is who has an attempt under way, and nobody whose attempt a lock has ended', () => {
    const walk = new Walk();
    walk.send({ type: 'attempt', now: start });
    const first = walk.state.attempts;
    walk.send({ type: 'lock', cause: 'hotkey', now: start + 1 });
    expect(walk.locks).toEqual(['hotkey']);
    expect(walk.send({ type: 'opened', attempt: first, now: start + 2 })).toBe(false);
    walk.send({ type: 'attempt', now: start + 3 });
    expect(walk.send({ type: 'opened', attempt: first, now: start + 4 })).toBe(false);
    expect(walk.send({ type: 'failed', attempt: first, now: start + 4 })).toBe(false);
    expect(walk.send({ type: 'opened', attempt: first + 1, now: start + 5 })).toBe(true);
    expect(walk.state.phase).toBe('open');
  });

  it('is one at a time', () => {
    const walk = new Walk();
    expect(walk.send({ type: 'attempt', now: start })).toBe(true);
    expect(walk.send({ type: 'attempt', now: start })).toBe(false);
    expect(walk.open.call(walk, start + 1).send({ type: 'attempt', now: start + 2 })).toBe(false);
    expect(walk.state.phase).toBe('open');
  });

  it('goes back to where it was after a failure', () => {
    const walk = new Walk();
    walk.send({ type: 'attempt', now: start });
    expect(walk.send({ type: 'failed', attempt: 1, now: start })).toBe(true);
    expect(walk.state.phase).toBe('closed');
    walk.send({ type: 'created', now: start });
    walk.send({ type: 'attempt', now: start });
    walk.send({ type: 'failed', attempt: 2, now: start });
    expect(walk.state.phase).toBe('created');
    expect(walk.locks).toEqual([]);
  });

  it('is locked out of a first run that nobody attends', () => {
    const walk = new Walk();
    walk.send({ type: 'created', now: start });
    expect(walk.ticks(1, 500)).toBe(120);
    expect(walk.locks).toEqual(['idle']);
  });
});

describe('what locks', () => {
  it('is the idle time, to the second and once, with a warning before', () => {
    const walk = new Walk().open();
    expect(walk.ticks(1, 104)).toBeUndefined();
    expect(lockView(walk.state, start + 104_000)).toMatchObject({ lockIn: 16, idleSeconds: 120, warning: false });
    expect(lockView(walk.state, start + 105_000)).toMatchObject({ lockIn: 15, idleSeconds: 120, warning: true });
    expect(walk.ticks(105, 300)).toBe(120);
    walk.ticks(121, 300);
    expect(walk.locks).toEqual(['idle']);
    expect(lockView(walk.state, start)).toEqual({ lockIn: 0, idleSeconds: 120, warning: false, limitIn: 0 });
  });

  it('is the longest time after an unlock, to the second, whatever is typed, and the next unlock begins it anew', () => {
    const walk = new Walk();
    walk.send({ type: 'configure', config: { ...config, maxHours: 1 }, now: start - 1 });
    walk.open();
    const typing = (from: number, to: number): number | undefined => {
      for (let second = from; second <= to; second++) {
        walk.send({ type: 'input', kind: 'key', now: start + second * 1000 });
        if (!isHeld(walk.state)) return second;
      }
      return undefined;
    };
    expect(typing(1, 3590)).toBeUndefined();
    // No key keeps it open, so the warning that says so does not stand.
    expect(lockView(walk.state, start + 3_590_000)).toEqual({ lockIn: 10, idleSeconds: 120, warning: false, limitIn: 10 });
    expect(typing(3591, 4000)).toBe(3600);
    expect(walk.locks).toEqual(['limit']);
    walk.open(start + 3_601_000);
    expect(typing(3602, 7200)).toBeUndefined();
    expect(typing(7201, 7300)).toBe(7201);
    walk.open(start + 8_000_000);
    walk.send({ type: 'configure', config: { ...config, maxHours: 24 }, now: start + 8_000_001 });
    expect(typing(8001, 11_700)).toBeUndefined();
    // A stricter policy does not wait for the next unlock.
    walk.send({ type: 'configure', config: { ...config, maxHours: 1 }, now: start + 11_700_001 });
    expect(walk.locks).toEqual(['limit', 'limit', 'limit']);
  });

  it('is not put off by a key that comes too late', () => {
    const walk = new Walk().open();
    walk.ticks(1, 119);
    expect(walk.send({ type: 'input', kind: 'key', now: start + 120_000 })).toBe(false);
    expect(walk.locks).toEqual(['idle']);
  });

  it('is not put off by a proof that comes too late', () => {
    const walk = new Walk();
    walk.send({ type: 'attempt', now: start });
    walk.ticks(1, 119);
    expect(walk.send({ type: 'opened', attempt: 1, now: start + 120_000 })).toBe(false);
    expect(walk.locks).toEqual(['idle']);
  });

  it('lets movement alone extend once', () => {
    const walk = new Walk().open();
    let lockedAt = 0;
    for (let second = 1; second <= 300 && lockedAt === 0; second++) {
      const now = start + second * 1000;
      walk.send(second % 10 === 0 ? { type: 'input', kind: 'move', now } : { type: 'tick', now });
      if (!isHeld(walk.state)) lockedAt = second;
    }
    expect(lockedAt).toBe(130);
  });

  it.each([120, Infinity])('is the host when it has been idle for %s s, whatever the window saw', (hostIdleSeconds) => {
    const walk = new Walk().open();
    walk.send({ type: 'input', kind: 'key', now: start + 1000 });
    walk.send({ type: 'tick', now: start + 2000, hostIdleSeconds });
    expect(walk.locks).toEqual(['idle']);
  });

  it.each([
    ['zero for ever', () => 0],
    ['unknown', () => undefined],
    ['not a number', () => NaN],
    ['negative', () => -5],
    ['sometimes zero, sometimes unknown', (second: number) => (second % 2 ? 0 : undefined)],
  ])('comes no later for a host idle time that is %s', (_, host) => {
    expect(new Walk().open().ticks(1, 200, host)).toBe(120);
  });

  it.each<[LockEvent, LockCause]>([
    [{ type: 'lock', cause: 'suspend', now: start + 1 }, 'suspend'],
    [{ type: 'lock', cause: 'renderer-gone', now: start - 5 }, 'renderer-gone'],
    [{ type: 'lock', cause: 'command', now: start + 500_000 }, 'command'],
    [{ type: 'tick', now: start - 1 }, 'clock-back'],
    [{ type: 'input', kind: 'key', now: start - 1 }, 'clock-back'],
    [{ type: 'tick', now: start + 31_000 }, 'gap'],
    [{ type: 'input', kind: 'key', now: start + 31_000 }, 'gap'],
    [{ type: 'tick', now: NaN }, 'unknown'],
    [{ type: 'output', now: start + 1 } as unknown as LockEvent, 'unknown'],
    [{ type: 'input', kind: 'telepathy', now: start + 1 } as unknown as LockEvent, 'unknown'],
  ])('is %o', (event, cause) => {
    const walk = new Walk().open();
    walk.send(event);
    expect([walk.state.phase, walk.locks]).toEqual(['closed', [cause]]);
  });

  it.each([{ phase: 'ajar' }, { lastInput: NaN }, { seen: NaN }, { since: NaN }])('is a state that it does not know: %o', (broken) => {
    const walk = new Walk().open();
    walk.state = { ...walk.state, ...broken } as unknown as LockState;
    walk.send({ type: 'input', kind: 'key', now: start + 1 });
    expect([walk.state.phase, walk.locks]).toEqual(['closed', ['unknown']]);
  });

  it('is a stricter policy, at once', () => {
    const walk = new Walk().open();
    walk.ticks(1, 60);
    walk.send({ type: 'configure', config: { idleSeconds: 60, warnSeconds: 5 }, now: start + 60_500 });
    expect(walk.locks).toEqual(['idle']);
  });

  it('clamps what a policy must not say', () => {
    expect(clampConfig({ idleSeconds: 0, warnSeconds: 99 })).toMatchObject({
      idleSeconds: 30,
      warnSeconds: 15,
      maxHours: 24,
      logoffMinutes: 60,
      parkMinutes: 60,
      takeOver: false,
      gapSeconds: 30,
    });
    expect(clampConfig({ idleSeconds: 1e9, warnSeconds: -1, gapSeconds: 1e9 })).toMatchObject({
      idleSeconds: 900,
      warnSeconds: 0,
      maxHours: 24,
      gapSeconds: 30,
    });
    expect(clampConfig({ idleSeconds: NaN, warnSeconds: NaN, maxHours: NaN })).toMatchObject({ idleSeconds: 30, warnSeconds: 15, maxHours: 1, gapSeconds: 30 });
    expect(clampConfig({ idleSeconds: 60, warnSeconds: 15, maxHours: 0 })).toMatchObject({ maxHours: 1 });
    expect(clampConfig({ idleSeconds: 60, warnSeconds: 15, maxHours: 1e9 })).toMatchObject({ maxHours: 24 });
  });
});

/** Steps forward mostly by up to a second and a half, seldom anywhere. An attempt's number is the last one, an old one, or none. */
interface Step {
  readonly after: number;
  readonly make: (now: number, attempts: number) => LockEvent;
}
const after = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 1500 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 29_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(-1, -60_000, 31_000, 1e9, NaN, Infinity) },
);
const number = fc.constantFrom(0, 0, 0, 0, 1, -1, NaN);
const event: fc.Arbitrary<Step['make']> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .option(fc.oneof(fc.integer({ min: 0, max: 200 }), fc.constantFrom(NaN, Infinity, -1)), { nil: undefined })
      .map((hostIdleSeconds) => (now: number): LockEvent => ({ type: 'tick', now, hostIdleSeconds })),
  },
  { weight: 6, arbitrary: fc.constantFrom('key', 'pointer', 'move').map((kind) => (now: number): LockEvent => ({ type: 'input', kind, now })) },
  { weight: 5, arbitrary: fc.constant((now: number): LockEvent => ({ type: 'attempt', now })) },
  { weight: 6, arbitrary: number.map((off) => (now: number, attempts: number): LockEvent => ({ type: 'opened', attempt: attempts - off, now })) },
  { weight: 2, arbitrary: number.map((off) => (now: number, attempts: number): LockEvent => ({ type: 'failed', attempt: attempts - off, now })) },
  { weight: 1, arbitrary: fc.constant((now: number): LockEvent => ({ type: 'created', now })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<LockCause>('hotkey', 'suspend', 'vault-gone').map((cause) => (now: number): LockEvent => ({ type: 'lock', cause, now })),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ idleSeconds: fc.integer({ min: 0, max: 300 }), warnSeconds: fc.integer({ min: 0, max: 60 }) })
      .map((next) => (now: number): LockEvent => ({ type: 'configure', config: next, now })),
  },
  { weight: 1, arbitrary: fc.constant((now: number): LockEvent => ({ type: 'output', now }) as unknown as LockEvent) },
);

describe('random walks', () => {
  /**
   * What must hold, written against the events alone and not against the machine's state:
   * 1. It is open only if the last attempt, made while nothing was held but a first run's person, was proven, and nothing has
   *    locked since.
   * 2. While anything is held, less than the idle time has passed since the last key, press, attempt or proof, or since one
   *    movement after it; time has not run back, nor jumped by more than the gap.
   * 3. Whatever ends what was held, except an attempt that failed, asks for one lock, and nothing else asks for one.
   * 4. After a lock that was asked for nothing is held.
   * 5. It never throws, and its state is plain data.
   */
  it('keep every promise of the lock', () => {
    const reached = { open: 0, opening: 0, created: 0, late: 0, refused: 0 };
    fc.assert(
      fc.property(fc.array(fc.record({ after, make: event }), { minLength: 50, maxLength: 600 }), (steps) => {
        let state: LockState = initialLock(config);
        let now = start;
        /** The walk's own book-keeping. */
        let pending: number | undefined;
        let person = false;
        let active = now;
        let moved = false;
        let last = now;
        for (const { after: by, make } of steps) {
          const at = now + by;
          const sent = make(at, state.attempts);
          const before = state;
          const step = stepLock(before, sent);
          state = step.state;
          expect(structuredClone(state)).toEqual(state);
          // 3.
          const failed = sent.type === 'failed' && step.accepted;
          if (step.lock) expect([isHeld(before), isHeld(state)]).toEqual([true, false]);
          else if (isHeld(before) && !isHeld(state)) expect(failed).toBe(true);
          // 4.
          if (sent.type === 'lock') expect(isHeld(state)).toBe(false);
          const held = isHeld(before);
          if (Number.isFinite(at)) {
            // 2.
            if (isHeld(state) && held) {
              expect(at).toBeGreaterThanOrEqual(last);
              expect(at - last).toBeLessThanOrEqual(30_000);
              expect(at - active).toBeLessThan(Math.max(before.config.idleSeconds, state.config.idleSeconds) * 1000);
            }
            if (held && step.lock === 'idle') reached.late++;
            const fresh = !held && isHeld(state);
            const pressed = sent.type === 'input' && sent.kind !== 'move';
            if (isHeld(state) && (fresh || pressed || (sent.type === 'opened' && step.accepted))) {
              active = at;
              moved = false;
            } else if (isHeld(state) && sent.type === 'input' && sent.kind === 'move' && !moved) {
              active = at;
              moved = true;
            }
            if (isHeld(state)) last = at;
          } else if (held) expect(isHeld(state)).toBe(false);
          // 1.
          if (!isHeld(state)) {
            if (step.lock) person = false;
            if (step.lock || failed) pending = undefined;
          }
          if (sent.type === 'created' && step.accepted) person = true;
          if (sent.type === 'attempt' && step.accepted) {
            expect(before.phase === 'closed' || (before.phase === 'created' && person)).toBe(true);
            pending = state.attempts;
          }
          if (state.phase === 'open' && before.phase !== 'open') {
            expect(sent).toMatchObject({ type: 'opened', attempt: pending });
            pending = undefined;
            person = false;
          }
          if (failed) pending = undefined;
          if (sent.type === 'opened' && !step.accepted) reached.refused++;
          if (isHeld(state)) reached[state.phase]++;
          if (Number.isFinite(at) && Math.abs(by) < 1e6) now = at;
        }
      }),
      { numRuns: 400 },
    );
    // The walks go everywhere, or they show nothing.
    for (const count of Object.values(reached)) expect(count).toBeGreaterThan(50);
  });
});
