/** What happened, for the ledger; and what has gone wrong since the start, for the line, the lock page and the exit status. */
import type { AuditEntry } from '../src/ledger/events.ts';
import type { Ledger } from '../src/ledger/ledger.ts';
import { Refusals } from './refusals.ts';
import { sentenceOf } from '../src/types/sentence.ts';

export interface JournalParts {
  /** Undefined before the first run. */
  readonly ledger: () => Ledger | undefined;
  readonly say: (line: string) => void;
  /** For the person, if somebody is in. */
  readonly notice: (level: 'stop', sentence: string) => void;
  /** Whether a pane of this recording still stands: nobody has closed it or started it again. */
  readonly stands: (recording: string) => boolean;
  readonly now: () => number;
}

export class Journal {
  readonly #parts: JournalParts;
  /** Recordings that have stopped. */
  readonly #stopped = new Set<string>();
  #ledgerFault: string | undefined;
  #faulty = false;
  /** What was refused at the app's doors. */
  readonly refusals: Refusals;

  constructor(parts: JournalParts) {
    this.#parts = parts;
    this.refusals = new Refusals((entry) => this.log(entry), parts.now);
  }

  /** Which recording has stopped, as long as its pane stands there: it says why, and what can be done. */
  get recordingFault(): string | undefined {
    for (const recording of this.#stopped) {
      if (this.#parts.stands(recording)) return `Recording ${recording} has stopped.`;
      this.#stopped.delete(recording);
    }
    return undefined;
  }

  /** Why the ledger cannot be written, as long as it cannot, or as something waits to be entered. */
  get ledgerFault(): string | undefined {
    return this.#ledgerFault;
  }

  /** Something has happened that the ledger does not have yet. */
  get waits(): boolean {
    return (this.#parts.ledger()?.waiting ?? 0) > 0;
  }

  /** Something was not sealed, not entered or did not end: the exit status says so. */
  get faulty(): boolean {
    return this.#faulty;
  }

  /**
   * Enters an event; resolves when it is entered, or when it is said that it could not be: then it is entered later, with its own time, where
   * it can be. Before the first run there is no ledger, and nothing to enter. @returns whether nothing of it is missing
   */
  async enter(entry: AuditEntry): Promise<boolean> {
    try {
      await this.#parts.ledger()?.enter(entry);
      this.ledgerWritten();
      return true;
    } catch (error) {
      this.notEntered(error);
      return false;
    }
  }

  /** The ledger did not take an event: it is said, and the exit status says so too. */
  notEntered(error: unknown): void {
    this.#faulty = true;
    this.ledgerFailed(error);
    this.#parts.notice('stop', sentenceOf(error));
    this.#parts.say(sentenceOf(error));
  }

  /** The same, where nobody waits for it. */
  log(entry: AuditEntry): void {
    void this.enter(entry);
  }

  recordingStopped(recording: string): void {
    this.#faulty = true;
    this.#stopped.add(recording);
  }

  ledgerFailed(error: unknown): void {
    this.#ledgerFault = sentenceOf(error);
  }

  /** A fault is over by itself when the ledger was written, and nothing waits. */
  ledgerWritten(): void {
    const ledger = this.#parts.ledger();
    if (ledger && !ledger.failure && ledger.waiting === 0) this.#ledgerFault = undefined;
  }

  /** No unlock stands behind what is entered from now on. */
  locked(): void {
    this.#parts.ledger()?.standsOn(null);
  }

  /** A step at the end of the app failed. It is said, and the end goes on. */
  failed(error: unknown): void {
    this.#faulty = true;
    this.#parts.say(sentenceOf(error));
  }

  /** Signs for everything so far. A failure is a fault, and holds up nothing. */
  async checkpoint(): Promise<void> {
    try {
      await this.#parts.ledger()?.checkpoint();
      this.ledgerWritten();
    } catch (error) {
      this.#faulty = true;
      this.ledgerFailed(error);
    }
  }
}
