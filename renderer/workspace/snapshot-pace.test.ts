import { expect, test } from 'vitest';
import { SnapshotPace } from './snapshot-pace.ts';

function setup(costMs = 0) {
  let time = 0;
  let taken = 0;
  const screen = { settled: true };
  let timer: { at: number; run: () => void } | undefined;
  const pace = new SnapshotPace({
    now: () => time,
    later: (run, ms) => ((timer = { at: time + ms, run }), 1),
    cancel: () => (timer = undefined),
    take: () => {
      if (!screen.settled) return false;
      taken++;
      time += costMs;
      return true;
    },
  });
  const advance = (ms: number): void => {
    time += ms;
    while (timer && timer.at <= time) {
      const { run } = timer;
      timer = undefined;
      run();
    }
  };
  return { pace, advance, screen, taken: () => taken };
}

test('after 512 KiB, and again at rest', () => {
  const { pace, advance, taken } = setup();
  pace.parsed(511 * 1024);
  expect(taken()).toBe(0);
  pace.parsed(1024);
  expect(taken()).toBe(1);
  pace.parsed(10);
  advance(1400);
  expect(taken()).toBe(1);
  advance(1600);
  expect(taken()).toBe(2);
  advance(60_000);
  expect(taken()).toBe(2);
});

test('output that trickles on is not at rest', () => {
  const { pace, advance, taken } = setup();
  for (let i = 0; i < 10; i++) {
    pace.parsed(10);
    advance(1000);
  }
  expect(taken()).toBe(0);
  advance(2000);
  expect(taken()).toBe(1);
});

test('a costly snapshot takes a twentieth of the time at most', () => {
  const { pace, advance, taken } = setup(50);
  for (let i = 0; i < 400; i++) {
    pace.parsed(512 * 1024);
    advance(10);
  }
  // 4 s of flood and what the snapshots took themselves.
  expect(taken()).toBeLessThanOrEqual(5);
  expect(taken()).toBeGreaterThan(1);
});

test('nothing after dispose', () => {
  const { pace, advance, taken } = setup();
  pace.parsed(10);
  pace.dispose();
  advance(10_000);
  expect(taken()).toBe(0);
});

test('what cannot be taken now is taken as soon as it can', () => {
  const { pace, screen, taken } = setup();
  screen.settled = false;
  pace.parsed(600 * 1024);
  pace.parsed(600 * 1024);
  expect(taken()).toBe(0);
  screen.settled = true;
  pace.parsed(1);
  expect(taken()).toBe(1);
});

test('one that is due is taken without output, and with the next output where the screen cannot be written down now', () => {
  const { pace, screen, taken } = setup();
  pace.due();
  expect(taken()).toBe(1);
  screen.settled = false;
  pace.due();
  expect(taken()).toBe(1);
  screen.settled = true;
  pace.parsed(1);
  expect(taken()).toBe(2);
});
