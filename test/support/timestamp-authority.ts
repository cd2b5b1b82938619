/** A time-stamping authority: `openssl ts` behind a small HTTP server, and forgeries of its answers made with `openssl cms`. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openssl, type Issued } from './certificates.ts';

export interface TokenOptions {
  readonly signer: Issued;
  /** PEM of the authorities between signer and root. */
  readonly chain?: string;
  /** Which digest names the signer's certificate: sha1 is the attribute of RFC 2634, the others that of RFC 5035. */
  readonly essDigest?: 'sha1' | 'sha256' | 'sha384';
  readonly digest?: 'sha256' | 'sha384' | 'sha512';
}

/** What `openssl ts` answers to a request. */
export function reply(query: Uint8Array, { signer, chain = '', essDigest = 'sha256', digest = 'sha256' }: TokenOptions): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-tsa-'));
  writeFileSync(join(folder, 'chain.pem'), chain);
  writeFileSync(join(folder, 'query'), query);
  writeFileSync(join(folder, 'serial'), '01\n');
  writeFileSync(
    join(folder, 'tsa.cnf'),
    `[tsa]
default_tsa = t
[t]
serial = ${folder}/serial
crypto_device = builtin
signer_cert = ${signer.certificate}
signer_key = ${signer.key}
${chain === '' ? '' : `certs = ${folder}/chain.pem`}
signer_digest = ${digest}
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = ${essDigest}
`,
  );
  openssl(['ts', '-reply', '-config', 'tsa.cnf', '-queryfile', 'query', '-out', 'reply'], folder);
  return readFileSync(join(folder, 'reply'));
}

/** DER of a definite length. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body]);
  const length = Buffer.from(body.length.toString(16).padStart(body.length > 0xff ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, body]);
}

/** The TSTInfo of a granted answer. */
export function infoOf(response: Uint8Array): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-tsa-'));
  writeFileSync(join(folder, 'reply'), response);
  openssl(['ts', '-reply', '-in', 'reply', '-token_out', '-out', 'token'], folder);
  openssl(['cms', '-verify', '-noverify', '-inform', 'DER', '-in', 'token', '-binary', '-out', 'info'], folder);
  return readFileSync(join(folder, 'info'));
}

/** A granted answer with this TSTInfo, signed by whoever you like: what `openssl ts` refuses to make. */
export function signInfo(info: Uint8Array, signer: Issued, options: readonly string[] = ['-cades']): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-tsa-'));
  writeFileSync(join(folder, 'info'), info);
  const files = ['-in', 'info', '-out', 'token', '-signer', signer.certificate, '-inkey', signer.key];
  openssl(
    ['cms', '-sign', '-binary', '-nodetach', '-outform', 'DER', '-md', 'sha256', '-econtent_type', '1.2.840.113549.1.9.16.1.4', ...options, ...files],
    folder,
  );
  return der(0x30, Buffer.from('3003020100', 'hex'), readFileSync(join(folder, 'token')));
}

export class TimestampServer {
  readonly #server: Server;
  requests = 0;

  /** @param answer gives the answer's bytes, or writes an answer of its own and gives nothing. */
  constructor(answer: (query: Buffer, response: ServerResponse) => Buffer | undefined, tls?: Issued) {
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      this.requests++;
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const query = Buffer.concat(chunks);
        if (request.method !== 'POST' || request.headers['content-type'] !== 'application/timestamp-query') return void response.writeHead(400).end();
        const bytes = answer(query, response);
        if (bytes) response.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(bytes);
      });
    };
    this.#server = tls ? createHttpsServer({ key: readFileSync(tls.key), cert: tls.pem }, handle) : createServer(handle);
  }

  async start(port = 0): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
