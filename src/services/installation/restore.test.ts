/** What a restore puts into a secret store that has something already, and what it leaves where a place outside, or the ledger, fails. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { firstHome, ownFolder } from '../../../test/support/first-home.ts';
import { StorageFault } from '../../disk/fault.ts';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import { FileSecretStore } from '../../storage/secret-store.ts';
import { makeBackup, setKeySecret } from './backup.ts';
import { openInstallation } from './installation.ts';
import { lookOutside, openLedger } from './open-ledger.ts';
import { putSecrets, restoreBackup } from './restore.ts';

vi.mock('./open-ledger.ts', { spy: true });

const run = { set: 'k-0123456789ab', installation: 'w-0123456789ab' } as const;
const key = randomBytes(32);
const setKey = randomBytes(32);
const head = { setKey: setKey.toString('base64url'), secrets: { 'signing-key': key.toString('base64url') } };

test('a restore puts there what is not there, and leaves what is the same', async () => {
  const store = new FileSecretStore(ownFolder());
  await store.set('signing-key', key);
  expect(await putSecrets(store, head, run)).toEqual([setKeySecret(run.set)]);
  expect([await store.get('signing-key'), await store.get(setKeySecret(run.set))]).toEqual([key, setKey]);
});

test('a restore replaces no key of an installation that goes on under the same account', async () => {
  for (const name of ['signing-key', setKeySecret(run.set)]) {
    const store = new FileSecretStore(ownFolder());
    const live = randomBytes(32);
    await store.set(name, live);
    await expect(putSecrets(store, head, run)).rejects.toThrow(new RegExp(`has another ${name} of the installation ${run.installation}`));
    expect(await store.get(name)).toEqual(live);
    const others = ['signing-key', setKeySecret(run.set)].filter((one) => one !== name);
    expect(await Promise.all(others.map((one) => store.get(one)))).toEqual([undefined]);
  }
});

test('a backup that names other secrets than ours puts none of them anywhere', async () => {
  const store = new FileSecretStore(ownFolder());
  await expect(putSecrets(store, { ...head, secrets: { ...head.secrets, 'ledger-head': 'AAAA' } }, run)).rejects.toThrow('a secret ledger-head');
  expect([await store.get('signing-key'), await store.get('ledger-head')]).toEqual([undefined, undefined]);
});

test('a restore goes on from nothing while a place outside cannot be asked, or where the ledger is not opened, and leaves nothing then', async () => {
  const place = ownFolder();
  const first = await firstHome(place);
  first.identity.destroy();
  const site = await openInstallation({ env: { WARDMUX_HOME: join(place, 'home'), HOME: place } });
  await makeBackup(site, join(place, 'bk'), Date.now);
  const opener = await AuditKeyOpener.fromFile(join(place, 'audit.json'));
  const before = readdirSync(place).toSorted();
  const restored = (to: string, readOnly: boolean) => restoreBackup({ folder: join(place, 'bk'), to: join(place, to), run: undefined, opener, readOnly });
  const fault = new StorageFault('secret-store', 'secret-service', 'The login keyring is locked.');
  vi.mocked(lookOutside).mockResolvedValueOnce({ heads: [], failures: [fault] });
  await expect(restored('new', false)).rejects.toBe(fault);
  vi.mocked(openLedger).mockRejectedValueOnce(fault);
  await expect(restored('new', false)).rejects.toBe(fault);
  expect(readdirSync(place).toSorted()).toEqual(before);
  vi.mocked(lookOutside).mockResolvedValueOnce({ heads: [], failures: [fault] });
  expect(await restored('looked', true)).toMatchObject({ behind: [] });
  expect(existsSync(join(place, 'looked', 'secrets'))).toBe(false);
  expect(await restored('new', false)).toMatchObject({ run: 1 });
});
