/**
 * Proof that an identity is open. Whoever has to know seals 32 random bytes to the public key that they hold; only the
 * private key gives them back, and what comes back is not the bytes but a MAC under them over what the proof is for. So a
 * proof is good for one challenge, one purpose, one page and one channel, and whoever carries it learns nothing.
 *
 *   sealed = compact JWE, ECDH-ES on P-256 with A256GCM, of 32 random bytes r
 *   proof  = HMAC-SHA-256(r, "wardmux/v1/proof" || for each of purpose, person, page, peer: u32 length || bytes)
 *
 * `page` is the page's channel key as the vault knows it and `peer` that of the asking process's channel to the page (raw
 * P-256 points; `peer` is empty where there is no such channel). Of a command `page` is the SHA-256 of its words as JSON.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { PublicJwk } from '../types/keys.ts';
import { newSegmentSecret, thumbprint, wrapSecret } from '../recording/wrap.ts';
import type { SegmentOpener } from '../recording/types.ts';

/** `unlock`: main wants to know. `view`: the process that holds the shells does. `command`: main does, of whoever gives one at a command line. */
type ProofPurpose = 'unlock' | 'view' | 'command';

export interface ProofContext {
  readonly purpose: ProofPurpose;
  /** Id. */
  readonly person: string;
  readonly page: Uint8Array;
  readonly peer: Uint8Array;
}

function macOf(secret: Uint8Array, { purpose, person, page, peer }: ProofContext): Buffer {
  const mac = createHmac('sha256', secret).update('wardmux/v1/proof');
  for (const part of [Buffer.from(purpose), Buffer.from(person), page, peer]) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    mac.update(length).update(part);
  }
  return mac.digest();
}

/** A question that only one private key answers. */
export class Challenge {
  /** For the one who is to prove it. */
  readonly sealed: string;
  #secret: Buffer | undefined;

  private constructor(sealed: string, secret: Buffer) {
    this.sealed = sealed;
    this.#secret = secret;
  }

  /** Rejects where the key is none on P-256. */
  static async to(key: PublicJwk): Promise<Challenge> {
    const secret = newSegmentSecret();
    return new Challenge(await wrapSecret(secret, { kid: thumbprint(key), role: 'owner', jwk: key }), secret);
  }

  /** True for the one proof of this context. Asking uses the challenge up, whatever comes of it. */
  accepts(proof: Uint8Array, context: ProofContext): boolean {
    const secret = this.#secret;
    if (!secret) return false;
    this.#secret = undefined;
    const wanted = macOf(secret, context);
    secret.fill(0);
    return proof.length === wanted.length && timingSafeEqual(proof, wanted);
  }

  /** Nothing proves it from here on. */
  drop(): void {
    this.#secret?.fill(0);
    this.#secret = undefined;
  }
}

/** Answers a challenge. Rejects where it is not sealed to this identity. */
export async function prove(identity: SegmentOpener, sealed: string, context: ProofContext): Promise<Uint8Array> {
  const secret = await identity.open(sealed);
  try {
    return new Uint8Array(macOf(secret, context));
  } finally {
    secret.fill(0);
  }
}
