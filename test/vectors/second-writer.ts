/**
 * A second writer of recordings, from docs/format.md alone: it imports nothing of the program. Everything that is random in the
 * program comes from a name here, so that the same call always makes the same bytes.
 */
import {
  createCipheriv,
  createECDH,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  sign as signEd,
  type JsonWebKey,
} from 'node:crypto';
import { P256, power, to32, toNumber } from './curves.ts';

export const sha256 = (...parts: readonly (Uint8Array | string)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const hmac = (key: Uint8Array, data: Uint8Array | string): Buffer => createHmac('sha256', key).update(data).digest();

/** So many bytes that follow from a name: SHA-256(name || counter), one after the other. */
export function bytesOf(name: string, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let i = 0; i * 32 < length; i++) blocks.push(sha256(`${name}/${i}`));
  return Buffer.concat(blocks).subarray(0, length);
}

export type P256Jwk = { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string; readonly d: string };

/** A P-256 key that follows from a name. */
export function p256Of(name: string): P256Jwk {
  const pair = createECDH('prime256v1');
  pair.setPrivateKey(bytesOf(name, 32));
  const point = pair.getPublicKey();
  return { kty: 'EC', crv: 'P-256', x: point.toString('base64url', 1, 33), y: point.toString('base64url', 33), d: pair.getPrivateKey().toString('base64url') };
}

