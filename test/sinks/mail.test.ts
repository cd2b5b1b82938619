/** Alerts by e-mail through a real relay (aiosmtpd) and to a webhook: each once, and again only where a connection broke; nobody's name; nothing in the clear, or to a relay that is not who the policy names. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterEach, beforeAll, beforeEach, expect, test, vi, type TestContext } from 'vitest';
import { AnchorError } from '../../src/anchors/errors.ts';
import { appendEvent } from '../../src/services/installation/installation.ts';
import { drainOnce, forward, sinkStatus } from '../../src/services/ledger/sinks.ts';
import type { SinkRow } from '../../src/sinks/kinds.ts';
import { DAY_MS } from '../../src/types/units.ts';
import { TestAuthority, type Issued } from '../support/certificates.ts';
import { JsonCollector } from '../support/json-collector.ts';
import { MailRelay, noRelay } from '../support/mail-relay.ts';
import { deafServer, drain, listen, OLD_TLS, runningApp, SinkSite, tlsServer, type Heard } from '../support/sink-site.ts';
import { waitFor } from '../support/wait-for.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const TOKEN = 'Quillfeather-9f8e7d';
const FROM = 'wardmux@example.org';
const TO = ['on-call@example.org', 'it-security@example.org'];

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

async function relay(context: TestContext, mode: 'implicit' | 'starttls' | 'none', account?: readonly [string, string]): Promise<MailRelay> {
  const reason = noRelay();
  context.skip(reason !== undefined, reason);
  const started = new MailRelay({ mode, server, ...(account && { account }) });
  running.push(() => started.stop());
  await started.start();
  return started;
}

const withMail = (port: number, more: object = {}, network?: readonly string[]): Promise<SinkRow> =>
  made.withSink({ kind: 'mail', port, tls: 'starttls', from: FROM, to: TO, ...more } as { kind: 'mail'; port: number }, network);

/** Each is an alert of its own: `tampered`. @returns the number of the event */
async function raise(person?: string): Promise<void> {
  await appendEvent(made.site, { action: 'backoff.tampered', detail: { how: 'missing' }, ...(person === undefined ? {} : { person }) });
}

const header = (text: string, name: string): string => new RegExp(`^${name}: (.*)\\r$`, 'm').exec(text)?.[1] ?? '';
/** Of the hour at which the test runs, and of the policies that name the sink: they come in every ledger here. */
const always = ['odd-hours', 'policy-weaker'];
const ruleOf = (text: string): string => /^Alert: +([a-z-]+),/m.exec(text)?.[1] ?? '';
/** Rules of the mails, in order, but for those that are always there. */
const rulesOf = (at: MailRelay): string[] => at.mails.map(({ text }) => ruleOf(text)).filter((rule) => !always.includes(rule));

function tokenFile(words = TOKEN): string {
  const path = join(made.place, 'token');
  writeFileSync(path, `${words}\n`, { mode: 0o600 });
  return path;
}

for (const mode of ['implicit', 'starttls'] as const)
  test(`${mode}: open alerts go, each once, to all that it is for; then only those that were raised since`, async (context) => {
    const at = await relay(context, mode);
    const row = await withMail(at.port, { tls: mode });
    await raise();
    await raise();
    const [before] = await sinkStatus(made.site, [row]);
    expect(before).toMatchObject({ of: 'alerts', sent: 0 });
    expect(await drain(row, await made.parts())).toBe(before!.waiting);
    expect(at.mails).toHaveLength(before!.waiting);
    expect(rulesOf(at)).toEqual(['tampered', 'tampered']);
    for (const { from, to, tls, ehlo, user } of at.mails)
      expect({ from, to, tls, ehlo, user }).toEqual({ from: FROM, to: TO, tls: true, ehlo: '[127.0.0.1]', user: null });
    expect(await drain(row, await made.parts())).toBe(0);
    await made.enter(3);
    await raise();
    expect(await drain(row, await made.parts())).toBe(1);
    expect(rulesOf(at)).toEqual(['tampered', 'tampered', 'tampered']);
    expect(new Set(at.mails.map(({ text }) => header(text, 'Message-ID'))).size).toBe(before!.waiting + 1);
    expect(await sinkStatus(made.site, [row])).toMatchObject([{ waiting: 0 }]);
  });

