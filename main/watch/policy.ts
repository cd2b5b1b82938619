/**
 * Keeps the app to the policy in force, which the ledger names, and says it where policy.json is another one: in the window and on the
 * lock page at once and as long as it is so, and as an event, the first time at once and then once a minute with how often it changed.
 */
import { lstatSync } from 'node:fs';
import {
  changeSentence,
  policyDifferences,
  policyOnceInForce,
  policyVersions,
  proposalEvent,
  proposalSentence,
  versionAt,
  weakenings,
  type Difference,
  type Proposal,
} from '../../src/policy/index.ts';
import type { Home } from '../../src/storage/index.ts';
import type { Clock } from '../../src/time/clock.ts';
import type { Gate } from '../gate.ts';
import type { InstalledHolder } from '../installed.ts';
import type { Journal } from '../journal.ts';
import type { PtyClient } from '../processes/pty-client.ts';
import { sentenceOf } from '../../src/types/sentence.ts';

/** Between two events (ms): whoever writes the file again and again must not fill the disk. */
const EVENT_MS = 60_000;

export interface PolicyWatchParts {
  readonly home: Home;
  readonly gate: Pick<Gate, 'configure' | 'emit' | 'notice' | 'session'>;
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
  /** Who was told of which version, in this run. */
  readonly #told = new Set<string>();

  constructor(parts: PolicyWatchParts) {
    this.#parts = parts;
  }

  /**
   * Looks again: at the start, when somebody comes in, and before each shell.
   * @param quiet what has come into force is not said here: whoever comes in hears it by `remind`.
   * @throws StorageFault, LedgerError
   */
  look(quiet = false): Promise<void> {
    // One after the other: each goes by what the one before has found.
    const looked = this.#looking.then(async () => {
      try {
        await this.#look(quiet);
      } catch (error) {
        this.#found({ level: 'stop', sentence: sentenceOf(error) });
        throw error;
      }
    });
    this.#looking = looked.catch(() => undefined);
    return looked;
  }

  /**
   * Once a second: looks where the file has changed, where what it asks for may have been accepted, where the last look has failed, or where the ledger,
   * which others of ours read anew, has another one by now: the file beside it need not have been written.
   */
  async glance(): Promise<void> {
    const { installed, clock } = this.#parts;
    if (this.#waiting && clock.now() - this.#enteredAt >= EVENT_MS) this.flush();
    const { current } = installed;
    if (current && (this.#fault || this.#stamp !== this.#stampNow() || current.ledger.facts.policy?.sha256 !== current.policy.sha256)) await this.look();
  }

  #stampNow(): string {
    const found = lstatSync(this.#parts.home.policy, { throwIfNoEntry: false, bigint: true });
    return found ? `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}` : 'missing';
  }

  async #look(quiet: boolean): Promise<void> {
    this.#stamp = this.#stampNow();
    const { home, gate, pty, installed, clock } = this.#parts;
    const before = installed.require().policy.policy;
    const refreshed = await installed.refreshPolicy();
    if (refreshed) {
      const now = installed.require().policy.policy;
      gate.configure(now.lock);
      pty.policy(installed.recordingPolicy());
      // Whoever is in is told at once; everybody else when they come in.
      if (!quiet) this.#tellChange(policyDifferences(before, now));
    }
    const { proposal } = installed.require().policy;
    const wish = proposal && `${proposal.kind} ${proposal.kind === 'missing' ? '' : proposal.sha256}`;
    if (proposal && wish !== this.#seen) {
      this.#waiting = { proposal, changes: (this.#waiting?.changes ?? 0) + 1 };
      if (clock.now() - this.#enteredAt >= EVENT_MS) this.flush();
    }
    this.#seen = wish;
    const told = this.#found(proposal && { level: 'warn', sentence: proposalSentence(home, proposal) });
    // The lock page says which one is in force.
    if (refreshed && !told) this.#parts.changed(false);
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

  /** Tells it where it is news, also that it is over. @returns whether it was. */
  #found(fault: Fault | undefined): boolean {
    if (fault?.sentence === this.#fault?.sentence && fault?.level === this.#fault?.level) return false;
    this.#fault = fault;
    this.#parts.changed(fault?.level === 'stop');
    this.#tell();
    return true;
  }

  /**
   * For whoever comes in: what stands, and what of the policy has changed since they were told last.
   * @param until when they were told last, ISO 8601 UTC; null where they never were.
   */
  async remind(until: string | null = null): Promise<void> {
    if (this.#fault) this.#tell();
    if (until === null) return;
    const { home, installed } = this.#parts;
    const { policy, ledger } = installed.require();
    const versions = policyVersions((await ledger.policyEvents()).map(({ event }) => event));
    const then = versionAt(versions, Date.parse(until));
    if (then && then.sha256 !== policy.sha256) this.#tellChange(policyDifferences(policyOnceInForce(home, then.sha256).policy, policy.policy));
  }

  /** A weakening stays until it is read, with both values. Nobody is told twice of one policy. */
  #tellChange(differences: readonly Difference[]): void {
    const { gate, installed } = this.#parts;
    const version = installed.require().ledger.facts.policies.length;
    const about = `${gate.session?.person.id ?? ''} ${version}`;
    if (!gate.session || this.#told.has(about)) return;
    this.#told.add(about);
    gate.notice(weakenings(differences).length > 0 ? 'warn' : 'note', changeSentence(version, differences));
  }

  #tell(): void {
    this.#parts.gate.emit('lasting', () => ({ about: 'policy', fault: this.#fault ?? null }));
  }
}
