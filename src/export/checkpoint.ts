/** checkpoint.note of a bundle: read more strictly than a note has to be, so that no two verifiers can see two checkpoints in it. */
import { ed25519Verify } from '../crypto/ed25519.ts';
import { COSIGNATURE_BYTES, verifySecond, type NoteKey, type SecondSignature } from '../ledger/note.ts';
import { utf8Text } from '../disk/utf8.ts';
import type { TreeHead } from '../types/head.ts';

const MAX_NOTE_BYTES = 64 * 1024;
/** Key id and Ed25519 signature. */
const SIGNATURE_BYTES = 4 + 64;
const SIGNATURE_LINE = /^— ([!-*,-~]+) ([A-Za-z0-9+/]+={0,2})$/;

export interface BundleCheckpoint {
  readonly head: TreeHead;
  /** What became of the second signature. */
  readonly second: Exclude<SecondSignature, 'missing'>;
  /** Which of the keys signed. */
  readonly by: number;
}

/**
 * @returns the head that one of `keys` signed for; 'half' where only one half of a key did that has two; 'other-key' where it is a note without
 * a signature of theirs; undefined where it is no checkpoint, or their signature is not good.
 */
export function openBundleCheckpoint(bytes: Buffer, keys: readonly NoteKey[]): BundleCheckpoint | 'half' | 'other-key' | undefined {
  const note = bytes.length <= MAX_NOTE_BYTES ? utf8Text(bytes) : undefined;
  const split = note?.lastIndexOf('\n\n') ?? -1;
  if (note === undefined || split < 0 || !note.endsWith('\n')) return undefined;
  const text = note.slice(0, split + 1);
  let signer: NoteKey | undefined;
  const seconds = new Map<NoteKey, Buffer>();
  for (const line of note.slice(split + 2, -1).split('\n')) {
    const match = SIGNATURE_LINE.exec(line);
    const signature = Buffer.from(match?.[2] ?? '', 'base64');
    if (!match || signature.toString('base64') !== match[2]) return undefined;
    const of = (id: Buffer | undefined, length: number): boolean => signature.length === length && id?.equals(signature.subarray(0, 4)) === true;
    const named = keys.filter(({ name }) => name === match[1]);
    const cosigner = named.find(({ second }) => of(second?.id, COSIGNATURE_BYTES));
    if (cosigner && !seconds.has(cosigner)) seconds.set(cosigner, signature);
    const key = named.find(({ id }) => of(id, SIGNATURE_BYTES));
    if (!key || signer) continue;
    if (!ed25519Verify(key.publicKey, Buffer.from(text, 'utf8'), signature.subarray(4))) return undefined;
    signer = key;
  }
  if (!signer) return seconds.size > 0 ? 'half' : 'other-key';
  const lines = text.slice(0, -1).split('\n');
  const [origin, size, root] = lines;
  if (lines.some((line) => line === '') || origin !== signer.name || !size || !root) return undefined;
  if (!/^(0|[1-9]\d{0,14})$/.test(size) || !/^[A-Za-z0-9+/]{43}=$/.test(root)) return undefined;
  const hash = Buffer.from(root, 'base64');
  if (hash.toString('base64') !== root) return undefined;
  const head = { size: Number(size), root: hash.toString('hex') };
  const { second } = signer;
  if (!second) return { head, second: 'none', by: keys.indexOf(signer) };
  const cosignature = seconds.get(signer);
  if (!cosignature) return 'half';
  const verdict = verifySecond({ ...signer, second }, head, cosignature);
  return verdict === 'bad' ? undefined : { head, second: verdict, by: keys.indexOf(signer) };
}
