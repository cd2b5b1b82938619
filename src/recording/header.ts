/** A segment's public header: JSON in the clear in the segment's first frame. Pure. docs/format.md, "Segment header". */
import { INSTALLATION_ID, PERSON_ID, RECORDING_ID } from '../types/ids.ts';
import { z } from 'zod';
import { randomBytes } from 'node:crypto';
import { reasons, roles, workstationClasses } from '../types/words.ts';
import { BREAK_GLASS } from './access.ts';
import { hasExactly, isCount, parseOneObject } from './json.ts';
import { utf8Text } from '../disk/utf8.ts';
import { isMoment } from './time.ts';
import type { SegmentHeader } from './types.ts';

const SEGMENT_NAME = /^segment-(\d{6,})\.wmx$/;
const count = z.number().int().nonnegative();

const installation = z.string().regex(INSTALLATION_ID);
const person = z.string().regex(PERSON_ID);
const kid = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
/** More recipients than this are a mistake: a policy has 16 audit keys at most. */
const MAX_RECIPIENTS = 64;
const recipient = z.strictObject({ kid, role: z.enum(['owner', 'audit']), jwe: z.string() }).refine((entry) => isSegmentJwe(entry.jwe, entry.kid));

const schema = z.strictObject({
  format: z.literal('wardmux-segment'),
  version: z.literal(1),
  recording: z.string().regex(RECORDING_ID),
  installation,
  person,
  role: z.enum(roles),
  class: z.enum(workstationClasses),
  reason: z.enum(reasons),
  breakGlass: z.string().regex(BREAK_GLASS).nullable(),
  segment: count,
  firstSeq: count,
  outputOffset: count,
  started: z.string().refine(isMoment),
  policySha256: z.string().regex(/^[0-9a-f]{64}$/),
  recipients: z
    .array(recipient)
    .min(1)
    .max(MAX_RECIPIENTS)
    .refine((all) => new Set(all.map((entry) => entry.kid)).size === all.length)
    .refine((all) => all.filter((entry) => entry.role === 'owner').length <= 1),
});

/** Three parts of a compact JWE after its header: no encrypted key, 12 bytes, 32 bytes, 16 bytes; base64url. */
const JWE = /^([A-Za-z0-9_-]{1,1024})\.\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{22}$/;

/** Whether this is a segment's secret, wrapped for that key, as far as it can be seen without the key. */
function isSegmentJwe(jwe: string, kid: string): boolean {
  const match = JWE.exec(jwe);
  const bytes = Buffer.from(match?.[1] ?? '', 'base64url');
  if (!match || bytes.toString('base64url') !== match[1]) return false;
  const head = parseOneObject(utf8Text(bytes));
  if (!head || !hasExactly(head, ['alg', 'enc', 'kid', 'epk'])) return false;
  const epk = head['epk'] as Record<string, unknown> | null;
  if (head['alg'] !== 'ECDH-ES' || head['enc'] !== 'A256GCM' || head['kid'] !== kid || typeof epk !== 'object' || epk === null) return false;
  const coordinate = (value: unknown): boolean => typeof value === 'string' && /^[A-Za-z0-9_-]{43}$/.test(value);
  return hasExactly(epk, ['x', 'crv', 'kty', 'y']) && epk['crv'] === 'P-256' && epk['kty'] === 'EC' && coordinate(epk['x']) && coordinate(epk['y']);
}

/** A new recording's id. */
export function newRecordingId(wallMs: number): string {
  const digits = new Date(wallMs).toISOString().replace(/\D/g, '');
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${randomBytes(4).toString('hex')}`;
}

/** The header as the body of a type 0 frame. Throws where it would not parse again. */
export function encodeHeader(header: SegmentHeader): Buffer {
  return Buffer.from(JSON.stringify(schema.parse(header)), 'utf8');
}

/** The header of a type 0 frame's body, or undefined where it is none: another text than the one that its writer makes, or a field that is not as the page says. */
export function parseHeader(body: Uint8Array): SegmentHeader | undefined {
  const text = utf8Text(body);
  const value = parseOneObject(text);
  if (!value || !hasExactly(value, Object.keys(schema.shape))) return undefined;
  const parsed = schema.safeParse(value);
  // The fields of a recipient stand in one order as well.
  return parsed.success && JSON.stringify(parsed.data) === text ? parsed.data : undefined;
}

/** True for a header of a version that is still to come: it cannot be judged here. */
export function isNewerHeader(body: Uint8Array): boolean {
  const value = parseOneObject(utf8Text(body));
  return value?.['format'] === 'wardmux-segment' && isCount(value['version']) && value['version'] > 1;
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
