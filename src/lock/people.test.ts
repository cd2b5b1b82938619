/** The lock where several people come and go: who is in front, who is away, and when nothing of somebody is left. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  initialLock,
  isHeld,
  stepLock,
  type LockCause,
  type LockEvent,
  type LockState,
  type LockStep,
  type LogoffCause,
  type StopCause,
  type UntimedEvent,
} from './machine.ts';
import type { LockConfig } from './config.ts';
import type { Glass } from './glass.ts';
import { lockView, personStage, stageOf } from './view.ts';

const config: LockConfig = { idleSeconds: 120, warnSeconds: 15, logoffMinutes: 15, parkMinutes: 10, maxHours: 8 };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

class Walk {
  state: LockState = initialLock(config);
  now = 1_000_000;
  readonly logoffs: (readonly [string, LogoffCause])[] = [];
  readonly parked: string[] = [];

  send(event: UntimedEvent): LockStep {
    const step = stepLock(this.state, { ...event, now: this.now });
    this.state = step.state;
    this.logoffs.push(...step.logoffs.map(({ person, cause }) => [person, cause] as const));
    this.parked.push(...step.parked);
    return step;
  }

  after(ms: number): this {
    this.now += ms;
    return this;
  }

  /** @param running the emergency that they come back into */
  open(person: string, glass = false, running?: Glass): this {
    this.send({ type: 'attempt', person, glass });
    expect(this.send({ type: 'opened', attempt: this.state.attempts, person, glass: running }).accepted).toBe(true);
    return this;
  }

  lock(cause: LockCause = 'hotkey'): this {
    this.send({ type: 'lock', cause });
    return this;
  }

  /** Ticks and keys, so that nobody is idle. */
  type(ms: number): this {
    for (let passed = 0; passed < ms && isHeld(this.state); passed += 10_000) this.after(10_000).send({ type: 'input', kind: 'key' });
    return this;
  }

  stages(...people: string[]): string[] {
    return people.map((person) => personStage(this.state, person));
  }
}

describe('who is away', () => {
  it('is locked, then parked when somebody else comes in, and in front again when they come back', () => {
    const walk = new Walk();
    expect([walk.stages('ada', 'jo'), stageOf(walk.state, walk.now)]).toEqual([['logged-off', 'logged-off'], 'logged-off']);
    walk.open('ada');
    expect([walk.stages('ada', 'jo'), stageOf(walk.state, walk.now)]).toEqual([['active', 'logged-off'], 'active']);
    walk.lock();
    expect([walk.stages('ada', 'jo'), stageOf(walk.state, walk.now)]).toEqual([['locked', 'logged-off'], 'locked']);
    walk.after(MINUTE).open('jo');
    expect([walk.stages('ada', 'jo'), walk.parked]).toEqual([['parked', 'active'], ['ada']]);
    walk.after(MINUTE).lock();
    expect(walk.stages('ada', 'jo')).toEqual(['parked', 'locked']);
    walk.after(MINUTE).open('ada');
    expect([walk.stages('ada', 'jo'), walk.parked]).toEqual([
      ['active', 'parked'],
      ['ada', 'jo'],
    ]);
    expect(walk.logoffs).toEqual([]);
  });

  it('is parked once, however many come in', () => {
    const walk = new Walk().open('ada').lock().open('jo').lock().open('mo');
    expect(walk.parked).toEqual(['ada', 'jo']);
  });

  it('is nobody whose attempt failed, and nobody comes in by another’s attempt', () => {
    const walk = new Walk().open('ada').lock();
    walk.send({ type: 'attempt', person: 'jo' });
    expect(walk.send({ type: 'opened', attempt: walk.state.attempts, person: 'mo' }).accepted).toBe(false);
    expect(walk.send({ type: 'opened', attempt: walk.state.attempts }).accepted).toBe(false);
    walk.send({ type: 'failed', attempt: walk.state.attempts });
    expect(walk.stages('ada', 'jo', 'mo')).toEqual(['locked', 'logged-off', 'logged-off']);
    walk.send({ type: 'attempt', person: 'jo' });
    walk.lock();
    expect(walk.stages('ada', 'jo')).toEqual(['locked', 'logged-off']);
  });
});

