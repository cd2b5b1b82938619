/** Events to a collector over HTTPS, in each of its shapes: in order and all of them, whatever is down, silent, full, cut off or ended in the middle; and no token to anybody else. */
import { spawn } from 'node:child_process';
import { chmodSync, openSync, closeSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { AnchorError } from '../../src/anchors/errors.ts';
import { StorageFault } from '../../src/disk/fault.ts';
import { LedgerError } from '../../src/ledger/errors.ts';
import { nodeFlags } from '../../src/native/protect.ts';
import { drainOnce, forward, sinkStatus } from '../../src/services/ledger/sinks.ts';
import { keepSinkToken, sinkToken } from '../../src/services/ledger/sink-token.ts';
import { writeCursor } from '../../src/sinks/cursor.ts';
import { httpsKind } from '../../src/sinks/https.ts';
import type { SinkRow } from '../../src/sinks/kinds.ts';
import { shapeNames, type ShapeName } from '../../src/sinks/shapes.ts';
import { openSigner } from '../../src/storage/index.ts';
import { MOST_HIDDEN_BYTES } from '../../src/types/most-typed.ts';
import { DAY_MS } from '../../src/types/units.ts';
import { TestAuthority, type Issued } from '../support/certificates.ts';
import { commandScript } from '../support/command.ts';
import { JsonCollector, type Instead } from '../support/json-collector.ts';
import { deafServer, drain, listen, OLD_TLS, SinkSite, tlsServer } from '../support/sink-site.ts';
import { waitFor } from '../support/wait-for.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const TOKEN = 'Quillfeather-9f8e7d';

let authority: TestAuthority;
let stranger: TestAuthority;
let server: Issued;
let client: Issued;
let made: SinkSite;
const running: (() => unknown)[] = [];

beforeAll(() => {
  authority = new TestAuthority('Test CA');
  stranger = new TestAuthority('Another CA');
  server = authority.issue('localhost', { names: 'DNS:localhost,IP:127.0.0.1', to: Date.now() + 300 * DAY_MS });
  client = authority.issue('ws7', { to: Date.now() + 300 * DAY_MS });
});
beforeEach(async () => {
  made = await SinkSite.make(authority);
});
afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
});

async function collector(shape: ShapeName = 'elastic', more: Partial<{ server: Issued; ca: string }> = {}): Promise<JsonCollector> {
  const started = new JsonCollector({ server, shape, ...more });
  running.push(() => started.stop());
  await started.start();
  return started;
}

/** A file of this account alone, with the token. */
function tokenFile(words = TOKEN): string {
  const path = join(made.place, 'token');
  writeFileSync(path, `${words}\n`, { mode: 0o600 });
  return path;
}
const withSink = (port: number, more: object = {}, network?: readonly string[]): Promise<SinkRow> =>
  made.withSink({ kind: 'https', port, shape: 'elastic', ...more } as { kind: 'https'; port: number }, network);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

const headers: Readonly<Record<ShapeName, string>> = {
  elastic: `ApiKey ${TOKEN}`,
  opensearch: `Basic ${Buffer.from(TOKEN).toString('base64')}`,
  splunk: `Splunk ${TOKEN}`,
  lines: `Bearer ${TOKEN}`,
  cef: `Bearer ${TOKEN}`,
};

