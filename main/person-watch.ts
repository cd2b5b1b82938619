/** Whether whoever is in still may be: a command can have disabled them, or changed their roles, in another process. */
import type { Gate } from './gate.ts';
import type { InstalledHolder } from './installed.ts';

/** Seconds between two looks at the ledger, which costs a small read. */
const EVERY_SECONDS = 5;

export interface PersonWatchParts {
  readonly gate: Pick<Gate, 'session' | 'lock'>;
  readonly installed: Pick<InstalledHolder, 'current'>;
}

export class PersonWatch {
  readonly #parts: PersonWatchParts;
  #ticks = 0;

  constructor(parts: PersonWatchParts) {
    this.#parts = parts;
  }

  /** Once a second. Locks where the ledger says something else of whoever is in than when they came. */
  async tick(): Promise<void> {
    const { gate, installed } = this.#parts;
    if (!gate.session || !installed.current || ++this.#ticks % EVERY_SECONDS !== 0) return;
    const { ledger } = installed.current;
    // A ledger that cannot be read is told of where something is entered.
    await ledger.refresh().catch(() => undefined);
    const { session } = gate;
    if (!session) return;
    const known = ledger.facts.person(session.person.id);
    if (known?.state !== 'active' || known.roles.join() !== session.grant.roles.join()) void gate.lock('policy');
  }
}