test('a mail says the rule and its numbers; whose and where only where the row says so; and never a name', async (context) => {
  const at = await relay(context, 'starttls');
  const { person } = made;
  const quiet = await withMail(at.port);
  await raise(person);
  await drain(quiet, await made.parts());
  const last = at.mails.at(-1)!.text;
  expect(last).toMatch(/^(?:[ -~]{0,200}\r\n)+$/);
  expect(header(last, 'Subject')).toMatch(/^\[Wardmux\] Page: tampered \(event \d+ of w-[0-9a-f]{12}\)$/);
  expect(header(last, 'Auto-Submitted')).toBe('auto-generated');
  expect(header(last, 'Message-ID')).toMatch(/^<w-[0-9a-f]{12}\.\d+\.tampered@example\.org>$/);
  expect(last).not.toContain('On: ');
  for (const { text } of at.mails) {
    expect(text).not.toContain(person);
    expect(text).not.toMatch(/\bAda\b|Example\b|missing/);
    expect(text).not.toContain(made.place);
  }
  const telling = await withMail(at.port, { name: 'telling', tells: ['host', 'people'], only: 'page' });
  const before = at.mails.length;
  await drain(telling, await made.parts());
  const told = at.mails.slice(before);
  expect(told.find(({ text }) => text.includes('tampered'))!.text).toMatch(new RegExp(`^About: +${person}\\r$`, 'm'));
  for (const { text } of told) {
    expect(text).toMatch(/^On: +[!-~]+\r$/m);
    expect(header(text, 'Subject')).toContain('Page: ');
    expect(text).not.toMatch(/\bAda\b|Example\b|missing/);
  }
});

test('what has not happened by its time is told once too, also where the clock is set back behind it', async (context) => {
  const at = await relay(context, 'starttls');
  const row = await withMail(at.port);
  await drain(row, await made.parts());
  const two = Date.now() + 2 * DAY_MS;
  const before = rulesOf(at).length;
  const later = async (now: number): Promise<string[]> => {
    await drain(row, await made.parts({ now: () => now }));
    return rulesOf(at).slice(before);
  };
  expect(await later(two)).toEqual(['not-verified']);
  expect(await later(two + 1000)).toEqual(['not-verified']);
  // Back to today, and on: what a month without a review raises is told at its time, whatever was told before.
  await later(Date.now());
  expect((await later(Date.now() + 40 * DAY_MS)).filter((rule) => rule === 'review-overdue')).toHaveLength(1);
});

test('down for hours, then back: events, alerts, and every mail once', async (context) => {
  const at = await relay(context, 'starttls');
  const row = await withMail(at.port);
  await drain(row, await made.parts());
  const count = rulesOf(at).length;
  await at.stop('SIGKILL');
  await raise();
  let now = Date.now();
  let turns = 0;
  const talk: string[] = [];
  const pause = async (): Promise<void> => {
    now += 3_600_000;
    turns++;
    if (turns === 6) await at.start();
  };
  await forward([row], { ...(await made.parts({ now: () => now })), pause, over: () => turns >= 12, talk: (line) => talk.push(line) });
  expect(await made.told()).toMatchObject([
    { action: 'sink.failed', detail: { sink: 'siem', kind: 'mail', code: 'unreachable', attempts: 3, waiting: 1 } },
    { action: 'sink.resumed', detail: { sink: 'siem', kind: 'mail' } },
  ]);
  // In the order of their events, then what should have happened meanwhile.
  expect(rulesOf(at).slice(count)).toEqual(['tampered', 'sink-fails', 'sink-silent']);
  expect(talk.join('\n')).toMatch(/alerts went to localhost:/);
});

