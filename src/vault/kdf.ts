/** From what a person knows or holds to the key of a slot. */
import { hkdfSync, randomBytes, scrypt } from 'node:crypto';
import type { ScryptParameters } from './types.ts';

/**
 * N = 2^17, r = 8, p = 1: 128 MiB and about 0.4 s on a slow workstation; the first choice of OWASP's password storage
 * cheat sheet for scrypt. Written into each slot, so that a later version can raise it slot by slot.
 */
export const scryptNow = { N: 2 ** 17, r: 8, p: 1 } as const;

/** Bounds for parameters that come from a file: weaker is an attack, and larger stops the machine. */
export const scryptLimits = { minN: 2 ** 14, maxN: 2 ** 20, maxMemory: 1536 * 1024 * 1024 } as const;
const saltBytes = 32;

export const newScryptParameters = (): ScryptParameters => ({ ...scryptNow, salt: randomBytes(saltBytes).toString('base64url') });

/**
 * scrypt (RFC 7914) over the bytes of a passphrase (UTF-8, NFC).
 * @returns 32 bytes that the caller wipes.
 */
export function deriveFromPassphrase(passphrase: Uint8Array, { N, r, p, salt }: ScryptParameters): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // OpenSSL's own count is a little above 128 * N * r; twice that never refuses what is within our limits.
    const maxmem = 256 * N * r + 1024 * 1024;
    scrypt(passphrase, Buffer.from(salt, 'base64url'), 32, { N, r, p, maxmem }, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

/**
 * HKDF-SHA256 (RFC 5869) over a PRF result of 32 bytes.
 * @param salt the slot's PRF evaluation input, 32 bytes.
 * @returns 32 bytes that the caller wipes.
 */
export const deriveFromPrf = (prf: Uint8Array, salt: Uint8Array): Buffer => Buffer.from(hkdfSync('sha256', prf, salt, 'wardmux/v1/passkey-slot', 32));
