/** Unlocking with the back-off counted: for the vault host and for commands. */
import { requireInstallation } from '../storage/installation.ts';
import type { Home } from '../storage/home.ts';
import { openSecretStore, type SecretStore } from '../storage/secret-store.ts';
import { Backoff, type BackoffClock } from './backoff.ts';
import { readBackoffKey } from './backoff-key.ts';
import { VaultError } from './errors.ts';
import type { OpenIdentity } from './identity.ts';
import { normalisePassphrase } from './passphrase.ts';
import { listPeople, readPerson, unlockWithPassphrase } from './person.ts';

interface Options {
  /** The store that installation.json names, when left out. */
  readonly store?: SecretStore;
  readonly clock?: () => BackoffClock;
}

/** The installation's back-off counters. @throws StorageFault */
export async function openBackoff(home: Home, options: Options = {}): Promise<Backoff> {
  const installation = requireInstallation(home);
  const store = options.store ?? openSecretStore(installation.secretStore, home, installation.id);
  return new Backoff(home, await readBackoffKey(store), options.clock ? { clock: options.clock } : {});
}

/**
 * Opens a person's identity for a command: charged before, given back after, as on the lock screen. The caller destroys it.
 * @param person an id; left out, the installation's only person.
 * @param passphrase UTF-8 as typed; not wiped here.
 * @throws UnlockError, StorageFault, or VaultError `which-person`
 */
export async function unlockPerson(home: Home, person: string | undefined, passphrase: Uint8Array, options: Options = {}): Promise<OpenIdentity> {
  let id = person;
  if (id === undefined) {
    const people = listPeople(home);
    if (people.length !== 1) {
      throw new VaultError(
        'which-person',
        people.length === 0
          ? 'There is nobody in this installation. Restore the people folder from a backup.'
          : `Say which person unlocks: ${people.join(', ')}.`,
      );
    }
    id = people[0]!;
  }
  const counters = await openBackoff(home, options);
  counters.begin(id, 'passphrase');
  const typed = Buffer.from(normalisePassphrase(Buffer.from(passphrase.buffer, passphrase.byteOffset, passphrase.length).toString('utf8')), 'utf8');
  try {
    const identity = await unlockWithPassphrase(readPerson(home, id), typed);
    counters.succeeded(id, 'passphrase');
    return identity;
  } finally {
    typed.fill(0);
  }
}