test.each(shapeNames)('%s: all events arrive, in order, once; then only what came since; and what it stores is the ledger', async (shape) => {
  const siem = await collector(shape);
  const row = await withSink(siem.port, { shape, token: tokenFile() });
  await made.enter(4);
  const first = await made.size();
  expect(await drain(row, await made.parts({ batch: 4 }))).toBe(first);
  expect(siem.seqs()).toEqual(upTo(first));
  expect(siem.came).toHaveLength(first);
  expect(siem.requests.map(({ events }) => events)).toEqual([...Array.from({ length: Math.floor(first / 4) }, () => 4), ...(first % 4 ? [first % 4] : [])]);
  for (const request of siem.requests) expect(request.headers.authorization).toBe(headers[shape]);
  await made.enter(2);
  expect(await drain(row, await made.parts())).toBe(2);
  expect(siem.came.map(({ id }) => Number(id.split('/')[1]))).toEqual(upTo(first + 2));
  expect(await sinkStatus(made.site, [row])).toMatchObject([{ sent: first + 2, waiting: 0 }]);
  const file = join(made.place, 'collected.ndjson');
  const lines = siem.lines();
  writeFileSync(file, `${lines.join('\n')}\n`);
  expect(await made.verdict(file)).toBe('good');
  expect(lines.join('\n')).not.toMatch(/\bAda\b|Example|signature/i);
  // One of them otherwise, and one less.
  writeFileSync(
    file,
    lines
      .map((line, n) => (n === 2 ? line.replace(/("leaf":"|cs1=)(.)/, (_, before: string, digit: string) => `${before}${digit === 'a' ? 'b' : 'a'}`) : line))
      .join('\n'),
  );
  expect(await made.verdict(file)).toBe('diverged');
  writeFileSync(file, lines.toSpliced(2, 1).join('\n'));
  expect(await made.verdict(file)).toBe('not-anchored');
});

test('a batch of which only some are taken goes on with the first that was not, and never past it', async () => {
  const siem = await collector();
  const row = await withSink(siem.port);
  await made.enter(6);
  const all = await made.size();
  const third = `${made.site.installation.id}/3`;
  siem.refuses = (id) => (id === third ? 429 : undefined);
  await expect(drain(row, await made.parts())).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringContaining(`${third}: status 429, refused_here`),
  });
  expect(await sinkStatus(made.site, [row])).toMatchObject([{ sent: 3, waiting: all - 3 }]);
  await expect(drain(row, await made.parts())).rejects.toMatchObject({ code: 'refused' });
  expect(await sinkStatus(made.site, [row])).toMatchObject([{ sent: 3 }]);
  siem.refuses = () => undefined;
  expect(await drain(row, await made.parts())).toBe(all - 3);
  expect(siem.seqs().toSorted((a, b) => a - b)).toEqual(upTo(all));
  // Those behind it had been taken before, and were there: each is stored once.
  expect(siem.came.length).toBeGreaterThan(all);
});

const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n';
const failures: readonly (readonly [string, Instead, object])[] = [
  [
    'says that it is too busy',
    { status: 429, text: '{"error":{"type":"es_rejected_execution_exception"}}' },
    { code: 'refused', message: expect.stringMatching(/429, es_rejected/) },
  ],
  ['does not know the token', { status: 401, text: 'no' }, { code: 'refused', message: expect.stringContaining('look at its token or certificate') }],
  [
    'sends it elsewhere',
    { status: 307, text: '', headers: { location: 'https://localhost:1/' } },
    { code: 'refused', message: expect.stringContaining('307') },
  ],
  ['answers with something else', { status: 200, text: '<html>hello</html>' }, { code: 'bad-answer' }],
  ['answers of other events', { status: 200, text: '{"items":[{"create":{"_id":"w-0/1","status":201}}]}' }, { code: 'bad-answer' }],
  ['answers without an end', { status: 200, text: ' '.repeat(2 * 1024 * 1024) }, { code: 'bad-answer', message: expect.stringContaining('too long') }],
  ['ends in the middle', 'cut', { code: 'refused' }],
  ['wants another protocol', { raw: SWITCHED, ends: false }, { code: 'bad-answer', message: expect.stringContaining('101') }],
  ['wants another protocol and ends', { raw: SWITCHED, ends: true }, { code: 'bad-answer' }],
  ['ends behind the head of its answer', { raw: 'HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n', ends: true }, { code: 'refused' }],
  ['ends in its answer', { raw: 'HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"items":[', ends: true }, { code: 'refused' }],
];
test.each(failures)('a collector that %s has taken nothing; afterwards all of it is there, once', async (_, instead, error) => {
  const siem = await collector();
  const row = await withSink(siem.port, { token: tokenFile() });
  siem.instead.push(instead);
  await expect(drain(row, await made.parts())).rejects.toMatchObject(error);
  expect(await sinkStatus(made.site, [row])).toMatchObject([{ sent: 0, at: null }]);
  const all = await made.size();
  expect(await drain(row, await made.parts())).toBe(all);
  expect(siem.seqs()).toEqual(upTo(all));
});

test('a collector that wants another protocol is told as one that fails, and has everything when it does not any more', async () => {
  const siem = await collector();
  const row = await withSink(siem.port);
  siem.instead.push(...Array.from({ length: 3 }, () => ({ raw: SWITCHED, ends: false })));
  let at = Date.now();
  let turns = 0;
  const talk: string[] = [];
  const pause = async (): Promise<void> => {
    at += 2 * 3_600_000;
    turns++;
  };
  await forward([row], { ...(await made.parts({ now: () => at })), pause, over: () => turns >= 8, talk: (line) => talk.push(line) });
  expect(await made.told()).toMatchObject([
    { action: 'sink.failed', detail: { sink: 'siem', kind: 'https', code: 'bad-answer', attempts: 3 } },
    { action: 'sink.resumed', detail: { sink: 'siem' } },
  ]);
  expect(talk.join('\n')).toContain('wants to speak another protocol');
  await drain(row, await made.parts());
  expect(siem.seqs()).toEqual(upTo(await made.size()));
});

test('a kind that waits for what never comes is left when its attempt has ended', async () => {
  const siem = await collector();
  const row = await withSink(siem.port);
  const attempt = new AbortController();
  const send = vi.spyOn(httpsKind, 'send').mockImplementationOnce(() => {
    attempt.abort();
    return new Promise(() => {});
  });
  running.push(() => send.mockRestore());
  await expect(drain(row, await made.parts({ signal: attempt.signal }))).rejects.toMatchObject({ code: 'timeout' });
  expect(await drain(row, await made.parts())).toBe(await made.size());
});

test('no answer puts the token into a sentence, however the collector repeats it', async () => {
  const siem = await collector('opensearch');
  const words = 'wardmux:Quill+feather/9f8e7d';
  const row = await withSink(siem.port, { shape: 'opensearch', token: tokenFile(words) });
  const basic = Buffer.from(words).toString('base64');
  for (const said of [`bad header Basic ${basic}`, `unknown ${words}`, `not the password Quill+feather/9f8e7d`, `BAD ${words.toUpperCase()}`])
    for (const status of [400, 401]) {
      siem.instead.push({ status, text: JSON.stringify({ error: { type: said } }) });
      const refused = await drain(row, await made.parts()).catch((error: unknown) => error as AnchorError);
      expect(refused).toMatchObject({
        code: 'refused',
        message: expect.stringContaining(`HTTP status ${status}, what it says repeats the token and is left out`),
      });
      expect((refused as AnchorError).message).not.toMatch(/quill|9f8e7d/i);
    }
  expect(await drain(row, await made.parts())).toBe(await made.size());
});

test('a collector that takes the request and says nothing is given up, and holds nobody up', async () => {
  const siem = await collector();
  const row = await withSink(siem.port);
  siem.instead.push('silent');
  const attempt = new AbortController();
  siem.arrived = () => attempt.abort();
  await expect(drain(row, await made.parts({ signal: attempt.signal }))).rejects.toMatchObject({ code: 'timeout' });
  siem.arrived = () => {};
  expect(await drain(row, await made.parts())).toBe(await made.size());
});

test('a day without a collector is an event, an alert and nothing lost; it restarts in the middle too', async () => {
  const siem = await collector();
  const row = await withSink(siem.port);
  await siem.stop();
  let at = Date.now();
  let step = 0;
  const hours: (() => unknown)[] = [
    ...Array.from({ length: 12 }, () => () => (at += 2 * 3_600_000)),
    () => made.enter(3),
    async () => {
      await siem.start();
      siem.instead.push('cut');
      at += 2 * 3_600_000;
    },
    () => (at += 2 * 3_600_000),
    () => {},
  ];
  const talk: string[] = [];
  const parts = await made.parts({ now: () => at });
  await forward([row], { ...parts, pause: async () => void (await hours[step++]!()), over: () => step === hours.length, talk: (line) => talk.push(line) });
  expect(await made.told()).toMatchObject([
    { action: 'sink.failed', detail: { sink: 'siem', kind: 'https', code: 'unreachable', attempts: 3 } },
    // After a day it is said again; that time it had come back, and was ended in the middle.
    { action: 'sink.failed', detail: { sink: 'siem', kind: 'https', code: 'refused' } },
    { action: 'sink.resumed', detail: { sink: 'siem', kind: 'https' } },
  ]);
  await drain(row, await made.parts());
  // What `told` enters itself, that somebody read, went too.
  expect(siem.seqs()).toEqual(upTo(await made.size()));
  expect(talk.join('\n')).toContain('nobody listens there');
});

test('a sink that fails by a full disk, and no fault of the collector, is told and asked again later, and holds up no other', async () => {
  const siem = await collector();
  const full = await withSink(siem.port);
  const good = { ...full, name: 'good' } as SinkRow;
  const { home, installation } = made.site;
  const signer = await openSigner(home, installation);
  let at = Date.now();
  let room = false;
  let turns = 0;
  const tried: number[] = [];
  const talk: string[] = [];
  const parts = await made.parts({
    now: () => at,
    keep: async (sink, place) => {
      if (sink === 'siem') tried.push(at);
      if (sink === 'siem' && !room) throw new StorageFault('disk-full', 'siem.json', 'Cannot write siem.json: the disk is full.');
      await writeCursor(home.sinks, sink, place, (bytes) => signer.sign(bytes));
    },
  });
  const pause = async (): Promise<void> => {
    at += 3_600_000;
    turns++;
    if (turns === 8) await made.enter(1);
    if (turns === 16) room = true;
  };
  await forward([full, good], { ...parts, pause, over: () => turns >= 40, talk: (line) => talk.push(line) });
  expect(await made.told()).toMatchObject([
    { action: 'sink.failed', detail: { sink: 'siem', kind: 'https', code: 'disk-full', attempts: 3 } },
    { action: 'sink.resumed', detail: { sink: 'siem' } },
  ]);
  expect(tried.length).toBeGreaterThan(3);
  expect(talk).toContain('siem: Cannot write siem.json: the disk is full.');
  for (const name of ['siem', 'good']) expect(await sinkStatus(made.site, [{ ...full, name } as SinkRow])).toMatchObject([{ sent: (await made.size()) - 1 }]);
});

test('a ledger that does not hold ends the sending to every sink, and is thrown when the last one has ended', async () => {
  const siem = await collector();
  const row = await withSink(siem.port);
  const [bad, slow] = ['bad', 'slow'].map((name) => ({ ...row, name }) as SinkRow);
  const order: string[] = [];
  const [badFailed, slowBegan] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const parts = await made.parts({
    keep: async (sink) => {
      if (sink === 'bad') {
        await slowBegan.promise;
        order.push('bad');
        badFailed.resolve();
        throw new LedgerError('corrupt', 'The ledger does not hold.');
      }
      slowBegan.resolve();
      await badFailed.promise;
      // Whoever waits for the first one alone has heard of it by then.
      await made.enter(1);
      order.push('slow');
      throw new AnchorError('refused', 'Not kept.');
    },
  });
  const ended = forward([bad!, slow!], { ...parts, pause: async () => {}, over: () => false, talk: () => {} }).catch((error: unknown) => {
    order.push('ended');
    throw error;
  });
  await expect(ended).rejects.toMatchObject({ code: 'corrupt' });
  expect(order).toEqual(['bad', 'slow', 'ended']);
});

test('whoever is ended between the answer and the place sends again, and each event is there once', async () => {
  const siem = await collector();
  const row = await withSink(siem.port);
  const gone = new Error('gone');
  await expect(drain(row, await made.parts({ keep: () => Promise.reject(gone) }))).rejects.toBe(gone);
  const all = await made.size();
  expect(siem.seqs()).toEqual(upTo(all));
  expect(await sinkStatus(made.site, [row])).toMatchObject([{ sent: 0 }]);
  expect(await drain(row, await made.parts())).toBe(all);
  expect(siem.came).toHaveLength(2 * all);
  expect(siem.seqs()).toEqual(upTo(all));
});

test('a process of ours that is killed while the collector answers', async () => {
  const siem = await collector();
  const row = await withSink(siem.port, { token: tokenFile() });
  await made.enter(3);
  const child = spawn(process.execPath, [...nodeFlags, commandScript, 'sink', 'run', '--once'], {
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], HOME: made.place, WARDMUX_HOME: made.home },
  });
  const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
  siem.arrived = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  expect(await ended).toBe('SIGKILL');
  siem.arrived = () => {};
  await drain(row, await made.parts());
  expect(siem.seqs()).toEqual(upTo(await made.size()));
  expect(siem.requests.length).toBeGreaterThanOrEqual(2);
});

