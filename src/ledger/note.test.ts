import { generateKeyPairSync, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { checkpointText, decodeNoteKey, encodeNoteKey, noteKey, openCheckpoint, openNote, parseCheckpoint, signNote } from './note.ts';

// The example of the Go module golang.org/x/mod/sumdb/note, from which C2SP's signed-note grew.
const neumann = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const published = `${text}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;

function makeKey(name: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url');
  return { key: noteKey(name, raw), sign: async (bytes: Uint8Array) => sign(null, bytes, privateKey) };
}

test('a note that others published verifies, and its key reads and writes back', () => {
  const key = decodeNoteKey(neumann)!;
  expect(encodeNoteKey(key)).toBe(neumann);
  expect(openNote(published, key)).toBe(text);
});

test('a changed text, a changed signature and another key are refused', () => {
  const key = decodeNoteKey(neumann)!;
  expect(openNote(published.replace('answer', 'Answer'), key)).toBeUndefined();
  expect(openNote(published.replace('ZJku', 'ZJkv'), key)).toBeUndefined();
  expect(openNote(published, makeKey('PeterNeumann').key)).toBeUndefined();
  expect(decodeNoteKey(neumann.replace('c74f20a3', 'c74f20a4'))).toBeUndefined();
});

test("signatures of others beside ours are passed over, as a witness's is", async () => {
  const ours = makeKey('wardmux.localhost/w-000000000001/ledger');
  const witness = makeKey('witness.example/w1');
  const message = checkpointText(ours.key.name, { size: 7, root: 'ab'.repeat(32) }, '2026-11-22T00:00:00.000Z');
  const a = await signNote(message, witness.key, witness.sign);
  const b = await signNote(message, ours.key, ours.sign);
  const both = a + b.slice(message.length + 1);
  expect(openNote(both, ours.key)).toBe(message);
  expect(openNote(both, witness.key)).toBe(message);
  expect(openCheckpoint(both, ours.key)).toMatchObject({ head: { size: 7, root: 'ab'.repeat(32) }, time: '2026-11-22T00:00:00.000Z' });
  // Signed by a key of another name: good as a note, not a checkpoint of that origin.
  expect(openCheckpoint(both, witness.key)).toBeUndefined();
});

test('sizes and roots that are not in canonical form are no checkpoint', () => {
  const good = checkpointText('o/l', { size: 3, root: '00'.repeat(32) }, '2026-11-22T00:00:00.000Z');
  expect(parseCheckpoint(`${good}\n`)).toBeDefined();
  expect(parseCheckpoint(`${good.replace('\n3\n', '\n03\n')}\n`)).toBeUndefined();
  expect(parseCheckpoint(`${good.replace('\n3\n', '\n-3\n')}\n`)).toBeUndefined();
  expect(parseCheckpoint(`${good.replace('AAAA', 'AA')}\n`)).toBeUndefined();
});
