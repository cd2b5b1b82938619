/**
 * Heads to a syslog collector: RFC 5424 messages over TLS (RFC 5425), a connection a head.
 *
 * What "sent" means: the collector showed the pinned certificate, kept the connection for a second after it had our message,
 * and ended it in order when we had ended our side. RFC 5425 has no acknowledgement, and less than that says nothing: a TLS
 * client may write before the server has judged its certificate, and rsyslog that refuses one closes the connection without
 * an alert. Where it closes before our message reaches it, the end comes within that second; where it closes with the message
 * unread, its system resets the connection. Whether the collector stored the message, only the collector can say, and
 * somebody who can cut the connection can fake an end in order (rsyslog sends no close_notify, so none can be asked for).
 */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { z } from 'zod';
import { AnchorError, anchorError } from './errors.ts';
import { absolutePath, certificates, anchorName, everySeconds, hostName, networkAllows } from './fields.ts';
import { AnchorUsage, CA_OPTION, type AnchorKind, type Channel } from './kind.ts';
import { readPlain } from './lines.ts';
import type { Alert, AnchorHead } from './types.ts';

/** Facility 13 (log audit), severity 6 (informational): RFC 5424, section 6.2.1. */
const PRI = 13 * 8 + 6;
/** The same facility, severity 1. */
const ALERT_PRI = 13 * 8 + 1;
/** 32473 is the number that RFC 5612 gives to those who have none of their own. */
const SD_ID = 'wardmux@32473';
/** Longer than a round trip to any collector. */
const QUIET_MS = 1000;
/** A certificate or key file in PEM. */
const MAX_PEM = 64 * 1024;

/** RFC 5424: HOSTNAME is printable ASCII, 255 at most; "-" where there is none. */
const hostOf = (host: string): string => host.replace(/[^!-~]/g, '').slice(0, 255) || '-';

/**
 * One message, all ASCII: about 800 bytes, and 5,200 where the note has two signatures. A collector has to take 2,048 and should take 8,192
 * (RFC 5425, section 4.3.1); rsyslog does. The signed note is in Base64 in `note`.
 */
export function syslogMessage(head: AnchorHead, installation: string, host: string): string {
  const name = hostOf(host);
  const data = `[${SD_ID} installation="${installation}" size="${head.size}" root="${head.root}" time="${head.time}" note="${Buffer.from(head.note).toString('base64')}"]`;
  return `<${PRI}>1 ${head.time} ${name} wardmux - head ${data} The ledger of ${installation} has ${head.size} events.`;
}

/** An alert as a message of the same form, severity 1 (action must be taken immediately); `alert` is its text in Base64, `signature` the installation's over that. */
function syslogAlert({ id, time, text }: Alert, signature: string, installation: string, host: string): string {
  const name = hostOf(host);
  const data = `[${SD_ID} installation="${installation}" breakGlass="${id}" alert="${Buffer.from(text).toString('base64')}" signature="${signature}"]`;
  return `<${ALERT_PRI}>1 ${time} ${name} wardmux - breakglass ${data} Break-glass at ${installation}: ${id} began at ${time}.`;
}

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

const rowSchema = z
  .strictObject({
    name: anchorName,
    kind: z.literal('syslog').describe('A syslog collector over TLS (RFC 5425).'),
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
    everySeconds,
  })
  .refine(({ ca, fingerprint }) => ca !== undefined || fingerprint !== undefined, { path: ['ca'], message: 'or fingerprint is needed to know the server' })
  .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), { path: ['key'], message: 'and certificate go together' });
export type SyslogAnchor = z.infer<typeof rowSchema>;

const proofSchema = z.strictObject({ kind: z.literal('syslog'), server: z.string(), certificate: z.string() });

type SyslogProof = z.infer<typeof proofSchema>;

export interface SyslogOptions {
  readonly row: SyslogAnchor;
  readonly installation: string;
  readonly network: readonly string[];
  readonly quietMs?: number;
}

