/**
 * Records in which pieces were erased. Pure. docs/format.md, "Erased pieces", is normative.
 *
 * What is left of such a record is sealed anew, and the frame keeps the digest of the body that is gone: so the leaf, and with it every head that was
 * signed, stays what it was. Of an erased piece its code, its seal t_j (the digest under a salt) and its length are left, so the commitment can still be checked.
 *
 *   body       SHA-256 of the body before (32) | nonce (12) | AES-256-GCM(E_i, nonce, plaintext, head[8, 68) of the record) with its tag
 *   plaintext  u32 erased | erased times (u32 place | u8 code | u32 length of data | t (32)) | events that are left
 */
import { createCipheriv, createHash, randomBytes, type KeyObject } from 'node:crypto';
import { decodeEvents, type DecodedEvent } from './events.ts';
import { coveredBytes, encodeFrame, TYPE_ERASED } from './frame.ts';
import { openSealed, TAG_BYTES } from './ratchet.ts';
import type { EventCode, Frame } from './types.ts';

const NONCE_BYTES = 12;
const PIECE_BYTES = 4 + 1 + 4 + 32;
/** What can hold what somebody wrote after the start: output, input, markers, and snapshots, which repeat output. Nothing else is ever erased. */
export const ERASABLE: readonly EventCode[] = ['o', 'i', 'm', 'n'];
const erasable = new Set<number>(ERASABLE.map((code) => code.charCodeAt(0)));

/** What is left of a piece that was erased. */
export interface ErasedPiece {
  /** Its number in the record, from 0. */
  readonly place: number;
  readonly code: EventCode;
  /** t_j, 32 bytes. */
  readonly seal: Uint8Array;
  /** Bytes of data that it had: later offsets of output count them. */
  readonly bytes: number;
}

export const NONE_ERASED: readonly ErasedPiece[] = [];

/** The place in its record of the n-th event that is left. @param erased ascending */
export function placeOf(erased: readonly ErasedPiece[], n: number): number {
  let place = n;
  for (const one of erased) if (one.place <= place) place++;
  return place;
}

/** The frame that takes the place of `frame`: what is left, sealed anew. @param key E_i @param erased ascending @param left encoded events. */
export function sealLeft(frame: Frame, key: KeyObject, erased: readonly ErasedPiece[], left: readonly Uint8Array[]): Buffer {
  const plaintext = Buffer.concat([encodeErased(erased), ...left]);
  // A record can lose pieces more than once, so the key has sealed before, perhaps: the nonce is never the same.
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(coveredBytes(frame));
  const body = Buffer.concat([frame.bodySha256, nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  plaintext.fill(0);
  return encodeFrame({ ...frame, type: TYPE_ERASED }, body).bytes;
}

/** @param frame one with `erased`. Throws where it does not open. */
export function openLeft({ body, ...frame }: Frame, key: KeyObject): Buffer {
  if (body.length < NONCE_BYTES + TAG_BYTES) throw new RangeError('it is too short to be sealed');
  return openSealed(body.subarray(NONCE_BYTES), key, body.subarray(0, NONCE_BYTES), coveredBytes(frame));
}

function encodeErased(erased: readonly ErasedPiece[]): Buffer {
  const out = Buffer.alloc(4 + erased.length * PIECE_BYTES);
  out.writeUInt32BE(erased.length);
  for (const [n, { place, code, seal, bytes }] of erased.entries()) {
    const at = 4 + n * PIECE_BYTES;
    out.writeUInt32BE(place, at);
    out[at + 4] = code.charCodeAt(0);
    out.writeUInt32BE(bytes, at + 5);
    out.set(seal, at + 9);
  }
  return out;
}

/** What the plaintext of such a record holds. Throws RangeError where it is none. The events are views into it. */
export function decodeLeft(plaintext: Buffer): { readonly decoded: DecodedEvent[]; readonly erased: readonly ErasedPiece[] } {
  const count = plaintext.length < 4 ? 0 : plaintext.readUInt32BE(0);
  const end = 4 + count * PIECE_BYTES;
  if (count === 0 || end > plaintext.length) throw new RangeError('it does not say what was erased of it');
  const erased: ErasedPiece[] = [];
  for (let at = 4; at < end; at += PIECE_BYTES) {
    const place = plaintext.readUInt32BE(at);
    const code = plaintext[at + 4]!;
    if (place <= (erased.at(-1)?.place ?? -1) || !erasable.has(code)) throw new RangeError('it says of a piece that it was erased which cannot be');
    const seal = Buffer.from(plaintext.subarray(at + 9, at + PIECE_BYTES));
    erased.push({ place, code: String.fromCharCode(code) as EventCode, bytes: plaintext.readUInt32BE(at + 5), seal });
  }
  const decoded = end === plaintext.length ? [] : decodeEvents(plaintext.subarray(end));
  if (erased.at(-1)!.place >= erased.length + decoded.length) throw new RangeError('it says of a piece that it was erased which cannot be');
  return { decoded, erased };
}

/** All records of a recording in which pieces were erased: how many, and one digest of what stands there. */
export interface ErasedHead {
  readonly records: number;
  /** SHA-256 over u64 seq || SHA-256(body) of each, in their order; lower-case hex. */
  readonly sha256: string;
}

/** Takes the frames of a recording in their order. */
export class ErasedDigest {
  readonly #sum = createHash('sha256');
  #records = 0;

  take({ seq, erased }: Pick<Frame, 'seq' | 'erased'>): void {
    if (!erased) return;
    const number = Buffer.alloc(8);
    number.writeBigUInt64BE(BigInt(seq));
    this.#sum.update(number).update(erased);
    this.#records++;
  }

  /** Null where there was none. */
  head(): ErasedHead | null {
    return this.#records === 0 ? null : { records: this.#records, sha256: this.#sum.copy().digest('hex') };
  }
}

export const sameErased = (one: ErasedHead | null, other: ErasedHead | null): boolean => one?.records === other?.records && one?.sha256 === other?.sha256;
