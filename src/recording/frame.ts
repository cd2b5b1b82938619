/**
 * Frames: how records stand in a segment file. Pure: bytes in, bytes out. docs/format.md, "Frames", is normative.
 *
 *   0  u32 length of body | 4 u32 crc32c | 8 u64 seq | 16 u64 mono_ns | 24 u64 wall_ms | 32 u32 type | 36 commitment (32) | 68 body
 *
 * All numbers are big-endian. The checksum covers head[8, 68) and SHA-256(body), so it finds every change without a key.
 */
import { sha256 } from '../merkle/sha256.ts';
import { crc32c } from './crc32c.ts';
import type { Frame, FrameFault } from './types.ts';

/** First bytes of every segment file. */
export const SEGMENT_MAGIC = Buffer.from('WMXSEG1\n', 'latin1');
/** Those of a segment file of version 2, in which frames of type 2 may stand: see erased.ts. As long. */
export const SEGMENT_MAGIC_2 = Buffer.from('WMXERA2\n', 'latin1');
export const FRAME_HEAD_BYTES = 68;
/** A reader refuses a longer body before it allocates anything: 16 times the longest output record. */
export const MAX_BODY_BYTES = 1024 * 1024;
export const TYPE_HEADER = 0;
export const TYPE_SEALED = 1;
/** On the disk only: a sealed record in which pieces were erased. It is read as the record that it was, so as type 1. */
export const TYPE_ERASED = 2;
const DIGEST_BYTES = 32;
/** Where the bytes begin that checksum, leaf and associated data share. */
const COVERED = 8;

const NO_LEAF = Buffer.alloc(0);

/** What a frame states about itself beside its body. */
export interface FrameFields {
  /** Place in the recording, over all segments, from 0. */
  readonly seq: number;
  /** Nanoseconds since the recording's start, monotonic. */
  readonly monoNs: bigint;
  /** Milliseconds since 1970 (UTC), as the workstation's clock said. */
  readonly wallMs: number;
  readonly type: number;
  /** 32 bytes. */
  readonly commitment: Uint8Array;
}

/**
 * Fills head[8, 68), which is also the associated data of a sealed body. `head` has 68 bytes or more.
 * Throws RangeError where a number does not fit.
 */
export function writeFields(head: Buffer, fields: FrameFields): void {
  writeU64(head, fields.seq, 8);
  head.writeBigUInt64BE(fields.monoNs, 16);
  writeU64(head, fields.wallMs, 24);
  head.writeUInt32BE(fields.type, 32);
  head.set(fields.commitment, 36);
}

/** The part of the head that is authenticated with a sealed body. */
export function associatedData(head: Buffer): Buffer {
  return head.subarray(COVERED, FRAME_HEAD_BYTES);
}

// 0x00 || head[8, 68) || SHA-256(body): the leaf's preimage; the checksum covers all of it but the first byte.
const preimage = Buffer.alloc(1 + FRAME_HEAD_BYTES - COVERED + 32);
/** Where the type stands in it. */
const PREIMAGE_TYPE = 1 + 32 - COVERED;

/** Fills length and checksum of a head whose other fields stand already; returns the frame's leaf hash (32 bytes). */
export function finishHead(head: Buffer, bodyLength: number, bodySha256: Uint8Array): Buffer {
  head.copy(preimage, 1, COVERED, FRAME_HEAD_BYTES);
  preimage.set(bodySha256, 61);
  head.writeUInt32BE(bodyLength, 0);
  head.writeUInt32BE(crc32c(preimage, 1), 4);
  return sha256(preimage);
}

/** The leaf hash of a frame from what an auditor has: head[8, 68) (60 bytes) and SHA-256(body). */
export function frameLeaf(covered: Uint8Array, bodySha256: Uint8Array): Buffer {
  preimage.set(covered, 1);
  preimage.set(bodySha256, 61);
  return sha256(preimage);
}

/** A whole frame in fresh memory: head and body. Throws RangeError where the body is too long. */
export function encodeFrame(fields: FrameFields, body: Uint8Array): { readonly bytes: Buffer; readonly leaf: Buffer } {
  if (body.length > MAX_BODY_BYTES) throw new RangeError(`a frame's body has ${MAX_BODY_BYTES} bytes at most, not ${body.length}`);
  const bytes = Buffer.allocUnsafe(FRAME_HEAD_BYTES + body.length);
  writeFields(bytes, fields);
  bytes.set(body, FRAME_HEAD_BYTES);
  const leaf = finishHead(bytes, body.length, sha256(body));
  return { bytes, leaf };
}

