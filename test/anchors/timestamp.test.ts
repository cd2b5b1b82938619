/** RFC 3161 timestamps of a real authority (`openssl ts`), judged by us and by `openssl ts -verify`, and forgeries of them. */
import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { temporary, TestLedger } from '../../src/anchors/fixture.ts';
import { timestampChannel } from '../../src/anchors/timestamp.ts';
import { timestampRequest, verifyTimestamp } from '../../src/anchors/tsp.ts';
import type { Channel } from '../../src/anchors/kind.ts';
import type { AnchorProof } from '../../src/anchors/kinds.ts';
import type { AnchorHead } from '../../src/anchors/types.ts';
import type { TimestampAnchor } from '../../src/anchors/timestamp.ts';
import { openssl, TestAuthority, type Issued } from '../support/certificates.ts';
import { der, infoOf, reply, signInfo, TimestampServer, type TokenOptions } from '../support/timestamp-authority.ts';
import { DAY_MS } from '../../src/types/units.ts';
import { waitFor } from '../support/wait-for.ts';

const usage = 'critical,timeStamping';
let root: TestAuthority;
let middle: TestAuthority;
let signer: Issued;
let ledger: TestLedger;
let head: AnchorHead;
let folder: string;
const running: TimestampServer[] = [];
const signal = (): AbortSignal => new AbortController().signal;

beforeAll(() => {
  root = new TestAuthority('Root');
  middle = new TestAuthority('Middle', root);
  signer = root.issue('TSA', { usage });
});
beforeEach(async () => {
  ledger = new TestLedger();
  ledger.grow(5);
  head = await ledger.head();
  folder = join(temporary(), 'tokens');
});
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

async function authority(
  answer: (query: Buffer, response: ServerResponse) => Buffer | undefined,
  tls?: Issued,
): Promise<{ server: TimestampServer; port: number }> {
  const server = new TimestampServer(answer, tls);
  running.push(server);
  return { server, port: await server.start() };
}

function channel(port: number, row: Partial<TimestampAnchor> = {}, network = [`localhost:${port}`]): Channel<AnchorProof> {
  return timestampChannel({ row: { name: 'tsa', kind: 'timestamp', url: `http://localhost:${port}/tsr`, ca: root.self.pem, ...row }, folder, network });
}

/** The answer of an authority to a request for `data`. */
const answerFor = (data: Uint8Array, options: Partial<TokenOptions> = {}, nonce: Uint8Array = randomBytes(8)): Buffer =>
  reply(timestampRequest(data, nonce), { signer, ...options });

/** As docs/format.md shows it. @returns what openssl says; it throws where openssl does not agree. */
function opensslVerify(token: string, ...more: readonly string[]): string {
  return openssl(['ts', '-verify', '-data', `${token}.note`, '-in', `${token}.tsr`, '-CAfile', `${token}.pem`, ...more], folder).toString();
}

const seconds = (iso: string): string => String(Math.floor(Date.parse(iso) / 1000));

/** The same TSTInfo of another time. @param ms since 1970 */
function atTime(info: Buffer, ms: number): Buffer {
  const copy = Buffer.from(info);
  const at = copy.indexOf(Buffer.from('180f', 'hex'));
  expect(at).toBeGreaterThan(0);
  copy.write(`${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`, at + 2, 'latin1');
  return copy;
}

