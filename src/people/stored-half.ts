/**
 * What the OS secret store keeps of a passkey that holds no key itself (no PRF): 32 random bytes for each such slot, half of what its key comes from. The
 * other half is the passkey's user handle: 32 random bytes that the authenticator was given to keep, and gives back with an assertion.
 *
 * Weaker than a PRF, and called so everywhere. Every program of the account reads the secret store as soon as the keyring is open. A handle is the same
 * each time, so whoever has seen it once needs no passkey any more, and an authenticator may give it without asking its owner (CTAP 2.1,
 * authenticatorGetAssertion): that the owner was verified is checked by this program, and by no arithmetic. docs/decisions/stored-passkeys.md.
 */
import { randomBytes } from 'node:crypto';
import type { Home } from '../storage/home.ts';
import { requireInstallation } from '../storage/installation.ts';
import { openSecretStore, type SecretStore } from '../storage/secret-store.ts';
import { Refusal } from '../types/refusal.ts';
import { UnlockError } from './errors.ts';
import type { KeySlot } from './types.ts';

const HALF_BYTES = 32;

export interface Halves {
  /** Makes and keeps the half of a new slot. @returns a copy that the caller wipes. @throws Refusal, StorageFault */
  make(slot: string): Promise<Buffer>;
  /** @returns a copy that the caller wipes. @throws UnlockError where the store has none, StorageFault where it cannot be asked */
  read(slot: string): Promise<Buffer>;
  /** @throws StorageFault */
  drop(slot: string): Promise<void>;
}

const nameOf = (slot: string): string => `passkey-slot.${slot}`;

export const hasPrfWords =
  'This passkey can hold a key itself (PRF), which is stronger. It was not added this way: add it as a passkey, and remove what it was given now in its own settings.';
export const keepsNothingWords = 'This passkey gave back nothing that it was to keep, so it could not open anything. It was not added.';

const noStore = (): Refusal =>
  new Refusal(
    'no-secret-store',
    'A passkey that holds no key itself needs the secret store of the desktop (the login keyring), and this installation was made without one. Nothing was added: use a passkey with PRF, or the passphrase.',
  );
const missing = (): UnlockError =>
  new UnlockError(
    'passkey-refused',
    'The passkey was confirmed, but the half of its key that the secret store of this account kept is not there. Use the passphrase, and enrol the passkey anew.',
  );

/** Where there is no secret store that could keep one. */
export const NO_HALVES: Halves = {
  make: () => Promise.reject(noStore()),
  read: () => Promise.reject(missing()),
  drop: () => Promise.resolve(),
};

/** In the store that the installation has its other secrets in. Files are none: whoever reads the record would read them as well. */
export class StoredHalves implements Halves {
  readonly #home: Home;
  readonly #given: SecretStore | undefined;

  /** @param store only for tests */
  constructor(home: Home, store?: SecretStore) {
    this.#home = home;
    this.#given = store;
  }

  #store(): SecretStore | undefined {
    if (this.#given) return this.#given;
    const { secretStore, id } = requireInstallation(this.#home);
    return secretStore === 'secret-service' ? openSecretStore(secretStore, this.#home, id) : undefined;
  }

  async make(slot: string): Promise<Buffer> {
    const store = this.#store();
    if (!store) throw noStore();
    const half = randomBytes(HALF_BYTES);
    await store.set(nameOf(slot), half);
    return half;
  }

  async read(slot: string): Promise<Buffer> {
    const half = await this.#store()?.get(nameOf(slot));
    if (half?.length === HALF_BYTES) return half;
    half?.fill(0);
    throw missing();
  }

  async drop(slot: string): Promise<void> {
    await this.#store()?.delete(nameOf(slot));
  }
}

/**
 * Of slots that are there no longer nothing stays in the store. Where it cannot be asked now, a half stays: nothing is wrapped with it any more.
 * @param before, after the slots of one person
 */
export async function dropHalves(halves: Pick<Halves, 'drop'>, before: readonly KeySlot[], after: readonly KeySlot[]): Promise<void> {
  const gone = before.filter((slot) => slot.type === 'passkey-store' && !after.some(({ id }) => id === slot.id));
  await Promise.allSettled(gone.map(({ id }) => halves.drop(id)));
}