test('a mail that the relay takes for some only goes to nobody, and holds up what comes behind it until the policy is mended', async (context) => {
  const at = await relay(context, 'starttls');
  const row = await withMail(at.port, { to: ['on-call@example.org', 'nobody@example.org'] });
  await expect(drain(row, await made.parts())).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringMatching(/address 2 of 2 \(550 5\.1\.1 no such mailbox\)/),
  });
  expect(at.mails).toEqual([]);
  await raise();
  await drain(await withMail(at.port), await made.parts());
  expect(at.mails.map(({ text }) => ruleOf(text)).filter((rule) => rule === 'policy-weaker')).toHaveLength(2);
  expect(rulesOf(at)).toEqual(['tampered']);
});

test('user and token are shown inside of TLS alone; a wrong one is a sentence without it', async (context) => {
  const at = await relay(context, 'starttls', ['ws7', TOKEN]);
  const row = await withMail(at.port, { user: 'ws7', token: tokenFile() });
  await drain(row, await made.parts());
  expect(new Set(at.mails.map(({ user }) => user))).toEqual(new Set(['ws7']));
  const count = at.mails.length;
  await raise();
  tokenFile('something-else');
  await expect(drain(row, await made.parts())).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringMatching(/does not let this workstation in.*\(535/),
  });
  expect(at.mails).toHaveLength(count);
});

test('nothing goes without TLS: a relay that has none hears EHLO and no more', async (context) => {
  const at = await relay(context, 'none');
  const row = await withMail(at.port);
  await expect(drain(row, await made.parts())).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringContaining('does not offer STARTTLS, and nothing goes in the clear'),
  });
  await expect(drain(await withMail(at.port, { tls: 'implicit' }), await made.parts())).rejects.toThrow(AnchorError);
  expect(at.mails).toEqual([]);
});

/** A relay of our own, which answers each time that it hears something, or ends (`cut`): what is said to it in the clear, and what inside of TLS. */
async function liar({
  plain = ['220 relay\r\n', '250-relay\r\n250 STARTTLS\r\n', '220 go\r\n'],
  inside = [],
  issued = server,
}: {
  readonly plain?: readonly string[];
  readonly inside?: readonly string[];
  readonly issued?: Issued;
}): Promise<Heard & { readonly clear: string[]; readonly sealed: string[] }> {
  const [clear, sealed]: [string[], string[]] = [[], []];
  const [cert, key] = [issued.certificate, issued.key].map((path) => readFileSync(path));
  const at = await listen(
    () =>
      createTcpServer((socket: Socket) => {
        const [hello, ...rest] = plain;
        socket.write(hello!);
        const hear = (bytes: Buffer): void => {
          clear.push(bytes.toString('latin1'));
          const next = rest.shift();
          if (next === undefined) return;
          socket.write(next);
          if (rest.length > 0) return;
          socket.off('data', hear);
          const answers = [...inside];
          const tls = new TLSSocket(socket, { isServer: true, cert, key } as ConstructorParameters<typeof TLSSocket>[1]);
          tls.on('error', () => {});
          tls.on('data', (said: Buffer) => {
            sealed.push(said.toString('latin1'));
            const answer = answers.shift();
            if (answer === 'cut') socket.destroy();
            else if (answer !== undefined) tls.write(answer);
          });
        };
        socket.on('data', hear);
      }) as Server,
  );
  running.push(at.stop);
  return { ...at, clear, sealed };
}

