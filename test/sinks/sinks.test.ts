/** Events to a real rsyslog over TLS: in order and all of them, whatever is down, restarts or ends in the middle; and to nobody who is not who the policy names. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test, vi, type TestContext } from 'vitest';
import { AnchorError } from '../../src/anchors/errors.ts';
import { withFileLock } from '../../src/disk/lock.ts';
import type { OpenInstallation } from '../../src/services/installation/installation.ts';
import { drainOnce, forward, sinkStatus, type SendParts } from '../../src/services/ledger/sinks.ts';
import type { SinkRow } from '../../src/sinks/kinds.ts';
import { TestAuthority, type Issued } from '../support/certificates.ts';
import { Collector, noRsyslog } from '../support/rsyslog.ts';
import { runHere } from '../support/run-here.ts';
import { deafServer, drain, listen, OLD_TLS, runningApp, SinkSite, tlsServer, type Heard } from '../support/sink-site.ts';
import { DAY_MS } from '../../src/types/units.ts';
import { waitFor } from '../support/wait-for.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

let authority: TestAuthority;
let stranger: TestAuthority;
let server: Issued;
let client: Issued;
let made: SinkSite;
let place: string;
let home: string;
let site: OpenInstallation;
const running: (() => unknown)[] = [];

beforeAll(() => {
  authority = new TestAuthority('Test CA');
  stranger = new TestAuthority('Another CA');
  // Longer than what is told of ahead of its end.
  const to = Date.now() + 300 * DAY_MS;
  server = authority.issue('localhost', { names: 'DNS:localhost,IP:127.0.0.1', to });
  client = authority.issue('ws7', { to });
});
beforeEach(async () => {
  made = await SinkSite.make(authority);
  ({ place, home } = made);
});
afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
});

async function collector(context: TestContext, wantsCertificate = false): Promise<Collector> {
  const reason = noRsyslog();
  context.skip(reason !== undefined, reason);
  const started = new Collector({ server, ca: authority.self.certificate, wantsCertificate });
  running.push(() => started.stop());
  await started.start();
  return started;
}

async function withSink(port: number, more: Partial<SinkRow> = {}, network?: readonly string[]): Promise<SinkRow> {
  const row = await made.withSink({ kind: 'syslog', port, ...more }, network);
  ({ site } = made);
  return row;
}
const parts = (more: Partial<SendParts> = {}): Promise<SendParts> => made.parts(more);
const enter = (count: number): Promise<void> => made.enter(count);
const size = (): Promise<number> => made.size();
const seqs = (lines: readonly string[]): number[] => lines.flatMap((line) => / seq="(\d+)"/.exec(line)?.[1] ?? []).map(Number);
/** However busy the machine is. */
const WRITTEN_MS = 60_000;
/** The file of the collector, when it has so many different events. */
async function written(at: Collector, events: number): Promise<number[]> {
  await waitFor(() => {
    if (new Set(seqs(at.lines())).size < events) throw new Error('the collector has not written all of them');
  }, WRITTEN_MS);
  return seqs(at.lines());
}
const against = (file: string) => runHere(['ledger', 'verify', '--against', file, '--json'], { home, place });
const verdict = (file: string): Promise<string> => made.verdict(file);
/** It ends with the test. */
async function heardBy(...make: Parameters<typeof listen>): Promise<Heard> {
  const at = await listen(...make);
  running.push(at.stop);
  return at;
}

test('the app sends by itself: what is there, then each event as it is entered; and main keeps the place', async (context) => {
  const siem = await collector(context);
  const row = await withSink(siem.port);
  await enter(3);
  const { ledger, stop } = await runningApp(site);
  running.push(stop);
  const first = await size();
  expect(await written(siem, first)).toEqual(Array.from({ length: first }, (_, n) => n));
  await ledger.append({ action: 'app.stop', detail: {} });
  expect(await written(siem, first + 1)).toEqual(Array.from({ length: first + 1 }, (_, n) => n));
  await waitFor(async () => expect(await sinkStatus(site, [row])).toMatchObject([{ sent: first + 1, waiting: 0 }]), WRITTEN_MS);
});

test('one sends at a time: whoever finds another one at it leaves it alone, and goes on where that one was ended', async (context) => {
  const siem = await collector(context);
  const row = await withSink(siem.port);
  const lock = join(site.home.sinks, 'siem.lock');
  await withFileLock(lock, 'A test', async () => expect(drain(row, await parts())).rejects.toMatchObject({ code: 'busy' }));
  expect(await sinkStatus(site, [row])).toMatchObject([{ sent: 0 }]);
  // Of a process that is gone.
  writeFileSync(lock, '999999999\n');
  expect(await drain(row, await parts())).toBe(await size());
});