test('no byte, and no token, goes to another certificate, another name, an old TLS, or a host that the policy does not let this reach', async () => {
  const heardBy = async (...make: Parameters<typeof listen>) => {
    const at = await listen(...make);
    running.push(at.stop);
    return at;
  };
  const other = await heardBy(tlsServer(stranger.issue('localhost', { names: 'DNS:localhost' })));
  const named = await heardBy(tlsServer(authority.issue('other', { names: 'DNS:other.example' })));
  const old = await heardBy(tlsServer(server, OLD_TLS));
  const past = await heardBy(tlsServer(authority.issue('localhost', { names: 'DNS:localhost', from: Date.now() - 9 * DAY_MS, to: Date.now() - DAY_MS })));
  const pinned = { fingerprint: 'ab'.repeat(32) };
  for (const [at, more, network] of [
    [other, {}],
    [named, {}],
    [old, {}],
    [past, {}],
    [other, pinned],
    [other, {}, []],
  ] as const) {
    const row = await withSink(at.port, { token: tokenFile(), ...more }, network);
    await expect(drain(row, await made.parts()), `port ${at.port}`).rejects.toThrow(AnchorError);
    expect(at.heard()).toBe(0);
  }
  const deaf = await heardBy(deafServer);
  const attempt = new AbortController();
  const row = await withSink(deaf.port);
  const given = expect(drain(row, await made.parts({ signal: attempt.signal }))).rejects.toMatchObject({ code: 'timeout' });
  await waitFor(() => expect(deaf.connections()).toBe(1));
  attempt.abort();
  await given;
});

