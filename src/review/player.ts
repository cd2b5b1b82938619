/** How a replay goes on: play, pause, step, speed, idle skipped. Pure: whoever shows it says how much time has passed and when the next output comes. */

/** Longest pause in a replay, before its speed: nobody waits through a lunch break. */
export const LONGEST_PAUSE_MS = 2000;
/** An arrow to the left or right goes so far, in time of the recording. */
export const SEEK_MS = 5000;
export const SLOWEST = 1 / 16;
export const FASTEST = 64;

export const faster = (speed: number): number => Math.min(FASTEST, speed * 2);
export const slower = (speed: number): number => Math.max(SLOWEST, speed / 2);

export interface PlayState {
  /** Milliseconds since the recording's start. */
  readonly atMs: number;
  readonly playing: boolean;
  readonly speed: number;
  readonly skipsIdle: boolean;
}

export const paused: PlayState = { atMs: 0, playing: false, speed: 1, skipsIdle: true };

/**
 * Time passes.
 * @param passedMs on the clock of whoever watches. @param nextMs when output comes next in the recording; undefined: none does. @param endMs its length
 */
export function advance(state: PlayState, passedMs: number, nextMs: number | undefined, endMs: number): PlayState {
  if (!state.playing) return state;
  let atMs = state.atMs + Math.max(0, passedMs) * state.speed;
  // Behind the last output nothing is to be seen: the end is there.
  const next = nextMs ?? endMs;
  if (state.skipsIdle && next - atMs > LONGEST_PAUSE_MS) atMs = next - LONGEST_PAUSE_MS;
  return atMs >= endMs ? { ...state, atMs: endMs, playing: false } : { ...state, atMs };
}

/** What a person does. `step`: to the next output, and stop there. */
export type PlayDeed = 'toggle' | 'faster' | 'slower' | 'back' | 'forth' | 'idle';

/** @returns the state after it; where `atMs` has changed the screen is another one. */
export function act(state: PlayState, deed: PlayDeed, endMs: number): PlayState {
  switch (deed) {
    case 'toggle':
      // At its end it begins anew.
      return state.playing ? { ...state, playing: false } : { ...state, playing: true, atMs: state.atMs >= endMs ? 0 : state.atMs };
    case 'faster':
      return { ...state, speed: faster(state.speed) };
    case 'slower':
      return { ...state, speed: slower(state.speed) };
    case 'back':
      return { ...state, atMs: Math.max(0, state.atMs - SEEK_MS) };
    case 'forth':
      return { ...state, atMs: Math.min(endMs, state.atMs + SEEK_MS) };
    case 'idle':
      return { ...state, skipsIdle: !state.skipsIdle };
  }
}
