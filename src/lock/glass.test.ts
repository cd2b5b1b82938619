/** The time of an emergency. */
import { expect, test } from 'vitest';
import { begin, bounded, extend, goingOn, isOver, noLonger, secondsLeft } from './glass.ts';

const HOUR = 3_600_000;

test('sixty minutes, once more sixty, and no time that is none', () => {
  const glass = begin(1000);
  expect([secondsLeft(glass, 1000), isOver(glass, 1000 + HOUR - 1), isOver(glass, 1000 + HOUR), isOver(glass, Number.NaN)]).toEqual([3600, false, true, true]);
  const longer = extend(glass, 5000)!;
  expect(secondsLeft(longer, 1000)).toBe(7200);
  expect(extend(longer, 5000)).toBeUndefined();
  expect(extend(glass, 1000 + HOUR)).toBeUndefined();
});

test('one that somebody else counts is never longer than one of our own, and the sooner end is the end', () => {
  expect(bounded({ until: 9 * HOUR, extended: false }, 0)).toEqual({ until: HOUR, extended: false });
  expect(bounded({ until: 9 * HOUR, extended: true }, 0)).toEqual({ until: 2 * HOUR, extended: true });
  expect(bounded({ until: 500, extended: true }, 0)).toEqual({ until: 500, extended: true });
  expect(goingOn(HOUR, 0)).toEqual({ until: HOUR, extended: false });
  expect(goingOn(HOUR + 1, 0)).toEqual({ until: HOUR + 1, extended: true });
  expect(goingOn(9 * HOUR, 0)).toEqual({ until: 2 * HOUR, extended: true });
  expect(isOver(goingOn(Number.NaN, 0), 0)).toBe(true);
  expect(noLonger({ until: 900, extended: true }, 400, 100)).toEqual({ until: 500, extended: true });
  expect(noLonger({ until: 400, extended: true }, 900, 100)).toEqual({ until: 400, extended: true });
});
