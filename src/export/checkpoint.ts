/** checkpoint.note of a bundle: read more strictly than a note has to be, so that no two verifiers can see two checkpoints in it. */
import { ed25519Verify } from '../ledger/ed25519.ts';
import type { NoteKey } from '../ledger/note.ts';
import { utf8Text } from '../recording/json.ts';
import type { TreeHead } from '../recording/types.ts';

const MAX_NOTE_BYTES = 64 * 1024;
/** Key id and Ed25519 signature. */
const SIGNATURE_BYTES = 4 + 64;
const SIGNATURE_LINE = /^— ([!-*,-~]+) ([A-Za-z0-9+/]+={0,2})$/;

/** @returns the head that one of `keys` signed for; 'other-key' where it is a note without a signature of theirs; undefined where it is no checkpoint, or their signature is not good. */
export function openBundleCheckpoint(bytes: Buffer, keys: readonly NoteKey[]): TreeHead | 'other-key' | undefined {
  const note = bytes.length <= MAX_NOTE_BYTES ? utf8Text(bytes) : undefined;
  const split = note?.lastIndexOf('\n\n') ?? -1;
  if (note === undefined || split < 0 || !note.endsWith('\n')) return undefined;
  const text = note.slice(0, split + 1);
  let signer: NoteKey | undefined;
  for (const line of note.slice(split + 2, -1).split('\n')) {
    const match = SIGNATURE_LINE.exec(line);
    const signature = Buffer.from(match?.[2] ?? '', 'base64');
    if (!match || signature.toString('base64') !== match[2]) return undefined;
    const key = keys.find(({ name, id }) => match[1] === name && signature.length === SIGNATURE_BYTES && signature.subarray(0, 4).equals(id));
    if (!key || signer) continue;
    if (!ed25519Verify(key.publicKey, Buffer.from(text, 'utf8'), signature.subarray(4))) return undefined;
    signer = key;
  }
  if (!signer) return 'other-key';
  const lines = text.slice(0, -1).split('\n');
  const [origin, size, root] = lines;
  if (lines.some((line) => line === '') || origin !== signer.name || !size || !root) return undefined;
  if (!/^(0|[1-9]\d{0,14})$/.test(size) || !/^[A-Za-z0-9+/]{43}=$/.test(root)) return undefined;
  const hash = Buffer.from(root, 'base64');
  return hash.toString('base64') === root ? { size: Number(size), root: hash.toString('hex') } : undefined;
}
