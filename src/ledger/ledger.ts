/**
 * The append-only audit ledger of one installation. Several processes may append to it at once; a lock lets one in at a
 * time, and each takes in what the others wrote before it adds its own lines.
 *
 * A group of appends is one write: lines, on the disk; then the head that vouches for them, signed, on the disk; then the
 * callers are told. So whatever stands beyond the newest head nobody was told of, and it is moved aside, never adopted. Over 400
 * lines: what waits, what is kept for later and what is told have one order, which no two files could keep.
 */
import { closeSync, mkdirSync, unlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { TreeHead } from '../types/head.ts';
import { diverged, makeLedger, type LedgerOptions } from './create.ts';
import { Doubt } from './derived/doubt.ts';
import { KEPT } from './derived/entries.ts';
import { openFiles, systemError } from './disk.ts';
import type { Disturbance } from './disturbed.ts';
import { refusalOf, type Entering, type Moment } from './entering.ts';
import { LedgerError, type LedgerErrorCode } from './errors.ts';
import { checkEntry } from './events.ts';
import type { LedgerFacts } from './facts.ts';
import { ledgerPaths } from './files.ts';
import { LedgerLock } from './lockfile.ts';
import { eventsOf, LedgerQuestions, type LookupSource } from './lookups.ts';
import { bordersOf, ledgerOrigin, noteKey, type NoteKey } from './note.ts';
import { isNew } from './read.ts';
import { holdRoom } from './room.ts';
import type { RecordingState } from './rules.ts';
import { corrupt, headOf, openState } from './state.ts';
import type { Authority, LedgerEntry, LedgerEvent, OutsideHead, SignedCheckpoint } from './types.ts';
import type { InstallationSigner } from '../crypto/signer.ts';
import { sentenceOf } from '../types/sentence.ts';
import { inTime } from '../time/in-time.ts';
import { LedgerWriter } from './writer.ts';

/** Most events of one write: a caller that is behind it waits for some milliseconds at most. */
const MAX_GROUP = 1024;
/** The end waits this long for the last checkpoint to be kept outside. */
const KEEP_MS = 2000;
/** Events that are kept for later: those of weeks, in some tens of megabytes. */
const MAX_LATE = 100_000;
/** Failures that may be over soon; also that the files are away, or others stand in their place: whoever did it may put them back. */
const RETRIED: readonly LedgerErrorCode[] = ['write-failed', 'not-signed', 'busy', 'unreadable', 'corrupt'];
/** An event that has waited this long (us) has two times: when it happened, and when it was entered. */
const LATE_US = 1_000_000;
/** The end waits this long (ms) for a ledger that is not whole, or is held, and looks so often. */
const END_MS = 5000;
const END_LOOK_MS = 250;

/** Why the lock was not had, where that is no full disk. */
const lockTroubles: Partial<Record<LedgerErrorCode, Disturbance>> = { busy: 'held', unreadable: 'unreadable' };

/** Whether what `enter` was refused with may be over soon: the event is kept for then. */
export function isRetried(error: unknown): boolean {
  return error instanceof LedgerError && RETRIED.includes(error.code);
}

/** What goes together with an append: no other process comes between. */
export interface Together {
  /** With the lock held and everything taken in that others have entered: what it throws refuses the entry. */
  readonly before?: () => void;
  /** With the lock still held, once the event is signed for and on the disk. Must not throw. */
  readonly after?: () => void;
}

interface Pending extends Entering, Together {
  readonly resolve: (event: LedgerEvent) => void;
  readonly reject: (error: unknown) => void;
}

export class Ledger extends LedgerQuestions {
  readonly folder: string;
  readonly #writer: LedgerWriter;
  readonly #lock: LedgerLock;
  #pending: Pending[] = [];
  /** What could not be entered when it happened, in order. It goes before everything else. */
  #late: Entering[] = [];
  #authority: Authority | null = null;
  #closed = false;
  /** One task of this process after another; the lock orders the processes. */
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(writer: LedgerWriter, folder: string, lock: LedgerLock) {
    super();
    this.#writer = writer;
    this.folder = folder;
    this.#lock = lock;
  }

  /**
   * Opens the ledger, or makes an empty one. What its key did not vouch for is moved aside and told as an event `ledger.unvouched`.
   * @throws LedgerError 'diverged' when it does not extend a head that is kept outside, 'corrupt' when the ledger contradicts its head, its checkpoints or itself, or has no head (nothing is changed then), 'busy',
   * 'unreadable', 'write-failed', 'not-signed'.
   */
  static async open(options: LedgerOptions): Promise<Ledger> {
    const paths = ledgerPaths(options.folder);
    const { publicKey, second } = options.signer;
    const key = options.key ?? noteKey(ledgerOrigin(options.installation), publicKey, second?.publicKey);
    if (!key.publicKey.equals(publicKey)) throw new Error('The key of a ledger is that of its signer.');
    try {
      mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw systemError('unreadable', `The ledger's folder ${options.folder} cannot be made`, error);
    }
    // Before the lock: a secret store or a share may take its time.
    const outside = (await options.outside?.known()) ?? [];
    const lock = new LedgerLock(paths.lock);
    const opening = lock.hold(async () => {
      const longest = outside.reduce<OutsideHead | undefined>((most, head) => (head.size > (most?.size ?? 0) ? head : most), undefined);
      if (longest && isNew(options.folder)) throw diverged(options.folder, longest);
      if (isNew(options.folder) && bordersOf(key).length > 0) throw await corrupt(options.folder, key, 'It is missing.');
      if (isNew(options.folder)) await makeLedger(options, key, paths);
      const files = await openFiles(paths, key, (await headOf(options.folder, key)).head);
      try {
        await lock.withHead(files.head);
        // Anew: whoever held the head until now may have written.
        const found = await headOf(options.folder, key);
        const { head } = found;
        const state = await openState({ folder: options.folder, key, head, events: files.events, checkpoints: files.checkpoints }, 'writer');
        const writer = new LedgerWriter(options, key, paths, files, { ...state, head });
        await writer.requireExtends(outside);
        const unvouched = writer.moveUnvouchedAside(found.damaged);
        if (unvouched.length > 0) await writer.commit(unvouched);
        // A new ledger whose writer died before it had its first checkpoint.
        if (head.checkpoints.lines === 0) await writer.writeCheckpoint();
        await writer.snapshotIfDue();
        holdRoom(paths.reserve);
        const ledger = new Ledger(writer, options.folder, lock);
        await ledger.#takeKept();
        return ledger;
      } catch (error) {
        await lock.withHead(undefined);
        for (const fd of Object.values(files)) closeSync(fd);
        throw error instanceof LedgerError ? error : systemError('write-failed', `The ledger in ${options.folder} cannot be written`, error);
      }
    });
    return opening.catch((error: unknown) => {
      lock.close();
      throw error;
    });
  }

  /** The key that its heads and checkpoints are verified with. */
  get key(): NoteKey {
    return this.#writer.key;
  }

  /** Whose it is. */
  get installation(): string {
    return this.#writer.installation;
  }

  /** Events so far, those of other processes included as far as they have been seen. */
  get events(): number {
    return this.#writer.vouched.tree.size;
  }

  /** What its events say about people, policy and attempts: as far as `events`. */
  get facts(): LedgerFacts {
    return this.#writer.vouched.facts;
  }

  /** Size and root of the tree, as `events`. */
  head(): TreeHead {
    return this.#writer.vouched.tree.head();
  }

  /** The last checkpoint that this process has read or written. */
  get lastCheckpoint(): SignedCheckpoint | undefined {
    return this.#writer.last;
  }

  /** The failure after which this ledger takes no more events, if there was one. */
  get failure(): LedgerError | undefined {
    return this.#writer.broken;
  }

  /**
   * Appends one event. When the promise resolves it is signed for and on the disk; what is appended in the same moment shares one write.
   * @throws LedgerError 'refused-event' for an entry that the table does not allow, 'contradiction' for one that contradicts what was signed for before;
   * 'write-failed', 'not-signed', 'busy' or 'corrupt' when it could not be written; and what `together.before` throws.
   */
  append(entry: LedgerEntry, together: Together = {}): Promise<LedgerEvent> {
    return this.#add(entry, together);
  }

  #add(entry: LedgerEntry, more: Together & { readonly happened?: Moment }): Promise<LedgerEvent> {
    try {
      checkEntry(entry);
    } catch (error) {
      return Promise.reject(error as Error);
    }
    return new Promise((resolve, reject) => {
      this.#pending.push({ entry, authority: this.#authority, resolve, reject, ...more });
      if (this.#pending.length === 1) void this.#enqueue(() => this.#flush()).catch((error: unknown) => this.#refuse(this.#pending.splice(0), error));
    });
  }

  /**
   * As append, for what has happened whether it can be entered or not: where the disk, the key, another process or the ledger as it lies there refuses
   * it now, it is entered later, with the time of this call and a mark, before anything else; or, where it contradicts by then, that it was refused.
   * At the end of the process, see close.
   */
  enter(entry: LedgerEntry): Promise<LedgerEvent> {
    return this.#add(entry, { happened: this.#writer.now() });
  }

  /** The unlock that is in force in this process from now on: it stands in every event that is entered. Null where it is locked. */
  standsOn(authority: Authority | null): void {
    this.#authority = authority;
  }

  /** See standsOn. */
  get authority(): Authority | null {
    return this.#authority;
  }

  /** Events that wait to be entered late. */
  get waiting(): number {
    return this.#late.length;
  }

  /** Recordings that have begun and are not closed, oldest first: those too whose beginning is being entered now. */
  openRecordings(): Promise<(readonly [string, RecordingState])[]> {
    return this.#enqueue(async () =>
      [...this.#writer.vouched.states.entries()].filter(([, { closed }]) => closed === null).sort(([, a], [, b]) => a.start - b.start),
    );
  }

  /** Asks what is kept beside the ledger; where it is not what it should be, it is derived anew first. */
  protected look<T>(ask: (source: LookupSource) => T): Promise<T> {
    const source = (): LookupSource => ({ key: this.key, state: this.#writer.vouched, events: this.#writer.files.events });
    return this.#enqueue(async () => {
      if (this.#writer.vouched.derived) {
        try {
          return ask(source());
        } catch (error) {
          if (!(error instanceof Doubt)) throw error;
        }
      }
      await this.#locked(() => this.#writer.deriveAnew());
      try {
        return ask(source());
      } catch (error) {
        throw error instanceof Doubt ? this.#writer.disturbed('events', 'changed', `was changed (${error.message})`) : error;
      }
    });
  }

  /** Takes in what other processes have appended. */
  refresh(): Promise<void> {
    return this.#enqueue(() =>
      this.#locked(async () => {
        const found = this.#writer.refresh();
        if (found.length > 0 || this.#writer.disturbances.entries().length > 0) await this.#commitWithLate(found, []);
      }),
    );
  }

  /** Signs a checkpoint of the tree and appends it. */
  checkpoint(): Promise<SignedCheckpoint> {
    return this.#enqueue(() =>
      this.#locked(async () => {
        const found = this.#writer.refresh();
        await this.#commitWithLate(found, []);
        const checkpoint = await this.#writer.writeCheckpoint();
        holdRoom(this.#writer.paths.reserve);
        return checkpoint;
      }),
    );
  }

  /**
   * Has another key take over. The present one signs a last checkpoint; then `take` puts its successor in its place, durably, where whoever
   * opens this ledger next looks; then the successor enters that, as its first word.
   * @param take gets the tree that the word of the present key ends with. After a failure this ledger takes no more events.
   * @param before with everything taken in that others have entered: what it throws leaves the present key.
   */
  succeed(signer: InstallationSigner, entry: LedgerEntry, take: (until: TreeHead) => Promise<NoteKey>, before: () => void): Promise<void> {
    return this.#enqueue(() =>
      this.#locked(async () => {
        const writer = this.#writer;
        await this.#commitWithLate(writer.refresh(), []);
        before();
        await writer.writeCheckpoint();
        try {
          writer.succeed(signer, await take(this.head()));
          await writer.commit([{ entry, authority: this.#authority }]);
          await writer.writeCheckpoint();
        } catch (error) {
          // Which key stands on the disk is not known here. Whoever opens the ledger next looks, and enters what is missing.
          throw writer.fail(
            error instanceof LedgerError ? error : systemError('write-failed', `The ledger in ${this.folder} cannot go on with another key`, error),
          );
        }
      }),
    );
  }

  /**
   * Waits for what was asked before, and for some seconds for what could not be entered; then that is kept signed beside the ledger, where whoever
   * opens it next enters it. Lets go of the files.
   * @returns a sentence where something is not entered; undefined where all of it is.
   */
  async close(): Promise<string | undefined> {
    if (this.#closed) return undefined;
    await this.#queue.catch(() => undefined);
    await this.#enterAtEnd();
    this.#closed = true;
    const left = await this.#keepLate();
    const { keeping } = this.#writer;
    if (keeping) await inTime(keeping, KEEP_MS);
    this.#writer.close();
    this.#lock.close();
    return left;
  }

  async #enterAtEnd(): Promise<void> {
    const until = performance.now() + END_MS;
    for (let rest = END_MS; this.#late.length > 0 && !this.#writer.broken && rest > 0; rest = until - performance.now()) {
      const entered = this.#enqueue(() =>
        this.#locked(async () => {
          await this.#commitWithLate(this.#writer.refresh(), []);
          await this.#writer.writeCheckpoint();
        }, rest),
      );
      await entered.catch(() => delay(END_LOOK_MS));
    }
  }

  async #keepLate(): Promise<string | undefined> {
    const events = this.#late.length;
    if (events === 0) return undefined;
    const what = `${events} ${events === 1 ? 'event' : 'events'} could not be entered in the ledger in ${this.folder}`;
    try {
      const kept = await this.#writer.keepLate([...this.#writer.disturbances.entries(), ...this.#late]);
      return `${what}: kept, signed, in ${kept}, and entered by the next start.`;
    } catch (error) {
      return `${what}, and could not be kept beside it either: ${sentenceOf(error)}`;
    }
  }

  /** Enters what processes before this one have kept beside the ledger, each file once. Holds the lock. Where that fails it stays there. */
  async #takeKept(): Promise<void> {
    const { kept, found } = this.#writer.takeKept();
    if (found.length > 0) await this.#writer.commit(found);
    for (const { path, sha256, entries } of kept) {
      if (!(await this.#hasTaken(sha256))) {
        const taken = { entry: { action: 'ledger.kept', detail: { events: entries.length, sha256 } }, authority: null } satisfies Entering;
        const before = this.#late;
        this.#late = [...before, taken, ...entries];
        try {
          await this.#commitWithLate([], []);
        } catch {
          this.#late = before;
          return;
        }
      }
      unlinkSync(path);
    }
  }

  async #hasTaken(sha256: string): Promise<boolean> {
    const look = (): boolean =>
      eventsOf({ key: this.key, state: this.#writer.vouched, events: this.#writer.files.events }, KEPT).some(
        ({ event }) => event.detail?.['sha256'] === sha256,
      );
    try {
      return look();
    } catch (error) {
      if (!(error instanceof Doubt)) throw error;
      await this.#writer.deriveAnew();
      return look();
    }
  }

  #enqueue<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(() => {
      if (this.#closed) throw new LedgerError('closed', `The ledger ${this.folder} is closed.`);
      if (this.#writer.broken) throw this.#writer.broken;
      return task();
    });
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #locked<T>(task: () => Promise<T>, waitMs?: number): Promise<T> {
    const { disturbances } = this.#writer;
    const since = this.#writer.now();
    let held = false;
    const within = (): Promise<T> => {
      held = true;
      return task();
    };
    try {
      return await this.#lock.hold(within, waitMs);
    } catch (error) {
      const how = error instanceof LedgerError && !held ? lockTroubles[error.code] : undefined;
      if (how) disturbances.see('lock', how, since);
      throw error;
    }
  }

  /** Who has entered what happened is told, and it is kept for later. */
  #refuse(pending: readonly Pending[], error: unknown): void {
    for (const { entry, authority, happened, reject } of pending) {
      if (happened && isRetried(error) && this.#late.length < MAX_LATE) this.#late.push({ entry, authority, happened });
      reject(error);
    }
  }

  /** Writes everything that waits, in groups. */
  async #flush(): Promise<void> {
    while (this.#pending.length > 0) {
      // The lock is awaited with nothing taken yet: what is appended meanwhile goes into the same write.
      let group: Pending[] = [];
      try {
        await this.#locked(async () => {
          const found = this.#writer.refresh();
          group = this.#pending.splice(0, MAX_GROUP).filter(isAdmitted);
          const { events, refused, before } = await this.#commitWithLate(found, group);
          group.forEach(({ resolve, reject, after }, i) => {
            const error = refused.get(before + i);
            if (error) return reject(error);
            after?.();
            resolve(events.get(before + i)!);
          });
        });
      } catch (error) {
        // Nobody could be let in: everybody who waits hears it.
        this.#refuse(group.length > 0 ? group : this.#pending.splice(0), error);
        if (this.#writer.broken) throw this.#writer.broken;
      }
    }
  }

  /** That the ledger was not whole, what was found, what is late, and what is new, in this order. @returns as #commit, and how many stand before the new ones. */
  async #commitWithLate(others: readonly Entering[], group: readonly Entering[]) {
    const late = this.#late;
    const found = [...this.#writer.disturbances.entries(), ...others];
    const { monoUs } = this.#writer.now();
    const now = group.map(({ happened, ...entering }) => (happened && monoUs - happened.monoUs > LATE_US ? { ...entering, happened } : entering));
    const entries = [...found, ...late, ...now];
    const done = await this.#writer.commit(entries).catch(async (error: unknown) => {
      if (!(error instanceof Doubt)) throw error;
      await this.#writer.deriveAnew();
      return this.#writer.commit(entries);
    });
    this.#writer.disturbances.clear();
    const refusals = late.flatMap((entering, i) => {
      const error = done.refused.get(found.length + i);
      return error ? [refusalOf(entering, error.broken)] : [];
    });
    this.#late = [...refusals, ...this.#late.slice(late.length)];
    // Where the disk is full again, they stay late.
    const told = refusals.length > 0 && (await this.#writer.commit(refusals).catch(() => undefined));
    if (told) this.#late = this.#late.slice(refusals.length);
    return { ...done, before: found.length + late.length };
  }
}

/** Whoever is refused by their own condition hears it at once, and holds up nobody else's entry. */
function isAdmitted({ before, reject }: Pending): boolean {
  try {
    before?.();
    return true;
  } catch (error) {
    reject(error);
    return false;
  }
}