describe('the end of a session', () => {
  it('is the policy’s time after a lock, to the second, and once', () => {
    const walk = new Walk().open('ada').lock();
    walk.after(15 * MINUTE - 1).send({ type: 'tick' });
    expect(walk.stages('ada')).toEqual(['locked']);
    walk.after(1).send({ type: 'tick' });
    walk.after(HOUR).send({ type: 'tick' });
    expect([walk.stages('ada'), walk.logoffs]).toEqual([['logged-off'], [['ada', 'logoff']]]);
  });

  it('is the time since somebody else came in, also while they are in, and another lock does not begin it anew', () => {
    const walk = new Walk()
      .open('ada')
      .lock()
      .after(14 * MINUTE)
      .open('jo');
    walk
      .type(9 * MINUTE)
      .lock()
      .open('mo');
    expect(walk.stages('ada', 'jo')).toEqual(['parked', 'parked']);
    walk.type(MINUTE);
    expect(walk.logoffs).toEqual([['ada', 'park']]);
    walk.type(9 * MINUTE);
    expect(walk.logoffs).toEqual([['ada', 'park'], ['jo', 'park']]); // prettier-ignore
    expect(walk.stages('mo')).toEqual(['active']);
  });

  it('comes before whoever comes back too late, and what they find is a new session', () => {
    const walk = new Walk()
      .open('ada')
      .lock()
      .after(15 * MINUTE);
    const step = walk.send({ type: 'attempt', person: 'ada' });
    expect(step.logoffs).toEqual([{ person: 'ada', cause: 'logoff' }]);
    expect(walk.send({ type: 'opened', attempt: walk.state.attempts, person: 'ada' }).accepted).toBe(true);
    expect(walk.stages('ada')).toEqual(['active']);
  });

  it('is the longest time after an unlock, whatever is typed, and a proof before it begins it anew', () => {
    const walk = new Walk().open('ada').type(8 * HOUR - 10_000);
    expect(lockView(walk.state, walk.now)).toMatchObject({ limitIn: 10 });
    walk
      .lock()
      .open('ada')
      .type(8 * HOUR - 10_000);
    expect([walk.stages('ada'), walk.logoffs]).toEqual([['active'], []]);
    walk.type(10_000);
    expect([walk.stages('ada'), walk.logoffs]).toEqual([['logged-off'], [['ada', 'limit']]]);
  });

  it('is a stricter policy, at once', () => {
    const walk = new Walk()
      .open('ada')
      .lock()
      .after(5 * MINUTE);
    walk.send({ type: 'configure', config: { ...config, logoffMinutes: 5 } });
    expect(walk.logoffs).toEqual([['ada', 'logoff']]);
  });

  it('is somebody’s word, wherever they are', () => {
    const walk = new Walk().open('ada').lock().open('jo');
    expect(walk.send({ type: 'logoff', person: 'ada', cause: 'stopped' }).lock).toBeUndefined();
    expect(walk.send({ type: 'logoff', person: 'jo', cause: 'stopped' }).lock).toBe('stopped');
    expect(walk.send({ type: 'logoff', person: 'jo', cause: 'stopped' }).accepted).toBe(false);
    expect([walk.state.phase, walk.stages('ada', 'jo'), walk.logoffs]).toEqual([
      'closed',
      ['logged-off', 'logged-off'],
      [['ada', 'stopped'], ['jo', 'stopped']], // prettier-ignore
    ]);
  });

  it('is whoever comes in, where the policy has them take over', () => {
    const walk = new Walk();
    walk.send({ type: 'configure', config: { ...config, takeOver: true } });
    walk.open('ada').lock().open('ada').lock().open('jo');
    expect([walk.stages('ada', 'jo'), walk.parked, walk.logoffs]).toEqual([['logged-off', 'active'], [], [['ada', 'takeover']]]);
  });

  it('is a time that is none, and one that runs backwards', () => {
    for (const since of [NaN, Infinity, 1e12]) {
      const walk = new Walk().open('ada').lock();
      walk.state = { ...walk.state, away: [{ person: 'ada', since, parkedAt: null }] };
      walk.send({ type: 'tick' });
      expect(walk.logoffs).toEqual([['ada', 'unknown']]);
    }
  });
});

