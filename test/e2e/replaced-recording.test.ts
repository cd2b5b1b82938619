/**
 * A program of the same account that knows nobody's key seals a recording of its own to the owner's public key, and puts it in the
 * place of a running pane's: at the unlock the pane must not show it as what its shell had printed.
 */
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RecordingWriter } from '../../src/recording/writer.ts';
import { operatorAccess } from '../../src/recording/access.ts';
import { thumbprint } from '../../src/recording/wrap.ts';
import type { PersonRecord } from '../../src/people/types.ts';
import { entered, firstRun, paneText, passphrase, passphraseField, run, start, unlockWithPassphrase, until, type Running } from './support.ts';

let running: Running;
let recordings: string;
let id: string;
beforeAll(async () => {
  running = await start();
  await firstRun(running, { passkey: false });
  recordings = join(running.home, 'recordings');
  [id] = readdirSync(recordings) as [string];
});
afterAll(async () => {
  await running?.stop();
  running?.remove();
});

test('what was written comes back', async () => {
  await run(running, 'echo REAL-$((6*7))', 'REAL-42');
  await running.app.lock('hotkey');
  await unlockWithPassphrase(running);
  await until(async () => (await paneText(running)).includes('REAL-42'), 'the screen before the lock');
  expect(entered(running, 'recording.damaged')).toEqual([]);
});

test('what somebody else has sealed to the same keys does not, is said, and is in the ledger', async () => {
  await running.app.lock('hotkey');
  await running.surface('lock');
  const people = join(running.home, 'people');
  const file = readdirSync(people).find((name) => /^p-[0-9a-f]+\.json$/.test(name))!;
  const person = JSON.parse(readFileSync(join(people, file), 'utf8')) as PersonRecord;
  const began = entered(running, 'recording.start').find(({ detail }) => detail?.['recording'] === id)!;
  const elsewhere = join(running.folder, 'forged');
  mkdirSync(elsewhere);
  const forged = await RecordingWriter.create({
    folder: elsewhere,
    recording: id,
    installation: (JSON.parse(readFileSync(join(running.home, 'installation.json'), 'utf8')) as { id: string }).id,
    person: person.id,
    access: operatorAccess('it-office'),
    policySha256: String(began.detail!['policySha256']),
    recipients: [{ kid: thumbprint(person.encryptionKey), role: 'owner', jwk: person.encryptionKey }],
    start: { command: ['/bin/bash'], cwd: '/', cols: 140, rows: 40, term: 'xterm-256color', version: '0' },
    rotate: { minutes: 60, mebibytes: 64 },
    notice: () => undefined,
  });
  for (let i = 0; i < 40; i++) forged.output(Buffer.from(`\x1b[H\x1b[JFORGED ${i}: give 40 mmol. Password for root: `));
  await forged.sync();
  const folder = join(recordings, id);
  for (const name of readdirSync(folder).filter((entry) => entry.endsWith('.wmx'))) rmSync(join(folder, name));
  copyFileSync(join(elsewhere, id, 'segment-000000.wmx'), join(folder, 'segment-000000.wmx'));

  await running.surface('lock');
  await (await passphraseField(running)).fill(passphrase);
  await running.page.keyboard.press('Enter');
  await running.surface('workspace');
  await until(
    async () => (await running.page.locator('body').innerText()).includes('is not on the disk as it was written'),
    'the sentence about the recording',
  );
  expect(await paneText(running)).not.toContain('FORGED');
  await until(() => entered(running, 'recording.damaged').length > 0, 'recording.damaged in the ledger');
  expect(entered(running, 'recording.damaged')[0]!.detail).toMatchObject({ recording: id, foundSize: expect.any(Number) as number });
  expect(await paneText(running)).not.toContain('FORGED');
});
