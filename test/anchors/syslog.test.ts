/** Heads to real collectors: rsyslog with TLS, and servers that misbehave as real ones do. */
import { createConnection, createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, type TestContext } from 'vitest';
import { START, temporary, TestLedger } from '../../src/anchors/fixture.ts';
import { AnchorKeeper, BACKOFF_MS } from '../../src/anchors/keeper.ts';
import { readHeads } from '../../src/anchors/known.ts';
import { AnchorStore } from '../../src/anchors/store.ts';
import { syslogChannel, syslogMessage } from '../../src/anchors/syslog.ts';
import type { Channel } from '../../src/anchors/kind.ts';
import type { AnchorProof } from '../../src/anchors/kinds.ts';
import type { SyslogAnchor } from '../../src/anchors/syslog.ts';
import { TestAuthority, type Issued } from '../support/certificates.ts';
import { Collector, noRsyslog } from '../support/rsyslog.ts';
import { waitFor } from '../support/wait-for.ts';

let authority: TestAuthority;
let stranger: TestAuthority;
let server: Issued;
let client: Issued;
let ledger: TestLedger;
const running: (() => Promise<unknown> | unknown)[] = [];
const signal = (): AbortSignal => new AbortController().signal;

beforeAll(() => {
  authority = new TestAuthority('Test CA');
  stranger = new TestAuthority('Another CA');
  server = authority.issue('localhost', { names: 'DNS:localhost,IP:127.0.0.1' });
  client = authority.issue('ws7');
});
beforeEach(() => {
  ledger = new TestLedger();
  ledger.grow(5);
});
afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
});
afterAll(async () => {
  for (const stop of running.splice(0)) await stop();
});

async function collector(context: TestContext, options: { readonly server?: Issued; readonly wantsCertificate?: boolean } = {}): Promise<Collector> {
  const reason = noRsyslog();
  context.skip(reason !== undefined, reason);
  const started = new Collector({ server, ca: authority.self.certificate, ...options });
  running.push(() => started.stop());
  await started.start();
  return started;
}

/** @param quietMs shorter than in the product, where nothing depends on it */
function channel(port: number, row: Partial<SyslogAnchor> = {}, network?: readonly string[], quietMs = 50): Channel<AnchorProof> {
  const { host = 'localhost' } = row;
  const pin = 'ca' in row || 'fingerprint' in row ? {} : { ca: authority.self.pem };
  return syslogChannel({
    row: { name: 'siem', kind: 'syslog', host, port, ...pin, ...row },
    installation: ledger.installation,
    network: network ?? [`${host}:${port}`],
    quietMs,
  });
}

const fingerprintOf = ({ pem }: Issued): string => new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();

/** A server that does what the callback says with a connection. */
async function serve(make: () => Server): Promise<number> {
  const listening = make();
  const sockets = new Set<Socket>();
  listening.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  running.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => listening.close(resolve));
  });
  return (listening.address() as AddressInfo).port;
}

const tlsOptions = (issued: Issued) => ({ key: readFileSync(issued.key), cert: issued.pem });

