import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LEASE_MS } from '../../src/bridge/lease.ts';
import { KeyHold } from './key-hold.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Some turns of the event loop: on the fake clock a timer that is set by a timer takes a millisecond. */
const TURNS_MS = 10;
const turns = (): Promise<unknown> => vi.advanceTimersByTimeAsync(TURNS_MS);
/** A command whose answer comes when the test says so. */
function command(): { readonly answer: Promise<void>; readonly arrive: () => void } {
  let arrive = (): void => {};
  const answer = new Promise<void>((resolve) => (arrive = resolve));
  return { answer, arrive };
}

test('keys wait for the answer, and come in their order', async () => {
  const got: string[] = [];
  const hold = new KeyHold<string>((key) => got.push(key));
  expect(hold.keep('before')).toBe(false);
  const { answer, arrive } = command();
  void hold.until(answer);
  expect([hold.keep('a'), hold.keep('b')]).toEqual([true, true]);
  await turns();
  expect(got).toEqual([]);
  arrive();
  await turns();
  expect(got).toEqual(['a', 'b']);
  expect(hold.keep('after')).toBe(false);
});

test('each finds what the one before it has changed, and who types on while they come is behind them', async () => {
  const seen: string[] = [];
  let drawn = 'nothing';
  const hold: KeyHold<string> = new KeyHold((key) => {
    seen.push(`${key} after ${drawn}`);
    // As a page is drawn: not at once.
    queueMicrotask(() => (drawn = key));
    if (key === 'a') setTimeout(() => hold.keep('c'));
  });
  void hold.until(Promise.resolve());
  for (const key of ['a', 'b']) hold.keep(key);
  await turns();
  expect(seen).toEqual(['a after nothing', 'b after a', 'c after b']);
  expect(hold.keep('after')).toBe(false);
});

test('a key among them that is a command holds the rest until its own answer', async () => {
  const got: string[] = [];
  const second = command();
  const hold: KeyHold<string> = new KeyHold((key) => {
    got.push(key);
    if (key === 'split') void hold.until(second.answer);
  });
  void hold.until(Promise.resolve());
  for (const key of ['a', 'split', 'b']) hold.keep(key);
  await turns();
  expect(got).toEqual(['a', 'split']);
  expect(hold.keep('c')).toBe(true);
  second.arrive();
  await turns();
  expect(got).toEqual(['a', 'split', 'b', 'c']);
});

test('a second command while keys are held loses none of them: all wait for the last answer', async () => {
  const got: string[] = [];
  const hold = new KeyHold<string>((key) => got.push(key));
  const [first, second] = [command(), command()];
  void hold.until(first.answer);
  hold.keep('a');
  void hold.until(second.answer);
  hold.keep('b');
  first.arrive();
  await turns();
  expect(got).toEqual([]);
  second.arrive();
  await turns();
  expect(got).toEqual(['a', 'b']);
});

test.each([
  ['never answers', () => new Promise<void>(() => {})],
  ['fails', () => Promise.reject(new Error('refused'))],
])('a core that %s does not keep the keyboard', async (_, answer) => {
  const got: string[] = [];
  const hold = new KeyHold<string>((key) => got.push(key));
  void hold.until(answer());
  hold.keep('a');
  await vi.advanceTimersByTimeAsync(LEASE_MS + TURNS_MS);
  expect(got).toEqual(['a']);
});
