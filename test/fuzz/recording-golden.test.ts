/**
 * A second reader, written from docs/format.md alone: it imports nothing of the program. It holds the page to what it
 * promises, and the format to yesterday's files, for the recording beside it is never made anew.
 */
import { createDecipheriv, createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman, hkdfSync, type JsonWebKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const folder = join(import.meta.dirname, 'recording-golden');
const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
const hmac = (key: Uint8Array, data: Uint8Array | string): Buffer => createHmac('sha256', key).update(data).digest();

/** CRC-32C bit by bit. */
function checksum(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) {
    c ^= byte;
    for (let bit = 0; bit < 8; bit++) c = (c & 1) === 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  }
  return ~c >>> 0;
}

/** RFC 7516 and RFC 7518 section 4.6, by hand. */
function openJwe(jwe: string, jwk: JsonWebKey): Buffer {
  const parts = jwe.split('.');
  const [head, wrapped, iv, ciphertext, tag] = parts.map((part) => Buffer.from(part, 'base64url')) as [Buffer, Buffer, Buffer, Buffer, Buffer];
  const header = JSON.parse(head.toString()) as { alg: string; enc: string; epk: JsonWebKey };
  expect(header).toMatchObject({ alg: 'ECDH-ES', enc: 'A256GCM' });
  expect(wrapped.length).toBe(0);
  const shared = diffieHellman({ privateKey: createPrivateKey({ key: jwk, format: 'jwk' }), publicKey: createPublicKey({ key: header.epk, format: 'jwk' }) });
  const u32 = (n: number): Buffer => Buffer.of(n >>> 24, n >>> 16, n >>> 8, n);
  const key = sha256(u32(1), shared, u32(7), Buffer.from('A256GCM'), u32(0), u32(0), u32(256));
  const decipher = createDecipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(parts[0]!)).setAuthTag(tag);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

/** The root by the definition of RFC 6962. */
function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0]!;
  let k = 1;
  while (2 * k < leaves.length) k *= 2;
  return sha256(Buffer.of(1), rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
}

it('reads the recording as the page says', () => {
  const { kid, jwk } = JSON.parse(readFileSync(join(folder, 'key.json'), 'utf8')) as { kid: string; jwk: JsonWebKey };
  const id = '20260304-050607-0a1b2c3d';
  const names = readdirSync(join(folder, id))
    .filter((name) => /^segment-\d{6,}\.wmx$/.test(name))
    .sort();
  const leaves: Buffer[] = [];
  const records: unknown[] = [];
  let output = 0;
  for (const [segment, name] of names.entries()) {
    const file = readFileSync(join(folder, id, name));
    expect(file.toString('latin1', 0, 8)).toBe('WMXSEG1\n');
    let k: Buffer = Buffer.alloc(0);
    let index = 0;
    for (let at = 8; at < file.length; index++) {
      const head = file.subarray(at, at + 68);
      const body = file.subarray(at + 68, at + 68 + head.readUInt32BE(0));
      at += 68 + body.length;
      const covered = Buffer.concat([head.subarray(8), sha256(body)]);
      expect(head.readUInt32BE(4)).toBe(checksum(covered));
      const seq = head.readBigUInt64BE(8);
      expect(Number(seq)).toBe(leaves.length);
      const leaf = sha256(Buffer.of(0), covered);
      leaves.push(leaf);
      const commitment = head.subarray(36, 68);
      if (index === 0) {
        expect(head.readUInt32BE(32)).toBe(0);
        expect(sha256(body)).toEqual(commitment);
        const header = JSON.parse(body.toString()) as Record<string, unknown> & { recipients: { kid: string; jwe: string }[] };
        expect(header).toMatchObject({ format: 'wardmux-segment', version: 1, recording: id, segment, firstSeq: Number(seq), outputOffset: output });
        const secret = openJwe(header.recipients.find((recipient) => recipient.kid === kid)!.jwe, jwk);
        k = Buffer.from(hkdfSync('sha256', secret, '', `wardmux/v1/segment/${id}/${segment}`, 32));
        continue;
      }
      expect(head.readUInt32BE(32)).toBe(1);
      const decipher = createDecipheriv('aes-256-gcm', hmac(k, 'message'), Buffer.concat([Buffer.alloc(4), head.subarray(8, 16)]));
      decipher.setAAD(head.subarray(8)).setAuthTag(body.subarray(-16));
      const plaintext = Buffer.concat([decipher.update(body.subarray(0, -16)), decipher.final()]);
      const root = hmac(k, 'salt');
      k = hmac(k, 'next');
      const events = [];
      const digests: Buffer[] = [];
      for (let from = 0; from < plaintext.length;) {
        const event = plaintext.subarray(from, from + 13 + plaintext.readUInt32BE(from + 9));
        from += event.length;
        const j = Buffer.alloc(4);
        j.writeUInt32BE(digests.length);
        const salt = hmac(root, j);
        digests.push(sha256(event.subarray(0, 1), sha256(salt, event)));
        const code = event.toString('latin1', 0, 1);
        const data = event.subarray(13);
        if (code === 'o') output += data.length;
        events.push({ code, timeUs: Number(event.readBigUInt64BE(1)), data: data.toString('base64'), salt: salt.toString('hex') });
      }
      expect(sha256(...digests)).toEqual(commitment);
      records.push({ seq: Number(seq), wallMs: Number(head.readBigUInt64BE(24)), leaf: leaf.toString('hex'), events });
    }
  }
  const found = { head: { size: leaves.length, root: rootOf(leaves).toString('hex') }, records };
  expect(found).toEqual(JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')));
});
