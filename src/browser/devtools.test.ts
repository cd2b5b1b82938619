import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { waitFor } from '../../test/support/wait-for.ts';
import { DevTools, DevToolsError, MAX_PIPE_MESSAGE_BYTES, MAX_UNSENT_BYTES, MAX_WAITING_MESSAGES } from './devtools.ts';

let out: PassThrough;
let input: PassThrough;
let devtools: DevTools;
let gone: string[];

beforeEach(() => {
  out = new PassThrough();
  input = new PassThrough();
  devtools = new DevTools(out, input);
  gone = [];
  devtools.onGone((reason) => gone.push(reason));
});
afterEach(() => void vi.useRealTimers());

const say = (...messages: unknown[]): void => void input.write(messages.map((message) => `${JSON.stringify(message)}\0`).join(''));
/** What was sent since the last call. */
const sent = (): Record<string, unknown>[] => {
  const text = String(out.read() ?? '');
  expect(text === '' || text.endsWith('\0')).toBe(true);
  return text
    .split('\0')
    .filter((one) => one !== '')
    .map((one) => JSON.parse(one) as Record<string, unknown>);
};
/** Long enough for a handful of messages. */
const soon = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};

test('commands are numbered, and answers are paired by number, not by order', async () => {
  const first = devtools.browser.send('Target.getTargets', { filter: [{}] });
  const second = devtools.browser.send('Browser.close');
  expect(sent()).toEqual([
    { id: 1, method: 'Target.getTargets', params: { filter: [{}] } },
    { id: 2, method: 'Browser.close' },
  ]);
  say({ id: 2, result: {} }, { id: 1, result: { targetInfos: [{ targetId: 't', type: 'page', url: 'u', more: 1 }] } });
  expect(await second).toEqual({});
  expect(await first).toEqual({ targetInfos: [{ targetId: 't', type: 'page', url: 'u' }] });
});

test('a session names its target in what it sends, and hears nothing of another one', async () => {
  const attaching = devtools.attach('target');
  expect(sent()).toEqual([{ id: 1, method: 'Target.attachToTarget', params: { targetId: 'target', flatten: true } }]);
  say({ id: 1, result: { sessionId: 'ours' } });
  const session = await attaching;
  session.send('Page.enable').catch(() => {});
  expect(sent()).toEqual([{ id: 2, method: 'Page.enable', sessionId: 'ours' }]);
  const heard: unknown[] = [];
  session.on('Runtime.bindingCalled', (event) => heard.push(event));
  for (const sessionId of ['ours', 'theirs', undefined]) say({ method: 'Runtime.bindingCalled', params: { name: String(sessionId), payload: 'x' }, sessionId });
  await soon();
  expect(heard).toEqual([{ name: 'ours', payload: 'x' }]);
});

test('a message may come in any pieces, also one byte at a time, and in any language', async () => {
  const heard: unknown[] = [];
  devtools.browser.on('Target.targetDestroyed', (event) => heard.push(event));
  const bytes = Buffer.from(['ü😀', 'b'].map((targetId) => `${JSON.stringify({ method: 'Target.targetDestroyed', params: { targetId } })}\0`).join(''));
  for (const byte of bytes) input.write(Buffer.of(byte));
  await soon();
  expect(heard).toEqual([{ targetId: 'ü😀' }, { targetId: 'b' }]);
});

test('whoever waited for an answer goes on before what came behind it is heard', async () => {
  const order: string[] = [];
  devtools.browser.on('Target.targetDestroyed', () => order.push('event'));
  const asked = (async (): Promise<void> => {
    await devtools.browser.send('Browser.close');
    await Promise.resolve();
    order.push('answer');
  })();
  const event = { method: 'Target.targetDestroyed', params: { targetId: 'a' } };
  say(event, { id: 1, result: {} }, event);
  await asked;
  await waitFor(() => expect(order).toEqual(['event', 'answer', 'event']));
});

test('a refusal is an error with the number of the protocol; a late answer and one that nobody asked for are nothing', async () => {
  vi.useFakeTimers();
  const refused = devtools.browser.send('Browser.close');
  say({ id: 1, error: { code: -32000, message: 'no' } });
  await expect(refused).rejects.toMatchObject({ message: 'no', code: -32000 });
  const late = devtools.browser.send('Browser.close', undefined, { withinMs: 50 });
  const failed = expect(late).rejects.toThrow('has not answered Browser.close within 0.05 seconds');
  await vi.advanceTimersByTimeAsync(50);
  await failed;
  say({ id: 2, result: {} }, { id: 99, result: {} });
  await vi.advanceTimersByTimeAsync(1);
  expect(gone).toEqual([]);
});

test('an answer that is not in shape fails its command, and an event that is not ends everything', async () => {
  const asked = devtools.attach('target');
  say({ id: 1, result: { sessionId: 7 } });
  await expect(asked).rejects.toThrow('not understood');
  expect(gone).toEqual([]);
  devtools.browser.on('Target.targetDestroyed', () => expect.unreachable());
  say({ method: 'Target.targetDestroyed', params: {} });
  await soon();
  expect(gone).toEqual(['What the browser tells by Target.targetDestroyed is not understood.']);
});

