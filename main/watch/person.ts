/**
 * Whether whoever is in still may be, in a window or at a terminal: a command can have disabled them, changed their roles, or taken away what they came
 * in by, in another process.
 */
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { KnownPerson } from '../../src/ledger/person-facts.ts';
import { factsOf } from '../../src/people/pinned.ts';
import type { Revocations } from '../../src/services/policy/revocations.ts';
import type { Person } from '../../src/people/types.ts';
import type { Ways } from '../../src/people/ways.ts';

/** Seconds between two looks at the ledger, which costs a small read. */
const EVERY_SECONDS = 5;
/** So many looks in a row that fail, and it locks: one may meet a share that is late, or a command that holds the ledger for long. */
const MOST_FAILED = 2;

/** Who is in: as they were when they came, and by which key slot they did. */
export interface Present {
  readonly person: Person;
  readonly ways: Ways;
}

export interface PersonWatchParts {
  /** Undefined while it is locked. */
  readonly present: () => Present | undefined;
  /** Undefined before there is one. */
  readonly ledger: () => Pick<Ledger, 'facts' | 'refresh'> | undefined;
  /** The record of somebody as the ledger has them now. @throws PersonRefused, StorageFault */
  readonly read: (id: string) => Person | undefined;
  /** What it names the ledger may not have yet. */
  readonly revocations: Pick<Revocations, 'names'>;
  readonly lock: (cause: 'policy' | 'unknown') => void;
  /** The ledger could not be read. @param first of those in a row */
  readonly failed: (error: unknown, first: boolean) => void;
  /** It could be read again. */
  readonly again: () => void;
}

export class PersonWatch {
  readonly #parts: PersonWatchParts;
  #ticks = 0;
  /** Looks in a row that have failed. */
  #failed = 0;
  #looking = false;

  constructor(parts: PersonWatchParts) {
    this.#parts = parts;
  }

  /**
   * Once a second. Locks where the ledger says something else of whoever is in than when they came, or no longer has the slot that they came in by, and
   * where it says nothing any more.
   */
  async tick(): Promise<void> {
    const { present, lock } = this.#parts;
    const ledger = this.#parts.ledger();
    if (!present()) this.#failed = 0;
    if (!present() || !ledger || ++this.#ticks % EVERY_SECONDS !== 0 || this.#looking) return;
    this.#looking = true;
    const read = await this.#look(ledger);
    this.#looking = false;
    const now = present();
    if (!now) return;
    if (!read) {
      // Who would not have them disabled makes the ledger unreadable first.
      if (this.#failed >= MOST_FAILED) lock('unknown');
      return;
    }
    const known = ledger.facts.person(now.person.id);
    if (known?.state !== 'active' || known.roles.join() !== now.person.roles.join() || !this.#stands(now, known)) lock('policy');
  }

  /** Whether what they came in by still opens. As long as the slots are those of then there is nothing to read; also then it may have gone in between. */
  #stands({ person, ways }: Present, { slots, revokedSlots }: KnownPerson): boolean {
    const { read, revocations } = this.#parts;
    try {
      const asThen = factsOf(person).slots === slots && revokedSlots === undefined;
      const there = asThen ? person.slots : (read(person.id)?.slots ?? []);
      return ways.stand(there.filter((slot) => !revocations.names(slot)));
    } catch {
      // Which slots there are is not known.
      return false;
    }
  }

  /** @returns false where the ledger could not be read. What was done to its files is an event as soon as one can be entered, and so is the lock. */
  async #look(ledger: Pick<Ledger, 'refresh'>): Promise<boolean> {
    const { failed, again } = this.#parts;
    try {
      await ledger.refresh();
      if (this.#failed > 0) again();
      this.#failed = 0;
      return true;
    } catch (error) {
      failed(error, ++this.#failed === 1);
      return false;
    }
  }
}
