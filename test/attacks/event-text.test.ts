/** An event of the ledger is its one text: what another reader would see otherwise is none, although the installation's key signs for it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { nextHead } from '../../src/ledger/create.ts';
import { testLedgerOptions } from '../../src/ledger/fixture.ts';
import { readHead, slotOf } from '../../src/ledger/head.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { readLedger } from '../../src/ledger/read.ts';
import { leafHash, MerkleTree } from '../../src/merkle/tree.ts';

const place = mkdtempSync(join(tmpdir(), 'wardmux-event-text-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

test.each<[string, (line: string) => string]>([
  ['a member twice', (line) => line.replace('"action":"app.stop"', '"action":"lock","action":"app.stop"')],
  ['a space between tokens', (line) => line.replace('"seq":', '"seq": ')],
  ['a member that the page does not name', (line) => line.replace('{"seq"', '{"patient":"Doe, Jane","seq"')],
  ['its members in another order', (line) => line.replace(/^\{("seq":\d+),("time":"[^"]+")/, '{$2,$1')],
  ['a time that never was', (line) => line.replace(/"time":"\d{4}-\d\d-\d\dT/, '"time":"2026-02-30T')],
  ['a number written otherwise', (line) => line.replace(/"seq":(\d+)/, '"seq":$1.0')],
  ['half a character', (line) => line.replace('"reason":"closed"', '"reason":"\\ud800"')],
])('an event with %s is none, although the key signs for it', async (_, change) => {
  const options = { ...testLedgerOptions(), folder: join(place, 'ledger') };
  const { signer } = options;
  rmSync(options.folder, { recursive: true, force: true });
  const ledger = await Ledger.open(options);
  await ledger.append({ action: 'app.stop', detail: { reason: 'closed' } });
  await ledger.close();
  const events = join(options.folder, 'events.jsonl');
  const line = readFileSync(events, 'utf8').trimEnd();
  const forged = Buffer.from(change(line));
  expect(forged.toString()).not.toBe(line);
  const found = readHead(join(options.folder, 'head'), ledger.key);
  if (found.kind !== 'good') throw new Error('no head');
  const tree = new MerkleTree();
  tree.append(leafHash(forged));
  writeFileSync(events, Buffer.concat([forged, Buffer.from('\n')]));
  const bytes = readFileSync(join(options.folder, 'head'));
  for (let n = 0, head = found.head; n < 2; n++) {
    head = await nextHead({ ...head, tree: tree.head() }, ledger.key, signer, Date.now);
    const slot = slotOf(head);
    slot.bytes.copy(bytes, slot.at);
  }
  writeFileSync(join(options.folder, 'head'), bytes);
  expect(readLedger(options.folder, ledger.key).faults.map(({ code }) => code)).toEqual(['bad-line']);
});
