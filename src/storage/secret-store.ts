/**
 * Where the installation's secrets are kept: the signing key, the key that guards the back-off counters, tokens of collectors. The desktop's
 * Secret Service where there is one; else files that only this OS account can read, which is weaker and says so. The
 * choice is made once, at the first run, and written into installation.json: a store that is missing later is an error
 * with a sentence, never a silent fallback.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { readSmall, writeAtomic } from '../disk/atomic.ts';
import { type KeyringState, keyringState } from './keyring.ts';
import { StorageFault } from '../disk/fault.ts';
import { storageFault } from '../disk/errno.ts';
import { inTime } from '../time/in-time.ts';
import type { Home } from './home.ts';
import { kindOf, sentenceOf } from '../types/sentence.ts';

export type SecretStoreName = 'secret-service' | 'file';

export interface SecretStore {
  readonly name: SecretStoreName;
  /** True where whoever reads the OS account's files reads the secrets. */
  readonly weaker: boolean;
  /** One sentence for people: where the secrets are, and what that means. */
  readonly sentence: string;
  /** Undefined where the store works, else a sentence that says why not. Never takes longer than about a second. */
  unavailable(): Promise<string | undefined>;
  /** A copy that the caller wipes; undefined where there is none. @throws StorageFault */
  get(key: string): Promise<Buffer | undefined>;
  /** @throws StorageFault */
  set(key: string, bytes: Uint8Array): Promise<void>;
  /** True where something was deleted. @throws StorageFault */
  delete(key: string): Promise<boolean>;
}

/** Asking whether there is a Secret Service at all must not hold up a start. */
const availabilityMs = 1000;
/** A person may have to answer the desktop's prompt for a locked keyring; without a display nobody can. */
const promptMs = 60_000;
const noDisplayMs = 5000;
const service = 'wardmux';
const advice = 'Start and unlock the login keyring of the account that ran the first run, and try again.';
const obstacles: Readonly<Record<Exclude<KeyringState, 'open'>, string>> = {
  'no-bus': 'There is no D-Bus session, and so no Secret Service.',
  'no-service': 'There is no Secret Service on the D-Bus session.',
  'no-collection': 'The Secret Service has no default keyring.',
  locked: 'The login keyring is locked.',
  silent: 'The Secret Service did not answer within a second.',
};
const nothingThere: ReadonlySet<KeyringState> = new Set(['no-bus', 'no-service', 'no-collection']);
const hasDisplay = (env: Readonly<Record<string, string | undefined>>): boolean => Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']);

/** @throws RangeError where it is no name of a secret. */
export function checkKey(key: string): void {
  if (!/^[a-z0-9][a-z0-9.-]{0,120}$/.test(key)) throw new RangeError(`not a name of a secret: ${key}`);
}

/** Rejects after `ms`; the work itself cannot be cancelled and is forgotten. */
function timeBox<T>(work: Promise<T>, ms: number, sentence: string): Promise<T> {
  return inTime(work, ms, () => {
    throw new StorageFault('secret-store', 'secret-service', sentence);
  });
}

/** The desktop's Secret Service, through @napi-rs/keyring. */
export class SecretServiceStore implements SecretStore {
  readonly name = 'secret-service';
  readonly weaker = false;
  readonly sentence = "Keys of this installation are kept in the desktop's Secret Service (the login keyring).";
  readonly #installation: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #prompts: boolean;

  /** @param prompts false where a person must not be asked for the password of a locked keyring. */
  constructor(installation: string, env: Readonly<Record<string, string | undefined>> = process.env, prompts = hasDisplay(env)) {
    this.#installation = installation;
    this.#env = env;
    this.#prompts = prompts;
  }

