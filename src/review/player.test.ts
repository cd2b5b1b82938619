import { expect, test } from 'vitest';
import { act, advance, FASTEST, LONGEST_PAUSE_MS, paused, SEEK_MS, SLOWEST } from './player.ts';

const playing = { ...paused, playing: true };

test('time passes at its speed, and not while it is paused', () => {
  expect(advance(paused, 100, 50, 1000)).toBe(paused);
  expect(advance({ ...playing, speed: 4 }, 100, 500, 1000).atMs).toBe(400);
  expect(advance(playing, -5, 500, 1000).atMs).toBe(0);
});

test('idle is skipped up to the longest pause before the next output', () => {
  expect(advance(playing, 16, 60_000, 90_000).atMs).toBe(60_000 - LONGEST_PAUSE_MS);
  expect(advance({ ...playing, skipsIdle: false }, 16, 60_000, 90_000).atMs).toBe(16);
  expect(advance(playing, 16, undefined, 90_000).atMs).toBe(90_000 - LONGEST_PAUSE_MS);
});

test('at the end it stops, and begins anew when it is played again', () => {
  const ended = advance({ ...playing, atMs: 990 }, 16, undefined, 1000);
  expect(ended).toMatchObject({ atMs: 1000, playing: false });
  expect(act(ended, 'toggle', 1000)).toMatchObject({ atMs: 0, playing: true });
});

test('keys: five seconds within the recording, and speeds within their bounds', () => {
  expect(act({ ...paused, atMs: 2000 }, 'back', 60_000).atMs).toBe(0);
  expect(act({ ...paused, atMs: 2000 }, 'forth', 60_000).atMs).toBe(2000 + SEEK_MS);
  expect(act({ ...paused, atMs: 59_000 }, 'forth', 60_000).atMs).toBe(60_000);
  let state = paused;
  for (let n = 0; n < 20; n++) state = act(state, 'faster', 0);
  expect(state.speed).toBe(FASTEST);
  for (let n = 0; n < 40; n++) state = act(state, 'slower', 0);
  expect(state.speed).toBe(SLOWEST);
});
