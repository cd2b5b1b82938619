import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { AuditEntry } from '../src/ledger/events.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import { testLedgerOptions } from '../src/ledger/fixture.ts';
import { readCursor } from '../src/sinks/cursor.ts';
import { sendingOf, type SendingParts } from './sending.ts';

const open: Ledger[] = [];
afterEach(async () => {
  for (const ledger of open.splice(0)) await ledger.close();
});

async function setup() {
  const options = testLedgerOptions();
  const ledger = await Ledger.open(options);
  open.push(ledger);
  for (let n = 0; n < 3; n++) await ledger.append({ action: 'app.stop', detail: {} });
  const sinks = mkdtempSync(join(tmpdir(), 'sinks-'));
  const entered: AuditEntry[] = [];
  const installed = { ledger, signer: options.signer, policy: { policy: { network: [], sinks: [{ name: 'siem', kind: 'syslog' }] } } };
  const sending = sendingOf({
    home: { sinks },
    installed: { current: installed, require: () => installed } as unknown as SendingParts['installed'],
    journal: { enter: async (entry) => entered.push(entry) > 0 },
  });
  const root = (await ledger.rootAt(2))!;
  const place = { size: 2, root, at: '2026-11-28T12:00:00.000Z', certificate: 'a'.repeat(64) };
  return { sending, sinks, entered, place, key: options.key };
}

test('a place of this ledger is signed and kept for a sink of the policy', async () => {
  const { sending, sinks, place, key } = await setup();
  await sending.keep({ sink: 'siem', ...place });
  expect(readCursor(sinks, 'siem', key)).toEqual(place);
});

test('a place in another history, beyond the end, or of a sink that the policy does not name is not signed', async () => {
  const { sending, sinks, place } = await setup();
  await expect(sending.keep({ sink: 'other', ...place })).rejects.toMatchObject({ code: 'no-sink' });
  await expect(sending.keep({ sink: 'siem', ...place, root: 'b'.repeat(64) })).rejects.toMatchObject({ code: 'other-ledger' });
  await expect(sending.keep({ sink: 'siem', ...place, size: 99 })).rejects.toMatchObject({ code: 'other-ledger' });
  expect(readdirSync(sinks)).toEqual([]);
});

test('what became of a sink is entered, and nothing else can be', async () => {
  const { sending, entered } = await setup();
  await sending.enter({ sink: 'siem', kind: 'syslog', failed: { code: 'unreachable', attempts: 3, waiting: 7 } });
  await sending.enter({ sink: 'siem', kind: 'syslog', failed: null });
  await expect(sending.enter({ sink: 'other', kind: 'syslog', failed: null })).rejects.toMatchObject({ code: 'no-sink' });
  const end = { which: 'own', until: '2026-12-24T12:00:00.000Z' } as const;
  await sending.enterEnd({ sink: 'siem', ...end });
  await expect(sending.enterEnd({ sink: 'other', ...end })).rejects.toMatchObject({ code: 'no-sink' });
  expect(entered).toEqual([
    { action: 'sink.failed', detail: { sink: 'siem', kind: 'syslog', code: 'unreachable', attempts: 3, waiting: 7 } },
    { action: 'sink.resumed', detail: { sink: 'siem', kind: 'syslog' } },
    { action: 'sink.certificate', detail: { sink: 'siem', kind: 'syslog', ...end } },
  ]);
});
