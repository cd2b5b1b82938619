/**
 * ML-DSA-44 (FIPS 204), pure, with an empty context: the second signature, for the day on which Ed25519 can be forged. OpenSSL 3.5
 * has it; a runtime that has not says so here, and nothing else has to know.
 */
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

/** Sizes of FIPS 204, table 2, and of the seed that a key follows from (algorithm 1), bytes. */
export const MLDSA44 = { seed: 32, publicKey: 1312, signature: 2420 } as const;
/** DER in front of a seed (PKCS #8) and of a public key (SubjectPublicKeyInfo): RFC 9881, sections 4 and 6. */
const PKCS8_PREFIX = Buffer.from('3034020100300b060960864801650304031104228020', 'hex');
const SPKI_PREFIX = Buffer.from('30820532300b06096086480165030403110382052100', 'hex');

let able: boolean | undefined;

/** Whether this runtime can make and check such signatures. */
export function canMldsa44(): boolean {
  if (able === undefined) {
    try {
      const probe = Buffer.from('probe');
      const key = openMldsa44(Buffer.alloc(MLDSA44.seed));
      able = verifyWith(key.publicKey, probe, key.sign(probe));
    } catch {
      able = false;
    }
  }
  return able;
}

export interface Mldsa44Key {
  /** 1,312 bytes. */
  readonly publicKey: Buffer;
  /** 2,420 bytes; hedged, so another one each time. */
  sign(bytes: Uint8Array): Buffer;
}

/** The key that follows from a seed. @throws where this runtime cannot, see canMldsa44. */
export function openMldsa44(seed: Uint8Array): Mldsa44Key {
  const der = Buffer.concat([PKCS8_PREFIX, seed]);
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } finally {
    der.fill(0);
  }
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return { publicKey: spki.subarray(SPKI_PREFIX.length), sign: (bytes) => sign(null, bytes, key) };
}

function verifyWith(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return verify(null, message, createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' }), signature);
}

/** `unchecked`: it has the right length, and this runtime cannot say more. @param publicKey 1,312 bytes. */
export function mldsa44Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): 'good' | 'bad' | 'unchecked' {
  if (publicKey.length !== MLDSA44.publicKey || signature.length !== MLDSA44.signature) return 'bad';
  if (!canMldsa44()) return 'unchecked';
  return verifyWith(publicKey, message, signature) ? 'good' : 'bad';
}