test('what a relay says beyond its reply before TLS begins is not taken for something that was said inside of it', async () => {
  for (const extra of ['250 AUTH PLAIN\r\n', '2', '\r\n', '250-more']) {
    const at = await liar({ plain: ['220 relay\r\n', '250 STARTTLS\r\n', `220 go\r\n${extra}`] });
    await expect(drain(await withMail(at.port), await made.parts()), JSON.stringify(extra)).rejects.toThrow(AnchorError);
    expect(at.clear.join('')).not.toMatch(/AUTH|MAIL/);
    expect(at.sealed).toEqual([]);
  }
  const mail = ['250 ok\r\n', '250 ok\r\n', '250 ok\r\n', '354 go\r\n', '250 taken\r\n'];
  const own = await liar({ inside: ['250-relay\r\n250 AUTH PLAIN LOGIN\r\n', '235 in\r\n', ...Array.from({ length: 8 }, () => mail).flat()] });
  const row = await withMail(own.port, { user: 'ws7', token: tokenFile() });
  await drain(row, await made.parts());
  expect(own.sealed.join('')).toContain(`AUTH PLAIN ${Buffer.from(`\0ws7\0${TOKEN}`).toString('base64')}`);
  expect(own.clear).toEqual(['EHLO [127.0.0.1]\r\n', 'STARTTLS\r\n']);
});

test('one that was on its way when the connection broke goes once more, with the Message-ID that it had', async (context) => {
  const breaking = await liar({ inside: ['250 relay\r\n', '250 ok\r\n', '250 ok\r\n', '250 ok\r\n', '354 go\r\n', 'cut'] });
  const row = await withMail(breaking.port);
  await expect(drain(row, await made.parts())).rejects.toMatchObject({ code: 'refused' });
  expect(await sinkStatus(made.site, [row])).toMatchObject([{ sent: 0, at: null }]);
  const first = header(breaking.sealed.at(-1)!, 'Message-ID');
  const at = await relay(context, 'starttls');
  await drain(await withMail(at.port), await made.parts());
  expect(first).toMatch(/^<w-/);
  expect(at.mails.filter(({ text }) => header(text, 'Message-ID') === first)).toHaveLength(1);
});

test('a relay that repeats the token, in whatever form, puts it into no sentence', async () => {
  for (const form of [TOKEN, Buffer.from(TOKEN).toString('base64'), Buffer.from(`\0ws7\0${TOKEN}`).toString('base64')]) {
    const at = await liar({ inside: ['250-relay\r\n250 AUTH PLAIN\r\n', `535 no ${form}\r\n`] });
    const row = await withMail(at.port, { user: 'ws7', token: tokenFile() });
    await expect(drain(row, await made.parts())).rejects.toMatchObject({ message: expect.stringContaining('repeats the token and is left out') });
  }
});

test('no mail and no token to another certificate, another name, an old TLS, or a host that the policy does not let this reach; and a deaf one is given up', async () => {
  const more = { tls: 'implicit', user: 'ws7', token: tokenFile() };
  const elsewhere = stranger.issue('localhost', { names: 'DNS:localhost' });
  const otherName = authority.issue('other', { names: 'DNS:other.example.org' });
  for (const make of [tlsServer(elsewhere), tlsServer(otherName), tlsServer(server, OLD_TLS)]) {
    const at = await listen(make);
    running.push(at.stop);
    await expect(drain(await withMail(at.port, more), await made.parts())).rejects.toThrow(AnchorError);
    expect(at.heard()).toBe(0);
  }
  const starting = await liar({ issued: elsewhere });
  await expect(drain(await withMail(starting.port, { ...more, tls: 'starttls' }), await made.parts())).rejects.toMatchObject({ code: 'bad-certificate' });
  expect(starting.sealed).toEqual([]);
  const pinned = await liar({});
  await expect(drain(await withMail(pinned.port, { tls: 'starttls', fingerprint: 'ab'.repeat(32) }), await made.parts())).rejects.toMatchObject({
    code: 'bad-certificate',
  });
  expect(pinned.sealed).toEqual([]);
  const at = await liar({});
  await expect(drain(await withMail(at.port, {}, ['elsewhere.example.org']), await made.parts())).rejects.toMatchObject({ code: 'not-allowed' });
  expect(at.clear).toEqual([]);
  const deaf = await listen(deafServer);
  running.push(deaf.stop);
  const attempt = new AbortController();
  const given = expect(drain(await withMail(deaf.port), await made.parts({ signal: attempt.signal }))).rejects.toMatchObject({ code: 'timeout' });
  await waitFor(() => expect(deaf.connections()).toBe(1));
  attempt.abort();
  await given;
});

