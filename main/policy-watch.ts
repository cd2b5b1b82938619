/**
 * Keeps the app to the policy in force, which the ledger names, and says it where policy.json is another one: as an event, once
 * for each wish, and in the window whenever somebody comes in.
 */
import { lstatSync } from 'node:fs';
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
  /** What the lock page says of it is another thing now. */
  readonly changed: () => void;
}

export class PolicyWatch {
  readonly #parts: PolicyWatchParts;
  /** The last wish that was entered. */
  #entered: string | undefined;
  /** What policy.json was at the last look. */
  #stamp: string | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(parts: PolicyWatchParts) {
    this.#parts = parts;
  }

  /** Looks again: at the start, when somebody comes in, and before each shell. @throws StorageFault, LedgerError */
  look(): Promise<void> {
    // One after the other: each goes by what the one before has found.
    const looked = this.#looking.then(() => this.#look());
    this.#looking = looked.catch(() => undefined);
    return looked;
  }

  /** Once a second while nobody is in: looks where the file has changed, or where what it asks for may have been accepted. */
  async glance(): Promise<void> {
    const { current } = this.#parts.installed;
    if (current && (current.policy.proposal || this.#stamp !== this.#stampNow())) await this.look();
  }

  #stampNow(): string {
    const found = lstatSync(this.#parts.home.policy, { throwIfNoEntry: false, bigint: true });
    return found ? `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}` : 'missing';
  }

  async #look(): Promise<void> {
    this.#stamp = this.#stampNow();
    const { gate, pty, installed, journal } = this.#parts;
    if (await installed.refreshPolicy()) {
      gate.configure(installed.require().policy.policy.lock);
      pty.policy(installed.recordingPolicy());
    }
    const { proposal } = installed.require().policy;
    const wish = proposal && `${proposal.kind} ${proposal.kind === 'missing' ? '' : proposal.sha256}`;
    if (wish === this.#entered) return;
    if (proposal) journal.log(proposalEvent(proposal));
    this.#entered = wish;
    this.#parts.changed();
  }

  /** For whoever is in. */
  remind(): void {
    const { home, gate, installed } = this.#parts;
    const proposal = installed.current?.policy.proposal;
    if (proposal) gate.notice('warn', proposalSentence(home, proposal));
  }
}