/** RFC 7638. */
export function thumbprintOf({ x, y }: { readonly x: string; readonly y: string }): string {
  return sha256(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`).toString('base64url');
}

/** An Ed25519 key that follows from a name (RFC 8410 for Node's sake). */
export function ed25519Of(name: string): { readonly publicKey: Buffer; readonly seed: Buffer; sign(bytes: Uint8Array): Buffer } {
  const seed = bytesOf(name, 32);
  const key = createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]), format: 'der', type: 'pkcs8' });
  const publicKey = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x!, 'base64url');
  return { publicKey, seed, sign: (bytes) => signEd(null, bytes, key) };
}

/** An Ed25519 signature whose R is the neutral point: the equation of RFC 8032 holds for it, and it is of small order. */
export function smallOrderSignature(message: Uint8Array, { seed, publicKey }: { readonly seed: Buffer; readonly publicKey: Buffer }): Buffer {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const sha512 = (...parts: readonly Uint8Array[]): bigint => toNumber(createHash('sha512').update(Buffer.concat(parts)).digest().reverse());
  const scalar = ((sha512Half(seed) & ~7n & (2n ** 254n - 1n)) | (2n ** 254n)) % order;
  const r = Buffer.alloc(32);
  r[0] = 1;
  return Buffer.concat([r, to32(((sha512(r, publicKey, message) % order) * scalar) % order).reverse()]);
}

/** The first half of SHA-512 of a seed, little-endian (RFC 8032, section 5.1.5). */
function sha512Half(seed: Uint8Array): bigint {
  return toNumber(createHash('sha512').update(seed).digest().subarray(0, 32).reverse());
}

/** The other signature of the same message: (r, n - s). */
export function otherEcdsa(signature: Uint8Array): Buffer {
  return Buffer.concat([signature.subarray(0, 32), to32(P256.n - toNumber(signature.subarray(32)))]);
}

/** ECDSA on P-256 with SHA-256 and the nonce of RFC 6979: r || s. */
export function ecdsa(message: Uint8Array, { d }: P256Jwk): Buffer {
  const digest = sha256(message);
  const x = Buffer.from(d, 'base64url');
  const h = to32(toNumber(digest) % P256.n);
  let v: Buffer = Buffer.alloc(32, 1);
  let k: Buffer = Buffer.alloc(32, 0);
  for (const round of [0, 1]) {
    k = hmac(k, Buffer.concat([v, Buffer.of(round), x, h]));
    v = hmac(k, v);
  }
  for (;;) {
    v = hmac(k, v);
    const nonce = toNumber(v);
    if (nonce > 0n && nonce < P256.n) {
      const pair = createECDH('prime256v1');
      pair.setPrivateKey(v);
      const r = toNumber(pair.getPublicKey().subarray(1, 33)) % P256.n;
      const s = (power(nonce, P256.n - 2n, P256.n) * (toNumber(digest) + r * toNumber(x))) % P256.n;
      if (r > 0n && s > 0n) return Buffer.concat([to32(r), to32(s)]);
    }
    k = hmac(k, Buffer.concat([v, Buffer.of(0)]));
    v = hmac(k, v);
  }
}

/** A segment's secret for one recipient: RFC 7516 with ECDH-ES and A256GCM (RFC 7518, section 4.6), by hand. */
export function jweOf(secret: Uint8Array, recipient: { readonly x: string; readonly y: string }, name: string): string {
  const { d, ...epk } = p256Of(`${name}/ephemeral`);
  const u32 = (n: number): Buffer => Buffer.of(n >>> 24, n >>> 16, n >>> 8, n);
  const head = Buffer.from(
    JSON.stringify({ alg: 'ECDH-ES', enc: 'A256GCM', kid: thumbprintOf(recipient), epk: { x: epk.x, crv: 'P-256', kty: 'EC', y: epk.y } }),
  ).toString('base64url');
  const shared = diffieHellman({
    privateKey: createPrivateKey({ key: { ...epk, d } as JsonWebKey, format: 'jwk' }),
    publicKey: createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: recipient.x, y: recipient.y }, format: 'jwk' }),
  });
  const key = sha256(u32(1), shared, u32(7), 'A256GCM', u32(0), u32(0), u32(256));
  const iv = bytesOf(`${name}/iv`, 12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(head));
  const body = Buffer.concat([cipher.update(secret), cipher.final()]);
  return [head, '', ...[iv, body, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join('.');
}

/** CRC-32C bit by bit. */
function checksum(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) {
    c ^= byte;
    for (let bit = 0; bit < 8; bit++) c = (c & 1) === 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  }
  return ~c >>> 0;
}

export interface SealEvent {
  readonly code: string;
  readonly timeUs: number;
  readonly data: Buffer;
}

export interface SealRecord {
  readonly monoNs: bigint;
  readonly wallMs: number;
  readonly events: readonly SealEvent[];
}

export interface SealSegment {
  /** The header's text, exactly. */
  readonly header: string;
  readonly monoNs: bigint;
  readonly wallMs: number;
  readonly secret: Buffer;
  readonly records: readonly SealRecord[];
}

export interface SealedFrame {
  readonly head: Buffer;
  readonly body: Buffer;
  readonly leaf: Buffer;
  readonly seq: number;
  readonly wallMs: number;
  readonly header: string | undefined;
  readonly pieces: readonly { readonly event: Buffer; readonly salt: Buffer }[];
}

export function eventBytes({ code, timeUs, data }: SealEvent): Buffer {
  const head = Buffer.alloc(13);
  head.write(code, 0, 'latin1');
  head.writeBigUInt64BE(BigInt(timeUs), 1);
  head.writeUInt32BE(data.length, 9);
  return Buffer.concat([head, data]);
}

/** d_j of a piece. */
export function pieceDigest(event: Buffer, salt: Buffer): Buffer {
  return sha256(event.subarray(0, 1), sha256(salt, event));
}

/** The keys of a segment's records, one after the other: M_i and R_i. */
export function ratchetOf(secret: Buffer, recording: string, segment: number, count: number): { readonly k: Buffer; readonly m: Buffer; readonly r: Buffer }[] {
  let k: Buffer = Buffer.from(hkdfSync('sha256', secret, '', `wardmux/v1/segment/${recording}/${segment}`, 32));
  return Array.from({ length: count }, () => {
    const keys = { k, m: hmac(k, 'message'), r: hmac(k, 'salt') };
    k = hmac(k, 'next');
    return keys;
  });
}

/**
 * Heads of several recordings in one event: its digests, what its line has beside it, and the opening of the last head that was given.
 * Heads that are none are written down as they are.
 */
export function headsOf(salt: Buffer, heads: readonly (readonly [recording: unknown, size: unknown, root: unknown])[]) {
  const salts = heads.map(([recording]) => hmac(salt, String(recording)));
  const digests = heads.map((head, i) => sha256(salts[i]!, JSON.stringify(head)).toString('hex'));
  const [, size, root] = heads.at(-1)!;
  return {
    digests: [...digests].sort(),
    opened: { salt: salt.toString('hex'), heads: [...heads].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)) },
    opening: { salt: salts.at(-1)!.toString('hex'), size, root },
  };
}

/** The frames of one segment. */
export function sealSegment(recording: string, segment: number, firstSeq: number, content: SealSegment): SealedFrame[] {
  const covered = (seq: number, monoNs: bigint, wallMs: number, type: number, commitment: Buffer): Buffer => {
    const head = Buffer.alloc(60);
    head.writeBigUInt64BE(BigInt(seq), 0);
    head.writeBigUInt64BE(monoNs, 8);
    head.writeBigUInt64BE(BigInt(wallMs), 16);
    head.writeUInt32BE(type, 24);
    commitment.copy(head, 28);
    return head;
  };
  const frame = (head: Buffer, body: Buffer): { head: Buffer; body: Buffer; leaf: Buffer } => ({ head, body, leaf: sha256(Buffer.of(0), head, sha256(body)) });
  const header = Buffer.from(content.header, 'utf8');
  const frames: SealedFrame[] = [
    {
      ...frame(covered(firstSeq, content.monoNs, content.wallMs, 0, sha256(header)), header),
      seq: firstSeq,
      wallMs: content.wallMs,
      header: content.header,
      pieces: [],
    },
  ];
  const keys = ratchetOf(content.secret, recording, segment, content.records.length);
  content.records.forEach((record, i) => {
    const seq = firstSeq + 1 + i;
    const pieces = record.events.map((event, j) => {
      const index = Buffer.alloc(4);
      index.writeUInt32BE(j);
      return { event: eventBytes(event), salt: hmac(keys[i]!.r, index) };
    });
    const head = covered(seq, record.monoNs, record.wallMs, 1, sha256(...pieces.map((piece) => pieceDigest(piece.event, piece.salt))));
    const cipher = createCipheriv('aes-256-gcm', keys[i]!.m, Buffer.concat([Buffer.alloc(4), head.subarray(0, 8)])).setAAD(head);
    const body = Buffer.concat([cipher.update(Buffer.concat(pieces.map((piece) => piece.event))), cipher.final(), cipher.getAuthTag()]);
    frames.push({ ...frame(head, body), seq, wallMs: record.wallMs, header: undefined, pieces });
  });
  return frames;
}

/** A segment's file. */
export function segmentFile(frames: readonly SealedFrame[]): Buffer {
  const parts: Buffer[] = [Buffer.from('WMXSEG1\n')];
  for (const { head, body } of frames) {
    const front = Buffer.alloc(8);
    front.writeUInt32BE(body.length, 0);
    front.writeUInt32BE(checksum(Buffer.concat([head, sha256(body)])), 4);
    parts.push(front, head, body);
  }
  return Buffer.concat(parts);
}

/** The root by the definition of RFC 6962. */
export function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0]!;
  let k = 1;
  while (2 * k < leaves.length) k *= 2;
  return sha256(Buffer.of(1), rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
}

/** The answer to a challenge: docs/format.md, "Proof of an open identity". */
export function proofOf(r: Buffer, ...parts: readonly (string | Buffer)[]): Buffer {
  const said = parts.map((part) => {
    const bytes = Buffer.from(part as Buffer);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  });
  return hmac(r, Buffer.concat([Buffer.from('wardmux/v1/proof'), ...said]));
}

/** A TimeStampReq of RFC 3161 in DER: version 1, SHA-256 of the data, the nonce as a positive number, certificates asked for. */
export function timestampQuery(data: Buffer, nonce: Buffer): Buffer {
  const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
    const body = Buffer.concat(parts);
    return Buffer.concat([Buffer.of(tag, body.length), body]);
  };
  const algorithm = der(0x30, der(0x06, Buffer.from('608648016503040201', 'hex')), der(0x05));
  const number = Buffer.from(nonce.toString('hex').replace(/^(00)+/, ''), 'hex');
  const positive = number[0]! & 0x80 ? Buffer.concat([Buffer.of(0), number]) : number;
  return der(0x30, der(0x02, Buffer.of(1)), der(0x30, algorithm, der(0x04, sha256(data))), der(0x02, positive), der(0x01, Buffer.of(0xff)));
}
