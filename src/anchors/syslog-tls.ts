/**
 * RFC 5424 messages over TLS (RFC 5425): what heads of the ledger and events go out by.
 *
 * What "sent" means: the collector showed the pinned certificate, kept the connection for a second after it had our
 * messages, and ended it in order when we had ended our side. RFC 5425 has no acknowledgement, and less than that says nothing: a TLS
 * client may write before the server has judged its certificate, and rsyslog that refuses one closes the connection without
 * an alert. Where it closes before our messages reach it, the end comes within that second; where it closes with them
 * unread, its system resets the connection. Whether the collector stored them, only the collector can say, and
 * somebody who can cut the connection can fake an end in order (rsyslog sends no close_notify, so none can be asked for).
 */
import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { z } from 'zod';
import { AnchorError, anchorError } from './errors.ts';
import { absolutePath, certificates, hostName, networkAllows } from './fields.ts';
import { readPlain } from './lines.ts';

/** 32473 is the number that RFC 5612 gives to those who have none of their own. */
export const SD_ID = 'wardmux@32473';
/** Longer than a round trip to any collector. */
export const QUIET_MS = 1000;
/** A certificate or key file in PEM. */
const MAX_PEM = 64 * 1024;
/** RFC 5425, section 4.1. */
export const SYSLOG_PORT = 6514;

/** RFC 5424: HOSTNAME is printable ASCII, 255 at most; "-" where there is none. */
export const hostOf = (host: string): string => host.replace(/[^!-~]/g, '').slice(0, 255) || '-';

/** Octet counting: RFC 5425, section 4.3. */
export function syslogFrame(message: string): Buffer {
  const bytes = Buffer.from(message, 'utf8');
  return Buffer.concat([Buffer.from(`${bytes.length} `, 'ascii'), bytes]);
}

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readPlain(path, MAX_PEM);
  } catch (error) {
    throw anchorError(error, `${path} cannot be read`);
  }
}

/** How a collector is reached, as a row of the policy says. */
export const collectorFields = {
  host: hostName.describe('Its name, which network has to allow.'),
  port: z.int().min(1).max(65_535).describe('Its port; RFC 5425 names 6514.'),
  ca: certificates.optional().describe("Who may have signed the server's certificate, in PEM."),
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in lower-case hexadecimal')
    .optional()
    .describe("SHA-256 of the server's certificate (DER), lower-case hexadecimal: instead of a CA, or beside it."),
  certificate: absolutePath.optional().describe('A PEM file of this workstation, where the server asks for a certificate.'),
  key: absolutePath.optional().describe('The PEM file of its private key.'),
} as const;

export interface CollectorRow {
  readonly host: string;
  readonly port: number;
  readonly ca?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

/** Whether a row says which server it is, and has a key with its certificate. */
export const knowsServer = ({ ca, fingerprint }: Pick<CollectorRow, 'ca' | 'fingerprint'>): boolean => ca !== undefined || fingerprint !== undefined;
export const hasKeyToo = ({ certificate, key }: Pick<CollectorRow, 'certificate' | 'key'>): boolean => (certificate === undefined) === (key === undefined);

async function connectionOf({ host, port, ca, certificate, key }: CollectorRow): Promise<ConnectionOptions> {
  return {
    host,
    port,
    minVersion: 'TLSv1.2',
    // With a fingerprint alone there is no chain to check: the certificate itself is pinned.
    rejectUnauthorized: ca !== undefined,
    ...(ca === undefined ? {} : { ca }),
    ...(isIP(host) ? {} : { servername: host }),
    ...(certificate && key ? { cert: await readPem(certificate), key: await readPem(key) } : {}),
  };
}

export const whereOf = ({ host, port }: Pick<CollectorRow, 'host' | 'port'>): string => `${host}:${port}`;

interface DeliverOptions {
  /** The policy's list: nothing else is reached. */
  readonly network: readonly string[];
  /** Ends the attempt. */
  readonly signal: AbortSignal;
  readonly quietMs: number;
}

/**
 * Hands frames to a collector over a connection of their own.
 * @returns SHA-256 of its certificate, lower-case hex, when they are sent as the head of this file says. @throws AnchorError, or what the system says
 */
export async function deliverTo(row: CollectorRow, frames: Buffer, { network, signal, quietMs }: DeliverOptions): Promise<string> {
  requireNetwork(network, row.host, row.port);
  return deliver(await connectionOf(row), frames, { fingerprint: row.fingerprint, where: whereOf(row), signal, quietMs });
}

/** @throws AnchorError 'not-allowed' where the policy does not name the host. */
export function requireNetwork(network: readonly string[], host: string, port: number): void {
  if (!networkAllows(network, host, port))
    throw new AnchorError('not-allowed', `The policy does not let this workstation reach ${host}:${port}. Add "${host}:${port}" to network in policy.json.`);
}

interface Delivery {
  readonly fingerprint: string | undefined;
  readonly where: string;
  readonly signal: AbortSignal;
  readonly quietMs: number;
}

async function deliver(options: ConnectionOptions, frame: Buffer, { fingerprint, where, signal, quietMs }: Delivery): Promise<string> {
  const { connect } = await import('node:tls');
  return new Promise((resolve, reject) => {
    let seen: string | undefined;
    let ending = false;
    let timer: NodeJS.Timeout | undefined;
    const early = (): AnchorError => new AnchorError('refused', `${where} closed the connection before it took what it was given.`);
    const socket: TLSSocket = connect(options, () => {
      const certificate = socket.getPeerX509Certificate();
      const refused = certificate ? refusal(certificate, fingerprint, where) : new AnchorError('bad-certificate', `${where} showed no certificate.`);
      if (refused) return void socket.destroy(refused);
      socket.write(frame, () => {
        timer = setTimeout(() => {
          ending = true;
          seen = digestOf(certificate!);
          socket.end();
        }, quietMs);
      });
    });
    const stop = (): void => void socket.destroy(new AnchorError('timeout', `${where} does not answer.`));
    signal.addEventListener('abort', stop, { once: true });
    let ended = false;
    // What a collector says is not for us, but its end is.
    socket.resume();
    socket.on('end', () => {
      ended = true;
      if (!ending) socket.destroy(early());
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      if (seen !== undefined && ended) resolve(seen);
      else reject(early());
    });
  });
}

const digestOf = ({ fingerprint256 }: X509Certificate): string => fingerprint256.replaceAll(':', '').toLowerCase();

function refusal(certificate: X509Certificate, fingerprint: string | undefined, where: string): AnchorError | undefined {
  if (fingerprint !== undefined && digestOf(certificate) !== fingerprint)
    return new AnchorError('bad-certificate', `${where} shows another certificate (SHA-256 ${digestOf(certificate)}) than the policy names.`);
  const now = Date.now();
  if (now < Date.parse(certificate.validFrom) || now > Date.parse(certificate.validTo))
    return new AnchorError('bad-certificate', `The certificate of ${where} is valid from ${certificate.validFrom} to ${certificate.validTo}, and not now.`);
  return undefined;
}