describe('who may not come in', () => {
  it('is who has to wait, and nobody else', () => {
    const walk = new Walk();
    expect(walk.send({ type: 'attempt', person: 'ada', waitMs: 30_000 })).toMatchObject({ accepted: false, refused: 'back-off' });
    expect(stageOf(walk.state, walk.now)).toBe('back-off');
    expect(stageOf(walk.state, walk.now + 30_000)).toBe('logged-off');
    for (const waitMs of [NaN, Infinity, 1]) expect(walk.send({ type: 'attempt', person: 'ada', waitMs }).accepted).toBe(false);
    walk.open('jo');
    expect(walk.stages('jo')).toEqual(['active']);
  });

  it('is everybody while the station is stopped, but by break-glass', () => {
    const cause: StopCause = 'stopped';
    const walk = new Walk().open('ada');
    expect(walk.send({ type: 'stop', cause }).lock).toBe(cause);
    expect(walk.send({ type: 'attempt', person: 'ada' })).toMatchObject({ accepted: false, refused: 'stopped' });
    expect(walk.send({ type: 'created' }).accepted).toBe(false);
    walk.open('jo', true);
    expect(stageOf(walk.state, walk.now)).toBe('break-glass');
    walk.lock();
    walk.send({ type: 'stop', cause: undefined });
    walk.open('ada');
    expect(stageOf(walk.state, walk.now)).toBe('active');
  });

  it('is nobody who lifts it: they show who they are, a lock ends that, and nothing is ever opened by it', () => {
    const walk = new Walk();
    walk.send({ type: 'stop', cause: 'stopped' });
    const begin = (): LockStep => walk.send({ type: 'attempt', person: 'mo', glass: true, lifts: true });
    expect([begin().accepted, stageOf(walk.state, walk.now)]).toEqual([true, 'opening']);
    expect(walk.send({ type: 'attempt', person: 'jo', lifts: true })).toMatchObject({ accepted: false, refused: 'busy' });
    expect(walk.send({ type: 'opened', attempt: 1, person: 'mo' }).accepted).toBe(false);
    walk.send({ type: 'stop', cause: undefined });
    expect(walk.send({ type: 'opened', attempt: 1, person: 'mo', glass: { until: walk.now + HOUR, extended: false } }).accepted).toBe(false);
    expect(walk.send({ type: 'failed', attempt: 1 }).accepted).toBe(true);
    expect(walk.stages('mo')).toEqual(['logged-off']);
    begin();
    expect(walk.send({ type: 'lock', cause: 'hotkey' }).lock).toBe('hotkey');
    expect(begin().accepted).toBe(true);
    expect(walk.send({ type: 'attempt', person: 'mo', lifts: true, waitMs: 1 }).accepted).toBe(false);
  });

  it('is whoever was about to when it was stopped', () => {
    const walk = new Walk();
    walk.send({ type: 'attempt', person: 'ada' });
    walk.send({ type: 'stop', cause: 'stopped' });
    expect(walk.send({ type: 'opened', attempt: walk.state.attempts, person: 'ada' }).accepted).toBe(false);
    expect(walk.state.phase).toBe('closed');
  });
});

