/**
 * The heads of all recordings that have grown, in one event. The event itself, and so the ledger's tree, has a salted digest of
 * each head; its line has the heads beside it, in a member that is no part of the leaf. So whoever reads the ledger has
 * all of them, and a bundle of one recording shows that recording's head and nothing of the others.
 */
import { RECORDING_ID } from '../types/ids.ts';
import { createHmac, randomBytes } from 'node:crypto';
import { sha256 } from '../merkle/sha256.ts';
import { isCount } from '../recording/json.ts';
import type { TreeHead } from '../types/head.ts';

/** The action of such an event. */
export const HEADS = 'recording.heads';
/** Recordings in one event at most: its line has some 45,000 bytes then, and 65,536 are read. */
const MAX_HEADS = 256;

export interface RecordingHead extends TreeHead {
  readonly recording: string;
}

/** What a line has beside its event: what the digests are of. */
export interface OpenedHeads {
  /** 32 random bytes, lower-case hexadecimal. */
  readonly salt: string;
  /** Recording, size and root, ascending by recording. */
  readonly heads: readonly (readonly [recording: string, size: number, root: string])[];
}

/** One head as a bundle shows it. */
export interface HeadOpening extends TreeHead {
  /** Of this recording alone: it opens no other head of the event. */
  readonly salt: string;
}

const HEX = /^[0-9a-f]{64}$/;

/** The salt of one recording's head: HMAC-SHA-256 with the event's salt over its id. */
function saltOf(salt: string, recording: string): string {
  return createHmac('sha256', Buffer.from(salt, 'hex')).update(recording).digest('hex');
}

/** SHA-256 of a recording's salt and its head. @param salt of this recording, hexadecimal. */
export function headDigest(salt: string, { recording, size, root }: RecordingHead): string {
  return sha256(Buffer.concat([Buffer.from(salt, 'hex'), Buffer.from(JSON.stringify([recording, size, root]), 'utf8')])).toString('hex');
}

/** Heads that one event can state: one or more, each recording once. */
export function areHeads(heads: readonly RecordingHead[]): boolean {
  if (heads.length === 0 || heads.length > MAX_HEADS || new Set(heads.map(({ recording }) => recording)).size !== heads.length) return false;
  return heads.every(({ recording, size, root }) => isHead(recording, size, root));
}

function isHead(recording: unknown, size: unknown, root: unknown): boolean {
  return typeof recording === 'string' && RECORDING_ID.test(recording) && isCount(size) && typeof root === 'string' && HEX.test(root);
}

/** @param salt 32 bytes. Default: random ones. */
export function sealHeads(
  heads: readonly RecordingHead[],
  salt = randomBytes(32).toString('hex'),
): { readonly digests: string[]; readonly opened: OpenedHeads } {
  const ascending = [...heads].sort((a, b) => (a.recording < b.recording ? -1 : 1));
  return {
    // In the order of the digests: a place among them says nothing of when the others began.
    digests: ascending.map((head) => headDigest(saltOf(salt, head.recording), head)).sort(),
    opened: { salt, heads: ascending.map(({ recording, size, root }) => [recording, size, root]) },
  };
}

/** Digests of an event: one or more, ascending, none twice. */
export function areDigests(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_HEADS) return false;
  return value.every((digest, i) => typeof digest === 'string' && HEX.test(digest) && (i === 0 || (value[i - 1] as string) < digest));
}

/** Whether what stands beside an event is what its digests are of. */
export function opens(opened: unknown, digests: unknown): opened is OpenedHeads {
  if (typeof opened !== 'object' || opened === null || !areDigests(digests)) return false;
  const { salt, heads } = opened as Record<string, unknown>;
  if (typeof salt !== 'string' || !HEX.test(salt) || !Array.isArray(heads) || heads.length !== digests.length) return false;
  if (!heads.every((head, i) => Array.isArray(head) && head.length === 3 && isHead(head[0], head[1], head[2]) && (i === 0 || heads[i - 1][0] < head[0])))
    return false;
  const again = (heads as OpenedHeads['heads']).map(([recording, size, root]) => headDigest(saltOf(salt, recording), { recording, size, root })).sort();
  return again.every((digest, i) => digest === digests[i]);
}

/** What a bundle shows of one recording; undefined where the event has no head of it. */
export function openingOf(opened: OpenedHeads | undefined, recording: string): HeadOpening | undefined {
  const head = opened?.heads.find(([id]) => id === recording);
  return opened && head && { salt: saltOf(opened.salt, recording), size: head[1], root: head[2] };
}
