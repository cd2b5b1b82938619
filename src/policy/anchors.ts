/**
 * The rows `anchors` of policy.json: where signed heads of the ledger are kept outside of this machine. They stand in the
 * policy, certificates included, so that they are pinned with it.
 */
import { X509Certificate } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { z } from 'zod';

/** Names go into the ledger, so they are words and no text. */
export const anchorNamePattern = /^[a-z][a-z0-9-]{0,31}$/;

/** Each is asked at every head: more than this is a mistake. */
const MAX_ANCHORS = 8;
/** A share that hangs holds one of the four threads that Node has for files: two of them leave the recordings theirs. */
const MAX_FILE_DROPS = 2;
/** A chain of a few certificates. */
const MAX_PEM = 32 * 1024;
/** Checkpoints come every ten seconds at most, and a day without a head is no anchor. */
const everySeconds = z.int().min(10).max(86_400).optional();

const name = z.string().regex(anchorNamePattern, 'is not a name: lower-case letters, digits and hyphens, 32 at most, a letter first');
const absolutePath = z.string().max(1024).refine(isAbsolute, 'is not an absolute path');
/** As in `network`: the two are compared. */
const hostName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'is not a host name in lower case');

const certificates = z.string().max(MAX_PEM).refine(isPem, 'is not certificates in PEM');

/** The certificates of a PEM text, one text each. */
export function splitPem(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? [];
}

function isPem(text: string): boolean {
  const blocks = splitPem(text);
  try {
    return blocks.length > 0 && blocks.every((block) => new X509Certificate(block));
  } catch {
    return false;
  }
}

const fileAnchor = z.strictObject({
  name,
  kind: z.literal('file'),
  /** A folder on another disk or a share. `wardmux anchor add` marks it, so that an empty mount point is not taken for it. */
  folder: absolutePath,
  everySeconds,
});

const syslogAnchor = z
  .strictObject({
    name,
    kind: z.literal('syslog'),
    host: hostName,
    /** RFC 5425: 6514. */
    port: z.int().min(1).max(65_535),
    /** Who may have signed the server's certificate. */
    ca: certificates.optional(),
    /** SHA-256 of the server's certificate (DER), lower-case hex: instead of a CA, or beside it. */
    fingerprint: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in lower-case hexadecimal')
      .optional(),
    /** PEM files of this workstation, where the server asks for a certificate. */
    certificate: absolutePath.optional(),
    key: absolutePath.optional(),
    everySeconds,
  })
  .refine(({ ca, fingerprint }) => ca !== undefined || fingerprint !== undefined, { path: ['ca'], message: 'or fingerprint is needed to know the server' })
  .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), { path: ['key'], message: 'and certificate go together' });

const timestampAnchor = z.strictObject({
  name,
  kind: z.literal('timestamp'),
  url: z.string().max(1024).refine(isHttpUrl, 'is not an http or https address with a host name in lower case, without user, query or fragment'),
  /** The roots that a token's certificate must lead to. */
  ca: certificates,
  /** Who may have signed the certificate of an https server; left out: the authorities that Node knows. */
  tlsCa: certificates.optional(),
  everySeconds,
});

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash, hostname } = new URL(text);
  return (
    (protocol === 'http:' || protocol === 'https:') &&
    username === '' &&
    password === '' &&
    search === '' &&
    hash === '' &&
    hostName.safeParse(hostname).success
  );
}

const anchorRow = z.discriminatedUnion('kind', [fileAnchor, syslogAnchor, timestampAnchor]);

export const anchorsSchema = z
  .array(anchorRow)
  .max(MAX_ANCHORS)
  .refine((rows) => new Set(rows.map((row) => row.name)).size === rows.length, 'has the same name twice')
  .refine((rows) => rows.filter(({ kind }) => kind === 'file').length <= MAX_FILE_DROPS, `has more than ${MAX_FILE_DROPS} file drops`);

export type AnchorRow = z.infer<typeof anchorRow>;
export type FileAnchor = z.infer<typeof fileAnchor>;
export type SyslogAnchor = z.infer<typeof syslogAnchor>;
export type TimestampAnchor = z.infer<typeof timestampAnchor>;

/**
 * May the app reach this host? An entry with a port allows that port, one without allows every port of the host.
 * @param network the policy's list.
 */
export function networkAllows(network: readonly string[], host: string, port: number): boolean {
  return network.includes(host) || network.includes(`${host}:${port}`);
}