describe('a token is kept, and anybody can check it', () => {
  const kinds: readonly (readonly [string, () => TokenOptions])[] = [
    ['ECDSA', () => ({ signer })],
    ['RSA', () => ({ signer: root.issue('TSA', { usage, kind: 'rsa' }) })],
    ['RSA with SHA-512', () => ({ signer: root.issue('TSA', { usage, kind: 'rsa' }), digest: 'sha512' })],
    ['the certificate named by SHA-1, as RFC 3161 wants it', () => ({ signer, essDigest: 'sha1' })],
    ['the certificate named by SHA-384', () => ({ signer, essDigest: 'sha384', digest: 'sha384' })],
    ['an authority in between', () => ({ signer: middle.issue('TSA', { usage }), chain: middle.self.pem })],
  ];
  test.each(kinds)('%s', async (_, make) => {
    const options = make();
    const { port } = await authority((query) => reply(query, options));
    const tsa = channel(port);
    const proof = await tsa.send(head, signal());
    if (proof.kind !== 'timestamp') throw new Error('another kind');
    expect(Math.abs(Date.parse(proof.time) - Date.now())).toBeLessThan(DAY_MS);
    expect(proof.token).toBe(`0000000000000005-${head.root.slice(0, 16)}`);
    expect(readdirSync(folder).sort()).toEqual(['note', 'pem', 'tsr'].map((end) => `${proof.token}.${end}`));
    expect(readFileSync(join(folder, `${proof.token}.note`), 'utf8')).toBe(head.note);
    expect(await tsa.check(head, proof)).toBeUndefined();
    expect(opensslVerify(proof.token, '-attime', seconds(proof.time))).toContain('Verification: OK');
  });

  test('by the commands of docs/format.md', async () => {
    const { port } = await authority((query) => reply(query, { signer }));
    const proof = (await channel(port).send(head, signal())) as Extract<AnchorProof, { kind: 'timestamp' }>;
    const page = readFileSync(join(import.meta.dirname, '../../docs/format.md'), 'utf8');
    const [, commands] = /```sh\ntoken=\S+\n((?:.+\n)+?)```/.exec(page) ?? [];
    const run = (of: string): string =>
      execFileSync('bash', ['-euo', 'pipefail', '-c', `token='${of}'\n${commands}`], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    expect(run(proof.token)).toContain('Verification: OK');
    appendFileSync(join(folder, `${proof.token}.note`), ' ');
    expect(() => run(proof.token)).toThrow('message imprint mismatch');
  });

  test('over https with a CA that the policy names, and with no other', async () => {
    const tls = root.issue('localhost', { names: 'DNS:localhost' });
    const { port } = await authority((query) => reply(query, { signer }), tls);
    const url = `https://localhost:${port}/tsr`;
    expect(await channel(port, { url, tlsCa: root.self.pem }).send(head, signal())).toMatchObject({ kind: 'timestamp' });
    await expect(channel(port, { url }).send(head, signal())).rejects.toMatchObject({ name: 'AnchorError', code: 'bad-certificate' });
    await expect(channel(port, { url, tlsCa: new TestAuthority('X').self.pem }).send(head, signal())).rejects.toMatchObject({ code: 'bad-certificate' });
  });

  test('a certificate that expires later makes it no worse: it is judged at its own time', async () => {
    // By its own word two days ago: one that is to expire within this test may have done so before it was asked, on a busy machine.
    const then = Date.now() - 2 * DAY_MS;
    const short = root.issue('TSA', { usage, from: then - DAY_MS, to: then + DAY_MS });
    const { port } = await authority((query) => signInfo(atTime(infoOf(reply(query, { signer })), then), short));
    const tsa = channel(port);
    const proof = (await tsa.send(head, signal())) as Extract<AnchorProof, { kind: 'timestamp' }>;
    expect(seconds(proof.time)).toBe(String(Math.floor(then / 1000)));
    expect(await tsa.check(head, proof)).toBeUndefined();
    expect(() => opensslVerify(proof.token)).toThrow('certificate has expired');
    expect(opensslVerify(proof.token, '-attime', seconds(proof.time))).toContain('Verification: OK');
  });
});

describe('what is kept and was changed', () => {
  test.each<[string, (path: string) => void]>([
    ['another token', (path) => writeFileSync(`${path}.tsr`, answerFor(Buffer.from('other')))],
    ['cut', (path) => writeFileSync(`${path}.tsr`, readFileSync(`${path}.tsr`).subarray(0, -1))],
    ['longer', (path) => appendFileSync(`${path}.tsr`, '\0')],
    ['gone', (path) => execFileSync('rm', [`${path}.tsr`])],
    ['a FIFO', (path) => execFileSync('sh', ['-c', `rm '${path}.tsr' && mkfifo '${path}.tsr'`])],
  ])('%s', async (_, change) => {
    const { port } = await authority((query) => reply(query, { signer }));
    const tsa = channel(port);
    const proof = (await tsa.send(head, signal())) as Extract<AnchorProof, { kind: 'timestamp' }>;
    change(join(folder, proof.token));
    expect(await tsa.check(head, proof)).toMatch(/does not hold|cannot be used|states another time|plain file/);
  });

  test('another head, another time, another root', async () => {
    const { port } = await authority((query) => reply(query, { signer }));
    const tsa = channel(port);
    const proof = (await tsa.send(head, signal())) as Extract<AnchorProof, { kind: 'timestamp' }>;
    ledger.grow(1);
    expect(await tsa.check(await ledger.head(), proof)).toContain('it is for other bytes');
    expect(await tsa.check(head, { ...proof, time: '2020-01-01T00:00:00.000Z' })).toContain('states another time');
    expect(await channel(port, { ca: new TestAuthority('X').self.pem }).check(head, proof)).toContain('does not lead to an authority that the policy names');
  });

  test('a bit of every byte, every bit of what is signed, and every cut of an answer: refused, or the same timestamp', () => {
    const data = Buffer.from(head.note);
    const nonce = randomBytes(8);
    const response = answerFor(data, {}, nonce);
    const good = verifyTimestamp(response, data, root.self.pem, nonce);
    const survivors: number[] = [];
    const judge = (bytes: Uint8Array, at: number): void => {
      try {
        expect(verifyTimestamp(bytes, data, root.self.pem, nonce)).toEqual(good);
        survivors.push(at);
      } catch (error) {
        if ((error as Error).name !== 'AnchorError') throw error;
      }
    };
    const signed = infoOf(response);
    const info = response.indexOf(signed);
    expect(info).toBeGreaterThan(0);
    const within = (at: number): boolean => at >= info && at < info + signed.length;
    for (let bit = 0; bit < response.length * 8; bit++) {
      // All eight of every byte take half a minute.
      if (!within(bit >> 3) && (bit & 7) !== (bit >> 3) % 8) continue;
      const copy = Buffer.from(response);
      copy[bit >> 3]! ^= 1 << (bit & 7);
      judge(copy, bit >> 3);
    }
    // Parts that decide nothing, such as versions and the signer's name beside its digest, may change; what is signed may not.
    expect(survivors.filter(within)).toEqual([]);
    survivors.length = 0;
    for (let cut = 0; cut < response.length; cut++) judge(response.subarray(0, cut), cut);
    expect(survivors).toEqual([]);
  });
});

describe('a token that somebody else made', () => {
  let info: Buffer;
  let data: Buffer;
  beforeEach(() => {
    data = Buffer.from(head.note);
    info = infoOf(answerFor(data));
  });
  const judge = (response: Uint8Array, ca = root.self.pem): unknown => verifyTimestamp(response, data, ca);

  test('signed like this by the authority it would hold, so the ones below fail for their own reasons', () => {
    expect(judge(signInfo(info, signer))).toMatchObject({ policy: '1.2.3.4.1' });
  });

  test.each<[string, () => Buffer, string]>([
    ['for a server’s certificate', () => signInfo(info, root.issue('www', { usage: 'critical,serverAuth' })), 'not one for time-stamping'],
    ['without a usage', () => signInfo(info, root.issue('any')), 'not one for time-stamping'],
    ['for more than time-stamping', () => signInfo(info, root.issue('more', { usage: 'critical,timeStamping,codeSigning' })), 'not one for time-stamping'],
    ['with a usage that is not critical', () => signInfo(info, root.issue('soft', { usage: 'timeStamping' })), 'not only for time-stamping'],
    ['by another authority', () => signInfo(info, new TestAuthority('X').issue('TSA', { usage })), 'does not lead to an authority'],
    ['by a person whom the root knows, as an authority', () => signInfo(info, belowPerson()), 'does not lead to an authority'],
    ['by a certificate that had expired', () => signInfo(info, root.issue('old', { usage, to: Date.now() - DAY_MS / 2 })), 'was not valid at'],
    ['by a certificate of tomorrow', () => signInfo(info, root.issue('new', { usage, from: Date.now() + DAY_MS / 2 })), 'was not valid at'],
    ['with attributes that name no certificate', () => signInfo(info, signer, []), 'an attribute is missing'],
    ['without attributes', () => signInfo(info, signer, ['-noattr']), 'it has no signed attributes'],
    ['without its certificate', () => signInfo(info, signer, ['-cades', '-nocerts']), 'the certificate that it names is not in it'],
    ['over SHA-1', () => signInfo(info, signer, ['-cades', '-md', 'sha1']), 'its digest is not'],
    ['with another time and the old signature', () => withOtherTime(signInfo(info, signer)), 'its content was changed'],
    [
      'of another kind of content',
      () => replaced(signInfo(info, signer), '060b2a864886f70d0109100104', '060b2a864886f70d0109100105'),
      'what is signed is no timestamp',
    ],
    ['with no token', () => der(0x30, Buffer.from('3003020100', 'hex')), 'the answer has no token'],
    ['that is no DER', () => Buffer.from('<html>no</html>'), 'does not hold'],
    ['of nothing', () => Buffer.alloc(0), 'does not hold'],
    ['that nests without end', () => Buffer.alloc(60_000, Buffer.from('3080', 'hex')), 'does not hold'],
  ])('%s', (_, make, words) => {
    expect(() => judge(make())).toThrow(words);
  });

  function belowPerson(): Issued {
    const person = new TestAuthority('Person', root, { ca: false });
    return person.issue('TSA', { usage });
  }

  function withOtherTime(response: Buffer): Buffer {
    const at = response.indexOf(Buffer.from('180f', 'hex'));
    expect(at).toBeGreaterThan(0);
    const copy = Buffer.from(response);
    copy[at + 2 + 3]! ^= 1;
    return copy;
  }

  function replaced(response: Buffer, from: string, to: string): Buffer {
    expect(response.toString('hex')).toContain(from);
    return Buffer.from(response.toString('hex').replace(from, to), 'hex');
  }
});

describe('an authority that misbehaves', () => {
  const cases: readonly (readonly [string, (query: Buffer, response: ServerResponse) => Buffer | undefined, string, string])[] = [
    ['answers an older request', () => answerFor(Buffer.from(head.note)), 'bad-token', 'it answers another request'],
    ['stamps other bytes', (query) => answerFor(Buffer.from('other'), {}, query.subarray(-11, -3)), 'bad-token', 'it is for other bytes'],
    ['refuses', () => der(0x30, der(0x30, Buffer.from('020102', 'hex'), Buffer.from('03020780', 'hex'))), 'refused', 'status 2, badAlg'],
    ['has no such page', (_, response) => void response.writeHead(404).end(), 'refused', 'HTTP status 404'],
    ['points elsewhere', (_, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), 'refused', 'HTTP status 302'],
    [
      'answers with a page',
      (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
      'bad-answer',
      'does not answer with a timestamp',
    ],
    [
      'answers without end',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/timestamp-reply' });
        const more = (): void => void response.write(Buffer.alloc(16_384), (error) => error ?? more());
        more();
        return undefined;
      },
      'bad-answer',
      'too long',
    ],
    [
      'is cut off in the middle',
      (query, response) => {
        const bytes = reply(query, { signer });
        response.writeHead(200, { 'content-type': 'application/timestamp-reply', 'content-length': bytes.length });
        response.write(bytes.subarray(0, 100), () => response.destroy());
        return undefined;
      },
      'refused',
      'ended the connection',
    ],
  ];
  test.each(cases)('%s: nothing is kept', async (_, answer, code, words) => {
    const { port } = await authority(answer);
    await expect(channel(port).send(head, signal())).rejects.toMatchObject({ name: 'AnchorError', code, message: expect.stringContaining(words) });
    expect(() => readdirSync(folder)).toThrow('ENOENT');
  });

  test('says nothing: the attempt ends when it is ended', async () => {
    const { server, port } = await authority(() => undefined);
    const controller = new AbortController();
    const sending = channel(port).send(head, controller.signal);
    const ended = expect(sending).rejects.toMatchObject({ name: 'AnchorError' });
    await waitFor(() => expect(server.requests).toBe(1));
    controller.abort();
    await ended;
  });

  test('is not there, or not named by the policy', async () => {
    const { server, port } = await authority(() => undefined);
    await expect(channel(port, {}, []).send(head, signal())).rejects.toMatchObject({ code: 'not-allowed' });
    expect(server.requests).toBe(0);
    await server.stop();
    running.length = 0;
    await expect(channel(port).send(head, signal())).rejects.toMatchObject({ code: 'unreachable' });
  });
});
