/** Attempts to get in: asks the vault host, enters what came of it, and opens the workspace. */
import { Limiter } from '../src/bridge/limiter.ts';
import { Refusal } from '../src/bridge/server.ts';
import { unlockFailures, type UnlockReason } from '../src/ledger/events.ts';
import type { PersonFacts } from '../src/ledger/facts.ts';
import { Challenge } from '../src/proof/proof.ts';
import { StorageFault, type Home } from '../src/storage/index.ts';
import { hasOtherWay } from '../src/vault/attempt.ts';
import type { Backoff } from '../src/vault/backoff.ts';
import { openBackoff } from '../src/vault/backoff-key.ts';
import { UnlockError } from '../src/vault/errors.ts';
import { readPerson } from '../src/vault/person.ts';
import { enterStaged, PersonRefused, readPinned } from '../src/vault/pinned.ts';
import type { PersonRecord } from '../src/vault/types.ts';
import type { Clock } from './clock.ts';
import type { Gate, Session } from './gate.ts';
import type { InstalledHolder } from './installed.ts';
import type { Journal } from './journal.ts';
import type { VaultClient } from './vault-client.ts';
import type { VaultKeeper } from './vault-keeper.ts';
import { sentenceOf } from './sentence.ts';
import type { WindowKeeper } from './window-keeper.ts';

/** Passkeys that opened nothing, in this time (ms): each is an event on the disk, so a page does not get to enter more of them. */
const UNUSED_PASSKEYS = { most: 5, within: 60_000 };

const notProven = 'The part of Wardmux that holds your keys could not show that they are open, so nothing was opened. Try again.';

export interface UnlockParts {
  readonly home: Home;
  readonly gate: Gate;
  readonly windows: WindowKeeper;
  readonly vaults: VaultKeeper;
  readonly installed: InstalledHolder;
  readonly journal: Journal;
  readonly clock: Clock;
}

export class Unlock {
  readonly #parts: UnlockParts;
  readonly #unused = new Limiter(UNUSED_PASSKEYS.most, UNUSED_PASSKEYS.within);
  #backoff: Promise<Backoff> | undefined;
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

  /** People whom the ledger knows, as their files have them: for the lock page, which decides nothing. */
  people(): PersonRecord[] {
    const { home, installed } = this.#parts;
    return (installed.current?.ledger.facts.people() ?? []).flatMap((id) => readPerson(home, id) ?? []);
  }