/** The frame's own claims, written back: head[8, 68). For tools that rebuild a leaf from a parsed frame. */
export function coveredBytes(frame: FrameFields): Buffer {
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  writeFields(head, frame);
  return Buffer.from(associatedData(head));
}

/** A faulty frame without its place: parseFrame does not know which segment it reads. */
export type ParseFault = Pick<FrameFault, 'code' | 'message'>;

/** What stands at `at`: a frame, not enough bytes for one (`need` bytes from `at` on would be), or a fault. */
export type Parsed =
  | { readonly kind: 'frame'; readonly frame: Frame; readonly next: number }
  | { readonly kind: 'more'; readonly need: number }
  | { readonly kind: 'fault'; readonly fault: ParseFault };

/**
 * Reads the frame at data[at] and checks its length and checksum. Body, commitment and digest are views into `data`
 * where they can be. `segment` and `offset` only label the result. Never throws.
 * @param leaf whether its place in the tree is asked for: it is empty where it is not
 */
export function parseFrame(data: Buffer, at: number, segment: number, offset: number, leaf = true): Parsed {
  if (data.length - at < FRAME_HEAD_BYTES) return { kind: 'more', need: FRAME_HEAD_BYTES };
  const length = data.readUInt32BE(at);
  if (length > MAX_BODY_BYTES) return fault('bad-length', `a frame says it has ${length} bytes; ${MAX_BODY_BYTES} is the most a frame can have`);
  const next = at + FRAME_HEAD_BYTES + length;
  if (next > data.length) return { kind: 'more', need: FRAME_HEAD_BYTES + length };
  const body = data.subarray(at + FRAME_HEAD_BYTES, next);
  const bodySha256 = sha256(body);
  data.copy(preimage, 1, at + COVERED, at + FRAME_HEAD_BYTES);
  preimage.set(bodySha256, 61);
  if (crc32c(preimage, 1) !== data.readUInt32BE(at + 4)) return fault('bad-crc', 'a frame does not match its checksum: it was changed or damaged');
  const seq = data.readBigUInt64BE(at + 8);
  const wallMs = data.readBigUInt64BE(at + 24);
  if (seq > BigInt(Number.MAX_SAFE_INTEGER)) return fault('bad-sequence', 'a frame has a sequence number that no recording can reach');
  if (wallMs > BigInt(Number.MAX_SAFE_INTEGER)) return fault('bad-header', 'a frame has a time that no clock can show');
  const frame: Frame = {
    segment,
    offset,
    length: FRAME_HEAD_BYTES + length,
    seq: Number(seq),
    monoNs: data.readBigUInt64BE(at + 16),
    wallMs: Number(wallMs),
    type: data.readUInt32BE(at + 32),
    commitment: data.subarray(at + 36, at + FRAME_HEAD_BYTES),
    bodySha256,
    leaf: leaf ? sha256(preimage) : NO_LEAF,
    body,
  };
  return { kind: 'frame', frame: frame.type === TYPE_ERASED && body.length > DIGEST_BYTES ? asItWas(frame, body) : frame, next };
}

/** The record that a frame of type 2 stands for: its leaf is that of the body which is gone, whose digest is the first 32 bytes of this one. */
function asItWas(frame: Frame, body: Buffer): Frame {
  const bodySha256 = body.subarray(0, DIGEST_BYTES);
  preimage.writeUInt32BE(TYPE_SEALED, PREIMAGE_TYPE);
  preimage.set(bodySha256, 61);
  return { ...frame, type: TYPE_SEALED, bodySha256, leaf: sha256(preimage), body: body.subarray(DIGEST_BYTES), erased: frame.bodySha256 };
}

/** The bytes of a parsed frame as they stand in its file. */
export function frameBytes(frame: Frame): Buffer {
  if (!frame.erased) return encodeFrame(frame, frame.body).bytes;
  return encodeFrame({ ...frame, type: TYPE_ERASED }, Buffer.concat([frame.bodySha256, frame.body])).bytes;
}

function fault(code: FrameFault['code'], message: string): Parsed {
  return { kind: 'fault', fault: { code, message } };
}

function writeU64(out: Buffer, value: number, at: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not an unsigned integer that a frame can hold`);
  out.writeUInt32BE(Math.floor(value / 0x100000000), at);
  out.writeUInt32BE(value % 0x100000000, at + 4);
}
