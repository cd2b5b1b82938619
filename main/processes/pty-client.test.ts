import { spawn } from 'node:child_process';
import { expect, test, vi } from 'vitest';
import { ANSWER_MS } from '../../src/types/answer.ts';
import { sentenceOf } from '../../src/types/sentence.ts';
import type { Child, Host } from '../host.ts';
import { isStopped } from '../../src/browser/processes.ts';
import { PtyClient } from './pty-client.ts';
import { waitFor } from '../../test/support/wait-for.ts';

/** A pty host that says what the test lets it say. */
function setup(pid = 1) {
  const asked: { readonly id?: number; readonly request?: string }[] = [];
  let say: (message: unknown) => void = () => {};
  const exits: ((code: number | null, signal: string | null) => void)[] = [];
  const child: Child = {
    pid,
    post: (message) => void asked.push(message as { id?: number; request?: string }),
    onMessage: (listener) => {
      say = listener;
      return { dispose: () => {} };
    },
    onExit: (listener) => {
      exits.push(listener);
      return { dispose: () => {} };
    },
    kill: async () => {},
  };
  const nothing = (): void => {};
  let bad = 0;
  const client = new PtyClient(
    { fork: () => child } as unknown as Host,
    () => ({
      recordingsFolder: '/',
      installation: 'w',
      policySha256: '',
      workstationClass: 'it-office',
      rotateMinutes: 1,
      rotateMebibytes: 1,
      reserveMebibytes: 0,
      version: '1',
    }),
    {
      frame: nothing,
      exit: nothing,
      notice: nothing,
      sealed: nothing,
      fault: nothing,
      held: nothing,
      denied: nothing,
      died: nothing,
      badMessage: () => void bad++,
    },
  );
  client.start();
  /** Numbers of the checkpoints that were asked for. */
  const numbers = (): number[] => asked.flatMap(({ id, request }) => (request === 'checkpoint' && id !== undefined ? [id] : []));
  const end = (): void => exits.forEach((exit) => exit(null, 'SIGKILL'));
  return { client, end, say: (message: unknown) => say(message), asked: () => asked, numbers, bad: () => bad };
}

test('whoever waits for a host that ends is told so in a sentence, and not that something went wrong that should not have', async () => {
  const { client, end } = setup();
  const spawned = client.spawn({} as Parameters<typeof client.spawn>[0]).catch(sentenceOf);
  end();
  expect(await spawned).toBe('The process that runs the shells has ended before it had answered. Try it once more.');
});

test('two checkpoints that meet are asked for one after the other, and both come', async () => {
  const { client, say, numbers } = setup();
  const both = Promise.all([client.checkpoint(), client.checkpoint()]);
  await waitFor(() => expect(numbers().length).toBe(1));
  say({ id: numbers()[0], ok: true, output: {} });
  await waitFor(() => expect(numbers().length).toBe(2));
  say({ id: numbers()[1], ok: true, output: {} });
  await both;
});

test('an answer that comes too late satisfies nobody: the next question waits for its own', async () => {
  vi.useFakeTimers();
  try {
    const { client, say, numbers, bad } = setup();
    const first = client.checkpoint();
    const refused = expect(first).rejects.toMatchObject({ code: 'no-answer' });
    await vi.advanceTimersByTimeAsync(ANSWER_MS);
    await refused;
    let done = false;
    const second = client.checkpoint().then(() => (done = true));
    await vi.advanceTimersByTimeAsync(0);
    const [early, late] = numbers();
    say({ id: early, ok: true, output: {} });
    await vi.advanceTimersByTimeAsync(0);
    // Late is no fault; a number that was never given out is one.
    expect([done, bad()]).toEqual([false, 0]);
    say({ id: 99, ok: true, output: {} });
    expect(bad()).toBe(1);
    say({ id: late, ok: true, output: {} });
    await second;
    expect(done).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});

test('a lock waits 300 ms for a pty host that was stopped, and 2 s for one that runs and is slow', async () => {
  const program = spawn('sleep', ['600']);
  const ends: string[] = [];
  const detach = (pid: number, name: string): void =>
    void setup(pid)
      .client.detach('idle')
      .catch(() => ends.push(name));
  try {
    program.kill('SIGSTOP');
    await waitFor(() => expect(isStopped(program.pid!)).toBe(true));
    vi.useFakeTimers();
    detach(program.pid!, 'stopped');
    detach(process.pid, 'slow');
    await vi.advanceTimersByTimeAsync(299);
    expect(ends).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(ends).toEqual(['stopped']);
    await vi.advanceTimersByTimeAsync(1699);
    expect(ends).toEqual(['stopped']);
    await vi.advanceTimersByTimeAsync(1);
    expect(ends).toEqual(['stopped', 'slow']);
  } finally {
    vi.useRealTimers();
    program.kill('SIGKILL');
  }
});

test('a pty host that answers in time is not ended', async () => {
  const { client, say, asked } = setup(process.pid);
  const detached = client.detach('idle');
  say({ id: asked().find(({ request }) => request === 'detach')?.id, ok: true, output: {} });
  await detached;
});
