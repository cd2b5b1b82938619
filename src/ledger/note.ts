/**
 * C2SP signed notes and checkpoints (c2sp.org/signed-note, c2sp.org/tlog-checkpoint): Ed25519, and beside it, on checkpoints of an
 * installation that has a second key, ML-DSA-44 (c2sp.org/tlog-cosignature).
 *
 * A note is text that ends in a newline, an empty line, and signature lines `— NAME BASE64(key id || signature)`.
 * A checkpoint's text is: origin, size in decimal, root in base64; we add one extension line, `time ISO8601`, so that a
 * checkpoint written at rest says when the ledger was seen whole.
 */
import { createHash } from 'node:crypto';
import type { TreeHead } from '../types/head.ts';
import { ed25519Verify, isEd25519Key } from '../crypto/ed25519.ts';
import { installationHalves, isVouched, type Installation } from '../storage/installation.ts';
import { MLDSA44, mldsa44Verify } from '../crypto/mldsa.ts';
import type { SignedCheckpoint } from './types.ts';
import type { InstallationSigner } from '../crypto/signer.ts';

/** Signature types in C2SP signed notes: Ed25519 over the text, and the ML-DSA-44 cosignature. */
const ED25519 = 0x01;
const MLDSA44_COSIGNATURE = 0x06;
/** Longest note we read: a checkpoint of ours has about 300 bytes, 3,600 with both signatures. */
const MAX_NOTE_BYTES = 64 * 1024;
/** Key id, the second that it was made in, and the signature. */
export const COSIGNATURE_BYTES = 4 + 8 + MLDSA44.signature;

/** The second half of a key: of another algorithm, under the same name. */
export interface SecondNoteKey {
  /** Four bytes. */
  readonly id: Buffer;
  /** Raw ML-DSA-44 public key, 1,312 bytes. */
  readonly publicKey: Buffer;
}

/** A note verification key: `NAME+KEYID+BASE64(type || public key)`. */
export interface NoteKey {
  readonly name: string;
  /** Four bytes. */
  readonly id: Buffer;
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Buffer;
  /** The half that signs checkpoints too, where the installation has one. */
  readonly second?: SecondNoteKey;
  /** The key that this one replaced, and the tree of the ledger at that moment: beyond it the word of that key counts for nothing. */
  readonly before?: { readonly key: NoteKey; readonly until: TreeHead };
}

/** Origin of an installation's ledger: its name in notes. */
export function ledgerOrigin(installation: string): string {
  return `wardmux.localhost/${installation}/ledger`;
}

/** Key id: SHA-256(name || 0x0A || signature type || public key), first four bytes. */
function keyId(name: string, type: number, publicKey: Uint8Array): Buffer {
  return createHash('sha256')
    .update(name)
    .update(Buffer.from([0x0a, type]))
    .update(publicKey)
    .digest()
    .subarray(0, 4);
}

/** @param publicKey raw Ed25519, 32 bytes. @param second raw ML-DSA-44, 1,312 bytes, where there is one. */
export function noteKey(name: string, publicKey: Uint8Array, second?: Uint8Array): NoteKey {
  if (publicKey.length !== 32) throw new Error('An Ed25519 public key has 32 bytes.');
  return {
    name,
    id: keyId(name, ED25519, publicKey),
    publicKey: Buffer.from(publicKey),
    ...(second ? { second: secondNoteKey(name, second) } : {}),
  };
}

/** The key of an installation's ledger, from installation.json, with those that it replaced. One that its successor does not vouch for is none. */
export function installationNoteKey({ id, formerKeys = [], ...halves }: Pick<Installation, 'id' | 'publicKey' | 'secondKey' | 'formerKeys'>): NoteKey {
  const { publicKey, second } = installationHalves(halves);
  const key = noteKey(ledgerOrigin(id), publicKey, second);
  const former = formerKeys.at(-1);
  if (!former || !isVouched(id, halves, former)) return key;
  return {
    ...key,
    before: { key: installationNoteKey({ id, ...former, formerKeys: formerKeys.slice(0, -1) }), until: { size: former.until, root: former.root } },
  };
}