export function syslogChannel({ row, installation, network, quietMs = QUIET_MS }: SyslogOptions): Channel<SyslogProof> {
  const { host, port, ca, fingerprint } = row;
  const where = `${host}:${port}`;

  async function connection(): Promise<ConnectionOptions> {
    return {
      host,
      port,
      minVersion: 'TLSv1.2',
      // With a fingerprint alone there is no chain to check: the certificate itself is pinned.
      rejectUnauthorized: ca !== undefined,
      ...(ca === undefined ? {} : { ca }),
      ...(isIP(host) ? {} : { servername: host }),
      ...(row.certificate && row.key ? { cert: await readPem(row.certificate), key: await readPem(row.key) } : {}),
    };
  }

  return {
    where,
    async send(head, signal) {
      requireNetwork(network, host, port);
      try {
        const frame = syslogFrame(syslogMessage(head, installation, hostname()));
        const certificate = await deliver(await connection(), frame, { fingerprint, where, signal, quietMs });
        return { kind: 'syslog', server: where, certificate };
      } catch (error) {
        throw anchorError(error, `${where} did not take the head`);
      }
    },
    async alert(alert, signature, signal) {
      requireNetwork(network, host, port);
      try {
        const frame = syslogFrame(syslogAlert(alert, signature, installation, hostname()));
        await deliver(await connection(), frame, { fingerprint, where, signal, quietMs });
      } catch (error) {
        throw anchorError(error, `${where} did not take the alert`);
      }
    },
    async check(_, proof) {
      // RFC 5425 gives nothing that could be checked later: the collector's own log is the evidence. What is left is our own signed word, and whom it is about.
      if (proof.kind !== 'syslog' || proof.server !== where) return `it is not of ${where}.`;
      if (fingerprint !== undefined && proof.certificate !== fingerprint) return 'it is of another certificate than the policy names.';
      return undefined;
    },
  };
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

/** @returns SHA-256 of the server's certificate, lower-case hex, when the frame is sent as the head of this file says. */
async function deliver(options: ConnectionOptions, frame: Buffer, { fingerprint, where, signal, quietMs }: Delivery): Promise<string> {
  const { connect } = await import('node:tls');
  return new Promise((resolve, reject) => {
    let seen: string | undefined;
    let ending = false;
    let timer: NodeJS.Timeout | undefined;
    const early = (): AnchorError => new AnchorError('refused', `${where} closed the connection before it took the head.`);
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

/** RFC 5425, section 4.1. */
const SYSLOG_PORT = 6514;

export const syslogKind: AnchorKind<SyslogAnchor, SyslogProof> = {
  kind: 'syslog',
  row: rowSchema,
  proof: proofSchema,
  // A minute is what a forger can still cut.
  everySeconds: 60,
  restSeconds: 600,
  open: (row, context) => syslogChannel({ row, ...context }),
  reached: ({ host, port }) => ({ host, port }),
  place: ['<HOST[:PORT]>', 'a collector that takes RFC 5424 over TLS'],
  options: [
    CA_OPTION,
    ['--fingerprint <SHA256>', 'the collector’s certificate itself, in hexadecimal'],
    ['--certificate <FILE>', 'PEM: this workstation’s certificate for the collector'],
    ['--key <FILE>', 'PEM: its key'],
  ],
  fromOptions: ({ base: { name, ...every }, place, options, read }) => {
    const [, host = '', port = String(SYSLOG_PORT)] = /^(.*?)(?::(\d+))?$/.exec(place)!;
    const { ca, fingerprint, certificate, key } = options;
    if (ca === undefined && fingerprint === undefined)
      throw new AnchorUsage('Say which server it is: --ca FILE, or --fingerprint with the SHA-256 of its certificate.');
    if ((certificate === undefined) !== (key === undefined)) throw new AnchorUsage('--certificate and --key go together.');
    return {
      name,
      kind: 'syslog',
      host,
      port: Number(port),
      ...(ca === undefined ? {} : { ca: read(ca) }),
      ...(fingerprint === undefined ? {} : { fingerprint: fingerprint.replaceAll(':', '').toLowerCase() }),
      ...(certificate && key ? { certificate: resolve(certificate), key: resolve(key) } : {}),
      ...every,
    };
  },
};
