/**
 * Keys and signatures on P-256, judged alike by every library. What a library takes for a public key is its own affair: some look whether a point
 * lies on the curve, some take what they are given. Whoever believes a key asks here first. docs/format.md, "Signature algorithms", decides it;
 * verify.py has the same rules.
 */
import { createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';
import { base64url, type PublicJwk } from '../types/keys.ts';

/** The field, the curve's b, and the order of its base point: NIST SP 800-186, section 3.2.1.3. */
const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

/**
 * Whether 65 bytes are the one encoding of a point that a key may have: 0x04, x and y, both below p, on the curve. Every one of these has the order
 * of the base point: the curve has a cofactor of 1, so no point is of small order, and the one at infinity cannot be written so.
 */
export function isP256Point(bytes: Uint8Array): boolean {
  if (bytes.length !== 65 || bytes[0] !== 4) return false;
  const [x, y] = [number(bytes.subarray(1, 33)), number(bytes.subarray(33))];
  return x < P && y < P && (y * y - (x * x * x - 3n * x + B)) % P === 0n;
}

/** The uncompressed point of a JWK (RFC 7518, section 6.2.1), 65 bytes where its coordinates have 32 each. */
export function p256PointOf({ x, y }: Pick<PublicJwk, 'x' | 'y'>): Buffer {
  return Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
}

/** The JWK of an uncompressed point of 65 bytes. */
export function p256JwkOf(point: Uint8Array): PublicJwk {
  const coordinate = (from: number): string => Buffer.from(point.subarray(from, from + 32)).toString('base64url');
  return { kty: 'EC', crv: 'P-256', x: coordinate(1), y: coordinate(33) };
}

/** A public key as policies and records of people have it. */
export const publicJwkSchema = z
  .strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: base64url(32, 32), y: base64url(32, 32) })
  .refine((jwk) => isP256Point(p256PointOf(jwk)), 'no point of the curve P-256');

/**
 * ECDSA with SHA-256 (FIPS 186-5, section 6.4.2). Of the two signatures (r, s) and (r, n - s) each is as good as the other.
 * @param point uncompressed, 65 bytes. @param signature r || s, 64 bytes.
 */
export function p256Verify(point: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64 || !isP256Point(point)) return false;
  const inRange = (from: number): boolean => {
    const value = number(signature.subarray(from, from + 32));
    return value > 0n && value < N;
  };
  if (!inRange(0) || !inRange(32)) return false;
  return verify('sha256', message, { key: createPublicKey({ key: { ...p256JwkOf(point) }, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }, signature);
}