/** A key and those that it replaced, newest first, each with the tree that its word ends with; undefined for the present one. */
export function keysOf(key: NoteKey): { readonly key: NoteKey; readonly until: TreeHead | undefined }[] {
  const keys: { key: NoteKey; until: TreeHead | undefined }[] = [];
  let until: TreeHead | undefined;
  for (let each: NoteKey | undefined = key; each; each = each.before?.key) {
    keys.push({ key: each, until });
    until = each.before && (until === undefined || each.before.until.size < until.size) ? each.before.until : until;
  }
  return keys;
}

/**
 * The trees that the ledger had whenever its key was replaced, each signed by the key that came after: every history of it goes
 * through them, whatever an older key signs today.
 */
export function bordersOf(key: NoteKey): readonly TreeHead[] {
  return keysOf(key).flatMap(({ until }) => until ?? []);
}

/** @param publicKey raw ML-DSA-44, 1,312 bytes. */
export function secondNoteKey(name: string, publicKey: Uint8Array): SecondNoteKey {
  if (publicKey.length !== MLDSA44.publicKey) throw new Error('An ML-DSA-44 public key has 1,312 bytes.');
  return { id: keyId(name, MLDSA44_COSIGNATURE, publicKey), publicKey: Buffer.from(publicKey) };
}

const keyText = (name: string, id: Buffer, type: number, publicKey: Buffer): string =>
  `${name}+${id.toString('hex')}+${Buffer.concat([Buffer.from([type]), publicKey]).toString('base64')}`;

/** The Ed25519 verification key as text, as C2SP writes it. */
export function encodeNoteKey({ name, id, publicKey }: NoteKey): string {
  return keyText(name, id, ED25519, publicKey);
}

/** The ML-DSA-44 verification key as text, as C2SP writes it. */
export function encodeSecondNoteKey(name: string, { id, publicKey }: SecondNoteKey): string {
  return keyText(name, id, MLDSA44_COSIGNATURE, publicKey);
}

function decodeKey(text: string, type: number): { readonly name: string; readonly publicKey: Buffer } | undefined {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text);
  if (!match) return undefined;
  const bytes = Buffer.from(match[3]!, 'base64');
  return bytes[0] === type ? { name: match[1]!, publicKey: bytes.subarray(1) } : undefined;
}

/** @returns undefined when the text is not the one text of an Ed25519 verification key with the right key id. */
export function decodeNoteKey(text: string): NoteKey | undefined {
  const decoded = decodeKey(text, ED25519);
  if (!decoded || decoded.publicKey.length !== 32 || !isEd25519Key(decoded.publicKey)) return undefined;
  const key = noteKey(decoded.name, decoded.publicKey);
  return encodeNoteKey(key) === text ? key : undefined;
}

/** @returns undefined when the text is not the one text of an ML-DSA-44 verification key of that name with the right key id. */
export function decodeSecondNoteKey(text: string, name: string): SecondNoteKey | undefined {
  const decoded = decodeKey(text, MLDSA44_COSIGNATURE);
  if (!decoded || decoded.name !== name || decoded.publicKey.length !== MLDSA44.publicKey) return undefined;
  const key = secondNoteKey(name, decoded.publicKey);
  return encodeSecondNoteKey(name, key) === text ? key : undefined;
}

/** Signs a text that ends in a newline. `sign` gives the 64-byte Ed25519 signature of the text. */
export async function signNote(text: string, key: NoteKey, sign: (bytes: Uint8Array) => Promise<Uint8Array>): Promise<string> {
  if (!text.endsWith('\n') || text.includes('\n\n')) throw new Error('The text of a note ends in a newline and has no empty line.');
  const signature = await sign(Buffer.from(text, 'utf8'));
  return `${text}\n— ${key.name} ${Buffer.concat([key.id, signature]).toString('base64')}\n`;
}

/**
 * What an ML-DSA-44 cosignature signs (c2sp.org/tlog-cosignature): the whole tree of this head, by the log itself.
 * @param seconds since 1970.
 */
