/** Events to a real NATS JetStream: each there once, in order, whatever is down, hangs, is full, restarts or is ended in the middle. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer as createTcpServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test, vi, type TestContext } from 'vitest';
import { AnchorError } from '../../src/anchors/errors.ts';
import { nodeFlags } from '../../src/native/protect.ts';
import { drain, forward, sinkStatus } from '../../src/services/ledger/sinks.ts';
import type { SinkRow } from '../../src/sinks/kinds.ts';
import { TestAuthority, type Issued } from '../support/certificates.ts';
import { commandScript } from '../support/command.ts';
import { NatsServer, noNats, STREAM } from '../support/nats-server.ts';
import { listen, SinkSite } from '../support/sink-site.ts';
import { waitFor } from '../support/wait-for.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const TOKEN = 'Quillfeather-9f8e7d';
let authority: TestAuthority;
let stranger: TestAuthority;
let server: Issued;
let made: SinkSite;
const running: (() => unknown)[] = [];

beforeAll(() => {
  authority = new TestAuthority('Test CA');
  stranger = new TestAuthority('Another CA');
  // Longer than what is told of ahead of its end.
  server = authority.issue('localhost', { names: 'DNS:localhost,IP:127.0.0.1', to: Date.now() + 300 * 86_400_000 });
});
beforeEach(async () => {
  made = await SinkSite.make(authority);
});
afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
});

async function nats(
  context: TestContext,
  more: Partial<ConstructorParameters<typeof NatsServer>[0]> & { readonly stream?: object | false } = {},
): Promise<NatsServer> {
  const reason = noNats();
  context.skip(reason !== undefined, reason);
  const { stream = {}, ...options } = more;
  const started = new NatsServer({ server, authority, ...options });
  running.push(() => started.stop());
  await started.start();
  if (stream) await started.makeStream(stream);
  return started;
}
const withSink = (port: number, more: object = {}, network?: readonly string[]): Promise<SinkRow> =>
  made.withSink({ kind: 'nats', port, stream: STREAM, ...more } as { kind: 'nats'; port: number }, network);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const seqs = async (at: NatsServer): Promise<number[]> => (await at.kept()).map(({ id }) => Number(id!.split('/')[1]));

test('all events are in the stream, in order, once; then only what came since; and what it has is the ledger', async (context) => {
  const at = await nats(context, { token: TOKEN });
  const path = join(made.place, 'token');
  writeFileSync(path, `${TOKEN}\n`, { mode: 0o600 });
  const row = await withSink(at.port, { token: path });
  await made.enter(3);
  const first = await made.size();
  expect(await drain(row, await made.parts({ batch: 4 }))).toBe(first);
  await made.enter(2);
  expect(await drain(row, await made.parts())).toBe(2);
  const kept = await at.kept();
  expect(kept.map(({ id }) => id)).toEqual(upTo(first + 2).map((seq) => `${made.site.installation.id}/${seq}`));
  expect(new Set(kept.map(({ subject }) => subject))).toEqual(new Set([`wardmux.${made.site.installation.id}`]));
  const file = join(made.place, 'collected.ndjson');
  writeFileSync(file, kept.map(({ text }) => `${text}\n`).join(''));
  expect(await made.verdict(file)).toBe('good');
  expect(kept.map(({ text }) => text).join('')).not.toMatch(/\bAda\b|Example|signature/i);
  expect(await made.wardmux('sink', 'test', 'siem')).toMatchObject({ status: 0 });
  expect(JSON.parse((await at.kept()).at(-1)!.text)).toMatchObject({ event: { dataset: 'wardmux.test' } });
  // That message is under a subject of its own: the order of events does not hang on it.
  await made.enter(1);
  expect(await drain(row, await made.parts())).toBe(1);
});

test('down for a day, then back, and restarted in the middle: all of it is there, in order, once', async (context) => {
  const at = await nats(context);
  const row = await withSink(at.port);
  await at.stop();
  let now = Date.now();
  let step = 0;
  const hours: (() => unknown)[] = [
    ...Array.from({ length: 12 }, () => () => (now += 2 * 3_600_000)),
    () => made.enter(3),
    async () => {
      await at.start();
      now += 2 * 3_600_000;
    },
    () => {},
    async () => {
      await at.stop('SIGKILL');
      await made.enter(2);
    },
    async () => {
      await at.start();
      now += 2 * 3_600_000;
    },
    () => {},
  ];
  const parts = await made.parts({ now: () => now });
  await forward([row], { ...parts, pause: async () => void (await hours[step++]!()), over: () => step === hours.length, talk: () => {} });
  expect(await made.told()).toMatchObject([
    { action: 'sink.failed', detail: { sink: 'siem', kind: 'nats', attempts: 3 } },
    { action: 'sink.resumed', detail: { sink: 'siem', kind: 'nats' } },
  ]);
  await drain(row, await made.parts());
  expect(await seqs(at)).toEqual(upTo(await made.size()));
});

test('a server that hangs is given up and holds nobody up; what it took is not sent twice', async (context) => {
  const at = await nats(context);
  const row = await withSink(at.port);
  await drain(row, await made.parts());
  await made.enter(3);
  at.signal('SIGSTOP');
  const attempt = new AbortController();
  const given = drain(row, await made.parts({ signal: attempt.signal }));
  attempt.abort();
  await expect(given).rejects.toThrow(AnchorError);
  at.signal('SIGCONT');
  await drain(row, await made.parts());
  expect(await seqs(at)).toEqual(upTo(await made.size()));
});

test('whoever is ended between the acknowledgement and the place goes on behind what the stream has, also when it has forgotten the ids', async (context) => {
  // JetStream knows an id for a tenth of a second here: the order of the subject alone keeps them once.
  const at = await nats(context, { stream: { duplicate_window: 100_000_000 } });
  const row = await withSink(at.port);
  const gone = new Error('gone');
  await expect(drain(row, await made.parts({ keep: () => Promise.reject(gone) }))).rejects.toBe(gone);
  const all = await made.size();
  expect(await seqs(at)).toEqual(upTo(all));
  // Until the server itself does not know the id any more.
  await at.stop();
  await at.start();
  await made.enter(1);
  expect(await drain(row, await made.parts())).toBe(all + 1);
  expect(await seqs(at)).toEqual(upTo(all + 1));
});

test('a process of ours that is killed while it sends', async (context) => {
  const at = await nats(context);
  const row = await withSink(at.port);
  await made.enter(200);
  const child = spawn(process.execPath, [...nodeFlags, commandScript, 'sink', 'run', '--once'], {
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], HOME: made.place, WARDMUX_HOME: made.home },
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await waitFor(async () => {
    if (child.exitCode === null && (await at.kept()).length === 0) throw new Error('nothing was sent yet');
  });
  child.kill('SIGKILL');
  await ended;
  await drain(row, await made.parts());
  expect(await seqs(at)).toEqual(upTo(await made.size()));
});

test('a stream that is full takes no more, says why, and goes on where it stopped', async (context) => {
  const at = await nats(context, { stream: { max_msgs: 3, discard: 'new' } });
  const row = await withSink(at.port);
  await expect(drain(row, await made.parts())).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('maximum messages exceeded') });
  expect(await sinkStatus(made.site, [row])).toMatchObject([{ sent: 3 }]);
  await at.changeStream({ max_msgs: -1 });
  await drain(row, await made.parts());
  expect(await seqs(at)).toEqual(upTo(await made.size()));
});

test('two that send at once do not mix their events up: one is refused', async (context) => {
  const at = await nats(context);
  const row = await withSink(at.port);
  const before = await made.size();
  const lost = await Promise.allSettled([1, 2].map(async (n) => drain({ ...row, name: `siem-${n}` } as SinkRow, await made.parts())));
  expect(lost.some(({ status }) => status === 'fulfilled')).toBe(true);
  for (const n of [1, 2]) await drain({ ...row, name: `siem-${n}` } as SinkRow, await made.parts());
  expect(await seqs(at)).toEqual(upTo(before));
});

test('no stream, another stream, a wrong token, no certificate: a sentence says which, and nothing is taken', async (context) => {
  const none = await nats(context, { stream: false });
  await expect(drain(await withSink(none.port), await made.parts())).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringContaining('stream not found'),
  });
  await none.makeStream({ subjects: ['other.>'] });
  await expect(drain(await withSink(none.port, { subject: 'wardmux.ward' }), await made.parts())).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringContaining('no stream that takes wardmux.ward.w-'),
  });
  const locked = await nats(context, { token: TOKEN });
  await expect(drain(await withSink(locked.port), await made.parts())).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringContaining('look at its token'),
  });
  const certified = await nats(context, { wantsCertificate: true });
  await expect(drain(await withSink(certified.port), await made.parts())).rejects.toThrow(AnchorError);
  expect([...(await locked.kept()), ...(await certified.kept())]).toEqual([]);
  const client = authority.issue('ws7');
  const row = await withSink(certified.port, { certificate: client.certificate, key: client.key });
  await drain(row, await made.parts());
  expect(await seqs(certified)).toEqual(upTo(await made.size()));
});

test('nothing of ours goes to a server without TLS, to another certificate, or to a host that the policy does not let this reach', async (context) => {
  const other = await nats(context, { server: stranger.issue('localhost', { names: 'DNS:localhost' }), authority: stranger });
  const row = await withSink(other.port);
  await expect(drain(row, await made.parts())).rejects.toMatchObject({ code: 'bad-certificate' });
  await expect(drain(await withSink(other.port, { fingerprint: 'ab'.repeat(32) }), await made.parts())).rejects.toMatchObject({ code: 'bad-certificate' });
  await expect(drain(await withSink(other.port, {}, []), await made.parts())).rejects.toMatchObject({ code: 'not-allowed' });
  expect(await other.kept()).toEqual([]);
  // It says that it wants no TLS: the first bytes that it hears are those of a handshake all the same.
  let first: Buffer | undefined;
  const plain = await listen(
    () =>
      createTcpServer((socket) => {
        socket.write('INFO {"tls_required":false,"headers":true}\r\n');
        socket.on('data', (bytes) => {
          first ??= bytes;
          socket.destroy();
        });
      }) as Server,
  );
  running.push(plain.stop);
  await expect(drain(await withSink(plain.port), await made.parts())).rejects.toThrow(AnchorError);
  expect(first![0]).toBe(0x16);
});