test('a client certificate in place of a token, where the collector asks for one', async () => {
  const siem = await collector('elastic', { ca: authority.self.certificate });
  await expect(drain(await withSink(siem.port), await made.parts())).rejects.toThrow(AnchorError);
  expect(siem.requests).toEqual([]);
  const row = await withSink(siem.port, { certificate: client.certificate, key: client.key });
  expect(await drain(row, await made.parts())).toBe(await made.size());
  expect(siem.requests[0]!.headers.authorization).toBeUndefined();
});

test('a token that others can read, that is none, or that is not there is not used, and no connection is made', async () => {
  const siem = await collector();
  const path = tokenFile();
  const row = await withSink(siem.port, { token: path });
  chmodSync(path, 0o640);
  await expect(drain(row, await made.parts())).rejects.toMatchObject({ code: 'denied', message: expect.stringContaining('chmod 600') });
  chmodSync(path, 0o600);
  for (const words of ['', 'two\nlines', 'ends with a return\r\r', 'ü', 'x'.repeat(9000)]) {
    writeFileSync(path, words);
    await expect(drain(row, await made.parts()), words.slice(0, 20)).rejects.toMatchObject({ code: 'denied' });
  }
  await expect(drain(await withSink(siem.port, { token: join(made.place, 'none') }), await made.parts())).rejects.toThrow(AnchorError);
  await expect(drain(await withSink(siem.port, { token: 'store' }), await made.parts())).rejects.toMatchObject({
    code: 'denied',
    message: expect.stringContaining('wardmux sink token siem'),
  });
  expect(siem.requests).toEqual([]);
});