function cosignedMessage(name: string, { size, root }: TreeHead, seconds: bigint): Buffer {
  const text = Buffer.concat([Buffer.from([Buffer.byteLength(name)]), Buffer.from(name, 'utf8')]);
  const numbers = (...values: readonly bigint[]): Buffer => {
    const bytes = Buffer.alloc(8 * values.length);
    values.forEach((value, i) => bytes.writeBigUInt64BE(value, 8 * i));
    return bytes;
  };
  return Buffer.concat([Buffer.from('subtree/v1\n\0', 'latin1'), text, numbers(seconds), text, numbers(0n, BigInt(size)), Buffer.from(root, 'hex')]);
}

/**
 * Verifies the second signature of a checkpoint's head.
 * @param line what a signature line has in base64: COSIGNATURE_BYTES.
 */
export function verifySecond(key: NoteKey & { readonly second: SecondNoteKey }, head: TreeHead, line: Buffer): 'good' | 'bad' | 'unchecked' {
  return mldsa44Verify(key.second.publicKey, cosignedMessage(key.name, head, line.readBigUInt64BE(4)), line.subarray(12));
}

/** Signs a checkpoint of a head with every half of the key. @param time ISO 8601 UTC. */
export async function signCheckpoint(head: TreeHead, time: string, key: NoteKey, signer: Pick<InstallationSigner, 'sign' | 'second'>): Promise<string> {
  const note = await signNote(checkpointText(key.name, head, time), key, (bytes) => signer.sign(bytes));
  if (!signer.second || !key.second) return note;
  const seconds = BigInt(Math.floor(Date.parse(time) / 1000));
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(seconds);
  const signature = await signer.second.sign(cosignedMessage(key.name, head, seconds));
  return `${note}— ${key.name} ${Buffer.concat([key.second.id, stamp, signature]).toString('base64')}\n`;
}

/** The second signature of a note, as bytes; undefined where it has none of this key. @param id of its second half; undefined: of any under this name. */
function secondLine(note: string, key: NoteKey, id?: Buffer): Buffer | undefined {
  for (const line of note.slice(note.lastIndexOf('\n\n') + 2, -1).split('\n')) {
    const [, name, text] = line.split(' ');
    const bytes = Buffer.from(text ?? '', 'base64');
    if (name !== key.name || bytes.length !== COSIGNATURE_BYTES || (id && !bytes.subarray(0, 4).equals(id))) continue;
    return bytes.toString('base64') === text ? bytes : Buffer.alloc(COSIGNATURE_BYTES);
  }
  return undefined;
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

/**
 * What became of the second signature. `none`: the key has no second half. `missing`: it has, and the note has the first
 * signature alone. `unchecked`: it is there, and this runtime cannot check it.
 */
export type SecondSignature = 'good' | 'none' | 'missing' | 'unchecked';

export interface OpenedCheckpoint extends SignedCheckpoint {
  readonly time: string | undefined;
  readonly second: SecondSignature;
}

/** @returns the checkpoint when `key`, or one that it replaced, signed it for its own origin. See openOwn. */
export function openCheckpoint(note: string, key: NoteKey): OpenedCheckpoint | undefined {
  for (const each of keysOf(key)) {
    const opened = openOwn(note, each.key);
    const { until } = each;
    if (opened && (!until || opened.head.size < until.size || (opened.head.size === until.size && opened.head.root === until.root))) return opened;
  }
  return undefined;
}

/**
 * @returns the checkpoint when this very key signed it for its own origin. Where its second signature is there, it has to be good, and of the
 * second that the note's time names; where it is missing, that is said, and whoever asked decides. A key of one half has no second signature.
 */
function openOwn(note: string, key: NoteKey): OpenedCheckpoint | undefined {
  if (openNote(note, key) === undefined) return undefined;
  const parsed = parseCheckpoint(note);
  if (!parsed || parsed.origin !== key.name) return undefined;
  const { second } = key;
  // A cosignature under the ledger's own name is by its own key, which then has two halves: somebody has taken one out of installation.json.
  if (!second) return secondLine(note, key) ? undefined : { ...parsed, note, second: 'none' };
  const line = secondLine(note, key, second.id);
  if (!line) return { ...parsed, note, second: 'missing' };
  if (parsed.time !== undefined && Number(line.readBigUInt64BE(4)) !== Math.floor(Date.parse(parsed.time) / 1000)) return undefined;
  const verdict = verifySecond({ ...key, second }, parsed.head, line);
  return verdict === 'bad' ? undefined : { ...parsed, note, second: verdict };
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
