/**
 * TLS to a server that the policy names: what heads and events go out by. The host is one that the policy lets be reached, the version is 1.2 or newer, and name, chain
 * and pin are looked at before a byte of ours is written.
 */
import { X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { z } from 'zod';
import { AnchorError, anchorError } from './errors.ts';
import { absolutePath, certificates, hostName, networkAllows } from './fields.ts';
import { readPlain } from './lines.ts';

/** A certificate or key file in PEM. */
const MAX_PEM = 64 * 1024;

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readPlain(path, MAX_PEM);
  } catch (error) {
    throw anchorError(error, `${path} cannot be read`);
  }
}

/** How a server is reached, as a row of the policy says. */
export const serverFields = {
  host: hostName.describe('Its name, which network has to allow.'),
  port: z.int().min(1).max(65_535).describe('Its port; RFC 5425 names 6514 for syslog.'),
  ca: certificates.optional().describe("Who may have signed the server's certificate, in PEM."),
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in lower-case hexadecimal')
    .optional()
    .describe("SHA-256 of the server's certificate (DER), lower-case hexadecimal: instead of a CA, or beside it."),
  certificate: absolutePath.optional().describe('A PEM file of this workstation, where the server asks for a certificate.'),
  key: absolutePath.optional().describe('The PEM file of its private key.'),
} as const;

export interface ServerRow {
  readonly host: string;
  readonly port: number;
  readonly ca?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

/** Whether a row says which server it is, and has a key with its certificate. */
export const knowsServer = ({ ca, fingerprint }: Pick<ServerRow, 'ca' | 'fingerprint'>): boolean => ca !== undefined || fingerprint !== undefined;
export const hasKeyToo = ({ certificate, key }: Pick<ServerRow, 'certificate' | 'key'>): boolean => (certificate === undefined) === (key === undefined);

export const whereOf = ({ host, port }: Pick<ServerRow, 'host' | 'port'>): string => `${host}:${port}`;

/** @throws AnchorError 'not-allowed' where the policy does not name the host. */
export function requireNetwork(network: readonly string[], host: string, port: number): void {
  if (!networkAllows(network, host, port))
    throw new AnchorError('not-allowed', `The policy does not let this workstation reach ${host}:${port}. Add "${host}:${port}" to network in policy.json.`);
}

/** Which certificate a server showed. */
export interface ServerCertificate {
  /** SHA-256 of its DER, lower-case hex. */
  readonly sha256: string;
  /** When it ends, ISO 8601 UTC. */
  readonly until: string;
}

/** When a certificate ends, ISO 8601 UTC. */
export const endOf = ({ validTo }: X509Certificate): string => new Date(validTo).toISOString();

/** When the certificate of a file ends, ISO 8601 UTC. @throws AnchorError where there is none that can be read */
export async function endOfFile(path: string): Promise<string> {
  const pem = await readPem(path);
  try {
    return endOf(new X509Certificate(pem));
  } catch (error) {
    throw anchorError(error, `${path} is no certificate in PEM`);
  }
}

async function connectionOf({ host, port, ca, certificate, key }: ServerRow): Promise<ConnectionOptions> {
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

export interface TlsOptions {
  /** The policy's list: nothing else is reached. */
  readonly network: readonly string[];
  /** Ends the attempt, also when the connection stands. */
  readonly signal: AbortSignal;
  /** Of a protocol whose server speaks before TLS begins: takes what it says, and writes no more than that TLS is to begin. */
  readonly greeted?: (plain: Socket) => Promise<void>;
}

interface TlsConnection {
  /** Paused. It ends with `signal`; whoever has it ends it too. */
  readonly socket: TLSSocket;
  readonly certificate: ServerCertificate;
}

/** @returns when the server has shown who it is, and nothing of ours was written. @throws AnchorError, or what the system says */
export async function openTls(row: ServerRow, { network, signal, greeted }: TlsOptions): Promise<TlsConnection> {
  const where = whereOf(row);
  requireNetwork(network, row.host, row.port);
  const options = await connectionOf(row);
  const { connect } = await import('node:tls');
  const plain = greeted && (await openPlainly(row, signal, greeted));
  return new Promise((resolve, reject) => {
    const socket = connect(plain ? { ...options, socket: plain } : options, () => {
      const certificate = socket.getPeerX509Certificate();
      const refused = certificate ? refusal(certificate, row.fingerprint, where) : new AnchorError('bad-certificate', `${where} showed no certificate.`);
      if (refused) return void socket.destroy(refused);
      resolve({ socket, certificate: { sha256: digestOf(certificate!), until: endOf(certificate!) } });
    });
    endsWith(socket, signal, where);
    socket.on('error', reject);
    socket.once('close', () => reject(closedEarly(where)));
  });
}

/** The server ended the connection before it took what it was given. */
export const closedEarly = (where: string): AnchorError => new AnchorError('refused', `${where} closed the connection before it took what it was given.`);

async function openPlainly(row: ServerRow, signal: AbortSignal, greeted: (plain: Socket) => Promise<void>): Promise<Socket> {
  const { connect } = await import('node:net');
  const plain = connect({ host: row.host, port: row.port });
  // Whoever has it in hand at that moment hears of it by its end.
  plain.on('error', () => {});
  const release = endsWith(plain, signal, whereOf(row));
  try {
    await greeted(plain);
    // The connection inside of it ends it from here on: the one that ends first says why.
    release();
    return plain;
  } catch (error) {
    plain.destroy();
    throw error;
  }
}

/** @returns what takes that back. */
function endsWith(socket: Socket, signal: AbortSignal, where: string): () => void {
  const stop = (): void => void socket.destroy(new AnchorError('timeout', `${where} does not answer.`));
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const release = (): void => signal.removeEventListener('abort', stop);
  socket.once('close', release);
  return release;
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
