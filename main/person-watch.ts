/** Whether whoever is in still may be: a command can have disabled them, changed their roles, or taken away what they came in by, in another process. */
import type { KnownPerson } from '../src/ledger/person-facts.ts';
import { factsOf, readPinned } from '../src/people/pinned.ts';
import type { Home } from '../src/storage/index.ts';
import type { Gate, PersonSession } from './gate.ts';
import type { InstalledHolder } from './installed.ts';
import type { Journal } from './journal.ts';

/** Seconds between two looks at the ledger, which costs a small read. */
const EVERY_SECONDS = 5;
/** So many looks in a row that fail, and it locks: one may meet a share that is late, or a command that holds the ledger for long. */
const MOST_FAILED = 2;

export interface PersonWatchParts {
  readonly home: Home;
  readonly gate: Pick<Gate, 'session' | 'lock' | 'notice'>;
  readonly installed: Pick<InstalledHolder, 'current'>;
  readonly journal: Pick<Journal, 'notEntered' | 'ledgerWritten'>;
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
    const { gate, installed } = this.#parts;
    if (!gate.session) this.#failed = 0;
    if (!gate.session || !installed.current || ++this.#ticks % EVERY_SECONDS !== 0 || this.#looking) return;
    const { ledger } = installed.current;
    this.#looking = true;
    const read = await this.#look(() => ledger.refresh());
    this.#looking = false;
    const { session } = gate;
    if (!session) return;
    if (!read) {
      // Who would not have them disabled makes the ledger unreadable first.
      if (this.#failed >= MOST_FAILED) void gate.lock('unknown');
      return;
    }
    const known = ledger.facts.person(session.person.id);
    if (known?.state !== 'active' || known.roles.join() !== session.person.roles.join() || !this.#stands(session, known)) void gate.lock('policy');
  }

  /** Whether what they came in by still opens. As long as the slots are those of then there is nothing to read. */
  #stands({ person, ways }: PersonSession, { slots }: KnownPerson): boolean {
    if (factsOf(person).slots === slots) return true;
    const { home, installed } = this.#parts;
    try {
      return ways.stand(readPinned(home, installed.current!.ledger.facts, person.id)?.slots ?? []);
    } catch {
      // Which slots there are is not known.
      return false;
    }
  }

  /** @returns false where the ledger could not be read: that is said. What was done to its files is an event as soon as one can be entered, and so is the lock. */
  async #look(refresh: () => Promise<void>): Promise<boolean> {
    const { gate, journal } = this.#parts;
    try {
      await refresh();
      if (this.#failed > 0) journal.ledgerWritten();
      this.#failed = 0;
      return true;
    } catch (error) {
      journal.notEntered(error);
      if (++this.#failed === 1)
        gate.notice('stop', 'Whether you may still be in cannot be asked of the ledger. Wardmux locks in some seconds, unless it can be read again.');
      return false;
    }
  }
}
