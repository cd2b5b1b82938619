/**
 * The vault host: the one process that ever holds a person's private keys and what opens them. The lock kills it. What a
 * person types, and what a passkey gives, comes as sealed frames that main cannot read (page.ts); what is replayed goes the same way. Here stand its
 * end of the line to main, its door, and the order of requests; what each row of its table does, in handlers/, around the one open identity (holder.ts).
 */
import { denialOf, type Denial, type Permission } from '../access/index.ts';
import { StorageFault } from '../disk/fault.ts';
import { Endpoint } from '../process/endpoint.ts';
import type { Link } from '../process/link.ts';
import type { Failure, Handlers } from '../process/service.ts';
import { CodedError } from '../types/coded-error.ts';
import { Refusal } from '../types/refusal.ts';
import { alertHandlers } from './handlers/alerts.ts';
import { emergencyHandlers } from './handlers/emergency.ts';
import { evidenceHandlers } from './handlers/evidence.ts';
import { peopleHandlers } from './handlers/people.ts';
import { reviewHandlers } from './handlers/review.ts';
import { slotHandlers } from './handlers/slots.ts';
import type { Turns } from './handlers/turns.ts';
import { unlockHandlers } from './handlers/unlock.ts';
import { workspaceHandlers } from './handlers/workspace.ts';
import { Holder, type HolderParts } from './holder.ts';
import { wipeSecrets } from './page.ts';
import { opensKeys, vaultParentService, vaultService, type VaultOutput, type VaultParentService, type VaultService } from './service.ts';

export interface VaultHostParts extends HolderParts {
  readonly link: Pick<Link, 'send' | 'onMessage' | 'onClose'>;
  /** Ends this process: what it holds is gone then. */
  readonly exit: (code: number) => void;
}

export class VaultHost {
  readonly #parts: VaultHostParts;
  readonly #holder: Holder;
  readonly #main: Endpoint<VaultService, VaultParentService>;
  /** Requests that change what is open run one after the other. */
  #queue: Promise<void> = Promise.resolve();

  constructor(parts: VaultHostParts) {
    this.#parts = parts;
    this.#holder = new Holder(parts);
    parts.link.onClose(() => {
      this.#holder.wipe();
      parts.exit(0);
    });
    this.#main = new Endpoint<VaultService, VaultParentService>({
      table: vaultService,
      handlers: this.#handlers(),
      theirs: vaultParentService,
      door: (needs) => this.#door(needs),
      // A line that is gone is told by onClose.
      post: (message) => void parts.link.send(message).catch(() => undefined),
      frame: (bytes) => this.#holder.page.frame(bytes),
      // Something is wrong with main itself: it is told so where it waits, and nothing is changed.
      trouble: () => {},
      bad: () => {},
      failure: (error, request) => failureOf(error, opensKeys(request)),
    });
    parts.link.onMessage((message) => this.#main.receive(message));
    this.#main.tell('ready', {});
  }

  #handlers(): Handlers<VaultService> {
    const holder = this.#holder;
    const post = (sealed: Uint8Array): Promise<void> => this.#parts.link.send({ frame: sealed });
    return {
      configure: (configuration) => holder.configure(configuration),
      connect: ({ publicKey }) => this.#connect(publicKey),
      ...this.#inTurn(unlockHandlers(holder)),
      ...this.#inTurn(slotHandlers(holder)),
      ...this.#inTurn(peopleHandlers(holder)),
      ...this.#inTurn(emergencyHandlers(holder)),
      ...this.#inTurn(alertHandlers(holder)),
      // These are long, or change nothing that others need.
      ...workspaceHandlers(holder, post),
      ...reviewHandlers(holder, post, (ticket, recording) => this.#main.ask('looked', { ticket, recording })),
      ...evidenceHandlers(holder, post, async (ticket, statement) => (await this.#main.ask('attest', { ticket, statement })).signature),
    };
  }

  /** Where whoever asks stands, as far as this process knows: the door of the vault. */
  #door(needs: Permission): Denial | undefined {
    const denial = denialOf(needs, this.#holder.standing, Date.now());
    if (denial) this.#main.tell('denied', { needs, why: denial.why, ...(denial.person === undefined ? {} : { person: denial.person }) });
    return denial;
  }

  /** Requests that change what is open. The secrets that came before one belong to it: later frames must not mix with them. */
  #inTurn<N extends keyof VaultService>(turns: Turns<N>): Pick<Handlers<VaultService>, N> {
    const handler = (name: N) => (input: never) => {
      const secrets = this.#holder.page.take();
      const done = this.#queue.then(() => turns[name](input, secrets)).finally(() => wipeSecrets(secrets));
      this.#queue = done.then(
        () => undefined,
        () => undefined,
      );
      return done;
    };
    return Object.fromEntries((Object.keys(turns) as N[]).map((name) => [name, handler(name)])) as Pick<Handlers<VaultService>, N>;
  }

  #connect(publicKey: Uint8Array): VaultOutput<'connect'> {
    try {
      return { publicKey: this.#holder.page.connect(publicKey) };
    } catch {
      // A page that sends no key cannot be talked to: main hears of it by our end, and locks.
      this.#holder.wipe();
      this.#parts.exit(1);
      throw new Refusal('no-page', 'There is no page to talk to.');
    }
  }
}

/** A stable code and a sentence. Errors that are not ours keep their words to themselves: they may quote what they choked on. */
function failureOf(error: unknown, unlocking: boolean): Failure {
  // The ledger's table of failed unlocks knows these words only.
  if (unlocking && error instanceof StorageFault) return { code: error.code === 'corrupt' ? 'corrupt-vault' : 'error', sentence: error.message };
  if (error instanceof CodedError) return { code: error.code, sentence: error.message };
  const name = error instanceof Error ? error.name : 'unknown error';
  return { code: 'error', sentence: `The vault could not do this (${name}). Lock, unlock and try again.` };
}
