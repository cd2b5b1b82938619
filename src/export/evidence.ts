/** One line of evidence.jsonl: a frame without its ciphertext, with its pieces disclosed or withheld. */
import { createHash } from 'node:crypto';
import { frameLeaf } from '../recording/frame.ts';
import type { EventCode, RecordingEvent } from '../recording/types.ts';
import { BundleFailure } from './failures.ts';

export type EvidencePiece = { readonly salt: string; readonly bytes: string } | { readonly digest: string; readonly reason: string };

/** `head`: hex of the frame's bytes 8 to 68. `body`: hex SHA-256 of its body. `header`: the body's text, of type 0. */
export type EvidenceLine = { readonly head: string; readonly body: string } & ({ readonly header: string } | { readonly pieces: readonly EvidencePiece[] });

/** An evidence line, checked in itself. */
export interface EvidenceFrame {
  readonly seq: number;
  readonly wallMs: number;
  readonly leaf: Buffer;
  /** Text of the segment header, for frames of type 0. */
  readonly header: string | undefined;
  /** Disclosed events, in order. */
  readonly events: readonly RecordingEvent[];
  readonly withheld: number;
  /** False when the disclosed content is not what was committed to. */
  readonly committed: boolean;
}

// One for all: making a decoder costs more than decoding a line.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const HEX60 = /^[0-9a-f]{120}$/;
const HEX32 = /^[0-9a-f]{64}$/;
const REASON = /^[a-z-]{1,32}$/;
const CODES = new Set(Array.from('soirmlugnxe'));

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/**
 * Reads a line. Exactly one text stands for one record: a line that does not come out the same when it is written again
 * is refused, so no two readers can see different records in it.
 * @throws BundleFailure 'bad-evidence'
 */
export function parseEvidence(line: Buffer, number: number): EvidenceFrame {
  const bad = (): BundleFailure => new BundleFailure('bad-evidence', `Line ${number} of evidence.jsonl.`);
  let value: Record<string, unknown>;
  let text: string;
  try {
    text = utf8.decode(line);
    value = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw bad();
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad();
  const { head, body, header, pieces } = value;
  if (typeof head !== 'string' || !HEX60.test(head) || typeof body !== 'string' || !HEX32.test(body)) throw bad();
  const covered = Buffer.from(head, 'hex');
  const bodySha256 = Buffer.from(body, 'hex');
  const seq = covered.readBigUInt64BE(0);
  const wallMs = covered.readBigUInt64BE(16);
  const type = covered.readUInt32BE(24);
  const commitment = covered.subarray(28, 60);
  if (seq > BigInt(Number.MAX_SAFE_INTEGER) || wallMs > BigInt(Number.MAX_SAFE_INTEGER)) throw bad();
  const frame = { seq: Number(seq), wallMs: Number(wallMs), leaf: frameLeaf(covered, bodySha256) };
  if (type === 0) {
    if (typeof header !== 'string' || !header.isWellFormed() || JSON.stringify({ head, body, header }) !== text) throw bad();
    const digest = sha256(Buffer.from(header, 'utf8'));
    return { ...frame, header, events: [], withheld: 0, committed: digest.equals(bodySha256) && digest.equals(commitment) };
  }
  if (type !== 1 || !Array.isArray(pieces) || pieces.length === 0) throw bad();
  const digests: Buffer[] = [];
  const opened: Buffer[] = [];
  const again: EvidencePiece[] = [];
  for (const piece of pieces as unknown[]) {
    if (typeof piece !== 'object' || piece === null) throw bad();
    const { salt, bytes, digest, reason } = piece as Record<string, unknown>;
    if (typeof salt === 'string' && HEX32.test(salt) && typeof bytes === 'string') {
      const content = Buffer.from(bytes, 'base64');
      if (content.toString('base64') !== bytes) throw bad();
      digests.push(sha256(Buffer.from(salt, 'hex'), content));
      opened.push(content);
      again.push({ salt, bytes });
    } else if (typeof digest === 'string' && HEX32.test(digest) && typeof reason === 'string' && REASON.test(reason)) {
      digests.push(Buffer.from(digest, 'hex'));
      again.push({ digest, reason });
    } else throw bad();
  }
  if (JSON.stringify({ head, body, pieces: again }) !== text) throw bad();
  const committed = sha256(...digests).equals(commitment);
  // Events are only looked at when they are what was sealed; until then they are somebody's claim.
  const events = committed ? opened.map((content) => decodePiece(content) ?? raise(bad())) : [];
  return { ...frame, header: undefined, events, withheld: again.length - opened.length, committed };
}

function raise(error: Error): never {
  throw error;
}

/** A piece is one event: u8 code | u64 timeUs | u32 length | data. */
function decodePiece(bytes: Buffer): RecordingEvent | undefined {
  if (bytes.length < 13 || bytes.readUInt32BE(9) !== bytes.length - 13) return undefined;
  const code = String.fromCharCode(bytes[0]!);
  const timeUs = bytes.readBigUInt64BE(1);
  if (!CODES.has(code) || timeUs > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  return { code: code as EventCode, timeUs: Number(timeUs), data: bytes.subarray(13) };
}