test('the app sends them by itself, as they are raised, and main keeps the place', async (context) => {
  const at = await relay(context, 'starttls');
  const row = await withMail(at.port);
  const app = await runningApp(made.site);
  running.push(app.stop);
  await waitFor(() => expect(at.mails.map(({ text }) => ruleOf(text))).toContain('policy-weaker'));
  await app.ledger.append({ action: 'backoff.tampered', detail: { how: 'missing' } });
  await waitFor(() => expect(rulesOf(at)).toEqual(['tampered']));
  await waitFor(async () => expect(await sinkStatus(made.site, [row])).toMatchObject([{ waiting: 0 }]));
});

test('the command tests, lists what “sent” means, says what waits, and sends', async (context) => {
  const at = await relay(context, 'starttls');
  await withMail(at.port);
  expect(await made.wardmux('sink', 'test', 'siem')).toMatchObject({ status: 0, out: expect.stringMatching(/^siem\ttaken\t[0-9a-f]{64}\n$/) });
  expect(header(at.mails[0]!.text, 'Subject')).toMatch(/^\[Wardmux\] A test of w-[0-9a-f]{12}: no alert$/);
  expect(JSON.parse((await made.wardmux('sink', 'list', '--json')).out)).toMatchObject([{ kind: 'mail', sent: expect.stringContaining('said 250') }]);
  expect((await made.wardmux('sink', 'status')).out).toMatch(/ [1-9] alerts +never/);
  expect(await made.wardmux('sink', 'run', '--once')).toMatchObject({ status: 0, out: expect.stringMatching(/^siem\t[1-9]\n$/) });
  expect((await made.wardmux('sink', 'status')).out).toMatch(/ 0 alerts +\d{4}-/);
  expect(at.mails.slice(1).map(({ text }) => ruleOf(text))).toContain('policy-weaker');
});

test('webhook: a document an alert, each once, with its token; one that is refused holds up those behind it', async () => {
  const at = new JsonCollector({ server, shape: 'hook' });
  running.push(() => at.stop());
  await at.start();
  const row = await made.withSink({ kind: 'webhook', port: at.port, path: '/hooks/wardmux', token: tokenFile(), tells: ['people'] } as never);
  const { person } = made;
  await raise(person);
  await raise();
  const installation = made.site.installation.id;
  const [status] = await sinkStatus(made.site, [row]);
  // The first is answered as taken, the second is not.
  at.instead.push({ status: 200, text: '' }, { status: 503, text: 'busy' });
  await expect(drainOnce(row, await made.parts())).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('503') });
  expect(at.came).toEqual([]);
  // What was refused stays first, what was taken goes no more, and that it failed is one itself.
  expect(await drain(row, await made.parts())).toBeGreaterThanOrEqual(status!.waiting);
  const rules = at.came.map(({ document }) => String(document['rule']));
  expect(rules.filter((rule) => !always.includes(rule))).toEqual(['tampered', 'tampered', 'sink-fails']);
  expect(at.requests[0]).toMatchObject({ path: '/hooks/wardmux', headers: { authorization: `Bearer ${TOKEN}` } });
  const { document } = at.came.find((each) => each.document['rule'] === 'tampered')!;
  expect(document).toMatchObject({
    rule: 'tampered',
    severity: 'page',
    owner: 'security',
    installation,
    people: [person],
    text: expect.stringContaining('cannot wait'),
  });
  expect(Object.keys(document).toSorted()).toEqual(
    ['due', 'events', 'help', 'id', 'installation', 'owner', 'people', 'raised', 'rule', 'seq', 'severity', 'text'].toSorted(),
  );
  expect(JSON.stringify(at.came)).not.toMatch(/\bAda\b|Example\b|missing/);
  expect(await drain(row, await made.parts())).toBe(0);
  expect(await made.wardmux('sink', 'test', 'siem')).toMatchObject({ status: 0 });
});
