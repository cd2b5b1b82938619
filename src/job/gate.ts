/** What the terminal job's lock is to `wardmux record`, which knows nothing of locks. */
import type { Ledger, LedgerEntry } from '../ledger/index.ts';
import type { RecordedPty } from '../pty/recorded-pty.ts';
import type { Opened } from '../recording/access.ts';
import type { Person } from '../people/types.ts';

/** What a gate gets to work with, once the command runs. */
export interface GateLink {
  readonly recorded: RecordedPty;
  /** Whose recording it is. */
  readonly person: Person;
  /** As whom and why it was begun, where that is not an operator at work who was not asked. */
  readonly opened?: Opened | undefined;
  /** The recording's. */
  readonly folder: string;
  /** @returns whether the ledger has it; where it has not, it is entered later. */
  readonly note: (entry: LedgerEntry) => Promise<boolean>;
  /** Who has tried how often, and where the next attempt is entered. */
  readonly ledger: Pick<Ledger, 'append' | 'authority' | 'enter' | 'events' | 'facts' | 'refresh' | 'standsOn'>;
  /** Of the person's terminal, in cells. */
  readonly size: () => { readonly cols: number; readonly rows: number };
  /** Writes to the person's terminal, behind everything that is on its way. Keeps nothing of `bytes`. */
  readonly show: (bytes: Uint8Array) => void;
}

export interface TerminalGate {
  begin(link: GateLink): void;
  /** Sealed output. @returns whether it may be shown now. Valid during the call only. */
  shows(bytes: Uint8Array): boolean;
  /** What came from the terminal. @returns whether the command gets it. Valid during the call only. */
  typed(bytes: Uint8Array): boolean;
  /** The terminal has another size, and so has the command's. */
  resized(): void;
  /** The terminal is gone: nobody is left to ask. */
  hungUp(): void;
  /** The command has ended. Resolves when the person may have the terminal back. */
  ended(): Promise<void>;
}
