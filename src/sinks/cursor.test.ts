/** The place in the queue is believed where this installation has signed it for this sink, and nowhere else. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { testLedgerOptions, testSigner } from '../ledger/fixture.ts';
import { readCursor, writeCursor } from './cursor.ts';

const folder = mkdtempSync(join(tmpdir(), 'wardmux-cursor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const cursor = { size: 7, root: 'ab'.repeat(32), at: '2026-11-29T02:00:00.000Z', certificate: 'cd'.repeat(32) };

test('it is read back as it was written; set forward, renamed, cut or signed by another key or a former one it is none', async () => {
  const signer = testSigner();
  const { key } = testLedgerOptions(signer);
  await writeCursor(folder, 'siem', cursor, signer.sign);
  expect(readCursor(folder, 'siem', key)).toEqual(cursor);
  const path = join(folder, 'siem.json');
  const text = readFileSync(path, 'utf8');
  writeFileSync(join(folder, 'other.json'), text);
  expect(readCursor(folder, 'other', key)).toBeUndefined();
  for (const changed of [text.replace('"size":7', '"size":8'), text.slice(0, 40), '', '{}', 'null', text.replace('"signature":"', '"signature":"A')]) {
    writeFileSync(path, changed);
    expect(readCursor(folder, 'siem', key), changed).toBeUndefined();
  }
  writeFileSync(path, text);
  expect(readCursor(folder, 'siem', testLedgerOptions(testSigner()).key)).toBeUndefined();
  expect(readCursor(folder, 'nobody', key)).toBeUndefined();
  // A key that was replaced may be somebody else’s by now.
  const rotated = { ...testLedgerOptions(testSigner()).key, before: { key, until: { size: 100, root: 'ab'.repeat(32) } } };
  expect(readCursor(folder, 'siem', rotated)).toBeUndefined();
});
