/** The key of the back-off counters' MAC: 32 bytes in the installation's secret store. */
import { randomBytes } from 'node:crypto';
import { StorageFault } from '../storage/fault.ts';
import type { Home } from '../storage/home.ts';
import { requireInstallation } from '../storage/installation.ts';
import { openSecretStore, type SecretStore } from '../storage/secret-store.ts';
import { Backoff, type BackoffClock } from './backoff.ts';

const secretName = 'backoff-key';
const keyBytes = 32;

/** Makes and keeps it. @returns a copy that the caller wipes. */
export async function createBackoffKey(store: SecretStore): Promise<Buffer> {
  const key = randomBytes(keyBytes);
  await store.set(secretName, key);
  return key;
}

/** @throws StorageFault where the store lacks it. */
export async function readBackoffKey(store: SecretStore): Promise<Buffer> {
  const key = await store.get(secretName);
  if (key?.length === keyBytes) return key;
  throw new StorageFault(
    'secret-store',
    store.name,
    `The key of the back-off counters is not in the secret store (${store.name}). Restore the secret store from a backup: unlocking stays refused without it.`,
  );
}

/**
 * The installation's back-off counters, with their key from the secret store.
 * @param options.store the store that installation.json names, when left out.
 * @throws StorageFault
 */
export async function openBackoff(home: Home, options: { readonly store?: SecretStore; readonly clock?: () => BackoffClock } = {}): Promise<Backoff> {
  const installation = requireInstallation(home);
  const store = options.store ?? openSecretStore(installation.secretStore, home, installation.id);
  return new Backoff(home, await readBackoffKey(store), options.clock ? { clock: options.clock } : {});
}
