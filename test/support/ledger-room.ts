/** Runs on a small disk of its own (argv: its folder): fills it, and enters events as long as they go in. Prints what happened as JSON. */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fillDisk } from './small-disk.ts';
import { INSTALLATION, testSigner } from '../../src/ledger/fixture.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { ledgerOrigin, noteKey } from '../../src/ledger/note.ts';
import { readLedger } from '../../src/ledger/read.ts';
import type { LedgerEvent } from '../../src/ledger/types.ts';

const disk = process.argv[2]!;
const folder = join(disk, 'ledger');
const signer = testSigner();
let now = Date.UTC(2026, 10, 22);
const ledger = await Ledger.open({ folder, installation: INSTALLATION, signer, clock: () => now });
const room = (): number => statSync(join(folder, 'reserve')).size;
const held = room();
const lock = { action: 'lock', detail: { cause: 'idle' } } as const;
fillDisk(disk);
let entered = 0;
let refused = '';
while (refused === '') {
  const group = await Promise.allSettled(Array.from({ length: 100 }, () => ledger.append(lock)));
  entered += group.filter(({ status }) => status === 'fulfilled').length;
  const failed = group.find((result) => result.status === 'rejected');
  if (failed) refused = (failed.reason as { code: string }).code;
}
// A group that is too large leaves some bytes: they are used up by single events.
for (let full = false; !full;)
  full = await ledger.append(lock).then(
    () => false,
    () => true,
  );
for (const second of [1, 2]) {
  now = Date.UTC(2026, 10, 22, 0, 0, second);
  await ledger.enter(lock).catch(() => undefined);
}
const key = noteKey(ledgerOrigin(INSTALLATION), signer.publicKey);
const { faults } = readLedger(folder, key);
rmSync(join(disk, 'filler'));
now = Date.UTC(2026, 10, 22, 0, 0, 9);
await ledger.enter({ action: 'app.stop', detail: { reason: 'closed' } });
await ledger.checkpoint();
await ledger.close();
const events: LedgerEvent[] = [];
readLedger(folder, key, { onEvent: (event) => void events.push(event) });
console.log(JSON.stringify({ held, entered, refused, faults, late: events.slice(-3), heldAgain: room() }));
