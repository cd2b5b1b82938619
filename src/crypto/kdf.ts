/** From what a person knows or holds to the key of a slot. */
import { hkdfSync, randomBytes, scrypt } from 'node:crypto';
import { totalmem } from 'node:os';

/** scrypt (RFC 7914) parameters: N is a power of two. */
export interface ScryptParameters {
  readonly N: number;
  readonly r: number;
  readonly p: number;
  /** base64url, 16 bytes or more. */
  readonly salt: string;
}

/**
 * Bounds for parameters, also for those that come from a file: weaker is an attack, and larger stops the machine. The least
 * is N = 2^17, r = 8, p = 1 (128 MiB), the first choice of OWASP's password storage cheat sheet for scrypt.
 */
export const scryptLimits = { minN: 2 ** 17, maxN: 2 ** 20, maxMemory: 1536 * 1024 * 1024 } as const;
const saltBytes = 32;

/** What an unlock may take: nobody minds half a second, and a thief pays it for each guess. */
const aimMs = 500;
/** Of the machine's memory an unlock takes this part at most: shells run beside it. */
const memoryShare = 1 / 8;

/** The least that a slot may have, with a fresh salt. */
export const newScryptParameters = (N: number = scryptLimits.minN): ScryptParameters => ({ N, r: 8, p: 1, salt: randomBytes(saltBytes).toString('base64url') });

/**
 * The cost for this machine, from what the least one takes here: the power of two that comes nearest to the aim, within bounds.
 * @param leastMs what N = 2^17 took.
 * @param memory of the machine, in bytes.
 */
export function costFor(leastMs: number, memory: number): number {
  if (!(leastMs > 0)) return scryptLimits.minN;
  const wanted = scryptLimits.minN * 2 ** Math.round(Math.log2(aimMs / leastMs));
  const affordable = 2 ** Math.floor(Math.log2((memory * memoryShare) / (128 * 8)));
  const N = Math.min(wanted, affordable, scryptLimits.maxN);
  return Math.max(scryptLimits.minN, N);
}

/** A slot gets another cost where it wants this many times its own: nearer than that, what was measured says how busy the machine was. */
const TOO_CHEAP = 4;

/**
 * The cost that a slot should have on this machine, from what an unlock with it took. Never a lower one: a slow unlock may have been a busy
 * machine's.
 * @param N of the slot. @param tookMs what its derivation took. @param memory of the machine, in bytes.
 * @returns undefined where its own is near enough.
 */
export function dearerCost(N: number, tookMs: number, memory = totalmem()): number | undefined {
  const wanted = costFor((tookMs * scryptLimits.minN) / N, memory);
  return wanted >= TOO_CHEAP * N ? wanted : undefined;
}

/** Measures the machine, which takes about a second, and gives parameters for a new slot: they are written into it. */
export async function measuredScryptParameters(): Promise<ScryptParameters> {
  const tries: number[] = [];
  // The quicker of two: the first one also pays for memory that was not there yet.
  for (let i = 0; i < 2; i++) {
    const begun = performance.now();
    (await deriveFromPassphrase(Buffer.alloc(16), newScryptParameters())).fill(0);
    tries.push(performance.now() - begun);
  }
  return newScryptParameters(costFor(Math.min(...tries), totalmem()));
}

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

/**
 * HKDF-SHA256 (RFC 5869) over what scrypt made of a passphrase, and a PRF result: 32 bytes each, so that where one ends is never in doubt. Who has only
 * one of them knows nothing of the key.
 * @param salt the slot's PRF evaluation input, 32 bytes.
 * @returns 32 bytes that the caller wipes.
 */
export const deriveFromBoth = (passphrase: Uint8Array, prf: Uint8Array, salt: Uint8Array): Buffer =>
  fromTwo(passphrase, prf, salt, 'wardmux/v1/passphrase-key-slot');

/**
 * HKDF-SHA256 (RFC 5869) over what the OS secret store keeps for a slot, and the handle that its passkey gives: 32 bytes each.
 * @param salt the slot's, 32 bytes.
 * @returns 32 bytes that the caller wipes.
 */
export const deriveFromStored = (half: Uint8Array, handle: Uint8Array, salt: Uint8Array): Buffer =>
  fromTwo(half, handle, salt, 'wardmux/v2/passkey-store-slot');

function fromTwo(one: Uint8Array, other: Uint8Array, salt: Uint8Array, label: string): Buffer {
  if (one.length !== 32 || other.length !== 32) throw new RangeError('two keys of 32 bytes are needed');
  const both = Buffer.concat([one, other]);
  try {
    return Buffer.from(hkdfSync('sha256', both, salt, label, 32));
  } finally {
    both.fill(0);
  }
}