test.each([
  '',
  'not JSON',
  '[]',
  '7',
  '{"id":0,"result":{}}',
  '{"id":"1"}',
  '{"method":7}',
  '{"id":1,"result":7}',
  '{"method":"a","params":[7],"sessionId":7}',
])('what is no message of the protocol ends it: %s', async (text) => {
  const waiting = devtools.browser.send('Browser.close');
  input.write(`${text}\0`);
  await expect(waiting).rejects.toBeInstanceOf(DevToolsError);
  expect(gone).toHaveLength(1);
  expect(out.destroyed).toBe(true);
});

test('what is longer than a message may be is told, is not kept, and what follows is heard', async () => {
  let tooLong = 0;
  devtools.onTooLong(() => tooLong++);
  const heard: unknown[] = [];
  devtools.browser.on('Target.targetDestroyed', ({ targetId }) => heard.push(targetId));
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  for (let bytes = 0; bytes <= MAX_PIPE_MESSAGE_BYTES; bytes += chunk.length) input.write(chunk);
  input.write('\0');
  say({ method: 'Target.targetDestroyed', params: { targetId: 'after' } });
  await soon();
  expect([tooLong, heard, gone]).toEqual([1, ['after'], []]);
});

test.each([
  ['ends', (): void => void input.end()],
  ['fails', (): void => void input.destroy(new Error('EIO'))],
  ['takes nothing more', (): void => void out.destroy(new Error('EPIPE'))],
])('a pipe that %s is the end of the browser: nobody waits, and it is told once', async (_, end) => {
  const waiting = devtools.browser.send('Browser.close');
  end();
  await expect(waiting).rejects.toThrow('The browser has ended.');
  await expect(devtools.browser.send('Browser.close')).rejects.toThrow('The browser has ended.');
  await soon();
  expect(gone).toEqual(['The browser has ended.']);
  const after: string[] = [];
  devtools.onGone((reason) => after.push(reason));
  await soon();
  expect(after).toEqual(gone);
});

const destroyed = (targetId: string): string => `${JSON.stringify({ method: 'Target.targetDestroyed', params: { targetId } })}\0`;

test('a flood waits in the pipe and not in memory, and nothing of it is lost', async () => {
  const heard: string[] = [];
  devtools.browser.on('Target.targetDestroyed', ({ targetId }) => heard.push(targetId));
  const [pieces, each] = [300, 50];
  let most = 0;
  for (let piece = 0; piece < pieces; piece++) {
    const taken = input.write(Array.from({ length: each }, (_, i) => destroyed(`${piece * each + i}`)).join(''));
    if (!taken) await new Promise((resolve) => input.once('drain', resolve));
    most = Math.max(most, (piece + 1) * each - heard.length);
  }
  await waitFor(() => expect(heard).toHaveLength(pieces * each));
  expect(heard).toEqual(Array.from({ length: pieces * each }, (_, i) => `${i}`));
  // A piece that is cut whole, and what the stream itself holds before it makes the writer wait, come to that.
  const inStream = (2 * input.readableHighWaterMark + 2 * input.writableHighWaterMark) / destroyed('0').length;
  expect(most).toBeLessThan(MAX_WAITING_MESSAGES + 2 * each + inStream);
});

test.each([
  ['ends', (): void => void input.end()],
  ['takes nothing more while nothing is read', (): void => void out.destroy()],
])('of a pipe that %s what has come is heard before its end is told, and nothing after it', async (_, end) => {
  const heard: string[] = [];
  devtools.browser.on('Target.targetDestroyed', ({ targetId }) => heard.push(targetId));
  devtools.onGone(() => heard.push('gone'));
  const count = 2 * MAX_WAITING_MESSAGES;
  input.write(Array.from({ length: count }, (_each, i) => destroyed(`${i}`)).join(''));
  end();
  await waitFor(() => expect(gone).toEqual(['The browser has ended.']));
  await soon();
  expect(heard).toEqual([...Array.from({ length: count }, (_each, i) => `${i}`), 'gone']);
  expect(input.destroyed).toBe(true);
});

/** A command of so many bytes, and a little more. */
const long = (bytes: number): Promise<unknown> =>
  devtools.command('Runtime.evaluate', { expression: 'x'.repeat(bytes) }, 'page', { withinMs: Infinity }).catch((error: unknown) => error);

test('a browser that takes nothing is at its end when more waits than it may, whoever waits without a limit hears it, and nothing is kept', async () => {
  const piece = MAX_UNSENT_BYTES / 16;
  const asked: Promise<unknown>[] = [];
  for (let i = 0; i < 15; i++) asked.push(long(piece));
  await soon();
  expect([gone, out.destroyed]).toEqual([[], false]);
  for (let i = 0; i < 4; i++) asked.push(long(piece));
  const answers = await Promise.all(asked);
  expect(answers.map((answer) => answer instanceof DevToolsError && answer.message)).toEqual(asked.map(() => 'The browser does not take what is said to it.'));
  expect(gone).toEqual(['The browser does not take what is said to it.']);
  expect([out.destroyed, input.destroyed]).toEqual([true, true]);
  // What would have waited behind it is refused, and written nowhere.
  const write = vi.spyOn(out, 'write');
  expect(await long(1)).toBeInstanceOf(DevToolsError);
  expect(write).not.toHaveBeenCalled();
});

test('a browser that takes what it is told may be told any amount', async () => {
  const piece = MAX_UNSENT_BYTES / 16;
  let taken = 0;
  out.on('data', (chunk: Buffer) => (taken += chunk.length));
  for (let i = 0; i < 40; i++) {
    void long(piece);
    await waitFor(() => expect(taken).toBeGreaterThanOrEqual((i + 1) * piece));
  }
  expect(gone).toEqual([]);
});
