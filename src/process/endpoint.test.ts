import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { openDoor, type Denial, type Standing } from '../access/index.ts';
import { Refusal } from '../types/refusal.ts';
import { Endpoint } from './endpoint.ts';
import { ANSWER_MS } from '../types/answer.ts';
import { asked, call, told, type Trouble } from './service.ts';

const text = z.object({ text: z.string() });
const service = {
  echo: asked('session.use', text, text),
  wait: asked('process.keep', z.object({}), text),
  fail: asked('process.keep', z.object({}), z.object({})),
  hear: told('process.keep', text),
};

/** Two ends of one line; what each end posts goes to the other at once. */
function pair(standing: Standing = { phase: 'locked' }) {
  const heard: string[] = [];
  const troubles: Trouble[] = [];
  const denied: Denial[] = [];
  const frames: Uint8Array[] = [];
  const said: unknown[] = [];
  const bad = { here: 0, there: 0 };
  const waiting: ((answer: { text: string }) => void)[] = [];
  const there: Endpoint<typeof service, Record<string, never>> = new Endpoint({
    table: service,
    handlers: {
      echo: (input) => input,
      wait: () => new Promise((resolve) => waiting.push(resolve)),
      fail: () => {
        throw new Error('the passphrase is hunter2');
      },
      hear: (input) => void heard.push(input.text),
    },
    theirs: {},
    door: openDoor({ standing: () => standing, denied: (denial) => denied.push(denial) }),
    post: (message) => {
      said.push(message);
      here.receive(structuredClone(message));
    },
    frame: (bytes) => frames.push(bytes),
    trouble: (trouble) => troubles.push(trouble),
    bad: () => void bad.there++,
  });
  const here: Endpoint<Record<string, never>, typeof service> = new Endpoint({
    table: {},
    handlers: {},
    theirs: service,
    door: () => undefined,
    post: (message) => there.receive(structuredClone(message)),
    frame: () => {},
    trouble: () => {},
    bad: () => void bad.here++,
  });
  return { here, there, heard, troubles, denied, frames, said, bad, waiting };
}

test('a question reaches its handler where the door lets it, and a denial is told and answered', async () => {
  const grant = { person: 'p-0123456789ab', roles: ['operator'], method: 'passkey', reason: 'none', until: undefined, breakGlass: null } as const;
  expect(await pair({ phase: 'open', grant }).here.ask('echo', { text: 'hi' })).toEqual({ text: 'hi' });
  const locked = pair();
  await expect(locked.here.ask('echo', { text: 'hi' })).rejects.toMatchObject({ name: 'Refusal', code: 'locked' });
  expect(locked.denied).toMatchObject([{ needs: 'session.use', why: 'locked' }]);
});

test('what a row does not allow is answered, told without its content, and reaches nobody', async () => {
  const { here, there, heard, troubles } = pair();
  here.tell('hear', { text: 'one' });
  here.tell('hear', { text: 7 } as never);
  await expect(here.ask('nothing' as never, {} as never)).rejects.toThrow();
  there.receive({ id: 1, request: 'wait', input: 'PATIENT DOE' });
  there.receive({ id: 1, request: 'constructor', input: {} });
  expect(heard).toEqual(['one']);
  expect(troubles.map(({ code }) => code)).toEqual(['bad-input', 'bad-input', 'unknown-request']);
  expect(JSON.stringify(troubles)).not.toContain('DOE');
});

test('an error that is none of ours keeps its words to itself; a refusal keeps its code and sentence', async () => {
  const { here, said, troubles } = pair();
  await expect(here.ask('fail', {})).rejects.toMatchObject({ code: 'failed' });
  expect(JSON.stringify([said, troubles])).not.toContain('hunter2');
  const own = new Endpoint<Record<string, never>, typeof service>({
    table: {},
    handlers: {},
    theirs: service,
    door: () => undefined,
    post: (message) => own.receive({ id: (message as { id: number }).id, ok: false, error: { code: 'contradicted', sentence: 'No.' } }),
    frame: () => {},
    trouble: () => {},
    bad: () => {},
  });
  await expect(own.ask('fail', {})).rejects.toEqual(new Refusal('contradicted', 'No.'));
});

