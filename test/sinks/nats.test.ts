/** Events to a real NATS JetStream: each there once, in order, whatever is down, hangs, is full, restarts or is ended in the middle. */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createTcpServer, type Server } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterEach, beforeAll, beforeEach, expect, test, vi, type TestContext } from 'vitest';
import { AnchorError } from '../../src/anchors/errors.ts';
import { nodeFlags } from '../../src/native/protect.ts';
import { openInstallation } from '../../src/services/installation/installation.ts';
import { openLedger } from '../../src/services/installation/open-ledger.ts';
import { rotateKey } from '../../src/services/installation/rotate-key.ts';
import { drainOnce, forward, sinkStatus } from '../../src/services/ledger/sinks.ts';
import type { SinkRow } from '../../src/sinks/kinds.ts';
import { NatsSession } from '../../src/sinks/nats-session.ts';
import { TestAuthority, type Issued } from '../support/certificates.ts';
import { commandScript } from '../support/command.ts';
import { NatsServer, noNats, STREAM } from '../support/nats-server.ts';
import { drain, holdingAfter, listen, SinkSite } from '../support/sink-site.ts';
import { DAY_MS } from '../../src/types/units.ts';
import { waitFor } from '../support/wait-for.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });
/** What this machine is called, where a test says so. */
const called = vi.hoisted(() => ({ host: undefined as string | undefined }));
vi.mock('node:os', async (original) => {
  const os = await original<typeof import('node:os')>();
  return { ...os, hostname: () => called.host ?? os.hostname() };
});

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
  server = authority.issue('localhost', { names: 'DNS:localhost,IP:127.0.0.1', to: Date.now() + 300 * DAY_MS });
});
beforeEach(async () => {
  made = await SinkSite.make(authority);
});
afterEach(async () => {
  called.host = undefined;
  vi.restoreAllMocks();
  for (const stop of running.splice(0)) await stop();
});

/** Each question to a server is looked at before it is asked. */
function looking(look: (subject: string) => Promise<void>): void {
  const { ask } = NatsSession.prototype;
  vi.spyOn(NatsSession.prototype, 'ask').mockImplementation(async function (this: NatsSession, subject, header, text) {
    await look(subject);
    return ask.call(this, subject, header, text);
  });
}

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
/** Where a test has the server forget ids. */
const FORGOTTEN = 'wardmux.forgotten';
const events = async (at: NatsServer) => (await at.kept()).filter(({ subject }) => subject !== FORGOTTEN);
const seqs = async (at: NatsServer): Promise<number[]> => (await events(at)).map(({ id }) => Number(id!.split('/')[1]));

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
  const attempt = new AbortController();
  let asked = 0;
  // It hangs when it has said what it has, and before it is given the second of three.
  looking(async (subject) => {
    if (!subject.startsWith('wardmux.') || ++asked !== 2) return;
    await at.hang();
    // Behind the question, which goes out in this turn.
    setImmediate(() => attempt.abort());
  });
  await expect(drain(row, await made.parts({ signal: attempt.signal }))).rejects.toMatchObject({ code: 'timeout' });
  expect(asked).toBe(2);
  vi.restoreAllMocks();
  expect(await sinkStatus(made.site, [row])).toMatchObject([{ waiting: 2 }]);
  at.goOn();
  // What it had not heard yet may come to it in the middle of this, which is refused then, and goes on.
  await waitFor(async () => void (await drain(row, await made.parts())));
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
  await withSink(at.port);
  await made.enter(200);
  // It never gets to the end of them.
  const through = await holdingAfter(100_000, at.port);
  running.push(through.stop);
  await withSink(through.port);
  const all = await made.size();
  const child = spawn(process.execPath, [...nodeFlags, commandScript, 'sink', 'run', '--once'], {
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], HOME: made.place, WARDMUX_HOME: made.home },
  });
  const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
  await waitFor(() => {
    if (child.exitCode === null && through.heard() < 100_000) throw new Error('it is not in the middle yet');
  });
  child.kill('SIGKILL');
  expect(await ended).toBe('SIGKILL');
  const taken = (await seqs(at)).length;
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThan(all);
  const row = await withSink(at.port);
  expect(await sinkStatus(made.site, [row])).toMatchObject([{ sent: 0 }]);
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

test('two that send at once do not mix their events up: whom another one overtook is refused, and finds them there', async (context) => {
  const at = await nats(context, { stream: { duplicate_window: 100_000_000 } });
  const row = await withSink(at.port);
  const [quick, slow] = ['quick', 'slow'].map((name) => ({ ...row, name }) as SinkRow);
  const before = await made.size();
  const [asked, others] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  // The first who has heard that nothing is there sends when the other one has sent all, and the server has forgotten their ids.
  let first = true;
  looking(async (subject) => {
    if (!first || !subject.startsWith('wardmux.w-')) return;
    first = false;
    asked.resolve();
    await others.promise;
  });
  const late = drain(slow!, await made.parts());
  const refused = expect(late).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('wrong last sequence') });
  await asked.promise;
  expect(await drain(quick!, await made.parts())).toBe(before);
  await at.forgotten(FORGOTTEN);
  others.resolve();
  await refused;
  expect(await seqs(at)).toEqual(upTo(before));
  await drain(slow!, await made.parts());
  expect(await seqs(at)).toEqual(upTo(before));
});

