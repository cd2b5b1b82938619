/** Attempts to get in: asks the vault host, enters what came of it, and opens the workspace. */
import { Limiter } from '../src/bridge/limiter.ts';
import { Refusal } from '../src/bridge/server.ts';
import { unlockFailures, type UnlockReason } from '../src/ledger/events.ts';
import type { Home } from '../src/storage/index.ts';
import { listPeople, readPerson } from '../src/vault/person.ts';
import type { PersonRecord } from '../src/vault/types.ts';
import type { Clock } from './clock.ts';
import type { Gate, Session } from './gate.ts';
import type { Journal } from './journal.ts';
import type { VaultKeeper } from './vault-keeper.ts';
import type { WindowKeeper } from './window-keeper.ts';

/** Passkeys that opened nothing, in this time (ms): each is an event on the disk, so a page does not get to enter more of them. */
const UNUSED_PASSKEYS = { most: 5, within: 60_000 };

export interface UnlockParts {
  readonly home: Home;
  readonly gate: Gate;
  readonly windows: WindowKeeper;
  readonly vaults: VaultKeeper;
  readonly journal: Journal;
  readonly clock: Clock;
}

export class Unlock {
  readonly #parts: UnlockParts;
  readonly #unused = new Limiter(UNUSED_PASSKEYS.most, UNUSED_PASSKEYS.within);
  #failures = 0;
  #lastUnlock: string | null = null;
  /** The lock page has been given options for a passkey, and has not said yet how that went. */
  #passkeyAsked = false;

  constructor(parts: UnlockParts) {
    this.#parts = parts;
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  people(): PersonRecord[] {
    const { home } = this.#parts;
    return listPeople(home).flatMap((id) => readPerson(home, id) ?? []);
  }

  /** Asks the vault host to open an identity, and opens the workspace. Refusals are events and keep their sentence. */
  async attempt(person: string, method: Session['method'], open: () => Promise<unknown>): Promise<void> {
    const { gate, journal } = this.#parts;
    const attempt = gate.begin();
    try {
      await open();
      if (!gate.stands(attempt)) throw new Refusal('locked', 'Wardmux was locked in the meantime. Try again.');
    } catch (error) {
      gate.abandon(attempt);
      this.#failures++;
      journal.log({ action: 'unlock', outcome: 'failure', detail: { method, reason: reasonOf(error), failures: this.#failures } });
      throw error;
    }
    this.#opensNext(attempt, person, method);
  }

  /** The end of the first run: only the vault host that has made this person holds the identity open. @throws Refusal */
  finishFirstRun(): void {
    const { gate } = this.#parts;
    const person = this.people()[0];
    if (!person || !gate.hasCreated()) throw new Refusal('not-initialised', 'The first step is not done yet: give your name and a passphrase.');
    this.#opensNext(gate.begin(), person.id, 'passphrase');
  }

  async passkeyOptions(person: string): Promise<Record<string, unknown>> {
    const { options } = await this.#parts.vaults.require().ask({ type: 'passkeyOptions', person }, 'options');
    this.#passkeyAsked = true;
    return options;
  }

  /** Only the page can tell of this, so it counts for nothing: neither for the delays nor for the failures that are shown. */
  passkeyUnused(reason: 'passkey-not-used' | 'passkey-no-secret'): void {
    if (!this.#passkeyAsked) throw new Refusal('not-asked', 'No passkey was asked for.');
    this.#passkeyAsked = false;
    const { journal, clock } = this.#parts;
    const taken = this.#unused.take(clock.now());
    if (taken === 'yes') journal.log({ action: 'unlock', outcome: 'failure', detail: { method: 'passkey', reason } });
    else if (taken === 'flood')
      journal.log({ action: 'bridge.refused', detail: { surface: 'lock', peer: 'page', code: 'too-many', request: 'lock.passkeyUnused' } });
  }

  /** The page that asked is replaced by the workspace: it gets its answer first. */
  #opensNext(attempt: number, person: string, method: Session['method']): void {
    queueMicrotask(() => void this.#parts.windows.change(() => this.#open(attempt, person, method)));
  }

  /** Opens the workspace for an identity that the vault host has opened, if nobody has locked since `attempt` began. */
  async #open(attempt: number, person: string, method: Session['method']): Promise<void> {
    const { home, gate, windows, vaults, journal } = this.#parts;
    if (!gate.stands(attempt) || !vaults.current) return;
    const record = readPerson(home, person);
    if (!record) throw new Error(`The person ${person} is not in ${home.people} any more. Restore it from a backup.`);
    if (!gate.open(attempt, { person: record, method })) return;
    const failures = this.#failures;
    this.#failures = 0;
    journal.log({ action: 'unlock', person, outcome: 'success', detail: { method, failures } });
    const welcome = { lastUnlock: this.#lastUnlock, failures };
    this.#lastUnlock = new Date().toISOString();
    await windows.show('workspace');
    gate.emit('welcome', () => welcome);
  }
}

/** The ledger's word for why an unlock failed; everything that its row does not know is an `error`. */
function reasonOf(error: unknown): UnlockReason {
  const code = error instanceof Refusal ? error.code : 'error';
  if (code === 'vault-ended') return 'vault-gone';
  return unlockFailures.find((reason) => reason === code) ?? 'error';
}
