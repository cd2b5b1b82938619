import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { noSmallDisk, onSmallDisk } from '../../test/support/small-disk.ts';
import { emptyRoot } from '../merkle/tree.ts';
import { startDetail, testLedgerOptions } from './fixture.ts';
import { Ledger } from './ledger.ts';
import { readLedger } from './read.ts';
import type { LedgerEntry, LedgerEvent } from './types.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const lock = { action: 'lock', detail: { cause: 'idle' } } as const;

test('events go in where somebody has filled the disk, as many as room was held back for', async (context) => {
  const place = mkdtempSync(join(tmpdir(), 'wardmux-room-'));
  folders.push(place);
  const without = noSmallDisk(place);
  context.skip(without !== undefined, without);
  const { status, stdout, stderr } = await onSmallDisk(
    place,
    '48m',
    join(import.meta.dirname, '../../test/support/ledger-room.ts'),
    [place],
    process.env,
    60_000,
  );
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const said = JSON.parse(stdout) as { held: number; entered: number; refused: string; faults: unknown[]; heldAgain: number; late: LedgerEvent[] };
  expect(said.held).toBe(4 * 1024 * 1024);
  // Four mebibytes of lines of some 130 bytes, and what they need beside them.
  expect(said.entered).toBeGreaterThan(5000);
  expect(said.refused).toBe('write-failed');
  expect(said.faults).toEqual([]);
  // What could not be entered is entered later: in order, with its own time, and marked.
  expect(said.late.map(({ action, time, entered }) => ({ action, time, entered }))).toEqual([
    { action: 'lock', time: '2026-11-22T00:00:01.000Z', entered: '2026-11-22T00:00:09.000Z' },
    { action: 'lock', time: '2026-11-22T00:00:02.000Z', entered: '2026-11-22T00:00:09.000Z' },
    { action: 'app.stop', time: '2026-11-22T00:00:09.000Z', entered: undefined },
  ]);
  expect(said.heldAgain).toBe(said.held);
});

test('an event that the key did not sign waits, and goes in before the next one', async () => {
  const options = testLedgerOptions();
  folders.push(dirname(options.folder));
  let now = Date.UTC(2026, 10, 22);
  let refuses = false;
  const sign = (bytes: Uint8Array): Promise<Uint8Array> => (refuses ? Promise.reject(new Error('locked')) : options.signer.sign(bytes));
  const ledger = await Ledger.open({ ...options, signer: { ...options.signer, sign }, clock: () => now });
  refuses = true;
  await expect(ledger.enter(lock)).rejects.toMatchObject({ code: 'not-signed' });
  // One that has not happened where it cannot be entered is not kept.
  await expect(ledger.append({ action: 'unlock', outcome: 'success', detail: { method: 'passphrase' } })).rejects.toMatchObject({ code: 'not-signed' });
  expect(ledger.waiting).toBe(1);
  refuses = false;
  now += 5000;
  await ledger.checkpoint();
  expect(ledger.waiting).toBe(0);
  await ledger.close();
  expect(JSON.parse(readFileSync(join(options.folder, 'events.jsonl'), 'utf8'))).toMatchObject({
    action: 'lock',
    time: '2026-11-22T00:00:00.000Z',
    entered: '2026-11-22T00:00:05.000Z',
  });
  expect(readLedger(options.folder, options.key).faults).toEqual([]);
});

test('what contradicts by the time that it can be entered is told as refused, with its own time', async () => {
  const options = testLedgerOptions();
  folders.push(dirname(options.folder));
  let now = Date.UTC(2026, 10, 22);
  let refuses = false;
  const sign = (bytes: Uint8Array): Promise<Uint8Array> => (refuses ? Promise.reject(new Error('locked')) : options.signer.sign(bytes));
  const ledger = await Ledger.open({ ...options, signer: { ...options.signer, sign }, clock: () => now });
  const recording = '20261122-000000-0000000a';
  const nothing = { size: 0, root: emptyRoot().toString('hex') };
  await ledger.append({ action: 'recording.start', person: 'p-00000000000a', detail: { recording, ...startDetail } });
  refuses = true;
  const end: LedgerEntry = { action: 'recording.end', detail: { recording, reason: 'exit', ...nothing, outputBytes: 0, durationMs: 0 } };
  await expect(ledger.enter(end)).rejects.toMatchObject({ code: 'not-signed' });
  await expect(ledger.enter(lock)).rejects.toMatchObject({ code: 'not-signed' });
  // Meanwhile another process of this installation closes it.
  const other = await Ledger.open({ ...options, clock: () => now });
  await other.append({ action: 'recording.failed', detail: { recording, reason: 'process-gone', ...nothing } });
  await other.close();
  refuses = false;
  now += 5000;
  await expect(ledger.append({ action: 'app.stop', detail: {} })).resolves.toMatchObject({ action: 'app.stop' });
  expect(ledger.waiting).toBe(0);
  await ledger.close();
  const events = readFileSync(join(options.folder, 'events.jsonl'), 'utf8').trimEnd().split('\n');
  const late = { time: '2026-11-22T00:00:00.000Z', entered: '2026-11-22T00:00:05.000Z' };
  expect(events.slice(2).map((line) => JSON.parse(line) as LedgerEvent)).toMatchObject([
    { action: 'lock', ...late },
    { action: 'app.stop' },
    { action: 'ledger.refused', ...late, detail: { action: 'recording.end', rule: 'after-end', recording } },
  ]);
  expect(readLedger(options.folder, options.key).faults).toEqual([]);
});
