/** Signatures at the edges of Ed25519 and of ECDSA on P-256, in the manner of Project Wycheproof, and keys that are none: each is good for every verifier, or for none. */
import { bytesOf, ecdsa, ed25519Of, otherEcdsa, p256Of, sha256, smallOrderSignature, type P256Jwk } from './second-writer.ts';
import { edSignature, encoded, encodedEd, hasEdPoint, inverse, keyBehind, P256, pointAt, times256, to32, toNumber } from './curves.ts';

export interface SignatureCase {
  readonly name: string;
  /** As it stands in a file: 65 bytes of P-256, 32 of Ed25519, or what somebody put in their place. */
  readonly key: string;
  /** Whether a trust file may have it. */
  readonly isKey: boolean;
  readonly message: string;
  /** r || s, or R || S. */
  readonly signature: string;
  readonly good: boolean;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const { n, p, g } = P256;

const pointOf = ({ x, y }: P256Jwk): readonly [bigint, bigint] => [toNumber(Buffer.from(x, 'base64url')), toNumber(Buffer.from(y, 'base64url'))];

/** The smallest x from `from` on that a point has. */
function firstPoint(from: bigint): readonly [bigint, bigint] {
  for (let x = from; ; x += 1n) {
    const point = pointAt(x);
    if (point) return point;
  }
}

function p256Cases(name: string): SignatureCase[] {
  const own = p256Of(`${name}/person`);
  const message = Buffer.from('a message');
  const key = encoded(pointOf(own));
  const good = ecdsa(message, own);
  const [r, s] = [good.subarray(0, 32), good.subarray(32)];
  const numbers = (a: bigint, b: bigint): Buffer => Buffer.concat([to32(a), to32(b)]);
  const cases: SignatureCase[] = [];
  const add = (what: string, isGood: boolean, signature: Uint8Array, of: Uint8Array = key, isKey = true): void =>
    void cases.push({ name: what, key: hex(of), isKey, message: hex(message), signature: hex(signature), good: isGood });

  add('a signature', true, good);
  add('the other s, n - s', true, otherEcdsa(good));
  add('another message', false, ecdsa(Buffer.from('another'), own));
  add('r and s in the other order', false, Buffer.concat([s, r]));
  add('r is 0', false, numbers(0n, toNumber(s)));
  add('s is 0', false, numbers(toNumber(r), 0n));
  add('r and s are 0', false, numbers(0n, 0n));
  add('r and s are 1', false, numbers(1n, 1n));
  add('r is n', false, numbers(n, toNumber(s)));
  add('s is n', false, numbers(toNumber(r), n));
  add('r is p', false, numbers(p, toNumber(s)));
  add('r and s are 2^256 - 1', false, Buffer.alloc(64, 0xff));
  add('a byte too few', false, good.subarray(0, 63));
  add('a byte too many', false, Buffer.concat([good, Buffer.of(0)]));
  add('no bytes', false, Buffer.alloc(0));

  // Keys by which given numbers are a signature.
  const some = times256(toNumber(bytesOf(`${name}/nonce`, 32)), g)!;
  const ofSmall = encoded(keyBehind(message, some, 5n));
  add('s is 5', true, numbers(some[0] % n, 5n), ofSmall);
  add('s is 5 + n, which is 5 modulo n', false, numbers(some[0] % n, 5n + n), ofSmall);
  const beyond = firstPoint(n + 1n);
  const ofBeyond = encoded(keyBehind(message, beyond, 7n));
  add('the x of R is not below n, and r is what is left of it', true, numbers(beyond[0] - n, 7n), ofBeyond);
  add('the x of R is not below n, and r is that x', false, numbers(beyond[0], 7n), ofBeyond);
  const e = toNumber(sha256(message)) % n;
  const over = (a: bigint): bigint => inverse(a, n);
  add('a sum that is the point at infinity', false, numbers(11n, 13n), encoded(times256(n - ((e * over(11n)) % n), g)!));
  const doubled = times256((2n * e * over(13n)) % n, g)!;
  add('a sum of a point and itself', true, numbers(doubled[0] % n, 13n), encoded(times256((e * over(doubled[0] % n)) % n, g)!));
  const withKey = (d: bigint): P256Jwk => {
    const [x, y] = times256(d, g)!;
    const text = (value: bigint): string => to32(value).toString('base64url');
    return { kty: 'EC', crv: 'P-256', x: text(x), y: text(y), d: text(d) };
  };
  for (const [what, d] of [
    ['the key is the base point', 1n],
    ['the key is the base point turned over', n - 1n],
    ['the key is twice the base point', 2n],
  ] as const)
    add(what, true, ecdsa(message, withKey(d)), encoded(pointOf(withKey(d))));

  // What is no key.
  const [x, y] = pointOf(own);
  add('a key that lies not on the curve', false, good, encoded([x, y ^ 1n]), false);
  add('a key whose x and y are 0', false, good, encoded([0n, 0n]), false);
  const low = firstPoint(1n);
  const ofLow = encoded(low);
  add('a key with a small x', false, good, ofLow);
  add('the same key, its x written as x + p', false, good, encoded([low[0] + p, low[1]]), false);
  add('a key with x of p', false, good, encoded([p, y]), false);
  add('a key that is compressed', false, good, Buffer.concat([Buffer.of(y % 2n === 0n ? 2 : 3), to32(x)]), false);
  add('a key in the hybrid form', false, good, Buffer.concat([Buffer.of(y % 2n === 0n ? 6 : 7), key.subarray(1)]), false);
  add('a key that is the point at infinity', false, good, Buffer.of(0), false);
  add('a key with a byte more', false, good, Buffer.concat([key, Buffer.of(0)]), false);
  add('a key without its first byte', false, good, key.subarray(1), false);
  return cases;
}

function ed25519Cases(name: string): SignatureCase[] {
  const own = ed25519Of(`${name}/installation`);
  const message = Buffer.from('a message');
  const good = own.sign(message);
  const cases: SignatureCase[] = [];
  const add = (what: string, isGood: boolean, signature: Uint8Array, key: Uint8Array = own.publicKey, isKey = true, of: Uint8Array = message): void =>
    void cases.push({ name: what, key: hex(key), isKey, message: hex(of), signature: hex(signature), good: isGood });
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const little = (value: bigint): Buffer => to32(value).reverse();
  const s = toNumber(Buffer.from(good.subarray(32)).reverse());
  const R = good.subarray(0, 32);

  add('a signature', true, good);
  add('another message', false, own.sign(Buffer.from('another')));
  add('S + L, which is S modulo L', false, Buffer.concat([R, little(s + order)]));
  add('S is L', false, Buffer.concat([R, little(order)]));
  add('S is 0', false, Buffer.concat([R, little(0n)]));
  add('R is of small order, and the equation holds', false, smallOrderSignature(message, own));
  // p + 3: the y of 3 has a point.
  add('R is not below p', false, Buffer.concat([little(2n ** 255n - 16n), good.subarray(32)]));
  add('R belongs to no point', false, Buffer.concat([little(2n), good.subarray(32)]));
  add('a byte too few', false, good.subarray(0, 63));
  add('a byte too many', false, Buffer.concat([good, Buffer.of(0)]));
  add('no bytes', false, Buffer.alloc(0));

  const a = toNumber(bytesOf(`${name}/mixed`, 31));
  const r = toNumber(bytesOf(`${name}/mixed/nonce`, 31));
  /** The first message for which the equation without the cofactor holds, or does not. */
  const mixed = (what: string, ofKey: number, ofNonce: number, holds: boolean): void => {
    for (let i = 0; ; i++) {
      const text = Buffer.from(`${what} ${i}`);
      const made = edSignature(text, a, r, ofKey, ofNonce);
      if (made.holds !== holds) continue;
      add(what, holds, made.signature, made.key, true, text);
      return;
    }
  };
  mixed('made by hand', 0, 0, true);
  mixed('a key of mixed order, and the equation holds without the cofactor', 1, 0, true);
  mixed('a key of mixed order, and the equation holds with the cofactor alone', 1, 0, false);
  mixed('an R of mixed order, and the equation holds with the cofactor alone', 0, 1, false);
  mixed('a key and an R of mixed order, and the equation holds without the cofactor', 1, 4, true);
  mixed('a key and an R of mixed order, and the equation holds with the cofactor alone', 2, 3, false);

  const small = ['01', '00', 'ec'].map((first) => Buffer.from(first + (first === 'ec' ? `${'ff'.repeat(30)}7f` : '00'.repeat(31)), 'hex'));
  for (const [i, key] of small.entries()) add(`a key of small order: ${['the neutral point', 'order 4', 'order 2'][i]}`, false, good, key, false);
  add('a key of small order: order 8', false, good, Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'hex'), false);
  // With R of no order and S of 0 the equation holds for any message, where nobody looks.
  add('a key and an R of small order, S is 0', false, Buffer.concat([encodedEd([0n, 1n]), little(0n)]), small[0], false);
  add('a key that is not below p', false, good, little(2n ** 255n - 16n), false);
  const nowhere = [...Array(9).keys()].map((y) => little(BigInt(y + 2))).find((bytes) => !hasEdPoint(bytes))!;
  add('a key whose y belongs to no point', false, good, nowhere, false);
  add('a key of 31 bytes', false, good, own.publicKey.subarray(0, 31), false);
  add('a key of 33 bytes', false, good, Buffer.concat([own.publicKey, Buffer.of(0)]), false);
  return cases;
}

export const signatureVectors = (name: string): unknown => ({ p256: p256Cases(name), ed25519: ed25519Cases(name) });
