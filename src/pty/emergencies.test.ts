/** The time of an emergency where its shells run: nobody asks main when it is over. */
import { expect, test } from 'vitest';
import type { Clock } from '../time/clock.ts';
import { Emergencies } from './emergencies.ts';

const MINUTE = 60_000;

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

test('its hour begins with its first shell, and another one begins no other hour', () => {
  const { clock, over, emergencies } = made();
  expect(emergencies.enter('b-1')).toBe(true);
  clock.pass(59);
  expect(emergencies.enter('b-1')).toBe(true);
  expect(over).toEqual([]);
  clock.pass(1);
  expect(over).toEqual(['b-1']);
  expect(emergencies.enter('b-1')).toBe(false);
  emergencies.extend('b-1');
  expect(emergencies.enter('b-1')).toBe(false);
  expect(over).toEqual(['b-1']);
});

test('it is extended once, however often that is said', () => {
  const { clock, over, emergencies } = made();
  emergencies.enter('b-1');
  for (let n = 0; n < 5; n++) emergencies.extend('b-1');
  clock.pass(119);
  expect(over).toEqual([]);
  emergencies.extend('b-1');
  clock.pass(1);
  expect(over).toEqual(['b-1']);
});

test('the time of a suspend counts, and a shell is refused from its end on, before anybody has looked', () => {
  const { clock, over, emergencies } = made();
  emergencies.enter('b-1');
  clock.asleep(600);
  expect(emergencies.enter('b-1')).toBe(false);
  clock.pass(1 / 30);
  expect(over).toEqual(['b-1']);
});

test('one that was ended begins no more, also where no shell was ever in it', () => {
  const { emergencies, over } = made();
  emergencies.end('b-1');
  emergencies.end('b-1');
  expect(over).toEqual(['b-1']);
  expect(emergencies.enter('b-1')).toBe(false);
  expect(emergencies.enter('b-2')).toBe(true);
});
