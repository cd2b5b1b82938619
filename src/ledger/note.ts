/**
 * C2SP signed notes and checkpoints (c2sp.org/signed-note, c2sp.org/tlog-checkpoint), Ed25519 only.
 *
 * A note is text that ends in a newline, an empty line, and signature lines `— NAME BASE64(key id || signature)`.
 * A checkpoint's text is: origin, size in decimal, root in base64; we add one extension line, `time ISO8601`, so that a
 * checkpoint written at rest says when the ledger was seen whole.
 */
import { createHash } from 'node:crypto';
import type { TreeHead } from '../recording/types.ts';
import { ed25519Verify, isEd25519Point } from './ed25519.ts';
import type { SignedCheckpoint } from './types.ts';

/** Signature type of Ed25519 in C2SP signed notes. */
const ED25519 = 0x01;
/** Longest note we read: a checkpoint of ours has about 300 bytes, a cosigned one a few thousand. */
const MAX_NOTE_BYTES = 64 * 1024;

/** A note verification key: `NAME+KEYID+BASE64(type || public key)`. */
export interface NoteKey {
  readonly name: string;
  /** Four bytes. */
  readonly id: Buffer;
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Buffer;
}

/** Origin of an installation's ledger: its name in notes. */
export function ledgerOrigin(installation: string): string {
  return `wardmux.localhost/${installation}/ledger`;
}

/** Key id: SHA-256(name || 0x0A || 0x01 || public key), first four bytes. */
export function noteKey(name: string, publicKey: Uint8Array): NoteKey {
  if (publicKey.length !== 32) throw new Error('An Ed25519 public key has 32 bytes.');
  const id = createHash('sha256')
    .update(name)
    .update(Buffer.from([0x0a, ED25519]))
    .update(publicKey)
    .digest()
    .subarray(0, 4);
  return { name, id, publicKey: Buffer.from(publicKey) };
}

/** The verification key as text, as C2SP writes it. */
export function encodeNoteKey(key: NoteKey): string {
  return `${key.name}+${key.id.toString('hex')}+${Buffer.concat([Buffer.from([ED25519]), key.publicKey]).toString('base64')}`;
}

/** @returns undefined when the text is not the one text of an Ed25519 verification key with the right key id. */
export function decodeNoteKey(text: string): NoteKey | undefined {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text);
  if (!match) return undefined;
  const bytes = Buffer.from(match[3]!, 'base64');
  if (bytes.length !== 33 || bytes[0] !== ED25519 || !isEd25519Point(bytes.subarray(1))) return undefined;
  const key = noteKey(match[1]!, bytes.subarray(1));
  return encodeNoteKey(key) === text ? key : undefined;
}

/** Signs a text that ends in a newline. `sign` gives the 64-byte Ed25519 signature of the text. */
export async function signNote(text: string, key: NoteKey, sign: (bytes: Uint8Array) => Promise<Uint8Array>): Promise<string> {
  if (!text.endsWith('\n') || text.includes('\n\n')) throw new Error('The text of a note ends in a newline and has no empty line.');
  const signature = await sign(Buffer.from(text, 'utf8'));
  return `${text}\n— ${key.name} ${Buffer.concat([key.id, signature]).toString('base64')}\n`;
}

/** @returns the note's text when one of its signatures is a good one of `key`; signatures of other keys are passed over, as the specification asks. */
export function openNote(note: string, key: NoteKey, maxBytes = MAX_NOTE_BYTES): string | undefined {
  if (note.length > maxBytes) return undefined;
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) return undefined;
  const text = note.slice(0, split + 1);
  for (const line of note.slice(split + 2, -1).split('\n')) {
    const match = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line);
    if (!match) return undefined;
    const bytes = Buffer.from(match[2]!, 'base64');
    if (match[1] !== key.name || bytes.length !== 68 || !bytes.subarray(0, 4).equals(key.id)) continue;
    // 68 bytes leave spare bits in their last character: only one text stands for a signature.
    if (bytes.toString('base64') !== match[2]) return undefined;
    return ed25519Verify(key.publicKey, Buffer.from(text, 'utf8'), bytes.subarray(4)) ? text : undefined;
  }
  return undefined;
}

/** A checkpoint's text, before its signature. @param time ISO 8601 UTC. */
export function checkpointText(origin: string, head: TreeHead, time: string): string {
  return `${origin}\n${head.size}\n${Buffer.from(head.root, 'hex').toString('base64')}\ntime ${time}\n`;
}

/** What a checkpoint says. Nothing is verified here. @returns undefined when it is not a checkpoint. */
export function parseCheckpoint(note: string): { readonly origin: string; readonly head: TreeHead; readonly time: string | undefined } | undefined {
  const lines = note.slice(0, note.indexOf('\n\n') + 1).split('\n');
  const [origin, size, root] = lines;
  if (!origin || !size || !root || !/^(0|[1-9]\d{0,15})$/.test(size) || !/^[A-Za-z0-9+/]{43}=$/.test(root)) return undefined;
  const time = lines
    .slice(3)
    .find((line) => line.startsWith('time '))
    ?.slice(5);
  return { origin, head: { size: Number(size), root: Buffer.from(root, 'base64').toString('hex') }, time };
}

/** @returns the checkpoint when `key` signed it for its own origin. */
export function openCheckpoint(note: string, key: NoteKey): (SignedCheckpoint & { readonly time: string | undefined }) | undefined {
  const text = openNote(note, key);
  if (text === undefined) return undefined;
  const parsed = parseCheckpoint(note);
  return parsed && parsed.origin === key.name ? { ...parsed, note } : undefined;
}

/** The checkpoint of a line `{"note":"…"}` of checkpoints.jsonl, where `key` signed it for its own origin. */
export function openCheckpointLine(line: Buffer, key: NoteKey): ReturnType<typeof openCheckpoint> {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'));
    const note = typeof value === 'object' && value !== null ? (value as { note?: unknown }).note : undefined;
    return typeof note === 'string' ? openCheckpoint(note, key) : undefined;
  } catch {
    return undefined;
  }
}
