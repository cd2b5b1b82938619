/** Limits of time and the clocks, with timers that the test turns. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeClock } from './clock.fixture.ts';
import { bootClock, every, steadyClock } from './clock.ts';
import { inTime } from './in-time.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new Promise<never>(() => {});

test('what comes in time is given, and no timer is left', async () => {
  await expect(inTime(Promise.resolve('here'), 1000, () => 'late')).resolves.toBe('here');
  expect(vi.getTimerCount()).toBe(0);
});

test('an error in time is the error, and no timer is left', async () => {
  await expect(inTime(Promise.reject(new Error('broken')), 1000, () => 'late')).rejects.toThrow('broken');
  expect(vi.getTimerCount()).toBe(0);
});

test.each<[string, (() => unknown) | undefined, unknown]>([
  ['nothing is said', undefined, undefined],
  ['a value', () => false, false],
  ['a promise', () => Promise.resolve('after all'), 'after all'],
])('what does not come in time: %s', async (_, late, wanted) => {
  const answer = inTime(never, 1000, late);
  await vi.advanceTimersByTimeAsync(999);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  await expect(answer).resolves.toBe(wanted);
});

test('what does not come in time can be an error', async () => {
  const answer = inTime(never, 5, () => {
    throw new Error('too late');
  });
  const told = expect(answer).rejects.toThrow('too late');
  await vi.advanceTimersByTimeAsync(5);
  await told;
});

test('what comes later changes nothing, and its error is no unhandled one', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  let fail!: (error: Error) => void;
  const late = vi.fn(() => 'late');
  const answer = inTime(new Promise<never>((_, reject) => (fail = reject)), 5, late);
  await vi.advanceTimersByTimeAsync(5);
  fail(new Error('much later'));
  await expect(answer).resolves.toBe('late');
  vi.useRealTimers();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
  expect(late).toHaveBeenCalledTimes(1);
});

test.each([
  ['steady', steadyClock],
  ['boot', bootClock],
])('the %s clock calls once, and not what was cancelled', async (_, clock) => {
  const [run, cancelled] = [vi.fn(), vi.fn()];
  clock.after(20, run);
  clock.after(20, cancelled)();
  await vi.advanceTimersByTimeAsync(100);
  expect([run.mock.calls.length, cancelled.mock.calls.length]).toEqual([1, 0]);
  expect(clock.now()).toBeGreaterThan(0);
});

test('every so often, also after an error, until it is stopped, also from within', () => {
  const clock = new FakeClock();
  const at: number[] = [];
  const stop = every(clock, 10, () => {
    at.push(clock.now());
    if (at.length === 2) throw new Error('once');
    if (at.length === 4) stop();
  });
  clock.advance(15);
  expect(() => clock.advance(5)).toThrow('once');
  clock.advance(100);
  // The error ended one advance() where it was, at 20.
  expect(at).toEqual([10, 20, 30, 40]);
});

test('what goes by the machine’s time in one rhythm is done in one moment, by one timer, also where one of it fails', async () => {
  const at: string[] = [];
  const seconds = every(steadyClock, 1000, () => at.push(`a${Date.now() % 10_000}`));
  vi.setSystemTime(0);
  await vi.advanceTimersByTimeAsync(400);
  const failing = every(bootClock, 1000, () => {
    throw new Error('this one');
  });
  const last = every(steadyClock, 1000, () => {
    at.push(`b${Date.now() % 10_000}`);
    last();
  });
  expect(vi.getTimerCount()).toBe(1);
  await expect(vi.advanceTimersByTimeAsync(600)).rejects.toThrow('this one');
  failing();
  await vi.advanceTimersByTimeAsync(1000);
  expect(at).toEqual(['a1000', 'b1000', 'a2000']);
  seconds();
  seconds();
  expect(vi.getTimerCount()).toBe(0);
});