  /** Asks the vault host to open an identity, has it proven, and opens the workspace. Refusals are events and keep their sentence. */
  async attempt(person: string, method: Session['method'], open: (known: PersonFacts | undefined) => Promise<unknown>): Promise<void> {
    const { gate, journal, installed, vaults } = this.#parts;
    const attempt = gate.begin();
    try {
      const record = this.#pinned(person);
      const vault = vaults.require();
      await this.#charge(person, method, record);
      await open(installed.current?.ledger.facts.person(person));
      if (!record) throw new Refusal('not-proven', notProven);
      await this.#prove(vault, record);
      if (!gate.stands(attempt)) throw new Refusal('locked', 'Wardmux was locked in the meantime. Try again.');
      await this.#enterSuccess(record, method);
      this.#opensNext(attempt, record, method);
    } catch (error) {
      gate.abandon(attempt);
      this.#failures++;
      // Before anybody hears of it.
      await journal.enter({
        action: 'unlock',
        ...this.#known(person),
        outcome: 'failure',
        detail: { method, reason: reasonOf(error), failures: this.#failures },
      });
      throw error;
    }
  }

  /** The end of the first run: only the vault host that has made this person holds the identity open. @throws Refusal */
  async finishFirstRun(): Promise<void> {
    const { gate, installed, vaults } = this.#parts;
    const [id] = installed.current?.ledger.facts.people() ?? [];
    const person = id === undefined ? undefined : this.#pinned(id);
    if (!person || !gate.hasCreated()) throw new Refusal('not-initialised', 'The first step is not done yet: give your name and a passphrase.');
    const attempt = gate.begin();
    try {
      await this.#prove(vaults.require(), person);
      await this.#enterSuccess(person, 'passphrase');
    } catch (error) {
      gate.abandon(attempt);
      throw error;
    }
    this.#opensNext(attempt, person, 'passphrase');
  }

  /** A passkey was added: the changed record counts from the moment when the ledger has it. */
  async enterSlots(slot: string): Promise<void> {
    const { home, installed, journal } = this.#parts;
    const { ledger } = installed.require();
    const [id] = ledger.facts.people();
    if (id === undefined) return;
    try {
      await enterStaged(home, ledger, id, id);
    } catch (error) {
      throw this.#refused(error);
    }
    journal.log({ action: 'passkey.enrolled', person: id, detail: { slot } });
  }

  /** Seconds that the longest wait for a passphrase still takes: for the lock page. */
  async waitSeconds(): Promise<number> {
    try {
      const counters = await this.#counters();
      return Math.max(0, ...this.people().map(({ id }) => counters.status(id, 'passphrase').waitSeconds));
    } catch {
      // Who asks to come in hears why.
      return 0;
    }
  }

  /** Asks for an attempt, charges it, and enters it, before anybody tries. @throws Refusal */
  async #charge(person: string, method: Session['method'], record: PersonRecord | undefined): Promise<void> {
    const { installed, journal } = this.#parts;
    await this.#held(async (counters) => {
      // The command line may have seen attempts too. A disk that is read-only must not keep people out of what tells them so.
      await installed
        .require()
        .ledger.refresh()
        .catch(() => undefined);
      counters.begin(person, method, record !== undefined && hasOtherWay(record));
    });
    await journal.enter({ action: 'unlock.attempt', ...this.#known(person), detail: { method } });
  }

  /** @throws Refusal for attempts that are held back, and where the counters cannot be read. */
  async #held(use: (counters: Backoff) => Promise<void> | void): Promise<void> {
    try {
      await use(await this.#counters());
    } catch (error) {
      if (error instanceof UnlockError) throw new Refusal(error.code, error.message);
      if (error instanceof StorageFault) throw new Refusal(error.code === 'corrupt' ? 'corrupt-vault' : 'error', error.message);
      throw error;
    }
  }

  #counters(): Promise<Backoff> {
    const { home, installed, journal } = this.#parts;
    this.#backoff ??= openBackoff(home, {
      tally: (person, method) => installed.require().ledger.facts.attempts(person, method),
      onTampered: (person, how) => journal.log({ action: 'backoff.tampered', ...(person === undefined ? {} : { person }), detail: { how } }),
    }).catch((error: unknown) => {
      this.#backoff = undefined;
      throw error;
    });
    return this.#backoff;
  }

  /** An event names only whom the ledger knows: anything else somebody has typed. */
  #known(person: string): { readonly person?: string } {
    return this.#parts.installed.current?.ledger.facts.person(person) ? { person } : {};
  }

  /** The record, if it is the one that the ledger knows. @throws Refusal where it is another one; that is an event. */
  #pinned(person: string): PersonRecord | undefined {
    const { home, installed } = this.#parts;
    try {
      return readPinned(home, installed.require().ledger.facts, person);
    } catch (error) {
      throw this.#refused(error);
    }
  }

  #refused(error: unknown): unknown {
    if (error instanceof PersonRefused) this.#parts.journal.log({ action: 'person.refused', person: error.person, detail: { reason: error.reason } });
    if (error instanceof PersonRefused || error instanceof StorageFault)
      return new Refusal(error.code === 'corrupt' ? 'corrupt-vault' : error.code, error.message);
    return error;
  }

  /** The vault host's word that an identity is open counts for nothing: only its private key answers this. @throws Refusal */
  async #prove(vault: VaultClient, { id, encryptionKey }: PersonRecord): Promise<void> {
    const challenge = await Challenge.to(encryptionKey);
    try {
      const { proof } = await vault.ask({ type: 'prove', purpose: 'unlock', sealed: challenge.sealed, peer: new Uint8Array() }, 'proved');
      const { page } = vault;
      if (page && challenge.accepts(proof, { purpose: 'unlock', person: id, page, peer: new Uint8Array() })) return;
    } catch (error) {
      // A vault host that has ended is that; whatever else it says in place of a proof is none.
      if (error instanceof Refusal && error.code === 'vault-ended') throw error;
    } finally {
      challenge.drop();
    }
    throw new Refusal('not-proven', notProven);
  }

  async passkeyOptions(person: string): Promise<Record<string, unknown>> {
    const { vaults, installed } = this.#parts;
    const record = this.#pinned(person);
    // Nobody touches a key for an answer that would be refused; nothing is charged for asking.
    await this.#held((counters) => counters.check(person, 'passkey', record !== undefined && hasOtherWay(record)));
    const known = installed.current?.ledger.facts.person(person);
    const { options } = await vaults.require().ask({ type: 'passkeyOptions', person, known }, 'options');
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

  /** An unlock that cannot be entered opens nothing. @throws Refusal */
  async #enterSuccess(person: PersonRecord, method: Session['method']): Promise<void> {
    const { installed, journal } = this.#parts;
    try {
      await installed.require().ledger.append({ action: 'unlock', person: person.id, outcome: 'success', detail: { method, failures: this.#failures } });
    } catch (error) {
      journal.ledgerFailed(error);
      throw new Refusal('not-entered', `Nothing was opened, because it could not be entered in the ledger. ${sentenceOf(error)}`);
    }
    // A disk that is full holds nobody up who is in: the ledger knows, and the file follows.
    await this.#counters()
      .then((counters) => counters.succeeded(person.id))
      .catch(() => undefined);
  }

  /** The page that asked is replaced by the workspace: it gets its answer first. */
  #opensNext(attempt: number, person: PersonRecord, method: Session['method']): void {
    queueMicrotask(() => void this.#parts.windows.change(() => this.#open(attempt, person, method)));
  }

  /** Opens the workspace for an identity that the vault host has opened, if nobody has locked since `attempt` began. */
  async #open(attempt: number, person: PersonRecord, method: Session['method']): Promise<void> {
    const { gate, windows, vaults } = this.#parts;
    if (!gate.stands(attempt) || !vaults.current) return;
    if (!gate.open(attempt, { person, method })) return;
    const failures = this.#failures;
    this.#failures = 0;
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