describe('rsyslog', () => {
  test('writes down the whole message, and the head can be read back from its log', async (context) => {
    const siem = await collector(context);
    const head = await ledger.head();
    expect(await channel(siem.port).send(head, signal())).toEqual({ kind: 'syslog', server: `localhost:${siem.port}`, certificate: fingerprintOf(server) });
    await waitFor(() => expect(siem.lines()).toHaveLength(1));
    expect(siem.lines()[0]).toMatch(
      /^<110>1 2026-11-22T08:15:00\.000Z \S+ wardmux - head \[wardmux@32473 installation="w-0123456789ab" size="5" root="[0-9a-f]{64}" time="/,
    );
    expect(readHeads(siem.log, ledger.key)).toEqual({ heads: [{ ...head, source: siem.log }], foreign: 0, tooLong: 0, unknown: 0 });
  });

  test('by its fingerprint alone, and by address', async (context) => {
    const siem = await collector(context);
    await channel(siem.port, { fingerprint: fingerprintOf(server) }).send(await ledger.head(), signal());
    await channel(siem.port, { host: '127.0.0.1', ca: authority.self.pem }).send(await ledger.head(), signal());
    await waitFor(() => expect(siem.lines()).toHaveLength(2));
  });

  test('that wants a certificate: with one it is sent; without one it is refused, though a TLS 1.3 client could write', async (context) => {
    const siem = await collector(context, { wantsCertificate: true });
    const head = await ledger.head();
    const foreign = stranger.issue('ws7');
    const send = (own?: Issued): Promise<unknown> =>
      channel(siem.port, { ca: authority.self.pem, ...(own ? { certificate: own.certificate, key: own.key } : {}) }, undefined, 1000).send(head, signal());
    await send(client);
    await waitFor(() => expect(siem.lines()).toHaveLength(1));
    await expect(send()).rejects.toMatchObject({ name: 'AnchorError', code: 'refused' });
    await expect(send(foreign)).rejects.toMatchObject({ name: 'AnchorError', code: 'refused' });
    // What comes after is written down, so the two were not only late.
    await send(client);
    await waitFor(() => expect(siem.lines()).toHaveLength(2));
  });

  test('is down for a day, is there for a moment, is killed and comes back: every minute ends with the newest head', async (context) => {
    const siem = await collector(context);
    const { port } = siem;
    let now = START;
    const keeper = new AnchorKeeper({
      anchors: [
        {
          row: { name: 'siem', kind: 'syslog', host: 'localhost', port, ca: authority.self.pem },
          channel: channel(port),
          store: new AnchorStore(join(temporary(), 'siem')),
        },
      ],
      key: ledger.key,
      history: ledger.history,
      now: () => now,
      enter: () => {},
      sign: (bytes) => ledger.signer.sign(bytes),
      random: () => 1,
    });
    const pass = async (minutes: number): Promise<void> => {
      for (let n = 0; n < minutes; n++) {
        now += 60_000;
        ledger.grow(1);
        keeper.offer((await ledger.head(now)).note);
        keeper.tick();
        await keeper.idle();
      }
    };
    await keeper.load((await ledger.head(now)).note);
    await pass(2);
    await waitFor(() => expect(siem.lines()).toHaveLength(2));
    await siem.stop('SIGKILL');
    await pass(24 * 60);
    expect(keeper.view()[0]).toMatchObject({ grade: 'not-anchored', failing: { code: 'unreachable' } });
    await siem.start();
    await pass(Math.ceil(BACKOFF_MS.most / 60_000));
    expect(keeper.view()[0]).toMatchObject({ grade: 'anchored', failing: null });
    const newest = ledger.events.length;
    await waitFor(() => {
      const { heads } = readHeads(siem.log, ledger.key);
      expect(heads.length).toBeGreaterThan(2);
      expect(heads.at(-1)!.size).toBeGreaterThan(newest - 11);
    });
    // In order, each once.
    const sizes = readHeads(siem.log, ledger.key).heads.map(({ size }) => size);
    expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => a - b));
    await keeper.close();
  });
});

describe('the wrong server gets nothing', () => {
  const wrong: readonly (readonly [string, () => { server: Issued; row?: Partial<SyslogAnchor> }])[] = [
    ['another CA', () => ({ server: stranger.issue('localhost', { names: 'DNS:localhost' }) })],
    ['another name', () => ({ server: authority.issue('elsewhere', { names: 'DNS:elsewhere.example.org' }) })],
    ['a certificate that expired', () => ({ server: authority.issue('localhost', { names: 'DNS:localhost', to: Date.now() - 1000 }) })],
    [
      'a certificate of tomorrow',
      () => ({ server: authority.issue('localhost', { names: 'DNS:localhost', from: Date.now() + 3_600_000, to: Date.now() + 7_200_000 }) }),
    ],
    ['another fingerprint', () => ({ server, row: { fingerprint: '0'.repeat(64) } })],
    ['the right CA and another fingerprint', () => ({ server, row: { ca: authority.self.pem, fingerprint: '0'.repeat(64) } })],
    [
      'the right fingerprint, and expired',
      () => {
        const old = authority.issue('localhost', { to: Date.now() - 1000 });
        return { server: old, row: { fingerprint: fingerprintOf(old) } };
      },
    ],
  ];
  test.each(wrong)('%s', async (_, make) => {
    const { server: shown, row } = make();
    let heard = '';
    const port = await serve(
      () => createTlsServer(tlsOptions(shown), (socket) => socket.on('data', (bytes) => (heard += bytes.toString()))) as unknown as Server,
    );
    await expect(channel(port, row).send(await ledger.head(), signal())).rejects.toMatchObject({ name: 'AnchorError', code: 'bad-certificate' });
    expect(heard).toBe('');
  });

  test('TLS 1.1 is not spoken', async () => {
    const port = await serve(
      () => createTlsServer({ ...tlsOptions(server), minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }) as unknown as Server,
    );
    await expect(channel(port).send(await ledger.head(), signal())).rejects.toMatchObject({ name: 'AnchorError' });
  });

  test('a host that the policy does not name is not even connected to', async () => {
    let connections = 0;
    const port = await serve(() => createTcpServer(() => connections++));
    for (const network of [[], ['localhost:1'], ['example.org'], [`localhost:${port}0`]])
      await expect(channel(port, {}, network).send(await ledger.head(), signal())).rejects.toMatchObject({
        code: 'not-allowed',
        message: expect.stringContaining('network in policy.json'),
      });
    expect(connections).toBe(0);
  });
});

