/** Runs on a small disk of its own: a file drop that is full, has room again, is read-only, and is writable again. */
import { appendFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { AnchorError } from '../../src/anchors/errors.ts';
import { dropPath, fileDrop, markDrop } from '../../src/anchors/file-drop.ts';
import { TestLedger } from '../../src/anchors/fixture.ts';
import { fillDisk, remount } from './small-disk.ts';

const folder = process.argv[2]!;
const ledger = new TestLedger();
ledger.grow(5);
markDrop(folder, ledger.installation);
const path = dropPath(folder, ledger.installation);
const drop = fileDrop({ row: { name: 'share', kind: 'file', folder }, ...ledger });

async function attempt(word: string): Promise<void> {
  const outcome = await drop.send(await ledger.head(), new AbortController().signal).then(
    async () => `anchored ${(await drop.latest!()).found?.size}`,
    (error: AnchorError) => error.code,
  );
  process.stdout.write(`${word}: ${outcome}\n`);
}

// A page of the disk is given to the file, all of it but 100 bytes is used, and there is no other page.
appendFileSync(path, `${'x'.repeat(3995)}\n`);
fillDisk(folder);
await attempt('full');
if (statSync(path).size === 4096) process.stdout.write('half a line is left\n');
const filler = join(folder, 'filler');
truncateSync(filler, statSync(filler).size - 8192);
await attempt('room');
remount(folder, 'ro');
ledger.grow(1);
await attempt('read-only');
remount(folder, 'rw');
await attempt('writable');
rmSync(filler);