test('a token of 8192 characters is kept and used, of one more nothing; a refusal wipes it, and so does a store that takes it', async () => {
  const siem = await collector();
  const row = await withSink(siem.port, { token: 'store' });
  const longest = 'x'.repeat(MOST_HIDDEN_BYTES);
  const kept = Buffer.from(`${longest}\n`);
  await keepSinkToken(made.site, row, kept);
  expect(await sinkToken(made.site, row)).toBe(longest);
  const long = Buffer.from(`${longest}x`);
  await expect(keepSinkToken(made.site, row, long)).rejects.toMatchObject({ code: 'no-token', message: expect.stringContaining('8192 characters at most') });
  expect(await sinkToken(made.site, row)).toBe(longest);
  const elsewhere = Buffer.from(TOKEN);
  await expect(keepSinkToken(made.site, { ...row, token: '/nowhere' } as SinkRow, elsewhere)).rejects.toMatchObject({ code: 'no-token' });
  for (const bytes of [kept, long, elsewhere]) expect(bytes.every((byte) => byte === 0)).toBe(true);
  expect(await drain(row, await made.parts())).toBe(await made.size());
  expect(siem.requests[0]!.headers.authorization).toBe(`ApiKey ${longest}`);
});

test('the command keeps a token in the secret store, tests, lists what “sent” means, and sends', async () => {
  const siem = await collector('splunk');
  const row = await withSink(siem.port, { shape: 'splunk', token: 'store' });
  const fd = openSync(tokenFile(), 'r');
  try {
    expect(await made.wardmux('sink', 'token', 'siem', '--token-fd', String(fd))).toMatchObject({ status: 0 });
  } finally {
    try {
      closeSync(fd);
    } catch {
      // The command closed it.
    }
  }
  expect(await made.wardmux('sink', 'test', 'siem')).toMatchObject({ status: 0, out: expect.stringMatching(/^siem\ttaken\t[0-9a-f]{64}\n$/) });
  expect(siem.came.map(({ document }) => (document['event'] as { dataset: string }).dataset)).toEqual(['wardmux.test']);
  expect(siem.requests[0]!.headers.authorization).toBe(`Splunk ${TOKEN}`);
  expect(JSON.parse((await made.wardmux('sink', 'list', '--json')).out)).toMatchObject([
    { name: 'siem', kind: 'https', sent: expect.stringContaining('code 0') },
  ]);
  expect(await made.wardmux('sink', 'run', '--once')).toMatchObject({ status: 0 });
  expect(await sinkStatus(made.site, [row])).toMatchObject([{ waiting: 0 }]);
  expect(await made.wardmux('sink', 'token', 'siem', '--remove')).toMatchObject({
    status: 0,
    err: expect.stringContaining('no token in the secret store any more'),
  });
  expect(await made.wardmux('sink', 'test', 'siem')).toMatchObject({ status: 53, err: expect.stringContaining('has no token') });
});

