/** AES-256-GCM for small secrets: a vault key in its slot, an identity under its vault key. */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';

/** AES-256-GCM: base64url iv (12 bytes) and ciphertext with its tag at the end. */
export interface Sealed {
  readonly iv: string;
  readonly ciphertext: string;
}

const ivBytes = 12;
const tagBytes = 16;

/**
 * Seals under a 32-byte key with a random iv: few seals are made with any one key, so random ivs do not collide.
 * @param aad bound to the ciphertext, not in it.
 */
export function seal(key: Uint8Array, plain: Uint8Array, aad: Uint8Array): Sealed {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', createSecretKey(key), iv);
  cipher.setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return { iv: iv.toString('base64url'), ciphertext: ciphertext.toString('base64url') };
}

/** Opens into a buffer that the caller wipes; undefined where the key, the bytes or the associated data are wrong. */
export function unseal(key: Uint8Array, sealed: Sealed, aad: Uint8Array): Buffer | undefined {
  const iv = Buffer.from(sealed.iv, 'base64url');
  const bytes = Buffer.from(sealed.ciphertext, 'base64url');
  if (iv.length !== ivBytes || bytes.length < tagBytes) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', createSecretKey(key), iv, { authTagLength: tagBytes });
  decipher.setAAD(aad);
  decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
  const plain = decipher.update(bytes.subarray(0, bytes.length - tagBytes));
  try {
    decipher.final();
    return plain;
  } catch {
    plain.fill(0);
    return undefined;
  }
}