  async #entry(key: string) {
    checkKey(key);
    const { AsyncEntry } = await import('@napi-rs/keyring');
    // Without `store` the library falls back silently to the kernel's keyutils keyring, which a restart empties.
    return new AsyncEntry(service, `${this.#installation}/${key}`, { linux: { store: 'secret-service' } });
  }

  /** A sentence where the library must not be asked, because it would wait for what never comes. */
  async #obstacle(): Promise<string | undefined> {
    const state = await keyringState(this.#env, availabilityMs);
    if (state === 'open') return undefined;
    // With a display the desktop asks for the keyring's password.
    if (state === 'locked' && this.#prompts) return undefined;
    return obstacles[state];
  }

  async #run<T>(doing: string, work: () => Promise<T>): Promise<T> {
    const obstacle = await this.#obstacle();
    if (obstacle) throw new StorageFault('secret-store', 'secret-service', `Cannot ${doing} the Secret Service: ${obstacle} ${advice}`);
    const ms = this.#prompts ? promptMs : noDisplayMs;
    try {
      return await timeBox(work(), ms, `The Secret Service did not answer within ${ms / 1000} s. ${advice}`);
    } catch (error) {
      if (error instanceof StorageFault || error instanceof RangeError) throw error;
      // Whoever was asked for its password said no, or nothing here could ask.
      const isLocked = (await keyringState(this.#env, availabilityMs)) === 'locked';
      const why = isLocked ? `: ${obstacles.locked}` : ` (${kindOf(error)}).`;
      throw new StorageFault('secret-store', 'secret-service', `Cannot ${doing} the Secret Service${why} ${advice}`);
    }
  }

  /** True where there is none that could hold anything: no bus, no service, no keyring. One that is locked or silent is there. */
  async absent(): Promise<boolean> {
    return nothingThere.has(await keyringState(this.#env, availabilityMs));
  }

  async unavailable(): Promise<string | undefined> {
    const state = await keyringState(this.#env, availabilityMs);
    // A locked keyring is not chosen silently: its prompt would come up before anybody knows why.
    if (state !== 'open') return obstacles[state];
    const probe = async (): Promise<string | undefined> => {
      const entry = await this.#entry(`probe.${randomBytes(4).toString('hex')}`);
      const bytes = randomBytes(16);
      await entry.setSecret(bytes);
      const back = await entry.getSecret();
      await entry.deleteCredential();
      return back && Buffer.from(back).equals(bytes) ? undefined : 'The Secret Service does not give back what it was given.';
    };
    try {
      return await timeBox(probe(), availabilityMs, obstacles.silent);
    } catch (error) {
      return error instanceof StorageFault ? error.message : `There is no usable Secret Service (${kindOf(error)}).`;
    }
  }

  async get(key: string): Promise<Buffer | undefined> {
    return this.#run('read from', async () => {
      const value = await (await this.#entry(key)).getSecret();
      if (!value) return undefined;
      const bytes = Buffer.from(value);
      value.fill(0);
      return bytes;
    });
  }

  async set(key: string, bytes: Uint8Array): Promise<void> {
    await this.#run('write to', async () => (await this.#entry(key)).setSecret(bytes));
  }

  async delete(key: string): Promise<boolean> {
    return this.#run('delete from', async () => (await this.#entry(key)).deleteCredential());
  }
}

/** Files of mode 0600 in secrets/. */
export class FileSecretStore implements SecretStore {
  readonly name = 'file';
  readonly weaker = true;
  readonly sentence: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.sentence = `Keys of this installation are kept in files of mode 0600 in ${folder}, and not in the desktop's Secret Service. That is weaker: whoever can read the files of this OS account can sign as this installation, and has the tokens of collectors that are put there.`;
  }

  #path(key: string): string {
    checkKey(key);
    return join(this.#folder, `${key}.secret`);
  }

  async unavailable(): Promise<string | undefined> {
    try {
      const path = this.#path(`probe.${randomBytes(4).toString('hex')}`);
      writeAtomic(path, new Uint8Array(1));
      rmSync(path);
      return undefined;
    } catch (error) {
      return sentenceOf(error);
    }
  }

  async get(key: string): Promise<Buffer | undefined> {
    return readSmall(this.#path(key));
  }

  async set(key: string, bytes: Uint8Array): Promise<void> {
    writeAtomic(this.#path(key), bytes);
  }

  async delete(key: string): Promise<boolean> {
    const path = this.#path(key);
    try {
      rmSync(path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw storageFault(error, 'delete', path);
    }
  }
}

/** What whoever relies on the installation's signatures has to know of a weaker store; undefined for the others. */
export function storeWeakness(name: SecretStoreName, home: Home): string | undefined {
  if (name !== 'file') return undefined;
  return `The signing key of this workstation is kept in a file in ${home.secrets}, because its first run found no secret store, or was told to use none. That is weaker: a program of the same account could sign in its name.`;
}

/** The store of this name. The choice was made at the first run. */
export function openSecretStore(name: SecretStoreName, home: Home, installation: string): SecretStore {
  return name === 'file' ? new FileSecretStore(home.secrets) : new SecretServiceStore(installation);
}

/**
 * A keyring that is locked, or does not answer, is there and can be used later: the choice is for good, so the person makes it. The command
 * also gives up what cannot be asked: whether the keyring knows another installation of the folder (identity-pin.ts).
 */
const notAtFirstRun = (obstacle: string): string =>
  `${obstacle} So nothing was made: the keys of this installation belong into the login keyring, for good. Unlock it (in the desktop's password manager, or by logging in anew) and try again. Where they shall be in files that only this account can read, which is weaker, and an installation that the keyring may know of this folder is given up: wardmux init --name "Your Name" --secret-store file --replace-installation`;

/**
 * The choice at the first run: the Secret Service where it works, else files; `reason` says why where it is not the first.
 * @param wanted files, where the person has said so
 * @throws StorageFault where the keyring is locked or silent and the person has not said so
 */
export async function chooseSecretStore(
  home: Home,
  installation: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
  wanted?: 'file',
): Promise<{ store: SecretStore & { readonly name: SecretStoreName }; reason?: string }> {
  if (wanted) return { store: new FileSecretStore(home.secrets), reason: 'It was chosen so.' };
  const store = new SecretServiceStore(installation, env);
  const reason = await store.unavailable();
  if (reason === obstacles.locked || reason === obstacles.silent) throw new StorageFault('secret-store', 'secret-service', notAtFirstRun(reason));
  return reason === undefined ? { store } : { store: new FileSecretStore(home.secrets), reason };
}