test('all events arrive, in order, once; then only what came since; and the file is the ledger', async (context) => {
  const siem = await collector(context);
  const row = await withSink(siem.port);
  await enter(3);
  const first = await size();
  expect(await drain(row, await parts({ batch: 4 }))).toBe(first);
  expect(await written(siem, first)).toEqual(Array.from({ length: first }, (_, n) => n));
  expect(await drain(row, await parts())).toBe(0);
  await enter(2);
  expect(await drain(row, await parts())).toBe(2);
  expect(await written(siem, first + 2)).toEqual(Array.from({ length: first + 2 }, (_, n) => n));
  expect(await sinkStatus(site, [row])).toMatchObject([{ name: 'siem', sent: first + 2, waiting: 0 }]);
  expect(await verdict(siem.log)).toBe('good');
  const text = readFileSync(siem.log, 'utf8');
  expect(text).toContain('person="p-');
  expect(text, 'no name of anybody').not.toMatch(/\bAda\b|Example|signature=/);
  // One byte of one line, and one line less.
  const other = join(place, 'other.log');
  writeFileSync(
    other,
    text.replace(/leaf="(.)/, (_, digit: string) => `leaf="${digit === 'a' ? 'b' : 'a'}`),
  );
  expect(await against(other)).toMatchObject({ status: 51 });
  writeFileSync(other, text.split('\n').toSpliced(3, 1).join('\n'));
  expect(await against(other)).toMatchObject({ status: 50 });
  expect(await runHere(['ledger', 'verify', '--against', join(place, 'none')], { home, place })).toMatchObject({ status: 2 });
});

test('a collector that is down, comes back, and restarts in the middle has everything in order at the end', async (context) => {
  const siem = await collector(context);
  const row = await withSink(siem.port);
  await siem.stop();
  await enter(5);
  await expect(drain(row, await parts())).rejects.toThrow(AnchorError);
  expect(await sinkStatus(site, [row])).toMatchObject([{ sent: 0, at: null }]);
  await siem.start();
  const all = await size();
  expect(await drain(row, await parts({ batch: 3 }))).toBe(all);
  await written(siem, all);
  // It is killed: what it had taken and not written down yet would be lost, as RFC 5425 has no acknowledgement. It has written all of it here.
  await siem.stop('SIGKILL');
  await enter(3);
  await expect(drain(row, await parts())).rejects.toThrow(AnchorError);
  rmSync(join(siem.folder, 'pid'), { force: true });
  await siem.start();
  await drain(row, await parts());
  expect([...new Set(await written(siem, all + 3))]).toEqual(Array.from({ length: all + 3 }, (_, n) => n));
  expect(await verdict(siem.log)).toBe('good');
});

test('a place that was set forward on the disk, or removed, makes nobody pass over an event', async (context) => {
  const siem = await collector(context);
  const row = await withSink(siem.port);
  const all = await drain(row, await parts());
  await enter(2);
  const path = join(home, 'sinks', 'siem.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace(`"size":${all}`, `"size":${all + 2}`));
  // What is not signed is no place: everything goes again, with the same ids.
  expect(await drain(row, await parts())).toBe(all + 2);
  await written(siem, all + 2);
  rmSync(path);
  expect(await drain(row, await parts())).toBe(all + 2);
  await waitFor(() => {
    if (siem.lines().length < 3 * all + 4) throw new Error('not all lines are there');
  }, WRITTEN_MS);
  expect(new Set(seqs(siem.lines())).size).toBe(all + 2);
  expect(await verdict(siem.log)).toBe('good');
});

test('a forwarder sends what is entered while it runs, says after three attempts that it cannot, and that it can again', async (context) => {
  const siem = await collector(context);
  const row = await withSink(siem.port);
  const all = await size();
  let at = Date.now();
  let step = 0;
  const talk: string[] = [];
  const actions: (() => unknown)[] = [
    () => enter(1),
    () => siem.stop(),
    () => enter(1),
    ...Array.from({ length: 4 }, () => () => (at += 3_600_000)),
    () => siem.start(),
    () => (at += 3_600_000),
    () => {},
  ];
  await forward([row], {
    ...(await parts()),
    now: () => at,
    pause: async () => void (await actions[step++]!()),
    over: () => step === actions.length,
    talk: (line) => talk.push(line),
  });
  const events = await size();
  // What was entered here, and that the sink failed and took things again.
  expect(events).toBe(all + 2 + 2);
  expect([...new Set(await written(siem, events - 1))].slice(0, events - 1)).toEqual(Array.from({ length: events - 1 }, (_, n) => n));
  const told = await runHere(['events', '--action', 'sink.*', '--json'], { home, place });
  expect(
    told.out
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as object),
  ).toMatchObject([
    { action: 'sink.failed', detail: { sink: 'siem', kind: 'syslog', attempts: 3, waiting: 1 } },
    { action: 'sink.resumed', detail: { sink: 'siem' } },
  ]);
  expect(talk.join('\n')).toContain('did not take the events');
});

test('a timer’s run that fails is an event, once a day, also beside a forwarder that began anew; the next one that goes says so', async () => {
  const at = await heardBy(tlsServer(server));
  const row = await withSink(at.port);
  await drainOnce(row, await parts());
  const told = async () => (await made.told()).map(({ action, detail }) => [action, detail] as const);
  const down = async (more: Partial<SendParts> = {}): Promise<SendParts> => parts({ network: [], ...more });
  await enter(1);
  await expect(drainOnce(row, await down())).rejects.toThrow(AnchorError);
  await expect(drainOnce(row, await down())).rejects.toThrow(AnchorError);
  const failed = (attempts: number, waiting: number) => ['sink.failed', expect.objectContaining({ sink: 'siem', attempts, waiting })];
  expect(await told()).toEqual([failed(1, 1)]);
  let now = Date.now();
  let turns = 0;
  const forwarding = { pause: async () => void (now += 3_600_000), over: () => turns++ >= 12, talk: () => undefined, now: () => now };
  await forward([row], { ...(await down()), ...forwarding });
  expect(await told()).toEqual([failed(1, 1)]);
  await expect(drainOnce(row, await down({ now: () => Date.now() + 90_000_000 }))).rejects.toThrow(AnchorError);
  expect(await told()).toHaveLength(2);
  await drainOnce(row, await parts());
  await drainOnce(row, await parts());
  expect((await told()).slice(2)).toEqual([['sink.resumed', { sink: 'siem', kind: 'syslog' }]]);
});

test('client certificates: without one nothing goes, with one all of it', async (context) => {
  const siem = await collector(context, true);
  const without = await withSink(siem.port);
  // Its refusal comes when it has looked at what we did not show: it ends the wait, whenever that is.
  await expect(drain(without, await parts({ quietMs: 30_000 }))).rejects.toThrow(AnchorError);
  expect(siem.lines()).toEqual([]);
  const row = await withSink(siem.port, { certificate: client.certificate, key: client.key });
  const all = await drain(row, await parts());
  await written(siem, all);
});

test('no byte of an event goes to somebody else’s certificate, another name, an old TLS, or a host that the policy does not let this reach', async () => {
  const other = await heardBy(tlsServer(stranger.issue('localhost', { names: 'DNS:localhost' })));
  const named = await heardBy(tlsServer(authority.issue('other', { names: 'DNS:other.example' })));
  const old = await heardBy(tlsServer(server, OLD_TLS));
  const plain = await heardBy(deafServer);
  for (const [at, network] of [[other], [named], [old], [other, []]] as const) {
    const row = await withSink(at.port, {}, network ? [...network] : undefined);
    await expect(drain(row, await parts()), `port ${at.port}`).rejects.toThrow(AnchorError);
    expect(at.heard()).toBe(0);
  }
  // A server that says nothing at all is given up.
  const row = await withSink(plain.port);
  const attempt = new AbortController();
  const given = expect(drain(row, await parts({ signal: attempt.signal }))).rejects.toMatchObject({ code: 'timeout' });
  await waitFor(() => expect(plain.connections()).toBe(1));
  attempt.abort();
  await given;
});

test('the command lists, tests and sends; a sink that the policy does not name is none', async (context) => {
  const siem = await collector(context);
  await withSink(siem.port);
  const wardmux = (...args: string[]) => runHere(args, { home, place });
  expect((await wardmux('sink', 'list')).out).toContain(`localhost:${siem.port}`);
  expect(await wardmux('sink', 'test', 'siem')).toMatchObject({ status: 0, out: expect.stringMatching(/^siem\ttaken\t[0-9a-f]{64}\n$/) });
  expect(await wardmux('sink', 'run', '--once')).toMatchObject({ status: 0, out: expect.stringMatching(/^siem\t\d+\n$/) });
  expect(JSON.parse((await wardmux('sink', 'status', '--json')).out)).toMatchObject([{ name: 'siem', waiting: 0 }]);
  expect(await wardmux('sink', 'test', 'other')).toMatchObject({ status: 1, err: expect.stringContaining('names no sink') });
  await siem.stop();
  expect(await wardmux('sink', 'test', 'siem', '--json')).toMatchObject({ status: 53, out: expect.stringContaining('"taken": false') });
});
