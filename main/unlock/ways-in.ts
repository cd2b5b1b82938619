/** Who could come in here and by what: for the lock page, which decides nothing and learns nothing of who exists. */
import { Limiter } from '../../src/bridge/limiter.ts';
import { allowanceOf } from '../../src/people/attempt.ts';
import type { Backoff } from '../../src/people/backoff.ts';
import { isForbidden } from '../../src/people/factors.ts';
import { decoyOptions, passkeySlots } from '../../src/people/passkey.ts';
import { mayProve, readPerson } from '../../src/people/person.ts';
import { asKnown, withoutSlots } from '../../src/people/pinned.ts';
import type { Person } from '../../src/people/types.ts';
import { meant, refusedEntry } from '../../src/services/people/person.ts';
import type { Home } from '../../src/storage/index.ts';
import type { Clock } from '../../src/time/clock.ts';
import { inTime } from '../../src/time/in-time.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { unlockMethods } from '../../src/types/words.ts';
import type { Attempts } from './attempts.ts';
import { rpId } from '../host.ts';
import type { InstalledHolder } from '../installed.ts';
import type { Journal } from '../journal.ts';
import type { VaultKeeper } from '../processes/vault-keeper.ts';

/** Passkeys that opened nothing, in this time (ms): each is an event on the disk, so a page does not get to enter more of them. */
const UNUSED_PASSKEYS = { most: 5, within: 60_000 };

/** A lock page waits so long (ms) for a ledger that somebody holds; reading it takes a millisecond. */
const READ_MS = 1000;

/** What the lock page goes by, beside the facts of the ledger as far as they were read. */
export interface LedgerLook {
  readonly read: boolean;
  readonly seconds: number;
}

export interface WaysInParts {
  readonly home: Home;
  readonly vaults: Pick<VaultKeeper, 'require'>;
  readonly installed: InstalledHolder;
  readonly journal: Pick<Journal, 'log'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly attempts: Pick<Attempts, 'pinned' | 'known' | 'counters' | 'refusalOf'>;
}

export class WaysIn {
  readonly #parts: WaysInParts;
  readonly #unused = new Limiter(UNUSED_PASSKEYS.most, UNUSED_PASSKEYS.within);
  /** Whose record could not be read, in this run: the page asks again and again, and one event says it. */
  readonly #unread = new Set<string>();
  #read = true;
  /** The lock page has been given options for a passkey, and has not said yet how that went. */
  #passkeyAsked: 'passkey' | 'passphrase-key' | undefined;

  constructor(parts: WaysInParts) {
    this.#parts = parts;
  }

  /** The most failures in a row that the only person has with a method: the ledger's count, for the lock page. Of several nobody is told of another's. */
  get failures(): number {
    const facts = this.#parts.installed.current?.ledger.facts;
    const only = this.#only;
    if (!facts || only === undefined) return 0;
    return Math.max(0, ...unlockMethods.map((method) => facts.attempts(only, method).failures));
  }

  /** How many can come in. The ledger's word: a file that is gone makes nobody the only one. */
  get active(): number {
    return this.#parts.installed.current?.ledger.facts.active().length ?? 0;
  }

  /** Who alone can come in. */
  get #only(): string | undefined {
    return this.active === 1 ? this.#parts.installed.require().ledger.facts.active()[0] : undefined;
  }

  /** People who can come in, as their files have them: for the lock page, which decides nothing. Without those whose file is gone or damaged. */
  people(): Person[] {
    const { home, installed, journal } = this.#parts;
    const facts = installed.current?.ledger.facts;
    const unlock = installed.current?.policy.policy.unlock;
    return (facts?.active() ?? []).flatMap((id) => {
      try {
        const record = readPerson(home, id);
        return record ? withoutSlots(asKnown(record, facts!.person(id)!), (slot) => isForbidden(slot, unlock)) : [];
      } catch (error) {
        const entry = refusedEntry(error, id);
        if (entry && !this.#unread.has(id)) journal.log(entry);
        this.#unread.add(id);
        return [];
      }
    });
  }

  /**
   * For the lock page: reads what others have entered, before anybody is named. `read` is false where the ledger could not be read: another process may have
   * enrolled somebody. `seconds` is how long the only person still waits before a passphrase; of several each is told their own.
   */
  async look(): Promise<LedgerLook> {
    const { ledger } = this.#parts.installed.require();
    const refreshed = ledger.refresh().then(
      () => true,
      () => false,
    );
    this.#read = await inTime(refreshed, READ_MS, () => false);
    const only = this.#read ? this.#only : undefined;
    return { read: this.#read, seconds: only === undefined ? 0 : (await this.wait(only)).seconds };
  }

  /** Whether the ledger could be read at the last look: what the lock page shows goes by that. */
  get read(): boolean {
    return this.#read;
  }

  /** How long somebody still waits before a passphrase, and how often it has failed: the same for an id that nobody has. */
  async wait(typed: string): Promise<{ readonly seconds: number; readonly failures: number }> {
    const { home, installed, attempts } = this.#parts;
    try {
      await installed.require().ledger.refresh();
      const { failures, waitSeconds } = (await attempts.counters()).status(meant(home, installed.require().ledger.facts, typed), 'passphrase');
      return { seconds: waitSeconds, failures };
    } catch {
      // Who asks to come in hears why.
      return { seconds: 0, failures: 0 };
    }
  }

  /** For navigator.credentials.get, also where nobody is meant by what was typed. @param typed an id or a name @throws Refusal */
  async passkeyOptions(typed: string, method: 'passkey' | 'passphrase-key'): Promise<Record<string, unknown>> {
    const { home, vaults, installed, attempts } = this.#parts;
    const { ledger } = installed.require();
    await ledger.refresh().catch(() => undefined);
    const { facts } = ledger;
    const person = meant(home, facts, typed);
    const record = attempts.pinned(person);
    let counters: Backoff;
    // Nobody touches a key for an answer that would be refused; nothing is charged for asking.
    try {
      counters = await attempts.counters();
      counters.check(person, method, allowanceOf({ ledger }, record, method));
    } catch (error) {
      throw attempts.refusalOf(error);
    }
    this.#passkeyAsked = method;
    const withPassphrase = method === 'passphrase-key';
    const kind = withPassphrase ? 'passphrase-key' : 'passkey-prf';
    const has = record && mayProve(record) && passkeySlots(record, kind).length > 0;
    // Where an id is typed, one that nobody has asks for passkeys that nobody has.
    if (!has && this.active > 1) {
      const like = this.people().map((each) => passkeySlots(each, kind));
      return decoyOptions(rpId, like, (label) => counters.decoy(person, `${method} ${label}`), kind);
    }
    return (await vaults.require().ask('passkeyOptions', { person, known: attempts.known(person), withPassphrase })).options;
  }

  /** Only the page can tell of this, so it counts for nothing: neither for the delays nor for the failures that are shown. */
  passkeyUnused(reason: 'passkey-not-used' | 'passkey-no-secret'): void {
    const method = this.#passkeyAsked;
    if (!method) throw new Refusal('not-asked', 'No passkey was asked for.');
    this.#passkeyAsked = undefined;
    const { journal, clock } = this.#parts;
    const taken = this.#unused.take(clock.now());
    if (taken === 'yes') journal.log({ action: 'unlock', outcome: 'failure', detail: { method, reason } });
    else if (taken === 'flood')
      journal.log({ action: 'bridge.refused', detail: { surface: 'lock', peer: 'page', code: 'too-many', needs: 'identity.unlock' } });
  }
}
