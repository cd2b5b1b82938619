/**
 * Ed25519 signatures, judged alike by every library. RFC 8032 leaves open whether keys and signatures of small order, points
 * written in a second way, and the equation with the cofactor count as good, and libraries differ: OpenSSL refuses points of
 * small order, BoringSSL takes them. docs/format.md, "Signature algorithms", decides it; verify.py has the same rules.
 */
import { createPublicKey, verify } from 'node:crypto';

/** DER prefix of an Ed25519 SubjectPublicKeyInfo (RFC 8410, section 4); the raw key follows. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const P = 2n ** 255n - 19n;
/** The y of a point of order 8; the other one is its negative. */
const ORDER_8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
/** The y of all eight points whose order divides the cofactor. */
const SMALL_ORDER = new Set([0n, 1n, P - 1n, ORDER_8, P - ORDER_8]);

/** Whether 32 bytes are the one encoding of a y below p, and not that of a point of small order: every point that a key or a signature may have. */
function isEd25519Point(bytes: Uint8Array): boolean {
  if (bytes.length !== 32) return false;
  const y = yOf(bytes);
  return y < P && !SMALL_ORDER.has(y);
}

const yOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`) & (2n ** 255n - 1n);

/** d of the curve: RFC 8032, section 5.1. */
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/**
 * Whether 32 bytes are a public key: such an encoding, of a y that belongs to a point of the curve. Asked where a key is read and not at each signature,
 * because none is good by a key that is no point.
 */
export function isEd25519Key(bytes: Uint8Array): boolean {
  if (!isEd25519Point(bytes)) return false;
  const y = yOf(bytes);
  // x^2 = u / v, and u / v is a square exactly where u * v is one (Euler); v is never zero, because -1 / d is no square.
  const [u, v] = [y * y - 1n, D * y * y + 1n];
  let power = 1n;
  for (let base = (u * v) % P, exponent = (P - 1n) / 2n; exponent > 0n; exponent >>= 1n, base = (base * base) % P)
    if (exponent & 1n) power = (power * base) % P;
  return power === 1n;
}

/** @param publicKey raw, 32 bytes. @param signature R || S, 64 bytes. */
export function ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64 || !isEd25519Point(publicKey) || !isEd25519Point(signature.subarray(0, 32))) return false;
  return verify(null, message, createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' }), signature);
}
