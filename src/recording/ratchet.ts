/**
 * The key ratchet of one segment, and the commitment to a record's pieces. Pure. docs/format.md, "Keys", is normative.
 *
 *   K_0     = HKDF-SHA256(S, no salt, "wardmux/v1/segment/" + recording + "/" + segment, 32)      (RFC 5869)
 *   M_i     = HMAC-SHA256(K_i, "message")    key of record i, AES-256-GCM
 *   E_i     = HMAC-SHA256(K_i, "erased")     instead of M_i, for what is left of record i where pieces of it were erased
 *   R_i     = HMAC-SHA256(K_i, "salt")       its pieces' salts come from it
 *   K_(i+1) = HMAC-SHA256(K_i, "next")       K_i is wiped: what leaks later opens nothing earlier
 */
import { createDecipheriv, createSecretKey, hash, hkdfSync, type KeyObject } from 'node:crypto';
import { sha256, sha256Into } from '../merkle/sha256.ts';

const BLOCK = 64;
const KEY_BYTES = 32;
/** Of AES-256-GCM, behind the ciphertext. */
export const TAG_BYTES = 16;
const labels = { message: Buffer.from('message'), erased: Buffer.from('erased'), salt: Buffer.from('salt'), next: Buffer.from('next') };

/** K_0 of a segment, 32 bytes. The caller wipes `secret` (32 bytes) and, later, the result. */
export function segmentKey(secret: Uint8Array, recording: string, segment: number): Buffer {
  const derived = hkdfSync('sha256', secret, Buffer.alloc(0), `wardmux/v1/segment/${recording}/${segment}`, KEY_BYTES);
  return Buffer.from(derived);
}

/**
 * HMAC-SHA256 (RFC 2104) under one 32-byte key, by one-shot hashes: node's createHmac costs about 5 us a call more than
 * that, which at four calls a record is a third of the time to seal 32 KiB. `wipe` when done.
 */
export class ShortHmac {
  readonly #inner = Buffer.alloc(BLOCK + 32);
  readonly #outer = Buffer.alloc(BLOCK + 32);

  /** Takes a key of 32 bytes; the caller's copy stays the caller's to wipe. */
  setKey(key: Uint8Array): void {
    if (key.length !== KEY_BYTES) throw new RangeError(`a ratchet key has ${KEY_BYTES} bytes, not ${key.length}`);
    for (let i = 0; i < KEY_BYTES; i++) {
      this.#inner[i] = key[i]! ^ 0x36;
      this.#outer[i] = key[i]! ^ 0x5c;
    }
    this.#inner.fill(0x36, KEY_BYTES, BLOCK);
    this.#outer.fill(0x5c, KEY_BYTES, BLOCK);
  }

  /** HMAC of a message of 32 bytes at most: 32 fresh bytes, the caller's to wipe. */
  digest(message: Uint8Array): Buffer {
    this.#inner.set(message, BLOCK);
    // The inner digest is worth nothing without the key, so it may go the fast way; the outer one is a key itself.
    sha256Into(this.#inner.subarray(0, BLOCK + message.length), this.#outer, BLOCK);
    return hash('sha256', this.#outer, 'buffer');
  }

  wipe(): void {
    this.#inner.fill(0);
    this.#outer.fill(0);
  }
}

/** What seals or opens one record. */
export interface RecordKeys {
  /** AES-256-GCM. */
  readonly message: KeyObject;
  /** R_i, 32 bytes: wipe after the record. */
  readonly salt: Buffer;
}

/** The chain of a segment's keys. Holds only the key of the record to come. */
export class Ratchet {
  #key: Buffer;
  readonly #hmac = new ShortHmac();

  /** Takes over `key` (K_0, 32 bytes) and wipes it at the first step. */
  constructor(key: Buffer) {
    if (key.length !== KEY_BYTES) throw new RangeError(`a ratchet key has ${KEY_BYTES} bytes, not ${key.length}`);
    this.#key = key;
  }

  /**
   * Keys of the next record. The state steps on: the same keys cannot be had from it again.
   * @param of which body of it: that of its recorder, or what is left of it. @param salted whether its commitment is asked for: `salt` is empty where it is not
   */
  next(of: 'message' | 'erased' = 'message', salted = true): RecordKeys {
    const hmac = this.#hmac;
    hmac.setKey(this.#key);
    const message = hmac.digest(labels[of]);
    const salt = salted ? hmac.digest(labels.salt) : Buffer.alloc(0);
    const next = hmac.digest(labels.next);
    this.#key.fill(0);
    this.#key = next;
    hmac.wipe();
    // A KeyObject, because createCipheriv takes a raw key 12 us slower (Node 24).
    const key = createSecretKey(message);
    message.fill(0);
    return { message: key, salt };
  }

  /** Forgets everything. `next` then throws. */
  destroy(): void {
    this.#key.fill(0);
    this.#key = Buffer.alloc(0);
    this.#hmac.wipe();
  }

  /** A copy of the present state: for tests of forward secrecy only. */
  stateForTest(): Buffer {
    return Buffer.from(this.#key);
  }
}

/** The 32-byte salts of a record's pieces: HMAC-SHA256(R_i, u32 j). `wipe` when done. */
export class PieceSalts {
  readonly #hmac = new ShortHmac();
  readonly #index = Buffer.alloc(4);

  setKey(key: Uint8Array): void {
    this.#hmac.setKey(key);
  }

  /** Salt of piece j (from 0), fresh memory. */
  salt(j: number): Buffer {
    this.#index.writeUInt32BE(j);
    return this.#hmac.digest(this.#index);
  }

  wipe(): void {
    this.#hmac.wipe();
  }
}

/** SHA-256(salt || event bytes): hides everything about a piece but its code. */
export function pieceSeal(salt: Uint8Array, event: Uint8Array): Buffer {
  return sha256(Buffer.concat([salt, event]));
}

/** d_j = SHA-256(code || SHA-256(salt || event bytes)): whoever withholds a piece still shows what kind of event it is. */
export function pieceDigest(code: number, seal: Uint8Array): Buffer {
  return sha256(Buffer.concat([Buffer.of(code), seal]));
}

/** C = SHA-256(d_1 || … || d_n). */
export function commitmentOf(digests: readonly Uint8Array[]): Buffer {
  return sha256(Buffer.concat(digests));
}

/** 12-byte GCM nonce of a record: four zero bytes, then its sequence number. Each key seals one record only. */
export function recordNonce(seq: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(seq), 4);
  return nonce;
}

/** Opens ciphertext and tag. @param covered the associated data: head[8, 68). Throws where the tag is wrong. */
export function openSealed(sealed: Uint8Array, key: KeyObject, nonce: Uint8Array, covered: Uint8Array): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce);
  decipher.setAAD(covered);
  const end = sealed.length - TAG_BYTES;
  decipher.setAuthTag(sealed.subarray(end));
  const plaintext = decipher.update(sealed.subarray(0, end));
  decipher.final();
  return plaintext;
}
