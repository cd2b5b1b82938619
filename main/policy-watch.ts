/**
 * Keeps the app to the policy in force, which the ledger names, and says it where policy.json is another one: in the window and on the
 * lock page at once and as long as it is so, and as an event, the first time at once and then once a minute with how often it changed.
 */
import { lstatSync } from 'node:fs';
import { proposalEvent, proposalSentence, type Proposal } from '../src/policy/index.ts';
import type { Home } from '../src/storage/index.ts';
import type { Clock } from './clock.ts';
import type { Gate } from './gate.ts';
import type { InstalledHolder } from './installed.ts';
import type { Journal } from './journal.ts';
import type { PtyClient } from './pty-client.ts';
import { sentenceOf } from '../src/types/sentence.ts';

/** Between two events (ms): whoever writes the file again and again must not fill the disk. */
const EVENT_MS = 60_000;

export interface PolicyWatchParts {
  readonly home: Home;
  readonly gate: Pick<Gate, 'configure' | 'emit'>;
  readonly pty: Pick<PtyClient, 'policy'>;
  readonly installed: Pick<InstalledHolder, 'current' | 'require' | 'refreshPolicy' | 'recordingPolicy'>;
  readonly journal: Pick<Journal, 'log'>;
  readonly clock: Pick<Clock, 'now'>;
  /** What the lock page says of it is another thing now. @param fails the policy in force cannot be read */
  readonly changed: (fails: boolean) => void;
}

type Fault = { readonly level: 'warn' | 'stop'; readonly sentence: string };

export class PolicyWatch {
  readonly #parts: PolicyWatchParts;
  /** The last wish that was seen. */
  #seen: string | undefined;
  /** The newest wish that is not entered, and how many were seen since the last event. */
  #waiting: { readonly proposal: Proposal; readonly changes: number } | undefined;
  #enteredAt = -Infinity;
  /** What the last look has found. */
  #fault: Fault | undefined;
  /** What policy.json was at the last look. */
  #stamp: string | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(parts: PolicyWatchParts) {
    this.#parts = parts;
  }

  /** Looks again: at the start, when somebody comes in, and before each shell. @throws StorageFault, LedgerError */
  look(): Promise<void> {
    // One after the other: each goes by what the one before has found.
    const looked = this.#looking.then(async () => {
      try {
        await this.#look();
      } catch (error) {
        this.#found({ level: 'stop', sentence: sentenceOf(error) });
        throw error;
      }
    });
    this.#looking = looked.catch(() => undefined);
    return looked;
  }

  /** Once a second: looks where the file has changed, where what it asks for may have been accepted, or where the last look has failed. */
  async glance(): Promise<void> {
    const { installed, clock } = this.#parts;
    if (this.#waiting && clock.now() - this.#enteredAt >= EVENT_MS) this.flush();
    if (installed.current && (this.#fault || this.#stamp !== this.#stampNow())) await this.look();
  }

  #stampNow(): string {
    const found = lstatSync(this.#parts.home.policy, { throwIfNoEntry: false, bigint: true });
    return found ? `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}` : 'missing';
  }

  async #look(): Promise<void> {
    this.#stamp = this.#stampNow();
    const { home, gate, pty, installed, clock } = this.#parts;
    if (await installed.refreshPolicy()) {
      gate.configure(installed.require().policy.policy.lock);
      pty.policy(installed.recordingPolicy());
    }
    const { proposal } = installed.require().policy;
    const wish = proposal && `${proposal.kind} ${proposal.kind === 'missing' ? '' : proposal.sha256}`;
    if (proposal && wish !== this.#seen) {
      this.#waiting = { proposal, changes: (this.#waiting?.changes ?? 0) + 1 };
      if (clock.now() - this.#enteredAt >= EVENT_MS) this.flush();
    }
    this.#seen = wish;
    this.#found(proposal && { level: 'warn', sentence: proposalSentence(home, proposal) });
  }

  /** Enters what waits: the newest state, and how many there were. */
  flush(): void {
    const { journal, clock } = this.#parts;
    if (!this.#waiting) return;
    const { proposal, changes } = this.#waiting;
    this.#waiting = undefined;
    this.#enteredAt = clock.now();
    const { action, detail } = proposalEvent(proposal);
    journal.log({ action, detail: { ...detail, ...(changes > 1 ? { changes } : {}) } });
  }

  /** Tells it where it is news, also that it is over. */
  #found(fault: Fault | undefined): void {
    if (fault?.sentence === this.#fault?.sentence && fault?.level === this.#fault?.level) return;
    this.#fault = fault;
    this.#parts.changed(fault?.level === 'stop');
    this.#tell();
  }

  /** For whoever comes in. */
  remind(): void {
    if (this.#fault) this.#tell();
  }

  #tell(): void {
    this.#parts.gate.emit('standing', () => ({ about: 'policy', fault: this.#fault ?? null }));
  }
}
