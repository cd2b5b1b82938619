/** The time of an emergency where its shells run: nobody asks main when it is over. */
import { expect, test } from 'vitest';
import type { Clock } from '../time/clock.ts';
import { Emergencies } from './emergencies.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A clock that a test turns; a suspend turns it without its timers. */
class Turned implements Clock {
  #now = 0;
  #timers: { at: number; run: () => void }[] = [];
  now(): number {
    return this.#now;
  }
  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => (this.#timers = this.#timers.filter((one) => one !== timer));
  }
  asleep(minutes: number): void {
    this.#now += minutes * MINUTE;
    for (const timer of this.#timers) timer.at += minutes * MINUTE;
  }
  pass(minutes: number): void {
    for (const end = this.#now + minutes * MINUTE; this.#now < end;) {
      this.#now += 1000;
      const due = this.#timers.filter(({ at }) => at <= this.#now);
      this.#timers = this.#timers.filter(({ at }) => at > this.#now);
      for (const { run } of due) run();
    }
  }
}

function made() {
  const clock = new Turned();
  const over: string[] = [];
  return { clock, over, emergencies: new Emergencies(clock, (id) => over.push(id)) };
}

test('its time begins with its first shell, and another one begins no other hour', () => {
  const { clock, over, emergencies } = made();
  expect(emergencies.enter('b-1', HOUR)).toBe(true);
  clock.pass(59);
  expect(emergencies.enter('b-1', HOUR)).toBe(true);
  expect(over).toEqual([]);
  clock.pass(1);
  expect(over).toEqual(['b-1']);
  expect(emergencies.enter('b-1', HOUR)).toBe(false);
  emergencies.extend('b-1');
  expect(emergencies.enter('b-1', HOUR)).toBe(false);
  expect(over).toEqual(['b-1']);
});

test('it is extended once, however often that is said', () => {
  const { clock, over, emergencies } = made();
  emergencies.enter('b-1', HOUR);
  for (let n = 0; n < 5; n++) emergencies.extend('b-1');
  clock.pass(119);
  expect(over).toEqual([]);
  emergencies.extend('b-1');
  clock.pass(1);
  expect(over).toEqual(['b-1']);
});

test('the time of a suspend counts, and a shell is refused from its end on, before anybody has looked', () => {
  const { clock, over, emergencies } = made();
  emergencies.enter('b-1', HOUR);
  clock.asleep(600);
  expect(emergencies.enter('b-1', HOUR)).toBe(false);
  clock.pass(1 / 30);
  expect(over).toEqual(['b-1']);
});

test('one that was ended begins no more, also where no shell was ever in it', () => {
  const { emergencies, over } = made();
  emergencies.end('b-1');
  emergencies.end('b-1');
  expect(over).toEqual(['b-1']);
  expect(emergencies.enter('b-1', HOUR)).toBe(false);
  expect(emergencies.enter('b-2', HOUR)).toBe(true);
});

test('what is left counts, and not the first shell here: a process that is started late in it ends with it', () => {
  const { clock, over, emergencies } = made();
  // A minute before its end the process of the shells was killed, and a new one begins a shell.
  expect(emergencies.enter('b-1', MINUTE)).toBe(true);
  clock.pass(1);
  expect(over).toEqual(['b-1']);
  // One that was extended before this process had a shell of it goes on to its own end.
  expect(emergencies.enter('b-2', 115 * MINUTE)).toBe(true);
  emergencies.extend('b-2');
  clock.pass(114);
  expect(over).toEqual(['b-1']);
  clock.pass(1);
  expect(over).toEqual(['b-1', 'b-2']);
});

test('of two who count the sooner end is the end, and no word makes one longer than two hours', () => {
  const { clock, over, emergencies } = made();
  emergencies.enter('b-1', HOUR);
  clock.pass(10);
  emergencies.enter('b-1', 20 * MINUTE);
  emergencies.enter('b-1', 10 * HOUR);
  clock.pass(19);
  expect(over).toEqual([]);
  clock.pass(1);
  expect(over).toEqual(['b-1']);
  emergencies.enter('b-2', 10 * HOUR);
  emergencies.extend('b-2');
  clock.pass(120);
  expect(over).toEqual(['b-1', 'b-2']);
});

test('of one whose time is over, or is no time, nothing is started', () => {
  const { emergencies } = made();
  for (const left of [0, -1, Number.NaN]) expect(emergencies.enter('b-1', left)).toBe(false);
  expect(emergencies.enter('b-1', HOUR)).toBe(true);
  for (const left of [0, Number.NaN]) expect(emergencies.enter('b-1', left)).toBe(false);
});
