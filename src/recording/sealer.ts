/**
 * Seals records: event, commitment, AES-256-GCM, leaf. Holds the ratchet of the segment that is being written, and one
 * buffer that every frame is made in. Nothing here touches the disk.
 */
import { createCipheriv } from 'node:crypto';
import { releaseMemory } from '../disk/bytes.ts';
import { sha256, sha256Into } from '../merkle/sha256.ts';
import { EVENT_HEAD_BYTES, eventBytes, MAX_RECORD_OUTPUT_BYTES, MAX_RECORD_PIECES, writeEventHead } from './events.ts';
import { associatedData, finishHead, FRAME_HEAD_BYTES, TYPE_SEALED, writeFields } from './frame.ts';
import { PieceSalts, Ratchet, TAG_BYTES } from './ratchet.ts';
import type { EventCode } from './types.ts';

const SALT_BYTES = 32;
/** Where a record's plaintext, and then its body, stands in the sealer's buffer: the head's room before it also holds a salt. */
const BODY_AT = FRAME_HEAD_BYTES;

/** A frame ready for the file. */
export interface SealedFrame {
  /** Valid until the next record is sealed. */
  readonly bytes: Buffer;
  readonly leaf: Buffer;
}

/** When and where in the recording a record stands. */
export interface RecordPlace {
  readonly seq: number;
  /** Nanoseconds since the recording's start. */
  readonly monoNs: bigint;
  /** Milliseconds since 1970. */
  readonly wallMs: number;
}

export class Sealer {
  readonly #salts = new PieceSalts();
  readonly #head = Buffer.alloc(FRAME_HEAD_BYTES);
  readonly #nonce = Buffer.alloc(12);
  /** Room for a whole frame, whose body is first its plaintext. Its own memory, so that wiping it wipes all. */
  readonly #scratch = Buffer.from(new ArrayBuffer(BODY_AT + MAX_RECORD_OUTPUT_BYTES + MAX_RECORD_PIECES * EVENT_HEAD_BYTES + TAG_BYTES));
  readonly #digests = Buffer.alloc(MAX_RECORD_PIECES * 32);
  /** A piece's code and its seal: what its digest is over. */
  readonly #coded = Buffer.alloc(1 + 32);
  #ratchet: Ratchet | undefined;

  /** Begins a segment with its first ratchet key, which it takes over. */
  begin(key: Buffer): void {
    this.#ratchet?.destroy();
    this.#ratchet = new Ratchet(key);
  }

  /** Seals one record: `data` cut at `ends`, an event of the same code and time for each piece. Keeps nothing of `data`. */
  seal(code: EventCode, data: Uint8Array, ends: readonly number[], place: RecordPlace): SealedFrame {
    const pieces = ends.length;
    const plainEnd = BODY_AT + data.length + pieces * EVENT_HEAD_BYTES;
    const bodyEnd = plainEnd + TAG_BYTES;
    const scratch = bodyEnd <= this.#scratch.length ? this.#scratch : Buffer.from(new ArrayBuffer(bodyEnd));
    const timeUs = Number(place.monoNs / 1000n);
    const keys = this.#ratchet!.next();
    this.#salts.setKey(keys.salt);
    keys.salt.fill(0);
    this.#coded[0] = code.charCodeAt(0);
    // From the last piece to the first: a piece's salt stands in the 32 bytes before it just while it is hashed, and the
    // piece before then overwrites it. So each digest is one call over memory that is laid out once.
    for (let j = pieces - 1; j >= 0; j--) {
      const from = j === 0 ? 0 : ends[j - 1]!;
      const to = ends[j]!;
      const at = BODY_AT + from + j * EVENT_HEAD_BYTES;
      writeEventHead(scratch, at, code, timeUs, to - from);
      scratch.set(from === 0 && to === data.length ? data : data.subarray(from, to), at + EVENT_HEAD_BYTES);
      const salt = this.#salts.salt(j);
      scratch.set(salt, at - SALT_BYTES);
      salt.fill(0);
      sha256Into(scratch.subarray(at - SALT_BYTES, at + eventBytes(to - from)), this.#coded, 1);
      sha256Into(this.#coded, this.#digests, j * 32);
    }
    this.#salts.wipe();
    const { seq, monoNs, wallMs } = place;
    writeFields(this.#head, { seq, monoNs, wallMs, type: TYPE_SEALED, commitment: sha256(this.#digests.subarray(0, pieces * 32)) });
    this.#head.copy(this.#nonce, 4, 8, 16);
    const cipher = createCipheriv('aes-256-gcm', keys.message, this.#nonce);
    cipher.setAAD(associatedData(this.#head));
    const ciphertext = cipher.update(scratch.subarray(BODY_AT, plainEnd));
    cipher.final();
    // GCM keeps the length: the ciphertext overwrites all of the plaintext, the head overwrites the last salt. One copy of
    // ciphertext is cheaper than hashing and writing three buffers.
    scratch.set(ciphertext, BODY_AT);
    scratch.set(cipher.getAuthTag(), plainEnd);
    releaseMemory(ciphertext);
    const leaf = finishHead(this.#head, bodyEnd - BODY_AT, sha256(scratch.subarray(BODY_AT, bodyEnd)));
    scratch.set(this.#head, 0);
    return { bytes: scratch.subarray(0, bodyEnd), leaf };
  }

  /** Wipes every key. */
  wipe(): void {
    this.#ratchet?.destroy();
    this.#salts.wipe();
    this.#scratch.fill(0);
  }
}
