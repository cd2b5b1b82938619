import type { Surface } from '../types/words.ts';
import { expect, test } from 'vitest';
import { requests, type RequestName } from '../bridge/schema.ts';
import { Refusal } from '../types/refusal.ts';
import { BridgeServer, type RequestHandlers } from './bridge-server.ts';

function setup(surface: Surface, handlers: Partial<Record<RequestName, (input: never) => Promise<unknown>>> = {}) {
  const posted: { id?: number; ok?: boolean; output?: unknown; error?: { code: string; sentence: string } }[] = [];
  const refused: string[] = [];
  const called: string[] = [];
  const page = { document: 1 };
  const all = Object.fromEntries(
    Object.keys(requests).map((name) => [
      name,
      async (input: never) => {
        called.push(name);
        return handlers[name as RequestName]?.(input) ?? {};
      },
    ]),
  ) as unknown as RequestHandlers;
  const server = new BridgeServer({
    handlers: all,
    surface: () => surface,
    door: () => undefined,
    post: (text) => posted.push(JSON.parse(text)),
    document: () => page.document,
    refused: (reason) => refused.push(reason),
    now: () => 0,
  });
  return { server, posted, refused, called, page };
}
const send = (request: string, input: unknown = {}): string => JSON.stringify({ id: 7, request, input });

test('a good request reaches its handler and is answered under its id', async () => {
  const { server, posted, called } = setup('workspace');
  await server.receive(send('lock'));
  expect(called).toEqual(['lock']);
  expect(posted).toEqual([{ id: 7, ok: true, output: {} }]);
});

test.each([
  ['{', 'bad-json'],
  ['[]', 'bad-message'],
  ['null', 'bad-message'],
  [JSON.stringify({ id: 'x', request: 'lock', input: {} }), 'bad-message'],
  [send('constructor'), 'unknown-request'],
  [send('ack', { pane: -1, parsed: 0 }), 'bad-input'],
  [send('lock', { extra: 1 }), 'bad-input'],
  [send('lock.passphrase', { person: 'p' }), 'wrong-surface'],
  [send('command', { line: 'x'.repeat(100_000) }), 'too-large'],
])('%s is refused, told, and reaches nobody', async (text, reason) => {
  const { server, refused, called } = setup('workspace');
  await server.receive(text);
  expect(refused).toEqual([reason]);
  expect(called).toEqual([]);
});

test('every request is refused on every surface that its row does not name', async () => {
  for (const surface of ['setup', 'lock', 'workspace', 'guest'] as const) {
    for (const [name, row] of Object.entries(requests)) {
      if ((row.surfaces as readonly string[]).includes(surface)) continue;
      const { server, called, refused } = setup(surface);
      await server.receive(send(name));
      expect(called, `${name} on ${surface}`).toEqual([]);
      expect(refused).toHaveLength(1);
    }
  }
});

test('a refusal keeps its sentence; any other error says nothing about its inside', async () => {
  const { server, posted, refused } = setup('workspace', {
    lock: async () => {
      throw new Refusal('back-off', 'Wait 30 seconds.');
    },
    ack: async () => {
      throw new Error('secret text');
    },
  });
  await server.receive(send('lock'));
  await server.receive(send('ack', { pane: 0, parsed: 0 }));
  expect(posted[0]?.error).toEqual({ code: 'back-off', sentence: 'Wait 30 seconds.' });
  expect(JSON.stringify(posted[1])).not.toContain('secret');
  expect(refused).toEqual(['failed']);
});

test('a flood of messages is cut off and told once', async () => {
  const { server, refused, called } = setup('workspace');
  for (let i = 0; i < 5000; i++) await server.receive(send('lock'));
  expect(called.length).toBe(2000);
  expect(refused).toEqual(['too-many']);
});

test.each([
  ['an answer', (resolve: (value: unknown) => void) => resolve({ good: true, sentence: 'Of the page before.' })],
  ['a refusal', (_: unknown, reject: (error: Error) => void) => reject(new Refusal('vault-ended', 'Of the page before.'))],
])('%s that comes when another document stands there is dropped', async (_, settle) => {
  let finish = (): void => {};
  const slow = (): Promise<unknown> => new Promise((resolve, reject) => (finish = () => settle(resolve, reject)));
  const { server, posted, called, page } = setup('workspace', { 'verify.pane': slow });
  const asked = server.receive(send('verify.pane', { pane: 0 }));
  expect(called).toEqual(['verify.pane']);
  page.document++;
  finish();
  await asked;
  expect(posted).toEqual([]);
});

test('a flood of bad messages is told of a few times, and that it was a flood', async () => {
  const { server, refused } = setup('workspace');
  for (let i = 0; i < 500; i++) await server.receive('{');
  expect(refused).toEqual([...Array.from({ length: 4 }, () => 'bad-json'), 'too-many']);
  // What is tried under cover of it is told of all the same.
  await server.receive(send('verify.pane', {}));
  expect(refused.at(-1)).toBe('bad-input');
});

test('an event is sent as its row has it: what the row does not name stays here, and what is otherwise is not sent', () => {
  const { server, posted } = setup('workspace');
  const notice = { level: 'warn' as const, sentence: 'It is full.', secret: 'Meier' };
  server.emit('notice', notice);
  expect(posted).toEqual([{ event: 'notice', payload: { level: 'warn', sentence: 'It is full.' } }]);
  expect(() => server.emit('notice', { level: 'loud', sentence: 'Meier' } as never)).toThrow(/^the event notice is not as its row has it: level$/);
  expect(() => server.emit('welcome', { lastUnlock: null, failures: NaN })).toThrow(/failures/);
  expect(posted).toHaveLength(1);
});