test('a certificate that ends within 30 days is an event, once a week, and an alert', async () => {
  const soon = new Date(Math.floor(Date.now() / 1000) * 1000 + 20 * DAY_MS);
  const siem = await collector('elastic', { server: authority.issue('localhost', { names: 'DNS:localhost', to: soon.getTime() }) });
  const own = authority.issue('ws7', { to: soon.getTime() + DAY_MS });
  const row = await withSink(siem.port, { certificate: own.certificate, key: own.key });
  const ends = [
    { action: 'sink.certificate', detail: { sink: 'siem', kind: 'https', which: 'server', until: soon.toISOString() } },
    { action: 'sink.certificate', detail: { sink: 'siem', kind: 'https', which: 'own', until: new Date(soon.getTime() + DAY_MS).toISOString() } },
  ];
  await drainOnce(row, await made.parts());
  await made.enter(1);
  await drainOnce(row, await made.parts());
  expect(await made.told()).toEqual(ends);
  // Eight days later it is said again; to whoever has those of other sinks, nothing is.
  await drainOnce(row, await made.parts({ now: () => Date.now() + 8 * DAY_MS }));
  expect(await made.told()).toEqual([...ends, ...ends]);
  expect((await made.wardmux('alerts')).out).toContain('sink-certificate');
  const far = await collector();
  await drainOnce(await withSink(far.port), await made.parts());
  expect(await made.told()).toHaveLength(4);
});
