/** Keeps the vault host: one process for each lock page and the workspace that follows from it. The lock kills it. */
import { Refusal } from '../../src/types/refusal.ts';
import { version } from '../../src/version.ts';
import { origin, rpId, type Host } from '../host.ts';
import type { Journal } from '../journal.ts';
import { VaultClient } from './vault-client.ts';

export interface VaultKeeperParts {
  readonly host: Host;
  /** The data folder. */
  readonly home: string;
  readonly journal: Journal;
  /** A sealed frame for the page. */
  readonly onFrame: (bytes: Uint8Array) => void;
  /** It found text in a recording, in the search of this ticket. */
  readonly onLooked: (ticket: number, recording: string) => Promise<void>;
  /** It ended without our doing. */
  readonly onDied: () => void;
}

export class VaultKeeper {
  readonly #parts: VaultKeeperParts;
  #vault: VaultClient | undefined;

  constructor(parts: VaultKeeperParts) {
    this.#parts = parts;
  }

  get current(): VaultClient | undefined {
    return this.#vault;
  }

  /** Starts one where there is none. */
  start(): void {
    if (this.#vault) return;
    const { host, home, journal, onFrame, onLooked, onDied } = this.#parts;
    const vault = new VaultClient(
      host,
      { home, origin, rpId, version },
      {
        frame: (bytes) => {
          if (this.#vault === vault) onFrame(bytes);
        },
        looked: (ticket, recording) => onLooked(ticket, recording),
        badMessage: () => journal.refusals.badMessage('vault-host'),
        denied: (denial) => journal.refusals.denied('vault', denial),
        died: (exit) => {
          if (this.#vault !== vault) return;
          this.#vault = undefined;
          journal.log({ action: 'vault-host.exit', detail: exit });
          onDied();
        },
      },
    );
    this.#vault = vault;
  }

  require(): VaultClient {
    if (!this.#vault) throw new Refusal('vault-ended', 'The part of Wardmux that holds your keys has ended. Try again in a moment.');
    return this.#vault;
  }

  /** It is forgotten at once; resolves when the process and every key in it are gone. */
  async kill(): Promise<void> {
    const vault = this.#vault;
    this.#vault = undefined;
    await vault?.kill();
  }
}
