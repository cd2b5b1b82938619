/** One line of evidence.jsonl: a frame without its ciphertext, with its pieces disclosed or withheld. */
import { utf8Text } from '../disk/utf8.ts';
import { sha256 } from '../merkle/sha256.ts';
import { EVENT_HEAD_BYTES } from '../recording/events.ts';
import { frameLeaf } from '../recording/frame.ts';
import type { EventCode, RecordingEvent } from '../recording/types.ts';
import { BundleFailure } from './failures.ts';

/** Why a piece is withheld. A snapshot always is, because it repeats output, and nothing else is for that reason. */
const WITHHELD_REASONS = ['snapshot', 'patient-data', 'personal-data', 'secret', 'third-party', 'not-requested'] as const;
/** Events that can hold what somebody wrote. Nothing else is ever withheld: it says what happened. */
const WITHHELD_CODES: readonly string[] = ['s', 'o', 'i', 'm', 'n'];

/** Disclosed, with its text in session.cast; disclosed; withheld. */
export type EvidencePiece =
  { readonly salt: string } | { readonly salt: string; readonly bytes: string } | { readonly code: string; readonly digest: string; readonly reason: string };

/** `head`: hex of the frame's bytes 8 to 68. `body`: hex SHA-256 of its body. `header`: the body's text, of type 0. */
export type EvidenceLine = { readonly head: string; readonly body: string } & ({ readonly header: string } | { readonly pieces: readonly EvidencePiece[] });

/** An evidence line, read and not yet compared with anything. */
export interface EvidenceFrame {
  readonly seq: number;
  readonly monoNs: bigint;
  readonly wallMs: number;
  readonly leaf: Buffer;
  readonly commitment: Buffer;
  /** SHA-256 of the body. */
  readonly body: Buffer;
  /** The body of a frame of type 0; undefined for a record. */
  readonly header: Buffer | undefined;
  readonly pieces: readonly EvidencePiece[];
}

// One for all: making a decoder costs more than decoding a line.
const HEX60 = /^[0-9a-f]{120}$/;
const HEX32 = /^[0-9a-f]{64}$/;
const CODES = new Set(Array.from('soirmlugnxe'));

/**
 * Reads a line. Exactly one text stands for one record: a line that does not come out the same when it is written again
 * is refused, so no two readers can see different records in it.
 * @throws BundleFailure 'bad-evidence'
 */
export function parseEvidence(line: Buffer, number: number): EvidenceFrame {
  const frame = readEvidence(line);
  if (!frame) throw new BundleFailure('bad-evidence', `Line ${number} of evidence.jsonl.`);
  return frame;
}

function readEvidence(line: Buffer): EvidenceFrame | undefined {
  const text = utf8Text(line);
  if (text === undefined) return undefined;
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { head, body, header, pieces } = value;
  if (typeof head !== 'string' || !HEX60.test(head) || typeof body !== 'string' || !HEX32.test(body)) return undefined;
  const covered = Buffer.from(head, 'hex');
  const bodySha256 = Buffer.from(body, 'hex');
  const seq = covered.readBigUInt64BE(0);
  const wallMs = covered.readBigUInt64BE(16);
  const type = covered.readUInt32BE(24);
  if (seq > BigInt(Number.MAX_SAFE_INTEGER) || wallMs > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  const frame = {
    seq: Number(seq),
    monoNs: covered.readBigUInt64BE(8),
    wallMs: Number(wallMs),
    leaf: frameLeaf(covered, bodySha256),
    commitment: covered.subarray(28, 60),
    body: bodySha256,
  };
  if (type === 0) {
    if (typeof header !== 'string' || !header.isWellFormed() || JSON.stringify({ head, body, header }) !== text) return undefined;
    return { ...frame, header: Buffer.from(header, 'utf8'), pieces: [] };
  }
  if (type !== 1 || !Array.isArray(pieces) || pieces.length === 0) return undefined;
  const again: EvidencePiece[] = [];
  for (const piece of pieces as unknown[]) {
    const read = readPiece(piece);
    if (!read) return undefined;
    again.push(read);
  }
  return JSON.stringify({ head, body, pieces: again }) === text ? { ...frame, header: undefined, pieces: again } : undefined;
}

function readPiece(piece: unknown): EvidencePiece | undefined {
  if (typeof piece !== 'object' || piece === null) return undefined;
  const { salt, bytes, code, digest, reason } = piece as Record<string, unknown>;
  if (typeof salt === 'string' && HEX32.test(salt)) {
    if (bytes === undefined) return { salt };
    return typeof bytes === 'string' && bytes.isWellFormed() ? { salt, bytes } : undefined;
  }
  if (typeof code !== 'string' || typeof digest !== 'string' || !HEX32.test(digest) || typeof reason !== 'string') return undefined;
  const good = WITHHELD_CODES.includes(code) && WITHHELD_REASONS.some((known) => known === reason) && (code === 'n') === (reason === 'snapshot');
  return good ? { code, digest, reason } : undefined;
}

/** C of a segment header: SHA-256 of its body. */
export function isHeaderCommitted(frame: EvidenceFrame): boolean {
  const digest = sha256(frame.header!);
  return digest.equals(frame.body) && digest.equals(frame.commitment);
}

/** The event of a piece: u8 code | u64 timeUs | u32 length | data. Undefined for anything else, and for a snapshot, which is never disclosed. */
export function decodePiece(bytes: Buffer): RecordingEvent | undefined {
  if (bytes.length < EVENT_HEAD_BYTES || bytes.readUInt32BE(9) !== bytes.length - EVENT_HEAD_BYTES) return undefined;
  const code = String.fromCharCode(bytes[0]!);
  const timeUs = bytes.readBigUInt64BE(1);
  if (!CODES.has(code) || code === 'n' || timeUs > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  return { code: code as EventCode, timeUs: Number(timeUs), data: bytes.subarray(EVENT_HEAD_BYTES) };
}