describe('break-glass', () => {
  it('ends by itself after an hour, and goes on once', () => {
    const walk = new Walk().open('ada', true).type(HOUR - 10_000);
    expect(walk.stages('ada')).toEqual(['active']);
    expect(walk.send({ type: 'glass-extend' }).accepted).toBe(true);
    expect(walk.send({ type: 'glass-extend' }).accepted).toBe(false);
    walk.type(HOUR);
    expect(walk.stages('ada')).toEqual(['active']);
    expect(walk.after(10_000).send({ type: 'input', kind: 'key' }).lock).toBe('emergency-over');
    // Its shells end with it: nobody is left who could be parked, taken over or logged off.
    expect(walk.stages('ada')).toEqual(['logged-off']);
  });

  it('is no session of whoever breaks the glass: what they had left locked is so behind it, and is theirs until its own time', () => {
    const walk = new Walk().open('ada').lock().open('ada', true);
    expect(walk.stages('ada')).toEqual(['active']);
    walk.lock();
    expect(walk.stages('ada')).toEqual(['locked']);
    expect(walk.open('bo').stages('ada', 'bo')).toEqual(['parked', 'active']);
  });

  it('is what is left of it for whoever comes back into it', () => {
    const walk = new Walk().open('ada', true);
    const until = walk.now + 2 * HOUR;
    walk.type(5 * MINUTE).send({ type: 'glass-extend' });
    walk.lock().after(MINUTE).open('ada', true, { until, extended: true });
    expect(walk.send({ type: 'glass-extend' }).accepted).toBe(false);
    walk.type(until - walk.now - 10_000);
    expect([walk.stages('ada'), lockView(walk.state, walk.now).limitIn]).toEqual([['active'], 10]);
    expect(walk.after(10_000).send({ type: 'input', kind: 'key' }).lock).toBe('emergency-over');
    // Not longer than any is, and not when it is over or no time.
    expect(lockView(new Walk().open('ada', true, { until: Infinity, extended: false }).state, 1_000_000).limitIn).toBe(3600);
    for (const over of [1_000_000, -Infinity, NaN]) {
      const late = new Walk();
      late.send({ type: 'attempt', person: 'ada', glass: true });
      expect(late.send({ type: 'opened', attempt: 1, person: 'ada', glass: { until: over, extended: false } })).toMatchObject({
        accepted: false,
        lock: 'emergency-over',
      });
    }
    // Nothing of that makes an emergency of an ordinary attempt.
    expect(stageOf(new Walk().open('ada', false, { until, extended: false }).state, 1_000_000)).toBe('active');
  });

  it('is not what an ordinary attempt opens', () => {
    const walk = new Walk().open('ada');
    expect(walk.send({ type: 'glass-extend' }).accepted).toBe(false);
    expect(stageOf(walk.state, walk.now)).toBe('active');
  });
});

it('nothing new begins while what happens cannot be entered, and what is open stays', () => {
  const walk = new Walk().open('ada');
  walk.send({ type: 'audit', whole: false });
  expect([walk.state.degraded, walk.stages('ada')]).toEqual([true, ['active']]);
  walk.lock().send({ type: 'audit', whole: true });
  expect(walk.state.degraded).toBe(false);
});

it('a pointer that moves to the end without a key is told of, and one that a hand has left is not', () => {
  const idle = (last: number): LockStep => {
    const walk = new Walk().open('ada');
    for (let second = 5; second <= last; second += 5) walk.after(5000).send({ type: 'input', kind: 'move' });
    let step = walk.send({ type: 'tick' });
    while (!step.lock) step = walk.after(1000).send({ type: 'tick' });
    expect(step.lock).toBe('idle');
    return step;
  };
  expect(idle(120).jiggled).toBe(true);
  expect(idle(60).jiggled).toBeUndefined();
});

