import { expect, test } from 'vitest';
import { FrameBudget } from './frame-budget.ts';

function setup() {
  let time = 1000;
  let id = 0;
  const frames = new Map<number, FrameRequestCallback>();
  const timers = new Map<number, { at: number; run: () => void }>();
  const page = {
    requestAnimationFrame: (callback: FrameRequestCallback) => (frames.set(++id, callback), id),
    cancelAnimationFrame: (which: number) => void frames.delete(which),
    setTimeout: (run: () => void, ms: number) => (timers.set(++id, { at: time + ms, run }), id),
    clearTimeout: (which: number) => void timers.delete(which),
  };
  const budget = new FrameBudget(page as unknown as Window, () => time);
  const advance = (ms: number): void => {
    time += ms;
    for (const [which, timer] of timers)
      if (timer.at <= time) {
        timers.delete(which);
        timer.run();
      }
    for (const [which, callback] of frames) {
      frames.delete(which);
      callback(time);
    }
  };
  let painted = 0;
  const paintTimes = new Set<number>();
  const paint = (): number =>
    page.requestAnimationFrame(() => {
      painted++;
      paintTimes.add(time);
    });
  return { budget, page, advance, paint, painted: () => painted, paintTimes };
}

test('without a flood every frame is painted', () => {
  const { advance, paint, painted } = setup();
  for (let i = 0; i < 10; i++) {
    paint();
    advance(16);
  }
  expect(painted()).toBe(10);
});

test('in a flood three a second, and the end is painted at once', () => {
  const { budget, advance, paint, painted, paintTimes } = setup();
  budget.arrived(256 * 1024);
  for (let i = 0; i < 187; i++) {
    paint();
    advance(16);
  }
  expect(paintTimes.size).toBeGreaterThanOrEqual(8);
  expect(paintTimes.size).toBeLessThanOrEqual(10);
  // Frames that waited are run together: many callbacks, few frames.
  paint();
  advance(300);
  const before = painted();
  paint();
  advance(1);
  expect(painted()).toBe(before);
  budget.parsed(256 * 1024);
  advance(1);
  expect(painted()).toBe(before + 1);
});

test('a key lets the next frames through', () => {
  const { budget, advance, paint, painted } = setup();
  budget.arrived(256 * 1024);
  paint();
  advance(1);
  const before = painted();
  paint();
  advance(10);
  expect(painted()).toBe(before);
  budget.hurry();
  advance(1);
  paint();
  advance(1);
  expect(painted()).toBe(before + 2);
});

test('a frame that waits can be cancelled', () => {
  const { budget, page, advance, paint, painted } = setup();
  budget.arrived(256 * 1024);
  paint();
  advance(1);
  const before = painted();
  page.cancelAnimationFrame(paint());
  advance(500);
  expect(painted()).toBe(before);
});

test('a fast stream with a small backlog is a flood too', () => {
  const { budget, advance } = setup();
  for (let i = 0; i < 40; i++) {
    budget.arrived(16 * 1024);
    budget.parsed(16 * 1024);
    advance(5);
  }
  expect(budget.flooded()).toBe(true);
  advance(1000);
  expect(budget.flooded()).toBe(false);
});

test('the end of a stream that is parsed as fast as it comes is painted soon, and not before', () => {
  const { budget, advance, paint, painted } = setup();
  const stream = (): void => {
    budget.arrived(16 * 1024);
    paint();
    budget.parsed(16 * 1024);
    advance(5);
  };
  for (let i = 0; i < 60; i++) stream();
  // Until the next paint is due.
  let before = painted();
  for (let i = 0; i < 200 && painted() === before; i++) stream();
  expect(painted()).toBeGreaterThan(before);
  before = painted();
  for (let i = 0; i < 40; i++) stream();
  expect(painted()).toBe(before);
  // 5 ms have passed since the last was parsed.
  advance(64);
  expect(painted()).toBe(before);
  advance(1);
  expect(painted()).toBeGreaterThan(before);
});
