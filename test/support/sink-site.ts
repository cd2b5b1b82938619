/** An installation whose policy names a sink: what tests of sinks of every kind begin with. */
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { sendingOf, type SendingParts } from '../../main/sending.ts';
import { AuditHost } from '../../src/audit/host.ts';
import { auditParentService, auditService, type AuditParentService, type AuditService } from '../../src/audit/service.ts';
import type { AuditEntry } from '../../src/ledger/events.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { acceptAsItStands } from '../../src/policy/force.fixture.ts';
import { Endpoint } from '../../src/process/endpoint.ts';
import { linkPair } from '../../src/process/link.fixture.ts';
import { appendEvent, openInstallation, policyOf, type OpenInstallation } from '../../src/services/installation/installation.ts';
import { openLedger } from '../../src/services/installation/open-ledger.ts';
import { drainOnce, sinksOf, sinkStatus, type SendParts } from '../../src/services/ledger/sinks.ts';
import type { SinkRow } from '../../src/sinks/kinds.ts';
import type { Issued, TestAuthority } from './certificates.ts';
import { firstHome, ownFolder } from './first-home.ts';
import { runHere, type Printed } from './run-here.ts';

export class SinkSite {
  readonly place: string;
  readonly home: string;
  /** Who has set it up. */
  person = '';
  readonly #ca: string;
  site!: OpenInstallation;

  private constructor(place: string, ca: string) {
    this.place = place;
    this.home = join(place, 'home');
    this.#ca = ca;
  }

  /** @param authority that the sinks trust where a test does not say otherwise */
  static async make({ self }: TestAuthority): Promise<SinkSite> {
    const made = new SinkSite(ownFolder(), self.pem);
    const { identity, person } = await firstHome(made.place);
    identity.destroy();
    made.person = person.id;
    return made;
  }

