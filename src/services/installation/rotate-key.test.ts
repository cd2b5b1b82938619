/** Another key takes over, cut after each step: one key or the other works, and the ledger says once that it was replaced. */
import { appendFileSync, cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { openLedger } from './open-ledger.ts';
import { certifySuccessor } from '../../crypto/succession.ts';
import { trustText } from '../../export/index.ts';
import { readLedger } from '../../ledger/read.ts';
import { installationNoteKey, openCheckpoint, signCheckpoint } from '../../ledger/note.ts';
import type { LedgerEvent } from '../../ledger/types.ts';
import { homePaths, openSigner, requireInstallation, type Home } from '../../storage/index.ts';
import { installationHalves, keyDigest, type Installation } from '../../storage/installation.ts';
import { signingKeySecret } from '../../storage/signer.ts';
import { rotateKey, rotationSteps, type RotationStep } from './rotate-key.ts';
import { installationTrust } from './trust.ts';
import { firstHome, ownFolder } from '../../../test/support/first-home.ts';

let place: string;
let template: string;
let person: string;
let copies = 0;
beforeAll(async () => {
  place = ownFolder();
  template = join(place, 'template');
  const made = await firstHome(place, { home: template });
  made.identity.destroy();
  person = made.person.id;
});

function freshHome(): Home {
  const folder = join(place, `home-${copies++}`);
  cpSync(template, folder, { recursive: true });
  return homePaths(folder);
}

/** Rotates, and stops after a step as if the machine had: nothing that runs then is run. */
async function rotate(home: Home, cut?: RotationStep): Promise<void> {
  const installation = requireInstallation(home);
  const { ledger, signer } = await openLedger(home, installation);
  const after = (step: RotationStep): void => {
    if (step === cut) throw new Error('cut');
  };
  try {
    await rotateKey({ home, installation, ledger, signer, person, after });
  } catch (error) {
    if (cut === undefined) throw error;
  } finally {
    await ledger.close();
  }
}

/** Opens it as the next process does, writes, and gives what is there then. */
async function goOn(home: Home): Promise<{ installation: Installation; events: LedgerEvent[]; digest: string }> {
  const { ledger, signer } = await openLedger(home, requireInstallation(home));
  await ledger.append({ action: 'app.start', detail: { version: '0.0.0-test' } });
  await ledger.checkpoint();
  await ledger.close();
  const installation = requireInstallation(home);
  expect(Buffer.from(signer.publicKey).toString('base64url')).toBe(installation.publicKey);
  const events: LedgerEvent[] = [];
  const reading = readLedger(home.ledger, installationNoteKey(installation), { onEvent: (event) => void events.push(event) });
  expect(reading.faults).toEqual([]);
  return { installation, events, digest: keyDigest(installation) };
}

for (const cut of rotationSteps)
  test(`cut after: ${cut}`, async () => {
    const home = freshHome();
    const before = requireInstallation(home);
    await rotate(home, cut);
    const { installation, events, digest } = await goOn(home);
    const said = events.filter(({ action }) => action === 'installation.key');
    const happened = rotationSteps.indexOf(cut) >= rotationSteps.indexOf('named');
    expect(installation.publicKey !== before.publicKey).toBe(happened);
    expect(said.map(({ seq, detail, person: by }) => [seq, detail, by])).toEqual(
      happened ? [[installation.formerKeys![0]!.until, { key: digest, previous: keyDigest(before), secondKey: true }, person]] : [],
    );
    // And once more, whatever the first one left.
    await rotate(home);
    const again = await goOn(home);
    expect(again.installation.formerKeys).toHaveLength(happened ? 2 : 1);
    expect(again.events.filter(({ action }) => action === 'installation.key')).toHaveLength(happened ? 2 : 1);
    const { ledger } = await openLedger(home, again.installation);
    expect(trustText(installationTrust(home, again.installation, ledger.facts))).toContain('SSH SIGNATURE');
    await ledger.close();
  });

test('cut in the middle of its first word, which is moved aside, said, and entered again', async () => {
  const home = freshHome();
  await rotate(home, 'named');
  appendFileSync(join(home.ledger, 'events.jsonl'), '{"seq":7,"half an ev');
  const { installation, events, digest } = await goOn(home);
  expect(events.slice(installation.formerKeys![0]!.until).map(({ action }) => action)).toEqual(['ledger.unvouched', 'installation.key', 'app.start']);
  expect(events.find(({ action }) => action === 'installation.key')?.detail).toMatchObject({ key: digest });
});

test('the old key is gone, its word counts up to its last event, and nobody adds a key to the past', async () => {
  const home = freshHome();
  const before = requireInstallation(home);
  const old = await openSigner(home, before);
  const secret = readFileSync(join(home.secrets, `${signingKeySecret}.secret`));
  await rotate(home);
  const { installation } = await goOn(home);
  expect(readFileSync(join(home.secrets, `${signingKeySecret}.secret`)).equals(secret)).toBe(false);
  const { until, root } = installation.formerKeys![0]!;
  const key = installationNoteKey(installation);
  const oldKey = installationNoteKey(before);
  const noteOf = (size: number, over = root) => signCheckpoint({ size, root: over }, '2026-11-28T00:00:00.000Z', oldKey, old);
  expect(openCheckpoint(await noteOf(until), key)).toMatchObject({ head: { size: until }, second: 'good' });
  expect(openCheckpoint(await noteOf(until, 'ab'.repeat(32)), key)).toBeUndefined();
  expect(openCheckpoint(await noteOf(until + 1), key)).toBeUndefined();
  // Who writes the folder alone moves the border, or puts in a key of their own.
  const former = { ...installation.formerKeys![0]!, until: until + 1 };
  expect(openCheckpoint(await noteOf(until), installationNoteKey({ ...installation, formerKeys: [former] }))).toBeUndefined();
  // A certificate by one half is none: makeTrust is the trust file's own judge.
  const half = await certifySuccessor(before.id, installationHalves(installation), { publicKey: old.publicKey, sign: (bytes) => old.sign(bytes) });
  const { ledger } = await openLedger(home, installation);
  expect(() => installationTrust(home, { ...installation, certificate: half }, ledger.facts)).toThrow();
  await ledger.close();
});