test('whose place is gone, or was signed by a key that was replaced, goes on behind what the stream has, however much that is and whatever this machine was called', async (context) => {
  const at = await nats(context, { stream: { duplicate_window: 100_000_000 } });
  const row = await withSink(at.port);
  await made.enter(10);
  const all = await made.size();
  called.host = 'ward-3';
  // Many batches: what the stream ends with is in none of the first ones.
  expect(await drain(row, await made.parts({ batch: 3 }))).toBe(all);
  await at.forgotten(FORGOTTEN);
  const there = await at.kept();
  const place = join(made.home, 'sinks', 'siem.json');
  called.host = 'ward-4';
  rmSync(place);
  await drain(row, await made.parts({ batch: 3 }));
  expect(await sinkStatus(made.site, [row])).toMatchObject([{ sent: all, waiting: 0 }]);
  expect(await at.kept()).toEqual(there);
  // Another key for the installation: what the former one signed is no place any more.
  const { ledger, signer } = await openLedger(made.site.home, made.site.installation);
  try {
    await rotateKey({ home: made.site.home, installation: made.site.installation, ledger, signer, person: made.person });
  } finally {
    await ledger.close();
  }
  made.site = await openInstallation({ env: { WARDMUX_HOME: made.home, HOME: made.place } });
  expect(await sinkStatus(made.site, [row])).toMatchObject([{ sent: 0 }]);
  await made.enter(1);
  await drain(row, await made.parts({ batch: 3 }));
  const now = await made.size();
  expect(await seqs(at)).toEqual(upTo(now));
  const file = join(made.place, 'collected.ndjson');
  writeFileSync(file, (await events(at)).map(({ text }) => `${text}\n`).join(''));
  expect(await made.verdict(file)).toBe('good');
});

test('where the stream ends with what is no event of this ledger, nothing is sent over it: a sentence and an event say so', async (context) => {
  const at = await nats(context, { stream: { duplicate_window: 100_000_000 } });
  const row = await withSink(at.port);
  await drain(row, await made.parts());
  const { id: installation } = made.site.installation;
  const subject = `wardmux.${installation}`;
  const last = (await at.kept()).at(-1)!;
  const here = await made.size();
  const another = last.text.replace(/"leaf":"(.)/, (_, digit: string) => `"leaf":"${digit === 'a' ? 'b' : 'a'}`);
  const ahead = last.text.replaceAll(`${installation}/${here - 1}`, `${installation}/${here + 40}`).replaceAll(`"seq":${here - 1}`, `"seq":${here + 40}`);
  const foreign: readonly (readonly [string, string?])[] = [
    ['somebody else'],
    // The words of an event under no id, or the id of another one.
    [last.text],
    [last.text, `${installation}/${here - 2}`],
    // Its number with another leaf; a number that this ledger does not have.
    [another, `${installation}/${here - 1}`],
    [ahead, `${installation}/${here + 40}`],
  ];
  await made.enter(1);
  for (const place of ['there', 'gone'])
    for (const [text, id] of foreign) {
      if (place === 'gone') rmSync(join(made.home, 'sinks', 'siem.json'), { force: true });
      await at.forgotten(FORGOTTEN);
      const message = await at.put(subject, text, id);
      const before = await at.kept();
      await expect(drain(row, await made.parts()), text).rejects.toMatchObject({ code: 'diverged', message: expect.stringContaining(`message ${message},`) });
      expect(await at.kept()).toEqual(before);
      await at.takeOut(message);
    }
  const message = await at.put(subject, 'somebody else');
  await expect(drainOnce(row, await made.parts())).rejects.toMatchObject({ code: 'diverged' });
  expect(await made.told()).toMatchObject([{ action: 'sink.failed', detail: { sink: 'siem', kind: 'nats', code: 'diverged' } }]);
  await at.takeOut(message);
  // This server may have forgotten which is the last one now. It is not sent everything for that.
  await drain(row, await made.parts()).catch((error: unknown) =>
    expect(error).toMatchObject({ code: 'bad-answer', message: expect.stringContaining('the last one') }),
  );
  await at.stop();
  await at.start();
  await drain(row, await made.parts());
  expect(await seqs(at)).toEqual(upTo(await made.size()));
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

test('a server that repeats the token as it refuses puts it into no sentence', async () => {
  const [cert, key] = [server.certificate, server.key].map((path) => readFileSync(path));
  const at = await listen(
    () =>
      createTcpServer((plain) => {
        plain.write('INFO {"tls_required":true,"headers":true}\r\n');
        const inside = new TLSSocket(plain, { isServer: true, cert, key } as ConstructorParameters<typeof TLSSocket>[1]);
        inside.on('error', () => {});
        inside.on('data', (bytes: Buffer) => {
          const given = /"auth_token":"([^"]+)"/.exec(bytes.toString('latin1'))?.[1];
          if (given) inside.write(`-ERR 'Authorization of ${given} failed'\r\n`);
        });
      }) as Server,
  );
  running.push(at.stop);
  const path = join(made.place, 'token');
  writeFileSync(path, `${TOKEN}\n`, { mode: 0o600 });
  await expect(drain(await withSink(at.port, { token: path }), await made.parts())).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringMatching(/look at its token or certificate \(what it says repeats the token and is left out\)\.$/),
  });
});
