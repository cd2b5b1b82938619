/** The key of the back-off counters' MAC: 32 bytes in the installation's secret store. */
import { randomBytes } from 'node:crypto';
import type { Ledger } from '../ledger/ledger.ts';
import { StorageFault } from '../disk/fault.ts';
import type { Home } from '../storage/home.ts';
import { requireInstallation } from '../storage/installation.ts';
import { openSecretStore, type SecretStore } from '../storage/secret-store.ts';
import { Backoff, type BackoffOptions } from './backoff.ts';

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
 * @param given the store that installation.json names, when left out.
 * @throws StorageFault
 */
export async function openBackoff(home: Home, { store: given, ...options }: BackoffOptions & { readonly store?: SecretStore } = {}): Promise<Backoff> {
  const installation = requireInstallation(home);
  const store = given ?? openSecretStore(installation.secretStore, home, installation.id);
  return new Backoff(home, await readBackoffKey(store), options);
}

/** Counters that go by an open ledger, and enter there what was done to their files. @param told hears of that too. */
export function followLedger(
  home: Home,
  key: Uint8Array,
  ledger: Pick<Ledger, 'enter' | 'facts'>,
  told: NonNullable<BackoffOptions['onTampered']> = () => undefined,
): Backoff {
  return new Backoff(home, key, {
    isKnown: (person) => ledger.facts.person(person) !== undefined,
    tally: (who, method) => ledger.facts.attempts(who, method),
    // Whoever asks next hears of a ledger that takes no events.
    onTampered: (person, how) => {
      told(person, how);
      void ledger.enter({ action: 'backoff.tampered', ...(person === undefined ? {} : { person }), detail: { how } }).catch(() => undefined);
    },
  });
}
