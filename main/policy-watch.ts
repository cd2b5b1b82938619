/**
 * Keeps the app to the policy in force, which the ledger names, and says it where policy.json is another one: as an event, once
 * for each wish, and in the window whenever somebody comes in.
 */
import { proposalEvent, proposalSentence } from '../src/policy/index.ts';
import type { Home } from '../src/storage/index.ts';
import type { Gate } from './gate.ts';
import type { InstalledHolder } from './installed.ts';
import type { Journal } from './journal.ts';
import type { PtyClient } from './pty-client.ts';

export interface PolicyWatchParts {
  readonly home: Home;
  readonly gate: Gate;
  readonly pty: PtyClient;
  readonly installed: InstalledHolder;
  readonly journal: Journal;
}

export class PolicyWatch {
  readonly #parts: PolicyWatchParts;
  /** The last wish that was entered. */
  #entered: string | undefined;

  constructor(parts: PolicyWatchParts) {
    this.#parts = parts;
  }

  /** Looks again: at the start, when somebody comes in, and before each shell. @throws StorageFault, LedgerError */
  async look(): Promise<void> {
    const { gate, pty, installed, journal } = this.#parts;
    if (await installed.refreshPolicy()) {
      gate.configure(installed.require().policy.policy.lock);
      pty.policy(installed.recordingPolicy());
    }
    const { proposal } = installed.require().policy;
    const wish = proposal && `${proposal.kind} ${proposal.kind === 'missing' ? '' : proposal.sha256}`;
    if (proposal && wish !== this.#entered) {
      journal.log(proposalEvent(proposal));
    }
    this.#entered = wish;
  }

  /** For whoever is in. */
  remind(): void {
    const { home, gate, installed } = this.#parts;
    const proposal = installed.current?.policy.proposal;
    if (proposal) gate.notice('warn', proposalSentence(home, proposal));
  }
}
