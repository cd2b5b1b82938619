/** What exists once the first run is done: installation, policy, signing key, ledger and its checkpoints. */
import type { Grant } from '../src/access/index.ts';
import { AnchorKeeper, openAnchors, historyOf } from '../src/anchors/index.ts';
import { openLedger } from '../src/services/installation/open-ledger.ts';
import type { AuditEntry } from '../src/ledger/events.ts';
import type { Ledger } from '../src/ledger/ledger.ts';
import { CheckpointScheduler } from '../src/ledger/scheduler.ts';
import type { InstallationSigner } from '../src/crypto/signer.ts';
import { policyInForce, type GivenReason, type PolicyInForce } from '../src/policy/index.ts';
import type { PtyInput } from '../src/pty/service.ts';
import type { RecordingRules } from '../src/recording/options.ts';
import type { RecordingOwner } from '../src/services/recordings/start.ts';
import { recordingRules, recordingOwner } from '../src/services/recordings/start.ts';
import { readInstallation, type Home, type Installation } from '../src/storage/index.ts';
import { inTime } from '../src/time/in-time.ts';
import type { Person } from '../src/people/types.ts';
import { version } from '../src/version.ts';

/** The last head gets this long at the end of the app (ms): a collector that is there takes a second and a bit. */
const LAST_HEAD_MS = 3000;

export interface Installed {
  readonly installation: Installation;
  readonly policy: PolicyInForce;
  readonly signer: InstallationSigner;
  readonly ledger: Ledger;
  readonly scheduler: CheckpointScheduler;
  /** Hands heads of the ledger to where they are kept outside. Nobody waits for it. */
  readonly anchors: AnchorKeeper;
}

export interface InstalledParts {
  readonly home: Home;
  /** Told before each checkpoint: the heads of live recordings go into the ledger first. */
  readonly before: () => Promise<void>;
  readonly onError: (error: unknown) => void;
  /** A checkpoint was written. */
  readonly onDone: () => void;
  readonly now: () => number;
  /** Takes what happens to anchors. */
  readonly enter: (entry: AuditEntry) => void;
}

/** Holds it, from the start or from the end of the first run. */
export class InstalledHolder {
  readonly #parts: InstalledParts;
  #current: Installed | undefined;

  constructor(parts: InstalledParts) {
    this.#parts = parts;
  }

  get current(): Installed | undefined {
    return this.#current;
  }

  /** Opens what the first run has made. @returns undefined before it. @throws StorageFault, LedgerError */
  async open(): Promise<Installed | undefined> {
    const { home, before, onError, onDone, now } = this.#parts;
    const installation = readInstallation(home);
    if (!installation) return undefined;
    const { ledger, signer } = await openLedger(home, installation);
    const policy = policyInForce(home, ledger.facts);
    const scheduler = new CheckpointScheduler({ ledger, before, onError, onDone }, now());
    this.#current = { installation, policy, signer, ledger, scheduler, anchors: this.#openAnchors(signer, policy, ledger) };
    return this.#current;
  }

  /** The anchors of a policy. Nobody waits for what they read: a share that hangs must not hold up the lock page. */
  #openAnchors(signer: InstallationSigner, { policy }: PolicyInForce, ledger: Ledger): AnchorKeeper {
    const { home, enter, onError } = this.#parts;
    const history = historyOf(ledger);
    const anchors = openAnchors(policy, home.anchors, { installation: signer.installation, key: ledger.key, rootAt: history.rootAt });
    const keeper = new AnchorKeeper({ anchors, key: ledger.key, history, now: Date.now, enter, sign: (bytes) => signer.sign(bytes) });
    keeper.load(ledger.lastCheckpoint?.note ?? '').catch(onError);
    return keeper;
  }

  /** Once a second: the newest checkpoint goes to the anchors that are due. */
  tickAnchors(): void {
    const { ledger, anchors } = this.#current ?? {};
    if (ledger?.lastCheckpoint) anchors?.offer(ledger.lastCheckpoint.note);
    anchors?.tick();
  }

  /** Hands the last head over where that is quick; what does not go goes after the next start. */
  async endAnchors(): Promise<void> {
    this.tickAnchors();
    const { anchors } = this.#current ?? {};
    if (!anchors) return;
    await inTime(anchors.flush(), LAST_HEAD_MS);
    await anchors.close();
  }

  require(): Installed {
    if (!this.#current) throw new Error('the first run is not done');
    return this.#current;
  }

  /** Whose a new pane's recording is, and who can open it. @param given why, where the policy asks. @throws Refusal where the policy's text is not accepted, or it was not said why */
  owner(person: Person, grant: Grant, given: GivenReason | undefined): RecordingOwner {
    const { policy, ledger } = this.require();
    return recordingOwner(person, policy, ledger.facts, grant, given);
  }

  /**
   * Looks again which policy is in force, and what stands in policy.json.
   * @returns true where another one is in force than before. @throws StorageFault, LedgerError
   */
  async refreshPolicy(): Promise<boolean> {
    const current = this.require();
    // Another process may have accepted one.
    await current.ledger.refresh();
    const policy = policyInForce(this.#parts.home, current.ledger.facts);
    const changed = policy.sha256 !== current.policy.sha256;
    this.#current = { ...current, policy, anchors: changed ? this.#openAnchors(current.signer, policy, current.ledger) : current.anchors };
    if (changed) void current.anchors.close();
    return changed;
  }

  /** What a recording takes from the policy. */
  recordingPolicy(): RecordingRules {
    return recordingRules(this.require().policy);
  }

  /** What the pty host is told when it starts. */
  ptyConfiguration(): PtyInput<'configure'> {
    const { installation } = this.require();
    return { recordingsFolder: this.#parts.home.recordings, installation: installation.id, ...this.recordingPolicy(), version };
  }
}
