/** A segment's public header: JSON in the clear in the segment's first frame. Pure. docs/format.md, "Segment header". */
import { z } from 'zod';
import { randomBytes } from 'node:crypto';
import type { SegmentHeader } from './types.ts';

/** yyyymmdd-hhmmss-xxxxxxxx: UTC, then 4 random bytes, so that ids sort by time and never meet. */
export const RECORDING_ID = /^\d{8}-\d{6}-[0-9a-f]{8}$/;
const SEGMENT_NAME = /^segment-(\d{6,})\.wmx$/;
const count = z.number().int().nonnegative();

const schema = z.strictObject({
  format: z.literal('wardmux-segment'),
  version: z.literal(1),
  recording: z.string().regex(RECORDING_ID),
  installation: z.string().min(1).max(200),
  person: z.string().min(1).max(200),
  segment: count,
  firstSeq: count,
  outputOffset: count,
  started: z.iso.datetime({ precision: 3 }),
  policySha256: z.string().regex(/^[0-9a-f]{64}$/),
  recipients: z.array(z.strictObject({ kid: z.string().min(1), role: z.enum(['owner', 'audit']), jwe: z.string().min(1) })).min(1),
});

/** A new recording's id. */
export function newRecordingId(wallMs: number): string {
  const digits = new Date(wallMs).toISOString().replace(/\D/g, '');
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${randomBytes(4).toString('hex')}`;
}

/** The header as the body of a type 0 frame. Throws where it would not parse again. */
export function encodeHeader(header: SegmentHeader): Buffer {
  return Buffer.from(JSON.stringify(schema.parse(header)), 'utf8');
}

/** The header of a type 0 frame's body, or undefined where it is none: wrong JSON, a missing or unknown field, bad UTF-8. */
export function parseHeader(body: Uint8Array): SegmentHeader | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** segment-000000.wmx */
export function segmentName(segment: number): string {
  return `segment-${String(segment).padStart(6, '0')}.wmx`;
}

/** The number of a segment file's name, or undefined for any other name (also one with needless zeros). */
export function segmentNumber(name: string): number | undefined {
  const match = SEGMENT_NAME.exec(name);
  const segment = match ? Number(match[1]) : undefined;
  return segment !== undefined && segmentName(segment) === name ? segment : undefined;
}
