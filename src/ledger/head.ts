/**
 * The head: what the installation's key last vouched for. One small file of two slots, written in turn and in place, so
 * that a power cut in the middle of one leaves the other, and a full disk has nothing to refuse. A slot is a signed note,
 * filled up with zero bytes. What the ledger's files hold beyond the newest head nobody has vouched for.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, readSync } from 'node:fs';
import { NotPlainError, openPlain } from '../disk/plain.ts';
import type { TreeHead } from '../types/head.ts';
import { checkpointText, openCheckpoint, signNote, type NoteKey } from './note.ts';

/** Bytes of a slot: a page, so that no block of a disk has parts of both; a note of ours has about 450 bytes. */
export const SLOT_BYTES = 4096;
export const HEAD_BYTES = 2 * SLOT_BYTES;

/** The checkpoint file as the head vouches for it. */
export interface CheckpointChain {
  readonly lines: number;
  readonly bytes: number;
  /** SHA-256 chain over its lines, lower-case hex: see nextChain. */
  readonly sha256: string;
}

export interface SignedHead {
  readonly tree: TreeHead;
  /** Counts the heads from 0; also which slot it stands in (odd: the second). */
  readonly generation: number;
  readonly checkpoints: CheckpointChain;
  /** ISO 8601 UTC. */
  readonly time: string;
  readonly note: string;
}

/** What a head file holds. `previous` is the older slot. `damaged`: a slot that is neither empty nor what must stand there. */
export type HeadReading =
  | { readonly kind: 'missing' }
  | { readonly kind: 'bad'; readonly why: string }
  | { readonly kind: 'good'; readonly head: SignedHead; readonly previous: SignedHead | undefined; readonly damaged: boolean };

export const EMPTY_CHAIN: CheckpointChain = { lines: 0, bytes: 0, sha256: '00'.repeat(32) };

/** Adds one line, given without its newline: SHA-256(chain before || line). */
export function nextChain(chain: CheckpointChain, line: Uint8Array): CheckpointChain {
  return {
    lines: chain.lines + 1,
    bytes: chain.bytes + line.length + 1,
    sha256: createHash('sha256').update(Buffer.from(chain.sha256, 'hex')).update(line).digest('hex'),
  };
}

/** Signs a head. */
export async function signHead(facts: Omit<SignedHead, 'note'>, key: NoteKey, sign: (bytes: Uint8Array) => Promise<Uint8Array>): Promise<SignedHead> {
  const { tree, generation, checkpoints, time } = facts;
  const text = `${checkpointText(key.name, tree, time)}head ${generation}\ncheckpoints ${checkpoints.lines} ${checkpoints.bytes} ${checkpoints.sha256}\n`;
  return { ...facts, note: await signNote(text, key, sign) };
}

const COUNT = '(0|[1-9]\\d{0,15})';
const EXTENSION = new RegExp(`^time (\\S+)\\nhead ${COUNT}\\ncheckpoints ${COUNT} ${COUNT} ([0-9a-f]{64})\\n$`);

/** @returns undefined where the note is not a head that `key` signed. */
function openHead(note: string, key: NoteKey): SignedHead | undefined {
  const opened = openCheckpoint(note, key);
  if (!opened) return undefined;
  const rest = note
    .slice(0, note.indexOf('\n\n') + 1)
    .split('\n')
    .slice(3)
    .join('\n');
  const match = EXTENSION.exec(rest);
  if (!match) return undefined;
  const [, time, generation, lines, bytes, sha256] = match;
  return { tree: opened.head, generation: Number(generation), checkpoints: { lines: Number(lines), bytes: Number(bytes), sha256: sha256! }, time: time!, note };
}

/** The bytes of a head's slot and where they stand in the file. */
export function slotOf(head: SignedHead): { readonly bytes: Buffer; readonly at: number } {
  const bytes = Buffer.alloc(SLOT_BYTES);
  if (bytes.write(head.note, 'utf8') !== Buffer.byteLength(head.note, 'utf8')) throw new Error('a head is longer than its slot');
  return { bytes, at: (head.generation % 2) * SLOT_BYTES };
}

function readSlot(bytes: Buffer, key: NoteKey, slot: number): SignedHead | 'empty' | 'damaged' {
  const length = bytes.indexOf(0);
  if (length === 0 && bytes.every((byte) => byte === 0)) return 'empty';
  if (length <= 0 || !bytes.subarray(length).every((byte) => byte === 0)) return 'damaged';
  const note = bytes.subarray(0, length);
  const head = openHead(note.toString('utf8'), key);
  // A signature covers the text as it is decoded: bytes that are no UTF-8 would otherwise be taken for others.
  return head && head.generation % 2 === slot && Buffer.from(head.note, 'utf8').equals(note) ? head : 'damaged';
}

/** Judges the bytes of a head file. */
export function judgeHead(bytes: Buffer, key: NoteKey): HeadReading {
  if (bytes.length !== HEAD_BYTES) return { kind: 'bad', why: `it has ${bytes.length} bytes and not ${HEAD_BYTES}` };
  const slots = [0, 1].map((slot) => readSlot(bytes.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES), key, slot));
  const heads = slots.filter((slot) => typeof slot !== 'string').sort((a, b) => b.generation - a.generation);
  const [head, previous] = heads;
  if (!head) return { kind: 'bad', why: 'no head in it is signed by this installation' };
  if (!previous) return { kind: 'good', head, previous: undefined, damaged: head.generation !== 0 || slots.includes('damaged') };
  // Heads follow each other; two that do not were put together from two moments.
  const follows = head.generation === previous.generation + 1 && head.tree.size >= previous.tree.size && head.checkpoints.lines >= previous.checkpoints.lines;
  return { kind: 'good', head, previous: follows ? previous : undefined, damaged: !follows };
}

const notPlain: HeadReading = { kind: 'bad', why: 'it is not a plain file' };

/** @throws the system's error where the file is there and cannot be read. */
export function readHead(path: string, key: NoteKey): HeadReading {
  let fd: number | undefined;
  try {
    fd = openPlain(path);
  } catch (error) {
    if (error instanceof NotPlainError) return notPlain;
    throw error;
  }
  if (fd === undefined) return { kind: 'missing' };
  try {
    return readHeadFd(fd, key);
  } finally {
    closeSync(fd);
  }
}

/** As readHead, of a file that is open. */
export function readHeadFd(fd: number, key: NoteKey): HeadReading {
  const stat = fstatSync(fd);
  if (!stat.isFile()) return notPlain;
  if (stat.size !== HEAD_BYTES) return { kind: 'bad', why: `it has ${stat.size} bytes and not ${HEAD_BYTES}` };
  const bytes = Buffer.alloc(HEAD_BYTES);
  const got = readSync(fd, bytes, 0, HEAD_BYTES, 0);
  return judgeHead(bytes.subarray(0, got), key);
}

/**
 * Whether a checkpoint that is signed for so many events is ahead of every head. Events are vouched for before a checkpoint of them is signed, so no crash
 * leaves such a one; but whoever reads holds no lock, and a writer may have gone on since they have read the head: it is asked once more.
 */
export function isAhead(size: number, head: SignedHead, path: string, key: NoteKey): boolean {
  if (size <= head.tree.size) return false;
  const now = readHead(path, key);
  return now.kind !== 'good' || size > now.head.tree.size;
}
