/** Events to a Fluent receiver that is made of other parts than ours: all there, in order, again only where an acknowledgement did not come; with a shared key that both sides have shown, and nothing to one that has not. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test, vi, type TestContext } from 'vitest';
import { drainOnce } from '../../src/services/ledger/sinks.ts';
import type { SinkRow } from '../../src/sinks/kinds.ts';
import { DAY_MS } from '../../src/types/units.ts';
import { TestAuthority, type Issued } from '../support/certificates.ts';
import { FluentReceiver, noMsgpack } from '../support/fluent-receiver.ts';
import { drain, SinkSite } from '../support/sink-site.ts';
import { waitFor } from '../support/wait-for.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const KEY = 'Quillfeather-9f8e7d';
let authority: TestAuthority;
let stranger: TestAuthority;
let server: Issued;
let made: SinkSite;
const running: (() => unknown)[] = [];

beforeAll(() => {
  authority = new TestAuthority('Test CA');
  stranger = new TestAuthority('Another CA');
  server = authority.issue('localhost', { names: 'DNS:localhost,IP:127.0.0.1', to: Date.now() + 300 * DAY_MS });
});
beforeEach(async () => {
  made = await SinkSite.make(authority);
});
afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
});

async function receiver(context: TestContext, key?: string, certificate = server): Promise<FluentReceiver> {
  const reason = noMsgpack();
  context.skip(reason !== undefined, reason);
  const started = new FluentReceiver(certificate, key);
  running.push(() => started.stop());
  await started.start();
  return started;
}

function keyFile(words = KEY): string {
  const path = join(made.place, 'key');
  writeFileSync(path, `${words}\n`, { mode: 0o600 });
  return path;
}

const withSink = (port: number, more: object = {}): Promise<SinkRow> => made.withSink({ kind: 'fluent', port, ...more } as { kind: 'fluent'; port: number });
const seqs = ({ events }: FluentReceiver): number[] => events.map(({ record }) => (record['wardmux'] as { seq: number }).seq);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

test('all events are taken, in order, once, with their times; and what was taken is the ledger', async (context) => {
  const at = await receiver(context, KEY);
  const row = await withSink(at.port, { token: keyFile(), tag: 'site.wardmux' });
  await made.enter(3);
  const first = await made.size();
  expect(await drain(row, await made.parts({ batch: 4 }))).toBe(first);
  await made.enter(2);
  expect(await drain(row, await made.parts())).toBe(2);
  expect(seqs(at)).toEqual(upTo(first + 2));
  expect(new Set(at.events.map(({ tag, code }) => `${tag} ${code}`))).toEqual(new Set(['site.wardmux 0']));
  expect(at.events.map(({ size }) => size).slice(0, 4)).toEqual([4, 4, 4, 4]);
  for (const { ms, record } of at.events) expect(new Date(ms).toISOString()).toBe(record['@timestamp']);
  expect(at.greetings.every(({ good, user, password }) => good && user === '' && password === '')).toBe(true);
  const text = at.events.map(({ record }) => `${JSON.stringify(record)}\n`).join('');
  const file = join(made.place, 'collected.ndjson');
  writeFileSync(file, text);
  expect(await made.verdict(file)).toBe('good');
  expect(text).not.toMatch(/\bAda\b|Example|signature|Quillfeather/i);
  expect(await made.wardmux('sink', 'test', 'siem')).toMatchObject({ status: 0 });
  expect(at.events.at(-1)!.record).toMatchObject({ event: { dataset: 'wardmux.test' } });
});

test('without a key it goes at once, under the usual tag', async (context) => {
  const at = await receiver(context);
  const row = await withSink(at.port);
  await made.enter(1);
  const size = await made.size();
  expect(await drain(row, await made.parts())).toBe(size);
  expect(seqs(at)).toEqual(upTo(size));
  expect(new Set(at.events.map(({ tag }) => tag))).toEqual(new Set(['wardmux.ledger']));
});

test.for(['cut', 'other'] as const)('what was not acknowledged (%s) goes again, with the same ids, and nothing behind it before', async (order, context) => {
  const at = await receiver(context);
  const row = await withSink(at.port);
  await made.enter(2);
  await at.order(order);
  await expect(drainOnce(row, await made.parts({ batch: 3 }))).rejects.toThrow();
  await waitFor(() => expect(seqs(at)).toEqual([0, 1, 2]));
  const size = await made.size();
  expect(await drain(row, await made.parts({ batch: 3 }))).toBe(size);
  expect(seqs(at)).toEqual([0, 1, 2, ...upTo(size)]);
  const ids = at.events.map(({ record }) => (record['event'] as { id: string }).id);
  expect(new Set(ids).size).toBe(size);
});

test('one that takes events and says nothing holds up an attempt as long as it lasts, and no longer', async (context) => {
  const at = await receiver(context);
  const row = await withSink(at.port);
  await at.order('silent');
  const attempt = new AbortController();
  const failed = expect(drainOnce(row, await made.parts({ signal: attempt.signal }))).rejects.toThrow();
  await waitFor(() => expect(at.events.length).toBeGreaterThan(0));
  attempt.abort();
  await failed;
});

test('down, and back on its port: what waited goes', async (context) => {
  const at = await receiver(context, KEY);
  const row = await withSink(at.port, { token: keyFile() });
  await at.stop('SIGKILL');
  await expect(drainOnce(row, await made.parts())).rejects.toThrow();
  await made.enter(2);
  await at.start();
  const size = await made.size();
  expect(await drain(row, await made.parts())).toBe(size);
  expect(seqs(at)).toEqual(upTo(size));
});

const untrusted = [
  ['no-proof', 'does not show that it has the shared key'],
  ['reflect', 'does not show that it has the shared key'],
  ['user', 'wants a user with a password'],
] as const;
test.for(untrusted)('a receiver with the right certificate that does not show the key (%s) is given nothing', async ([order, says], context) => {
  const at = await receiver(context, KEY);
  const row = await withSink(at.port, { token: keyFile() });
  await at.order(order);
  await expect(drainOnce(row, await made.parts())).rejects.toThrow(says);
  expect(at.events).toEqual([]);
});

test('a wrong key, none where one is asked for, one where none is, and another certificate: a sentence, and no event', async (context) => {
  const at = await receiver(context, KEY);
  const wrong = await withSink(at.port, { token: keyFile('Quillfeather-other') });
  await expect(drainOnce(wrong, await made.parts())).rejects.toThrow(/does not let this workstation in.*shared_key mismatch/);
  const none = await withSink(at.port);
  await expect(drainOnce(none, await made.parts())).rejects.toThrow('wants a shared key, and this sink has none');
  const elsewhere = await receiver(context, KEY, stranger.issue('localhost', { names: 'DNS:localhost,IP:127.0.0.1' }));
  await expect(drainOnce(await withSink(elsewhere.port, { token: keyFile() }), await made.parts())).rejects.toThrow();
  expect([at.events, elsewhere.events, elsewhere.greetings]).toEqual([[], [], []]);
});
