/**
 * Who the installation of a data folder is, as the desktop's Secret Service remembers it. Whoever can write the folder can
 * write installation.json, and so could name a key of their own or another kind of store. The pin is found by the path of
 * the folder alone: nothing in the folder decides where it is looked for.
 */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { z } from 'zod';
import { StorageFault } from '../disk/fault.ts';
import type { Home } from './home.ts';
import { installationSchema, type Installation } from './installation.ts';
import { SecretServiceStore, type SecretStore } from './secret-store.ts';

const PIN_SECRET = 'installation-identity';
const pinned = { id: true, publicKey: true, secondKey: true, secretStore: true } as const;
const pinSchema = installationSchema
  .pick(pinned)
  .extend({
    /** The key that is about to take over: either is believed until the rotation is done. */
    next: installationSchema.pick({ publicKey: true, secondKey: true }).strict().optional(),
  })
  .strict();
type Pin = z.infer<typeof pinSchema>;
type PinStore = Pick<SecretStore, 'get' | 'set' | 'delete'>;

/** In the words of the sentences. */
const FIELDS: readonly (readonly [Exclude<keyof Pin, 'next'>, string])[] = [
  ['id', 'the id'],
  ['publicKey', 'the public key'],
  ['secondKey', 'the second half of the key'],
  ['secretStore', 'the kind of secret store'],
];

export type IdentityCheck =
  /** installation.json says what is pinned. */
  | { readonly state: 'pinned'; /** By the key that took over: the pin is still to say so. */ readonly next?: true }
  /** The Secret Service holds nothing of this folder: it was moved or copied here, or its first run found no Secret Service. */
  | { readonly state: 'unpinned'; readonly reason: string }
  /** The Secret Service could not be asked. */
  | { readonly state: 'unchecked'; readonly reason: string };

/** As it was named, with symbolic links: whoever can put one in its way must not choose another pin by that. */
const placeOf = (home: Home): string => `folder-${createHash('sha256').update(resolve(home.folder)).digest('hex')}`;

/** Asks no person for anything: a locked keyring counts as one that cannot be asked. */
const pinStore = (home: Home): SecretServiceStore => new SecretServiceStore(placeOf(home), process.env, false);

const pinOf = ({ id, publicKey, secondKey, secretStore }: Installation): Pin => ({
  id,
  publicKey,
  ...(secondKey === undefined ? {} : { secondKey }),
  secretStore,
});

function readPin(bytes: Buffer): Pin | undefined {
  try {
    return pinSchema.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/**
 * Holds installation.json against the pin. Reads only.
 * @throws StorageFault with code `identity` where they differ: nothing of the folder is to be believed then.
 */
export async function checkIdentity(home: Home, installation: Installation, store: PinStore = pinStore(home)): Promise<IdentityCheck> {
  let bytes: Buffer | undefined;
  try {
    bytes = await store.get(PIN_SECRET);
  } catch (error) {
    if (error instanceof StorageFault) return { state: 'unchecked', reason: error.message };
    throw error;
  }
  if (!bytes) return { state: 'unpinned', reason: `The Secret Service of this account knows no installation in ${home.folder} yet.` };
  const pin = readPin(bytes);
  if (pin?.next && pin.next.publicKey === installation.publicKey && pin.next.secondKey === installation.secondKey && pin.id === installation.id)
    if (pin.secretStore === installation.secretStore) return { state: 'pinned', next: true };
  const differ = pin ? FIELDS.filter(([name]) => pin[name] !== installation[name]).map(([, words]) => words) : ['what the Secret Service remembers'];
  if (differ.length === 0) return { state: 'pinned' };
  throw new StorageFault(
    'identity',
    home.installation,
    `${home.installation} is not the one of this workstation: ${differ.join(' and ')} ${differ.length === 1 ? 'is' : 'are'} not what the Secret Service holds for this folder${pin ? ` (${pin.id}, ${pin.secretStore})` : ''}. Somebody replaced or damaged it. Nothing was read, signed or entered: no ledger is there to enter it in. Keep a copy of the folder for the audit, and restore installation.json from a backup.${pin && madeUnasked(installation, pin) ? ` ${howToTake(home, installation)}` : ''}`,
  );
}

/** Only a first run gives another id, and only one whose keys are in files can be made while the keyring cannot be asked. */
const madeUnasked = (installation: Installation, pin: Pin): boolean => installation.id !== pin.id && installation.secretStore === 'file';

/** The person decides, by what they remember: nothing that lies in the folder proves that they made it. */
function howToTake(home: Home, { id }: Installation): string {
  return `Only where you made ${id} yourself, with wardmux init while the keyring could not be asked, and have given the other one up: remove what the keyring holds of this folder (secret-tool clear service wardmux username ${placeOf(home)}/${PIN_SECRET}), and unlock Wardmux; from then on the keyring knows this one.`;
}

export type PinnedBefore =
  /** Another installation of this folder; without an id where what is there cannot be read. */
  | { readonly state: 'pinned'; readonly id: string | undefined }
  | { readonly state: 'unpinned' }
  /** There is no Secret Service that could hold one. */
  | { readonly state: 'absent' }
  /** There is one, and it is locked or gives no answer: it may hold one. */
  | { readonly state: 'unasked'; readonly reason: string };

/** What the Secret Service remembers of a folder before a first run makes an installation there. */
export async function pinnedBefore(home: Home): Promise<PinnedBefore> {
  const store = pinStore(home);
  try {
    const bytes = await store.get(PIN_SECRET);
    return bytes ? { state: 'pinned', id: readPin(bytes)?.id } : { state: 'unpinned' };
  } catch (error) {
    if (!(error instanceof StorageFault)) throw error;
    return (await store.absent()) ? { state: 'absent' } : { state: 'unasked', reason: error.message };
  }
}

/**
 * Has the Secret Service remember an installation that a person has just made: what it held of this folder was of one that is
 * no longer there. @returns what takes it back. @throws StorageFault
 */
export async function pinNew(home: Home, installation: Installation, store: PinStore = pinStore(home)): Promise<() => Promise<unknown>> {
  const before = await store.get(PIN_SECRET);
  await store.set(PIN_SECRET, Buffer.from(JSON.stringify(pinOf(installation)), 'utf8'));
  return async () => (before ? store.set(PIN_SECRET, before) : store.delete(PIN_SECRET));
}

/**
 * After a person unlocked: has the Secret Service remember the installation of a folder that it knows nothing of. Never over
 * another one. Where it cannot be asked, nothing happens.
 * @returns true where it does since now: that is an event.
 * @throws StorageFault with code `identity` where another one is pinned.
 */
export async function pinFirstUse(home: Home, installation: Installation, store: PinStore = pinStore(home)): Promise<boolean> {
  if ((await checkIdentity(home, installation, store)).state !== 'unpinned') return false;
  try {
    await pinNew(home, installation, store);
    return true;
  } catch (error) {
    // It is said at every look that nothing is pinned; nobody is kept out for that.
    if (!(error instanceof StorageFault)) throw error;
    return false;
  }
}

/**
 * Before another key takes over: has the Secret Service believe both, where it remembers the present one.
 * @returns whether it does. @throws StorageFault
 */
export async function pinSuccessor(
  home: Home,
  installation: Installation,
  next: Pick<Installation, 'publicKey' | 'secondKey'>,
  store: PinStore = pinStore(home),
): Promise<boolean> {
  if ((await checkIdentity(home, installation, store)).state !== 'pinned') return false;
  await store.set(PIN_SECRET, Buffer.from(JSON.stringify({ ...pinOf(installation), next } satisfies Pin), 'utf8'));
  return true;
}