/** Does something to the TCP connection as soon as the handshake is done. */
function afterHandshake(act: (raw: Socket) => void): Server {
  const raws: Socket[] = [];
  const listening = createTlsServer(tlsOptions(server), () => act(raws.at(-1)!));
  listening.on('connection', (raw: Socket) => raws.push(raw));
  return listening as unknown as Server;
}

describe('a server that misbehaves: not sent', () => {
  test.each<[string, () => Server, string]>([
    ['it accepts and says nothing', () => createTcpServer(), 'timeout'],
    ['it closes at once', () => createTcpServer((socket) => socket.destroy()), 'refused'],
    ['it speaks something else', () => createTcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')), 'refused'],
    [
      'it takes the message and never closes',
      () => createTlsServer({ ...tlsOptions(server), allowHalfOpen: true }, (socket) => socket.resume()) as unknown as Server,
      'timeout',
    ],
    ['it resets after the handshake', () => afterHandshake((raw) => raw.resetAndDestroy()), 'refused'],
    ['it closes after the handshake, as rsyslog does with a sender that it does not know', () => afterHandshake((raw) => raw.destroy()), 'refused'],
  ])('%s', async (_, make, code) => {
    const port = await serve(make);
    const controller = new AbortController();
    // What the server does ends the wait, whenever that is.
    const sending = channel(port, {}, undefined, 30_000).send(await ledger.head(), controller.signal);
    if (code === 'timeout') {
      // The keeper's own limit aborts like this.
      await new Promise((resolve) => setImmediate(resolve));
      controller.abort();
    }
    await expect(sending).rejects.toMatchObject({ name: 'AnchorError', code });
  });

  test('nobody listens', async () => {
    const port = await serve(() => createTcpServer());
    for (const stop of running.splice(0)) await stop();
    await expect(channel(port).send(await ledger.head(), signal())).rejects.toMatchObject({ name: 'AnchorError', code: 'unreachable' });
  });

  test('the key file is not there', async () => {
    await expect(
      channel(1, { ca: authority.self.pem, certificate: '/nonexistent', key: '/nonexistent' }).send(await ledger.head(), signal()),
    ).rejects.toMatchObject({ code: 'gone' });
  });
});

test('nothing goes over the wire in the clear', async (context) => {
  const siem = await collector(context);
  const seen: Buffer[] = [];
  const port = await serve(() =>
    createTcpServer((socket) => {
      const onward = createConnection(siem.port, '127.0.0.1');
      socket.on('data', (bytes) => seen.push(bytes)).pipe(onward);
      onward.on('data', (bytes) => seen.push(bytes)).pipe(socket);
      onward.on('error', () => socket.destroy());
    }),
  );
  const head = await ledger.head();
  await channel(port).send(head, signal());
  await waitFor(() => expect(siem.lines()).toHaveLength(1));
  const wire = Buffer.concat(seen).toString('latin1');
  expect(wire.length).toBeGreaterThan(1000);
  for (const word of ['wardmux', ledger.installation, head.root, Buffer.from(head.note).toString('base64').slice(0, 40)]) expect(wire).not.toContain(word);
});

test('a message is ASCII, has no quote that ends a value early, and stays below what a collector has to take, or with two signatures should', async () => {
  ledger.grow(100);
  const head = await ledger.head();
  const lines = head.note.split('\n');
  expect(lines.filter((line) => line.startsWith('— '))).toHaveLength(2);
  const ofOne = { ...head, note: `${lines.slice(0, -2).join('\n')}\n` };
  // RFC 5425, section 4.3.1: 2,048 bytes must be taken, 8,192 should be.
  for (const [sent, limit] of [
    [ofOne, 2048],
    [head, 8192],
  ] as const) {
    const message = syslogMessage(sent, ledger.installation, 'Wörk station\n7"]'.repeat(100));
    expect(message).toMatch(/^[ -~]+$/);
    expect(Buffer.byteLength(message)).toBeLessThan(limit);
    expect(message.split(' ')[2]!.length).toBeLessThanOrEqual(255);
  }
});
