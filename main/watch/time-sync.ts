/** Enters whether something sets the clock, when that has changed: two looks in a row, ten minutes apart, have to say the same, so one that is late and a machine that has just begun say nothing. */
import type { AuditEntry } from '../../src/ledger/events.ts';
import type { LedgerFacts } from '../../src/ledger/facts.ts';
import { MINUTE_MS } from '../../src/types/units.ts';
import type { ClockState } from '../../src/types/words.ts';

/** From the start to the first look, and between two: each may start a process (ms). */
const FIRST_MS = MINUTE_MS;
const EVERY_MS = 10 * MINUTE_MS;

export interface TimeSyncParts {
  /** Never rejects. */
  readonly read: () => Promise<ClockState>;
  /** Undefined before there is a ledger. */
  readonly facts: () => Pick<LedgerFacts, 'clock'> | undefined;
  readonly log: (entry: AuditEntry) => void;
  /** Monotonic milliseconds; a machine that slept looks at once. */
  readonly now: () => number;
}

export class TimeSyncWatch {
  readonly #parts: TimeSyncParts;
  #due: number;
  #looking = false;
  /** At the look before. */
  #seen: ClockState | undefined;
  /** Entered by this run: the ledger may get it only later. */
  #told: ClockState | undefined;

  constructor(parts: TimeSyncParts) {
    this.#parts = parts;
    this.#due = parts.now() + FIRST_MS;
  }

  /** Once a second. Waits for nobody. */
  tick(): void {
    const { now, facts } = this.#parts;
    if (this.#looking || now() < this.#due || !facts()) return;
    this.#looking = true;
    void this.#look();
  }

  async #look(): Promise<void> {
    const { read, facts, log, now } = this.#parts;
    const found = await read();
    const before = this.#seen;
    this.#seen = found;
    this.#due = now() + EVERY_MS;
    this.#looking = false;
    if (found !== before || found === (this.#told ?? facts()?.clock.state)) return;
    this.#told = found;
    log({ action: 'clock.state', detail: { state: found } });
  }
}
