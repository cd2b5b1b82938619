/**
 * The anchors of the policy while one command is at work: the newest head of the ledger goes to them, and what of it did not go is said. A recording
 * hands heads over at its start, with each checkpoint, and at its end; any other command once, when what it did is entered. A command waits a short time at most.
 */
import { AnchorKeeper, headOfNote, openAnchors, historyOf } from '../../anchors/index.ts';
import type { AuditEntry } from '../../ledger/events.ts';
import type { Ledger } from '../../ledger/index.ts';
import type { InstallationSigner } from '../../crypto/signer.ts';
import type { Policy } from '../../policy/index.ts';
import type { Home } from '../../storage/index.ts';
import { inTime } from '../../time/in-time.ts';

/** The last head gets this long (ms): a share and a collector that are there take a second and a bit. A person waits for their prompt. */
const LAST_HEAD_MS = 2000;
/** What is under way then is told to end (ms): it does at once, or hangs in a disk. */
const CLOSE_MS = 100;

export interface HandoverParts {
  readonly home: Home;
  readonly policy: Policy;
  readonly ledger: Ledger;
  readonly signer: InstallationSigner;
  readonly enter: (entry: AuditEntry) => void;
}

export class Handover {
  readonly #ledger: Ledger;
  readonly #keeper: AnchorKeeper;
  #loaded: Promise<void> | undefined;
  /** Something was entered of what anchors did. */
  #news = false;

  /** Nothing goes yet. */
  constructor({ home, policy, ledger, signer, enter }: HandoverParts) {
    const history = historyOf(ledger);
    const anchors = openAnchors(policy, home.anchors, { installation: signer.installation, key: ledger.key, rootAt: history.rootAt });
    this.#ledger = ledger;
    this.#keeper = new AnchorKeeper({
      anchors,
      key: ledger.key,
      history,
      now: Date.now,
      enter: (entry) => {
        this.#news = true;
        enter(entry);
      },
      sign: (bytes) => signer.sign(bytes),
    });
  }

  /** Begins to hand over the head that the ledger has now. Nothing is waited for. */
  static begin(parts: HandoverParts): Handover {
    const handover = new Handover(parts);
    // What cannot be signed or read is said by the end, and by `wardmux anchor status`.
    handover.#loaded = handover.#begin().catch(() => undefined);
    return handover;
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

  /**
   * Hands the last head over where that is quick.
   * @param sparing leaves out an authority that has given a token not long ago: commands come one behind the other.
   * @returns a sentence where it did not go; undefined where each anchor has it that was asked.
   */
  async end(sparing = false): Promise<string | undefined> {
    let spared: ReadonlySet<string> = new Set();
    const hand = async (): Promise<void> => {
      this.#loaded ??= this.#keeper.load(this.#ledger.lastCheckpoint?.note ?? '');
      await this.#loaded;
      if (sparing) spared = this.#keeper.resting();
      this.#news = false;
      await this.#flush(spared);
      if (!this.#news) return;
      // What was entered of it goes too: else an anchor that has everything would be called late for the word that it has.
      await this.#ledger.checkpoint();
      await this.#flush(spared);
    };
    await inTime(
      hand().catch(() => undefined),
      LAST_HEAD_MS,
    );
    const size = headOfNote(this.#ledger.lastCheckpoint?.note ?? '', this.#ledger.key)?.size ?? 0;
    const waiting = this.#keeper.view().filter(({ name, head }) => !spared.has(name) && (head?.size ?? 0) < size);
    await inTime(this.#keeper.close(), CLOSE_MS);
    if (waiting.length === 0) return undefined;
    const names = waiting.map(({ name }) => name).join(', ');
    return `the newest head of the ledger has not gone to ${names} within ${LAST_HEAD_MS / 1000} s; it goes with the next one. What stands there says: wardmux anchor status`;
  }

  async #flush(spared: ReadonlySet<string>): Promise<void> {
    if (this.#ledger.lastCheckpoint) this.#keeper.offer(this.#ledger.lastCheckpoint.note);
    await this.#keeper.flush({ spared });
  }
}

/** Hands the newest head over after a command's deed. @returns a sentence where it did not go to an anchor that was asked */
export async function handOver(parts: Omit<HandoverParts, 'enter'>): Promise<string | undefined> {
  if (!parts.policy.anchors?.length) return undefined;
  // What cannot be entered any more fails the command's own end, which says so.
  const handover = new Handover({ ...parts, enter: (entry) => void parts.ledger.append(entry).catch(() => undefined) });
  return handover.end(true);
}