test('a late answer satisfies nobody, in whatever order questions and answers come', async () => {
  vi.useFakeTimers();
  try {
    const { here, waiting, bad } = pair();
    const results: unknown[] = [];
    const ask = (): void =>
      void here.ask('wait', {}).then(
        ({ text: answer }) => results.push(answer),
        (error: Refusal) => results.push(error.code),
      );
    ask();
    await vi.advanceTimersByTimeAsync(ANSWER_MS - 1);
    ask();
    await vi.advanceTimersByTimeAsync(1);
    expect(results).toEqual(['no-answer']);
    waiting[0]!({ text: 'first' });
    await vi.advanceTimersByTimeAsync(0);
    expect(results).toEqual(['no-answer']);
    ask();
    waiting[2]!({ text: 'third' });
    waiting[1]!({ text: 'second' });
    await vi.advanceTimersByTimeAsync(0);
    expect(results).toEqual(['no-answer', 'third', 'second']);
    expect(bad.here).toBe(0);
    // Twice, or to a question that was never asked.
    here.receive({ id: 2, ok: true, output: { text: 'again' } });
    expect(bad.here).toBe(0);
    for (const id of [4, 0, -1, 1.5, NaN]) here.receive({ id, ok: true, output: { text: 'made up' } });
    expect(bad.here).toBe(5);
  } finally {
    vi.useRealTimers();
  }
});

test('an answer that its row does not allow is no answer', async () => {
  for (const answer of [{ output: { text: 1 } }, { output: null }, {}]) {
    let bad = 0;
    const here: Endpoint<Record<string, never>, typeof service> = new Endpoint({
      table: {},
      handlers: {},
      theirs: service,
      door: () => undefined,
      post: (message) => here.receive({ id: (message as { id: number }).id, ok: true, ...answer }),
      frame: () => {},
      trouble: () => {},
      bad: () => void bad++,
    });
    await expect(here.ask('echo', { text: 'hi' })).rejects.toMatchObject({ code: 'bad-answer' });
    expect(bad).toBe(1);
  }
});

test('when the other end is gone, all that wait and all that ask later hear it; frames pass by', async () => {
  const { here, there, frames } = pair();
  const waits = here.ask('wait', {});
  const gone = new Error('gone');
  here.end(gone);
  await expect(waits).rejects.toBe(gone);
  await expect(here.ask('wait', {})).rejects.toBe(gone);
  there.receive({ frame: new Uint8Array([1, 2, 3]) });
  expect(frames).toEqual([new Uint8Array([1, 2, 3])]);
});

const word = z.strictObject({});
const door = (): undefined => undefined;

test('what a row does not name is not sent, and what is not as the row has it is no answer: its sentence claims nothing', async () => {
  const table = { name: asked('process.keep', word, z.object({ name: z.string() })) } as const;
  const troubles: Trouble[] = [];
  const answered = (output: unknown) =>
    call({ table, handlers: { name: () => output as never }, door, trouble: (trouble) => troubles.push(trouble) }, 'name', {});
  expect(await answered({ name: 'Ada', key: 'a secret' })).toEqual({ ok: true, output: { name: 'Ada' } });
  expect(troubles).toEqual([]);
  expect(await answered({ name: 7 })).toEqual({
    ok: false,
    error: { code: 'failed', sentence: expect.stringContaining('it is not known whether this was done') },
  });
  expect(troubles).toEqual([{ code: 'failed', request: 'name', needs: 'process.keep' }]);
});

test('whoever answers keeps the time of the row, and it is recorded when it was too short', async () => {
  vi.useFakeTimers();
  try {
    const table = { wait: asked('process.keep', word, word, 50), ever: asked('process.keep', word, word, 'any') } as const;
    const troubles: string[] = [];
    const handlers = { wait: () => new Promise<never>(() => undefined), ever: () => new Promise<never>(() => undefined) };
    const outcomes: unknown[] = [];
    for (const request of ['wait', 'ever'])
      void Promise.resolve(call({ table, handlers, door, trouble: ({ code }) => troubles.push(code) }, request, {})).then((outcome) => outcomes.push(outcome));
    await vi.advanceTimersByTimeAsync(49);
    expect(outcomes).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(outcomes).toEqual([{ ok: false, error: { code: 'no-answer', sentence: expect.stringContaining('not known whether it will still be done') } }]);
    expect(troubles).toEqual(['failed']);
    await vi.advanceTimersByTimeAsync(ANSWER_MS * 100);
    expect(outcomes).toHaveLength(1);
  } finally {
    vi.useRealTimers();
  }
});