  /** A policy with this sink comes into force. */
  async withSink(
    row: { readonly kind: SinkRow['kind']; readonly port: number; readonly host?: string } & object,
    network?: readonly string[],
  ): Promise<SinkRow> {
    const { host = 'localhost', port } = row;
    const path = join(this.home, 'policy.json');
    const policy = JSON.parse(readFileSync(path, 'utf8')) as object;
    const pin = 'fingerprint' in row || 'ca' in row ? {} : { ca: this.#ca };
    const sinks = [{ name: 'siem', host, ...pin, ...row }];
    writeFileSync(path, JSON.stringify({ ...policy, network: network ?? [`${host}:${port}`], sinks }));
    await acceptAsItStands(this.home);
    this.site = await openInstallation({ env: { WARDMUX_HOME: this.home, HOME: this.place } });
    return sinksOf((await policyOf(this.site)).policy)[0]!;
  }

  async parts(more: Partial<SendParts> = {}): Promise<SendParts> {
    return {
      site: this.site,
      network: (await policyOf(this.site)).policy.network,
      now: Date.now,
      signal: new AbortController().signal,
      quietMs: 50,
      ...more,
    };
  }

  async enter(count: number): Promise<void> {
    for (let n = 0; n < count; n++) await appendEvent(this.site, { action: 'app.stop' });
  }

  /** Events of the ledger. */
  async size(): Promise<number> {
    const [status] = await sinkStatus(this.site, sinksOf((await policyOf(this.site)).policy));
    return status!.sent + status!.waiting;
  }

  wardmux(...args: string[]): Promise<Printed> {
    return runHere(args, { home: this.home, place: this.place });
  }

  /** What was entered of sinks. */
  async told(): Promise<{ readonly action: string; readonly detail: object }[]> {
    const { out } = await this.wardmux('events', '--action', 'sink.*', '--json');
    const events = out.split('\n').filter(Boolean);
    return events.map((line) => JSON.parse(line) as { action: string; detail: object }).map(({ action, detail }) => ({ action, detail }));
  }

  /** What `wardmux ledger verify --against` says of a file. */
  async verdict(file: string): Promise<string> {
    const { out } = await this.wardmux('ledger', 'verify', '--against', file, '--json');
    return (JSON.parse(out) as { against: { code: string } }).against.code;
  }
}

/** The process that goes through the ledger, with main's ends of it: as the app has them, in this process. */
export async function runningApp(site: OpenInstallation): Promise<{ readonly ledger: Ledger; readonly stop: () => void }> {
  const { ledger, signer } = await openLedger(site.home, site.installation);
  const installed = { ledger, signer, policy: await policyOf(site) };
  const journal = { enter: async (entry: AuditEntry) => (await ledger.append(entry)).seq >= 0 };
  const sending = sendingOf({ home: site.home, installed: { current: installed, require: () => installed } as unknown as SendingParts['installed'], journal });
  const [inside, outside] = linkPair();
  const nothing = (): void => {};
  const main = new Endpoint<AuditParentService, AuditService>({
    table: auditParentService,
    handlers: {
      ...{ ready: nothing, alerts: nothing, blind: nothing },
      sent: async (at) => (await sending.keep(at), {}),
      sink: async (told) => (await sending.enter(told), {}),
      sinkEnds: async (told) => (await sending.enterEnd(told), {}),
      files: () => ({}),
    },
    theirs: auditService,
    ...{ door: () => undefined, frame: nothing, trouble: nothing, bad: nothing },
    post: (message) => outside.post(message),
  });
  outside.onMessage((message) => main.receive(message));
  new AuditHost({ link: inside, now: Date.now, exit: nothing });
  main.tell('configure', { home: site.home.folder });
  main.tell('sinks', sending.sinks());
  return {
    ledger,
    stop: () => {
      outside.close();
      ledger.close();
    },
  };
}

/** Sends what waits as a timer does, and enters nothing of how that went: where a test is of what arrives alone. */
export const drain = (row: SinkRow, parts: SendParts): Promise<number> => drainOnce(row, { enter: async () => {}, ...parts });

/** A server whose bytes are seen. */
export interface Heard {
  readonly port: number;
  /** Bytes that were said to it inside of TLS. */
  readonly heard: () => number;
  /** Connections that it has now. */
  readonly connections: () => number;
  readonly stop: () => Promise<void>;
}

export async function listen(make: () => Server): Promise<Heard> {
  const listening = make();
  const sockets = new Set<Socket>();
  let heard = 0;
  listening.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  listening.on('secureConnection', (socket: Socket) => socket.on('data', (bytes: Buffer) => (heard += bytes.length)));
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return {
    port: (listening.address() as AddressInfo).port,
    heard: () => heard,
    connections: () => sockets.size,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listening.close(resolve));
    },
  };
}

export const tlsServer =
  ({ certificate, key }: Issued, more: object = {}) =>
  (): Server =>
    createTlsServer({ cert: readFileSync(certificate), key: readFileSync(key), ...more }, () => {}) as unknown as Server;

export const deafServer = (): Server => createTcpServer(() => {});

/** TLS that is not taken any more. */
export const OLD_TLS = { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;

/**
 * Passes bytes to the server at that port and back, until a sender has given so many: what is behind them is kept back, and nothing ends. So whoever sends is in the middle of
 * it for as long as the test likes.
 */
export async function holdingAfter(bytes: number, port: number): Promise<Heard> {
  let passed = 0;
  const at = await listen(() =>
    createTcpServer((from) => {
      const to = connect(port, '127.0.0.1');
      to.on('error', () => from.destroy());
      to.on('data', (answer: Buffer) => from.write(answer));
      to.on('close', () => from.destroy());
      from.on('close', () => to.destroy());
      from.on('data', (part: Buffer) => {
        if (passed < bytes) to.write(part);
        passed += part.length;
      });
    }),
  );
  return { ...at, heard: () => passed };
}
