/**
 * How an attempt to show who one is begins and is refused, whatever it is for: what it needs is read, the lock and the counters are asked whether it may be
 * made, and what the page hears of an error. Charged and entered it is in src/people/attempt.ts.
 */
import { LedgerError } from '../../src/ledger/errors.ts';
import type { KnownPerson } from '../../src/ledger/person-facts.ts';
import { StorageFault } from '../../src/disk/fault.ts';
import { allowanceOf, enterRefusal, type AttemptParts } from '../../src/people/attempt.ts';
import type { Backoff } from '../../src/people/backoff.ts';
import { openBackoff } from '../../src/people/backoff-key.ts';
import { UnlockError } from '../../src/people/errors.ts';
import { isForbidden, type FactorsAsked } from '../../src/people/factors.ts';
import { PersonRefused, readPinned, withoutSlots } from '../../src/people/pinned.ts';
import type { Person } from '../../src/people/types.ts';
import { changedRecords, refusedEntry } from '../../src/services/people/person.ts';
import type { Revocations } from '../../src/services/policy/revocations.ts';
import type { Home } from '../../src/storage/index.ts';
import { Refusal } from '../../src/types/refusal.ts';
import type { UnlockMethod } from '../../src/types/words.ts';
import type { Gate } from '../gate.ts';
import type { InstalledHolder } from '../installed.ts';
import type { Journal } from '../journal.ts';
import type { VaultClient } from '../processes/vault-client.ts';
import type { VaultKeeper } from '../processes/vault-keeper.ts';

export interface AttemptsParts {
  readonly home: Home;
  readonly gate: Pick<Gate, 'begin'>;
  readonly vaults: Pick<VaultKeeper, 'require'>;
  readonly installed: InstalledHolder;
  readonly journal: Pick<Journal, 'log' | 'notEntered'>;
  readonly revocations: Pick<Revocations, 'look' | 'barred' | 'names'>;
}

export class Attempts {
  readonly #parts: AttemptsParts;
  #backoff: Promise<Backoff> | undefined;

  constructor(parts: AttemptsParts) {
    this.#parts = parts;
  }

  /** What the policy in force asks of whoever comes in by the window. */
  factors(): FactorsAsked {
    return { least: this.#parts.installed.require().policy.policy.unlock?.factors ?? 1, enrols: true };
  }

  /** What was read before somebody typed counts for nothing: an attempt reads their record when it is entered. */
  partsOf(backoff: Backoff): AttemptParts {
    const { installed, revocations } = this.#parts;
    return { backoff, ledger: installed.require().ledger, revocations, factors: () => this.factors(), read: (id) => this.pinned(id) };
  }

  /** What an attempt needs. Where that is not there nobody has tried, so nothing is charged; it is an event all the same. @throws Refusal */
  async prepare(id: string, method: UnlockMethod): Promise<{ readonly record: Person | undefined; readonly vault: VaultClient; readonly backoff: Backoff }> {
    try {
      return { record: this.pinned(id), vault: this.#parts.vaults.require(), backoff: await this.counters() };
    } catch (error) {
      const refusal = this.refusalOf(error);
      await enterRefusal(this.#parts.installed.require(), { id }, method, refusal);
      throw refusal;
    }
  }

  /** @returns the attempt's number. @throws Refusal where the lock does not take it; that is an event, unless somebody else is at it. */
  async begin(id: string, method: UnlockMethod, { backoff, ledger, whileStopped }: AttemptParts, record: Person | undefined): Promise<number> {
    const { gate, installed } = this.#parts;
    const allowance = allowanceOf({ ledger, whileStopped }, record, method);
    let waits: unknown;
    try {
      backoff.check(id, method, allowance);
    } catch (error) {
      waits = error;
    }
    try {
      const waitMs = waits === undefined ? 0 : 1000 * backoff.status(id, method, allowance).waitSeconds || Infinity;
      return gate.begin({ person: id, glass: whileStopped === 'emergency', lifts: whileStopped === 'lifts', waitMs });
    } catch (error) {
      const code = error instanceof Refusal ? error.code : undefined;
      // The counters say for how long.
      const refused = code === 'back-off' ? waits : error;
      if (code !== 'busy') await enterRefusal({ ledger: installed.require().ledger, backoff, whileStopped }, { id }, method, refused);
      throw this.refusalOf(refused);
    }
  }

  counters(): Promise<Backoff> {
    const { home, installed, journal } = this.#parts;
    this.#backoff ??= openBackoff(home, {
      isKnown: (person) => installed.require().ledger.facts.person(person) !== undefined,
      tally: (who, method) => installed.require().ledger.facts.attempts(who, method),
      onTampered: (person, how) => journal.log({ action: 'backoff.tampered', ...(person === undefined ? {} : { person }), detail: { how } }),
    }).catch((error: unknown) => {
      this.#backoff = undefined;
      throw error;
    });
    return this.#backoff;
  }

  /** The record, if it is the one that the ledger knows, without what a revocation list names of it, or the policy forbids. @throws Refusal where it is another one; that is an event. */
  pinned(person: string): Person | undefined {
    const { home, installed, revocations } = this.#parts;
    try {
      const record = readPinned(home, installed.require().ledger.facts, person);
      const { unlock } = installed.require().policy.policy;
      return record && withoutSlots(record, (slot) => revocations.names(slot) || isForbidden(slot, unlock));
    } catch (error) {
      throw this.refused(error, person);
    }
  }

  /** What the vault is told that the ledger has of somebody: a slot that the policy forbids opens as little as one that was revoked. @throws Refusal as `pinned` */
  known(person: string): KnownPerson | undefined {
    const known = this.#parts.installed.require().ledger.facts.person(person);
    const revokedSlots = known && this.pinned(person)?.revokedSlots;
    return revokedSlots ? { ...known, revokedSlots } : known;
  }

  /** The same error for the page, and an event where a record is not the ledger's. @param person whose record was read, where it was one that was */
  refused(error: unknown, person?: string): unknown {
    const entry = refusedEntry(error, person);
    if (entry) this.#parts.journal.log(entry);
    if (error instanceof PersonRefused || error instanceof StorageFault)
      return new Refusal(error.code === 'corrupt' ? 'corrupt-vault' : error.code, error.message);
    return error;
  }

  /** What is wrong with records of people here, as sentences: for who decides about people. Each is an event. */
  changedRecords(): string[] {
    const { home, installed } = this.#parts;
    return changedRecords(home, installed.require().ledger.facts).map(({ id, error }) => {
      this.refused(error, id);
      return error.message;
    });
  }

  /** What the page is told of an error. */
  refusalOf(error: unknown): unknown {
    // Somebody who may not come in hears what somebody hears who does not exist; the ledger has the reason.
    if ((error instanceof Refusal || error instanceof UnlockError) && error.code === 'disabled') return new Refusal('wrong-passphrase', error.message);
    if (error instanceof UnlockError) return new Refusal(error.code, error.message);
    if (error instanceof StorageFault) return new Refusal(error.code === 'corrupt' ? 'corrupt-vault' : 'error', error.message);
    if (!(error instanceof LedgerError)) return error;
    this.#parts.journal.notEntered(error);
    return new Refusal('not-entered', `Nothing was opened, because it could not be entered in the ledger. ${error.message}`);
  }
}
