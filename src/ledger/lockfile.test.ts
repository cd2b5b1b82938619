/** Two writers of one ledger whose lock's file is exchanged under them: what one of them has entered the other takes in, and nothing is moved aside. */
import { closeSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { tryLock, unlock } from '../native/addon.ts';
import { testLedgerOptions } from './fixture.ts';
import { ledgerPaths } from './files.ts';
import { Ledger } from './ledger.ts';
import { readLedger } from './read.ts';

const event = { action: 'lock', detail: { cause: 'idle' } } as const;

/** Whether somebody holds the lock of the file that has this name now. */
function isHeld(path: string): boolean {
  const fd = openSync(path, 'r+');
  try {
    if (!tryLock(fd)) return true;
    unlock(fd);
    return false;
  } finally {
    closeSync(fd);
  }
}

test('where the lock is exchanged while somebody writes, who opens the new one writes after them, and moves nothing of theirs aside', async () => {
  const made = testLedgerOptions();
  const { lock } = ledgerPaths(made.folder);
  const gates: PromiseWithResolvers<void>[] = [];
  let gated = false;
  const sign = async (bytes: Uint8Array): Promise<Uint8Array> => {
    if (gated) {
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      await gate.promise;
    }
    return made.signer.sign(bytes);
  };
  const one = await Ledger.open({ ...made, signer: { ...made.signer, sign } });
  gated = true;
  // Its line is written, and its head is not yet.
  const first = one.append(event);
  while (gates.length === 0) await turn();
  writeFileSync(`${lock}.new`, '');
  renameSync(`${lock}.new`, lock);
  const second = (async () => {
    const ledger = await Ledger.open(made);
    const { seq } = await ledger.append(event);
    await ledger.close();
    return seq;
  })();
  // The new file keeps nobody out, so the other one is at the ledger now.
  while (!isHeld(lock)) await turn();
  gated = false;
  for (const gate of gates) gate.resolve();
  expect([(await first).seq, await second]).toEqual([0, 1]);
  await one.checkpoint();
  await one.close();
  expect(readLedger(made.folder, made.key)).toMatchObject({ events: 2, faults: [] });
  expect(readdirSync(made.folder).filter((name) => name.startsWith('unvouched-'))).toEqual([]);
  rmSync(dirname(made.folder), { recursive: true, force: true });
});
