import { checkKey, type SecretStore } from './secret-store.ts';

/** Passes the same contract as the real ones, and forgets everything. */
export class MemorySecretStore implements SecretStore {
  readonly name = 'file';
  readonly weaker = true;
  readonly sentence = 'Keys are kept in memory, for a test.';
  readonly #secrets = new Map<string, Buffer>();

  async unavailable(): Promise<string | undefined> {
    return undefined;
  }

  async get(key: string): Promise<Buffer | undefined> {
    checkKey(key);
    const bytes = this.#secrets.get(key);
    return bytes && Buffer.from(bytes);
  }

  async set(key: string, bytes: Uint8Array): Promise<void> {
    checkKey(key);
    this.#secrets.set(key, Buffer.from(bytes));
  }

  async delete(key: string): Promise<boolean> {
    checkKey(key);
    return this.#secrets.delete(key);
  }
}
