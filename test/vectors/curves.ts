/**
 * The two curves by hand, slowly, with whole numbers: keys and signatures that no library makes, because they are at an edge or beyond it. Sources: NIST
 * SP 800-186, section 3.2.1.3, and RFC 8032, section 5.1.
 */
import { createHash } from 'node:crypto';

export const toNumber = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
export const to32 = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
const modulo = (a: bigint, m: bigint): bigint => ((a % m) + m) % m;
export function power(base: bigint, exponent: bigint, m: bigint): bigint {
  let result = 1n;
  for (let b = modulo(base, m), e = exponent; e > 0n; e >>= 1n, b = (b * b) % m) if (e & 1n) result = (result * b) % m;
  return result;
}
export const inverse = (a: bigint, m: bigint): bigint => power(a, m - 2n, m);

/** P-256: the field, b, the order, the base point. */
export const P256 = {
  p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  g: [0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n, 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n],
} as const;

/** Undefined: the point at infinity. */
export type Point = readonly [x: bigint, y: bigint] | undefined;

function add256(a: Point, b: Point): Point {
  if (!a || !b) return a ?? b;
  const { p } = P256;
  const same = a[0] === b[0];
  if (same && (a[1] + b[1]) % p === 0n) return undefined;
  const slope = modulo(same ? (3n * a[0] * a[0] - 3n) * inverse(2n * a[1], p) : (b[1] - a[1]) * inverse(b[0] - a[0], p), p);
  const x = modulo(slope * slope - a[0] - b[0], p);
  return [x, modulo(slope * (a[0] - x) - a[1], p)];
}

export function times256(scalar: bigint, point: Point): Point {
  let sum: Point;
  for (let k = modulo(scalar, P256.n), at = point; k > 0n; k >>= 1n, at = add256(at, at)) if (k & 1n) sum = add256(sum, at);
  return sum;
}

/** The point with this x and an even y; undefined where no point has it. */
export function pointAt(x: bigint): Point {
  const { p, b } = P256;
  const square = modulo(x * x * x - 3n * x + b, p);
  // p is 3 modulo 4.
  const y = power(square, (p + 1n) / 4n, p);
  if ((y * y) % p !== square) return undefined;
  return [x, y % 2n === 0n ? y : p - y];
}

/** 0x04, x, y. */
export const encoded = ([x, y]: readonly [bigint, bigint]): Buffer => Buffer.concat([Buffer.of(4), to32(x), to32(y)]);

/** The key by which r (of this point) and s are a signature of a message: (s R - e G) / r. */
export function keyBehind(message: Uint8Array, point: readonly [bigint, bigint], s: bigint): readonly [bigint, bigint] {
  const { n, g } = P256;
  const e = toNumber(createHash('sha256').update(message).digest());
  const r = point[0] % n;
  return times256(inverse(r, n), add256(times256(s, point), times256(n - (e % n), g)))!;
}

/** Edwards25519: the field, d, the order of the base point, the base point, and a point of order 8. */
const ED = {
  p: 2n ** 255n - 19n,
  d: 37095705934669439343138083508754565189542113879843219016388785533085940283555n,
  l: 2n ** 252n + 27742317777372353535851937790883648493n,
} as const;
type EdPoint = readonly [x: bigint, y: bigint];

/** A point from its encoding; undefined where it has none. */
function decodedEd(bytes: Uint8Array): EdPoint | undefined {
  const { p, d } = ED;
  const whole = toNumber(Buffer.from(bytes).reverse());
  const y = whole & (2n ** 255n - 1n);
  const square = modulo((y * y - 1n) * inverse(d * y * y + 1n, p), p);
  let x = power(square, (p + 3n) / 8n, p);
  if ((x * x) % p !== square) x = (x * power(2n, (p - 1n) / 4n, p)) % p;
  if ((x * x) % p !== square) return undefined;
  return [(x & 1n) === whole >> 255n ? x : modulo(-x, p), y];
}

export const encodedEd = ([x, y]: EdPoint): Buffer => to32(y | ((x & 1n) << 255n)).reverse();

function addEd([x1, y1]: EdPoint, [x2, y2]: EdPoint): EdPoint {
  const { p, d } = ED;
  const t = modulo(d * x1 * x2 * y1 * y2, p);
  return [modulo((x1 * y2 + x2 * y1) * inverse(1n + t, p), p), modulo((y1 * y2 + x1 * x2) * inverse(1n - t, p), p)];
}

function timesEd(scalar: bigint, point: EdPoint): EdPoint {
  let sum: EdPoint = [0n, 1n];
  for (let k = scalar, at = point; k > 0n; k >>= 1n, at = addEd(at, at)) if (k & 1n) sum = addEd(sum, at);
  return sum;
}

const BASE = decodedEd(Buffer.from(`58${'66'.repeat(31)}`, 'hex'))!;
/** Of order 8. */
const ORDER_8 = decodedEd(Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'hex'))!;

/** Whether some y has a point. */
export const hasEdPoint = (bytes: Uint8Array): boolean => decodedEd(bytes) !== undefined;

/**
 * A signature by a key a B + T with a nonce point r B + U, where T and U are multiples of a point of order 8: the equation with the cofactor holds
 * always, the one without it only where what T and U leave is nothing.
 */
export function edSignature(
  message: Uint8Array,
  a: bigint,
  r: bigint,
  ofKey: number,
  ofNonce: number,
): { readonly key: Buffer; readonly signature: Buffer; readonly holds: boolean } {
  const { l } = ED;
  const key = encodedEd(addEd(timesEd(a, BASE), timesEd(BigInt(ofKey), ORDER_8)));
  const nonce = encodedEd(addEd(timesEd(r, BASE), timesEd(BigInt(ofNonce), ORDER_8)));
  const k = toNumber(createHash('sha512').update(nonce).update(key).update(message).digest().reverse()) % l;
  const s = (r + k * a) % l;
  return { key, signature: Buffer.concat([nonce, to32(s).reverse()]), holds: (BigInt(ofNonce) + k * BigInt(ofKey)) % 8n === 0n };
}
