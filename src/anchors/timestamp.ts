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
import { splitPem, type TimestampAnchor } from '../policy/anchors.ts';
import { AnchorError, anchorError } from './errors.ts';
import { readPlain } from './lines.ts';
import { writeAtomicAsync } from '../disk/atomic.ts';
import { requireNetwork } from './syslog.ts';
import type { AnchorHead, Channel } from './types.ts';

/** A token with four certificates has about 8 KiB. */
const MAX_ANSWER = 64 * 1024;

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

export function timestampChannel({ row, folder, network }: TimestampOptions): Channel {
  const url = new URL(row.url);
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);

  return {
    where: row.url,
    async send(head, signal) {
      requireNetwork(network, url.hostname, port);
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
