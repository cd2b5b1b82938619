/**
 * Heads to a time-stamping authority (RFC 3161) over HTTP or HTTPS. A timestamp needs no secrecy: the authority gets a
 * digest, and the token proves itself by its signature and by our nonce, so plain HTTP is fine where the policy names the host.
 *
 * "Kept" means: the token was verified (imprint, nonce, signature, certificate for time-stamping, chain to the policy's
 * roots at the token's own time), and lies on the disk with the note and those roots: what `openssl ts -verify` needs.
 */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AnchorError, anchorError } from './errors.ts';
import { certificates, anchorName, everySeconds, hostName, splitPem } from './fields.ts';
import { AnchorUsage, CA_OPTION, type Address, type AnchorKind, type Channel } from './kind.ts';
import { readPlain } from './lines.ts';
import { writeAtomicAsync } from '../disk/atomic.ts';
import { requireNetwork } from './tls.ts';
import type { AnchorHead } from './types.ts';

/** A token with four certificates has about 8 KiB. */
const MAX_ANSWER = 64 * 1024;

const rowSchema = z.strictObject({
  name: anchorName,
  kind: z.literal('timestamp').describe('A time-stamping authority (RFC 3161).'),
  url: z
    .string()
    .max(1024)
    .refine(isHttpUrl, 'is not an http or https address with a host name in lower case, without user, query or fragment')
    .describe('Its address, whose host network has to allow.'),
  ca: certificates.describe("The roots that a token's certificate must lead to, in PEM."),
  tlsCa: certificates.optional().describe('Who may have signed the certificate of an https server. Left out: the authorities that Node knows.'),
  everySeconds,
});
export type TimestampAnchor = z.infer<typeof rowSchema>;

const proofSchema = z.strictObject({
  kind: z.literal('timestamp'),
  token: z.string().regex(/^[0-9a-f-]{1,64}$/),
  time: z.iso.datetime(),
  serial: z.string(),
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

function addressOf({ protocol, hostname, port }: URL): Address {
  return { host: hostname, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
}

type TimestampProof = z.infer<typeof proofSchema>;

export interface TimestampOptions {
  readonly row: TimestampAnchor;
  /** Where tokens are kept. */
  readonly folder: string;
  readonly network: readonly string[];
}

/** Reading ASN.1, and Node's HTTP, take longer to load than all else that opens a ledger, and hardly any start needs them. */
const tsp = (): Promise<typeof import('./tsp.ts')> => import('./tsp.ts');

/** The name of a head's files: size, so that they sort, and the beginning of its root. */
const tokenName = ({ size, root }: AnchorHead): string => `${String(size).padStart(16, '0')}-${root.slice(0, 16)}`;

export function timestampChannel({ row, folder, network }: TimestampOptions): Channel<TimestampProof> {
  const url = new URL(row.url);
  const { host, port } = addressOf(url);

  return {
    where: row.url,
    async send(head, signal) {
      requireNetwork(network, host, port);
      const nonce = randomBytes(8);
      const note = Buffer.from(head.note, 'utf8');
      try {
        const { timestampRequest, verifyTimestamp } = await tsp();
        const response = await post(url, timestampRequest(note, nonce), row.tlsCa, signal);
        const { time, serial } = verifyTimestamp(response, note, row.ca, nonce);
        const token = tokenName(head);
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await writeAtomicAsync(join(folder, `${token}.note`), note);
        await writeAtomicAsync(join(folder, `${token}.pem`), `${splitPem(row.ca).join('\n')}\n`);
        await writeAtomicAsync(join(folder, `${token}.tsr`), response);
        return { kind: 'timestamp', token, time, serial };
      } catch (error) {
        throw anchorError(error, `${row.url} gave no timestamp`);
      }
    },
    async check(head, proof) {
      if (proof.kind !== 'timestamp') return 'it is of another kind.';
      const path = join(folder, `${proof.token}.tsr`);
      try {
        const { verifyTimestamp } = await tsp();
        const { time } = verifyTimestamp(await readPlain(path, MAX_ANSWER), Buffer.from(head.note, 'utf8'), row.ca);
        return time === proof.time ? undefined : `${path} states another time.`;
      } catch (error) {
        return anchorError(error, `${path} cannot be used`).message;
      }
    },
  };
}

/** One request, no redirect: what another host says is not asked for. @throws AnchorError, or the system's error */
async function post(url: URL, body: Buffer, ca: string | undefined, signal: AbortSignal): Promise<Buffer> {
  const secure = url.protocol === 'https:';
  const { request: open } = secure ? await import('node:https') : await import('node:http');
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/timestamp-query', 'content-length': body.length };
    const options = { method: 'POST', headers, signal, agent: false };
    const request = open(url, secure ? { ...options, minVersion: 'TLSv1.2' as const, ...(ca === undefined ? {} : { ca }) } : options);
    const refuse = (code: 'bad-answer' | 'refused', why: string): void => void request.destroy(new AnchorError(code, `${url.href} ${why}.`));
    request.on('error', reject);
    request.on('response', (response) => {
      if (response.statusCode !== 200) return refuse('refused', `answers with HTTP status ${response.statusCode}`);
      if (response.headers['content-type']?.split(';')[0]?.trim() !== 'application/timestamp-reply')
        return refuse('bad-answer', 'does not answer with a timestamp');
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER) refuse('bad-answer', 'gives an answer that is too long');
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => resolve(Buffer.concat(chunks)));
    });
    request.end(body);
  });
}

export const timestampKind: AnchorKind<TimestampAnchor, TimestampProof> = {
  kind: 'timestamp',
  row: rowSchema,
  proof: proofSchema,
  // An authority is asked by the hour, and a timestamp over an old head says nothing new.
  everySeconds: 3600,
  restSeconds: Infinity,
  open: (row, { folder, ...context }) => timestampChannel({ row, folder: join(folder, 'tokens'), ...context }),
  provenAt: ({ time }) => time,
  reached: ({ url }) => addressOf(new URL(url)),
  place: ['<URL>', 'an authority that gives RFC 3161 timestamps'],
  options: [CA_OPTION, ['--tls-ca <FILE>', 'PEM: who signs the certificate of an https authority']],
  fromOptions: ({ base: { name, ...every }, place, options: { ca, tlsCa }, read }) => {
    if (ca === undefined) throw new AnchorUsage('Say whose timestamps count: --ca FILE, the certificates of the authority’s root in PEM.');
    return { name, kind: 'timestamp', url: place, ca: read(ca), ...(tlsCa === undefined ? {} : { tlsCa: read(tlsCa) }), ...every };
  },
};
