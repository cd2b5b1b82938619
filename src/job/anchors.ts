/**
 * The anchors of the policy while one command is recorded: the newest head goes to them at the start, with each checkpoint,
 * and at the end. The command waits for none of it, and its end for a short time.
 */
import { AnchorKeeper, headOfNote, openAnchors, historyOf } from '../anchors/index.ts';
import type { AuditEntry } from '../ledger/events.ts';
import type { Ledger } from '../ledger/index.ts';
import type { InstallationSigner } from '../crypto/signer.ts';
import type { Policy } from '../policy/index.ts';
import type { Home } from '../storage/index.ts';
import { inTime } from '../time/in-time.ts';

/** The last head gets this long (ms): a share and a collector that are there take a second and a bit. A person waits for their prompt. */
export const LAST_HEAD_MS = 2000;
/** What is under way then is told to end (ms): it does at once, or hangs in a disk. */
const CLOSE_MS = 100;

export interface RecordAnchorParts {
  readonly home: Home;
  readonly policy: Policy;
  readonly ledger: Ledger;
  readonly signer: InstallationSigner;
  readonly enter: (entry: AuditEntry) => void;
}

export class RecordAnchors {
  readonly #ledger: Ledger;
  readonly #keeper: AnchorKeeper;
  readonly #loaded: Promise<void>;

  /** Begins to hand over the head that the ledger has now. Nothing is waited for. */
  constructor({ home, policy, ledger, signer, enter }: RecordAnchorParts) {
    const history = historyOf(ledger);
    const anchors = openAnchors(policy, home.anchors, { installation: signer.installation, key: ledger.key, rootAt: history.rootAt });
    this.#ledger = ledger;
    this.#keeper = new AnchorKeeper({ anchors, key: ledger.key, history, now: Date.now, enter, sign: (bytes) => signer.sign(bytes) });
    // What cannot be signed or read is said by the end, and by `wardmux anchor status`.
    this.#loaded = this.#begin().catch(() => undefined);
  }

  /** The beginning is signed for and goes, so that it stands outside also where the recording is cut off. */
  async #begin(): Promise<void> {
    const { note } = await this.#ledger.checkpoint();
    await this.#keeper.load(note);
    this.#keeper.tick();
  }

  /** The ledger has a new checkpoint. */
  offer(): void {
    if (this.#ledger.lastCheckpoint) this.#keeper.offer(this.#ledger.lastCheckpoint.note);
    this.#keeper.tick();
  }

  /** Hands the last head over where that is quick. @returns a sentence where it did not go; undefined where each anchor has it. */
  async end(): Promise<string | undefined> {
    const hand = async (): Promise<void> => {
      await this.#loaded;
      this.offer();
      await this.#keeper.flush();
    };
    await inTime(
      hand().catch(() => undefined),
      LAST_HEAD_MS,
    );
    const size = headOfNote(this.#ledger.lastCheckpoint?.note ?? '', this.#ledger.key)?.size ?? 0;
    const waiting = this.#keeper.view().filter(({ head }) => (head?.size ?? 0) < size);
    await inTime(this.#keeper.close(), CLOSE_MS);
    if (waiting.length === 0) return undefined;
    const names = waiting.map(({ name }) => name).join(', ');
    return `the newest head of the ledger has not gone to ${names} within ${LAST_HEAD_MS / 1000} s; it goes with the next one. What stands there says: wardmux anchor status`;
  }
}
