/** A checkpoint that has lost its second signature is told, whoever made it; one that has another's is a fault. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { openMldsa44 } from '../crypto/mldsa.ts';
import { testLedgerOptions } from './fixture.ts';
import { Ledger } from './ledger.ts';
import { ledgerOrigin, noteKey } from './note.ts';
import { readLedger } from './read.ts';
import type { InstallationSigner } from '../crypto/signer.ts';

test('checkpoints of one half after the installation had two are counted, and where the first of them stands', async () => {
  const { folder, installation, signer: first } = testLedgerOptions();
  const half = openMldsa44(randomBytes(32));
  const both: InstallationSigner = { ...first, second: { publicKey: half.publicKey, sign: async (bytes) => half.sign(bytes) } };
  const key = noteKey(ledgerOrigin(installation), first.publicKey, half.publicKey);
  const write = async (signer: InstallationSigner): Promise<void> => {
    const ledger = await Ledger.open({ folder, installation, signer, key });
    await ledger.append({ action: 'app.stop', detail: {} });
    await ledger.checkpoint();
    await ledger.close();
  };
  try {
    await write(both);
    await write(both);
    const whole = readLedger(folder, key);
    expect(whole).toMatchObject({ faults: [], halfSigned: [] });
    await write(first);
    await write(both);
    await write(first);
    const mixed = readLedger(folder, key);
    expect(mixed.faults).toEqual([]);
    expect(mixed.checkpoints).toBe(whole.checkpoints + 3);
    expect(mixed.halfSigned).toEqual([
      { size: whole.events + 1, line: whole.checkpoints + 1 },
      { size: whole.events + 3, line: whole.checkpoints + 3 },
    ]);
    // Where somebody took the second half out of installation.json, a checkpoint that has its signature is none of the half that is left.
    const left = readLedger(folder, noteKey(ledgerOrigin(installation), first.publicKey));
    expect(left.checkpoints).toBe(2);
    expect(left.faults).toHaveLength(whole.checkpoints + 1);
    expect(left.faults).toMatchObject(left.faults.map(() => ({ code: 'bad-signature' })));
  } finally {
    rmSync(dirname(folder), { recursive: true, force: true });
  }
});
