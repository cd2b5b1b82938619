/** Events that are asked for together are those that are asked for one by one, and what was changed on the disk is never among them. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testLedgerOptions } from './fixture.ts';
import { ledgerPaths } from './files.ts';
import { Ledger } from './ledger.ts';
import { LedgerView } from './view.ts';

let options: ReturnType<typeof testLedgerOptions>;

beforeEach(async () => {
  options = testLedgerOptions();
  const ledger = await Ledger.open(options);
  // More than one snapshot, so that something lies beside it.
  await Promise.all(Array.from({ length: 1100 }, (_, n) => ledger.append({ action: 'lock', detail: { cause: n % 2 ? 'idle' : 'menu' } })));
  await ledger.close();
});
afterEach(() => rmSync(dirname(options.folder), { recursive: true, force: true }));

async function asked(from: number, to: number): Promise<number[]> {
  const view = (await LedgerView.open(options.folder, options.key))!;
  try {
    const together = await view.between(from, to);
    for (const one of together.slice(0, 3)) expect(one).toEqual(await view.event(one.event.seq));
    return together.map(({ event }) => event.seq);
  } finally {
    view.close();
  }
}
const span = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

test('a span, up to the end and no further', async () => {
  expect(await asked(0, 5)).toEqual(span(0, 5));
  expect(await asked(1000, 1090)).toEqual(span(1000, 1090));
  expect(await asked(1095, 5000)).toEqual(span(1095, 1100));
  expect(await asked(1100, 1100)).toEqual([]);
});

test('where what lies beside the ledger was changed it is derived anew, and the answer is the same', async () => {
  for (const name of ['offsets', 'tree-0']) {
    const path = join(ledgerPaths(options.folder).derived, name);
    const bytes = readFileSync(path);
    bytes.fill(1, 40, 120);
    writeFileSync(path, bytes);
    expect(await asked(0, 20)).toEqual(span(0, 20));
  }
});

test('an event that was changed is not shown', async () => {
  const path = ledgerPaths(options.folder).events;
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace('"cause":"menu"', '"cause":"idle"'));
  await expect(asked(0, 20)).rejects.toMatchObject({ code: 'corrupt' });
});