/** Long walks of three people. What must hold is written against the events alone. */
describe('random walks of several people', () => {
  const people = ['ada', 'jo', 'mo'] as const;
  const who = fc.constantFrom(...people);
  /** @param asked whom the attempt that is under way is of */
  type Make = (attempts: number, asked: string | undefined) => UntimedEvent;
  const fixed = (event: UntimedEvent): fc.Arbitrary<Make> => fc.constant(() => event);
  const make: fc.Arbitrary<Make> = fc.oneof(
    { weight: 6, arbitrary: fixed({ type: 'tick' }) },
    { weight: 4, arbitrary: fc.constantFrom('key', 'pointer', 'move').map((kind) => () => ({ type: 'input' as const, kind })) },
    {
      weight: 6,
      arbitrary: fc
        .record({
          person: who,
          glass: fc.constantFrom(false, false, false, true),
          lifts: fc.integer({ min: 0, max: 11 }).map((n) => n === 11),
          waitMs: fc.constantFrom(0, 0, 0, 0, 5000, NaN),
        })
        .map((asking) => () => ({ type: 'attempt' as const, ...asking })),
    },
    {
      weight: 10,
      arbitrary: fc
        .record({
          person: who,
          off: fc.constantFrom(0, 0, 0, 0, 0, 1),
          other: fc.constantFrom(false, false, false, true),
          glass: fc.constantFrom(
            undefined,
            undefined,
            { until: 2_000_000, extended: false },
            { until: Infinity, extended: true },
            { until: NaN, extended: true },
          ),
        })
        .map(({ person, off, other, glass }): Make => (attempts, asked) => ({
          type: 'opened',
          attempt: attempts - off,
          person: (other ? undefined : asked) ?? person,
          glass,
        })),
    },
    { weight: 1, arbitrary: fc.constant<Make>((attempts) => ({ type: 'failed', attempt: attempts })) },
    { weight: 4, arbitrary: fc.constantFrom<LockCause>('hotkey', 'suspend', 'vault-gone').map((cause) => () => ({ type: 'lock' as const, cause })) },
    {
      weight: 1,
      arbitrary: fc.record({ person: who, cause: fc.constantFrom<LogoffCause>('stopped', 'person') }).map((of) => () => ({ type: 'logoff' as const, ...of })),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom<StopCause | undefined>('stopped', undefined).map((cause) => () => ({ type: 'stop' as const, cause })),
    },
    { weight: 1, arbitrary: fixed({ type: 'glass-extend' }) },
    { weight: 1, arbitrary: fc.boolean().map((whole) => () => ({ type: 'audit' as const, whole })) },
    {
      weight: 1,
      arbitrary: fc
        .record({ logoffMinutes: fc.integer({ min: 1, max: 6 }), parkMinutes: fc.integer({ min: 1, max: 4 }), takeOver: fc.boolean() })
        .map((times) => () => ({ type: 'configure' as const, config: { ...config, ...times } })),
    },
  );
  const after = fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 0, max: 2000 }) },
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 29_000 }) },
    { weight: 2, arbitrary: fc.integer({ min: 31_000, max: 10 * MINUTE }) },
  );

  /**
   * 1. Whoever is in front got there by the proof of their own attempt, the last one, which was made while nothing was held, while they had not
   *    to wait, and, where the station was stopped, by break-glass; it was not for lifting that; and nothing has locked since.
   * 2. A logoff leaves nothing of somebody: they are neither in front nor away, until a proof of their own after it.
   * 3. Whoever is away was in front and locked, and has been logged off at the latest when the policy's time was over; and not before, but by
   *    somebody's word or by whoever took over.
   * 4. Parked is, once, whoever is away when somebody else comes in, and whoever comes in is not away.
   * 5. While the station is stopped nobody is in front but by break-glass, which lasts two hours at most.
   */
  it('keep every promise', () => {
    const reached = { active: 0, locked: 0, parked: 0, logoff: 0, park: 0, takeover: 0, stopped: 0, glass: 0, waits: 0, lifts: 0 };
    fc.assert(
      fc.property(fc.array(fc.record({ after, make }), { minLength: 50, maxLength: 400 }), (steps) => {
        let state: LockState = initialLock({ ...config, logoffMinutes: 4, parkMinutes: 2 });
        let now = 1_000_000;
        let pending: { readonly attempt: number; readonly person: string; readonly glass: boolean; readonly lifts: boolean } | undefined;
        let front: { readonly person: string; readonly glass: boolean; readonly since: number } | undefined;
        let stop: StopCause | undefined;
        const away = new Map<string, { readonly locked: number; parked: number | undefined }>();
        for (const { after: by, make: event } of steps) {
          now += by;
          const before = state;
          const sent: LockEvent = { ...event(before.attempts, isHeld(before) ? before.person : undefined), now } as LockEvent;
          const step = stepLock(before, sent);
          state = step.state;
          expect(structuredClone(state)).toEqual(state);
          const wasFront = front;
          if (step.lock) {
            if (front && !front.glass) away.set(front.person, { locked: now, parked: undefined });
            [front, pending] = [undefined, undefined];
          }
          if (sent.type === 'stop' && step.accepted) stop = sent.cause;
          expect(state.stop).toBe(stop);
          // 1.
          if (sent.type === 'attempt') {
            if (!(sent.waitMs! <= 0)) {
              expect(step.accepted).toBe(false);
              reached.waits++;
            }
            if (step.accepted) {
              expect([pending, front, stop !== undefined && !sent.glass && !sent.lifts]).toEqual([undefined, undefined, false]);
              pending = { attempt: state.attempts, person: sent.person!, glass: sent.glass!, lifts: sent.lifts! };
              if (sent.lifts) reached.lifts++;
            }
          }
          if (sent.type === 'failed' && step.accepted) pending = undefined;
          if (sent.type === 'opened' && step.accepted) {
            expect(pending).toMatchObject({ attempt: sent.attempt, person: sent.person, lifts: false });
            front = { person: sent.person!, glass: pending!.glass, since: now };
            pending = undefined;
          }
          const inFront = people.filter((person) => personStage(state, person) === 'active');
          expect(inFront).toEqual(front ? [front.person] : []);
          // 2. and 3.
          const came = sent.type === 'opened' && step.accepted ? sent.person! : undefined;
          for (const { person, cause } of step.logoffs) {
            const was = away.get(person);
            // Of an emergency nothing is left that could be away; one who is in it may have something else there.
            const isGlass = wasFront?.glass === true && wasFront.person === person && sent.type === 'logoff';
            expect(was !== undefined || isGlass, `${cause} of ${person}`).toBe(true);
            if (person !== came && front?.person !== person) expect(personStage(state, person)).toBe('logged-off');
            const least1 = { logoff: before.config.logoffMinutes, park: before.config.parkMinutes };
            const least2 = { logoff: state.config.logoffMinutes, park: state.config.parkMinutes };
            if (cause === 'logoff') expect(now - was!.locked).toBeGreaterThanOrEqual(Math.min(least1.logoff, least2.logoff) * MINUTE);
            else if (cause === 'park') expect(now - was!.parked!).toBeGreaterThanOrEqual(Math.min(least1.park, least2.park) * MINUTE);
            else if (cause === 'takeover') expect(came).toBeDefined();
            else if (cause === 'limit') expect(wasFront?.person).toBe(person);
            else expect(sent).toMatchObject({ type: 'logoff', person, cause });
            if (cause in reached) reached[cause as 'park']++;
            away.delete(person);
          }
          if (came !== undefined && !front!.glass) away.delete(came);
          for (const [person, { locked, parked }] of away) {
            const { logoffMinutes, parkMinutes } = state.config;
            expect(parked === undefined ? now - locked < logoffMinutes * MINUTE : now - parked < parkMinutes * MINUTE, person).toBe(true);
          }
          // 4.
          const behind =
            came === undefined ? [] : [...away].filter(([person, { parked }]) => parked === undefined && person !== came).map(([person]) => person);
          expect(step.parked.toSorted()).toEqual(behind.toSorted());
          for (const person of behind) away.get(person)!.parked = now;
          for (const person of people) {
            const was = away.get(person);
            const expected = front?.person === person ? 'active' : !was ? 'logged-off' : was.parked === undefined ? 'locked' : 'parked';
            expect(personStage(state, person)).toBe(expected);
            if (expected !== 'logged-off') reached[expected]++;
          }
          // 5.
          if (stop !== undefined && front) expect(front.glass).toBe(true);
          if (stop !== undefined) reached.stopped++;
          if (front?.glass) {
            reached.glass++;
            expect(now - front.since).toBeLessThan(2 * HOUR);
          }
        }
      }),
      { numRuns: 400 },
    );
    for (const [name, count] of Object.entries(reached)) expect(count, name).toBeGreaterThan(5);
  });
});
