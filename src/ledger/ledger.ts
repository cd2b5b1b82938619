/**
 * The append-only audit ledger of one installation. Several processes may append to it at once; a lock lets one in at a
 * time, and each takes in what the others wrote before it adds its own lines.
 *
 * A group of appends is one write: lines, on the disk; then the head that vouches for them, signed, on the disk; then the
 * callers are told. So whatever stands beyond the newest head nobody was told of, and it is moved aside, never adopted.
 */
import { closeSync, constants, fdatasync, fdatasyncSync, fstatSync, ftruncateSync, lstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { emptyRoot, leafHash } from '../merkle/tree.ts';
import type { TreeHead } from '../recording/types.ts';
import { syncFolder, writeAtomic } from '../storage/atomic.ts';
import { StorageFault } from '../storage/fault.ts';
import { LedgerError, type LedgerErrorCode } from './errors.ts';
import { holdRoom, isFull, releaseRoom } from './room.ts';
import { Derived, type Derivable } from './derived/derived.ts';
import { Doubt } from './derived/doubt.ts';
import { POLICIES } from './derived/entries.ts';
import { readSnapshot, writeSnapshot } from './derived/snapshot.ts';
import { checkEntry, encodeEvent } from './events.ts';
import { countLines, ledgerPaths, passLines, type LedgerPaths } from './files.ts';
import { EMPTY_CHAIN, HEAD_BYTES, nextChain, readHeadFd, SLOT_BYTES, signHead, slotOf, type SignedHead } from './head.ts';
import type { LedgerFacts } from './facts.ts';
import { withLock } from './lockfile.ts';
import { checkpointText, ledgerOrigin, noteKey, signNote, type NoteKey } from './note.ts';
import { eventsOf, inclusionOf, rootAt, type FoundEvent, type LookupSource } from './lookups.ts';
import { isNew } from './read.ts';
import type { RecordingState } from './rules.ts';
import { corrupt, eventAt, headOf, openState, SNAPSHOT_EVENTS, type LedgerState } from './state.ts';
import type { InstallationSigner, KnownHeads, LedgerEntry, LedgerEvent, OutsideHead, SignedCheckpoint } from './types.ts';

const sync = promisify(fdatasync);

/** Most events of one write: a caller that is behind it waits for some milliseconds at most. */
const MAX_GROUP = 1024;
/** The end waits this long for the last checkpoint to be kept outside. */
const KEEP_MS = 2000;
/** Events that are kept for later: those of weeks, in some tens of megabytes. */
const MAX_LATE = 100_000;
/** Failures that may be over soon; also that the files are away, or others stand in their place: whoever did it may put them back. */
const RETRIED: readonly LedgerErrorCode[] = ['write-failed', 'not-signed', 'busy', 'unreadable', 'corrupt'];
/** Bytes copied at a time when something is moved aside. */
const COPY_BYTES = 1024 * 1024;

export interface LedgerOptions {
  /** The ledger's folder, absolute. Made with mode 0700 when it is missing. */
  readonly folder: string;
  readonly installation: string;
  readonly signer: InstallationSigner;
  /** Milliseconds since 1970. Default: the system's clock. */
  readonly clock?: () => number;
  /** Heads that are kept outside. The ledger has to extend every one of them, and its checkpoints are kept there. */
  readonly outside?: KnownHeads;
}

/** An entry that is to be written; `time` where it happened before, and could not be entered then. */
interface Entering {
  readonly entry: LedgerEntry;
  readonly time?: string;
}

interface Pending extends Entering {
  readonly resolve: (event: LedgerEvent) => void;
  readonly reject: (error: unknown) => void;
}

interface OpenFiles {
  readonly events: number;
  readonly checkpoints: number;
  readonly head: number;
}

type LedgerFile = keyof OpenFiles;

/** The ledger as far as its key has vouched for it. */
interface Vouched extends LedgerState {
  readonly head: SignedHead;
}

export class Ledger {
  /** The key that its heads and checkpoints are verified with. */
  readonly key: NoteKey;
  readonly folder: string;
  #options: LedgerOptions;
  #clock: () => number;
  #paths: LedgerPaths;
  #files: OpenFiles;
  #vouched: Vouched;
  #last: SignedCheckpoint | undefined;
  #pending: Pending[] = [];
  /** What could not be entered when it happened, in order. It goes before everything else. */
  #late: Required<Entering>[] = [];
  /** What was kept beside the ledger, and is not written any more. */
  readonly #forgotten: Derived[] = [];
  /** Set by the first failure after which the file's state is not known: every later call is refused with it. */
  #broken: LedgerError | undefined;
  #closed = false;
  /** The newest checkpoint that has not been handed over, and the handing over that is under way. */
  #toKeep: string | undefined;
  #keeping: Promise<void> | undefined;
  /** One task of this process after another; the lock orders the processes. */
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(options: LedgerOptions, key: NoteKey, paths: LedgerPaths, files: OpenFiles, vouched: Vouched) {
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
    this.key = key;
    this.folder = options.folder;
    this.#paths = paths;
    this.#files = files;
    this.#vouched = vouched;
    this.#last = vouched.last;
  }

  /**
   * Opens the ledger, or makes an empty one. What its key did not vouch for is moved aside and told as an event `ledger.unvouched`.
   * @throws LedgerError 'diverged' when it does not extend a head that is kept outside, 'corrupt' when the ledger contradicts its head, its checkpoints or itself, or has no head (nothing is changed then), 'busy',
   * 'unreadable', 'write-failed', 'not-signed'.
   */
  static async open(options: LedgerOptions): Promise<Ledger> {
    const paths = ledgerPaths(options.folder);
    const key = noteKey(ledgerOrigin(options.installation), options.signer.publicKey);
    try {
      mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw systemError('unreadable', `The ledger's folder ${options.folder} cannot be made`, error);
    }
    // Before the lock: a secret store or a share may take its time.
    const outside = (await options.outside?.known()) ?? [];
    return withLock(paths.lock, async () => {
      const longest = outside.reduce<OutsideHead | undefined>((most, head) => (head.size > (most?.size ?? 0) ? head : most), undefined);
      if (longest && isNew(options.folder)) throw diverged(options.folder, longest);
      if (isNew(options.folder)) await makeLedger(options, key, paths);
      const found = headOf(options.folder, key);
      const { head } = found;
      const files = openFiles(paths, key, head);
      try {
        const state = await openState({ folder: options.folder, key, head, events: files.events, checkpoints: files.checkpoints }, 'writer');
        const ledger = new Ledger(options, key, paths, files, { ...state, head });
        await ledger.#requireExtends(outside);
        const unvouched = ledger.#moveUnvouchedAside(found.damaged);
        if (unvouched.length > 0) await ledger.#commit(unvouched);
        // A new ledger whose writer died before it had its first checkpoint.
        if (head.checkpoints.lines === 0) await ledger.#writeCheckpoint();
        await ledger.#snapshotIfDue();
        holdRoom(paths.reserve);
        return ledger;
      } catch (error) {
        for (const fd of Object.values(files)) closeSync(fd);
        throw error instanceof LedgerError ? error : systemError('write-failed', `The ledger in ${options.folder} cannot be written`, error);
      }
    });
  }

  /** Events so far, those of other processes included as far as they have been seen. */
  get events(): number {
    return this.#vouched.tree.size;
  }

  /** What its events say about people, policy and attempts: as far as `events`. */
  get facts(): LedgerFacts {
    return this.#vouched.facts;
  }

  /** Size and root of the tree, as `events`. */
  head(): TreeHead {
    return this.#vouched.tree.head();
  }

  /** The last checkpoint that this process has read or written. */
  get lastCheckpoint(): SignedCheckpoint | undefined {
    return this.#last;
  }

  /** The failure after which this ledger takes no more events, if there was one. */
  get failure(): LedgerError | undefined {
    return this.#broken;
  }

  /**
   * Appends one event. When the promise resolves it is signed for and on the disk; what is appended in the same moment shares one write.
   * @throws LedgerError 'refused-event' for an entry that the table does not allow, 'contradiction' for one that contradicts what was signed for before;
   * 'write-failed', 'not-signed', 'busy' or 'corrupt' when it could not be written.
   */
  append(entry: LedgerEntry): Promise<LedgerEvent> {
    try {
      checkEntry(entry);
    } catch (error) {
      return Promise.reject(error as Error);
    }
    return new Promise((resolve, reject) => {
      this.#pending.push({ entry, resolve, reject });
      if (this.#pending.length === 1) void this.#enqueue(() => this.#flush()).catch((error: unknown) => this.#refuse(this.#pending.splice(0), error));
    });
  }

  /**
   * As append, for what has happened whether it can be entered or not: where the disk or the key refuses it now, it is entered later, with the time
   * of this call and a mark, before anything else.
   */
  enter(entry: LedgerEntry): Promise<LedgerEvent> {
    const time = this.#now();
    return this.append(entry).catch((error: unknown) => {
      if (error instanceof LedgerError && RETRIED.includes(error.code) && this.#late.length < MAX_LATE) this.#late.push({ entry, time });
      throw error;
    });
  }

  /** Events that wait to be entered late. */
  get waiting(): number {
    return this.#late.length;
  }

  /** What the ledger knows of a recording; undefined where it has no start of it. As far as `events`. */
  recording(id: string): Promise<RecordingState | undefined> {
    return this.#look(({ state }) => state.states.get(id));
  }

  /** Recordings that have begun and are not closed, oldest first. */
  openRecordings(): (readonly [string, RecordingState])[] {
    return [...this.#vouched.states.entries()].filter(([, { closed }]) => closed === null).sort(([, a], [, b]) => a.start - b.start);
  }

  /** Every recording that the ledger knows, by id. */
  recordings(): Promise<[string, RecordingState][]> {
    return this.#look(({ state }) => [...state.beside.recordings(state.states)] as [string, RecordingState][]);
  }

  /** The events that name a recording, oldest first, with their lines as stored. */
  eventsOf(recording: string): Promise<FoundEvent[]> {
    return this.#look((source) => eventsOf(source, recording));
  }

  /** The events that took a policy into force, oldest first. */
  policyEvents(): Promise<FoundEvent[]> {
    return this.#look((source) => eventsOf(source, POLICIES));
  }

  /** The inclusion path of an event in the tree of a head that was signed. */
  inclusion(found: FoundEvent, head: TreeHead): Promise<Buffer[]> {
    return this.#look((source) => inclusionOf(source, found, head));
  }

  /** Root over the first `size` events, lower-case hex; undefined where there are fewer. */
  rootAt(size: number): Promise<string | undefined> {
    return this.#look((source) => rootAt(source, size));
  }

  /** Asks what is kept beside the ledger; where it is not what it should be, it is derived anew first. */
  #look<T>(ask: (source: LookupSource) => T): Promise<T> {
    const source = (): LookupSource => ({ key: this.key, state: this.#vouched, events: this.#files.events });
    return this.#enqueue(async () => {
      if (this.#vouched.derived) {
        try {
          return ask(source());
        } catch (error) {
          if (!(error instanceof Doubt)) throw error;
        }
      }
      await this.#locked(() => this.#deriveAnew());
      try {
        return ask(source());
      } catch (error) {
        throw error instanceof Doubt ? this.#corrupt('events', `was changed (${error.message})`) : error;
      }
    });
  }

  /** Holds the lock, and has changed nothing yet. @throws LedgerError 'diverged' */
  async #requireExtends(outside: readonly OutsideHead[]): Promise<void> {
    for (const head of outside) {
      let root: string | undefined;
      try {
        root = this.#rootNow(head.size);
      } catch (error) {
        if (!(error instanceof Doubt)) throw error;
        await this.#deriveAnew();
        root = this.#rootNow(head.size);
      }
      if (root !== head.root) throw diverged(this.folder, head);
    }
  }

  #rootNow(size: number): string | undefined {
    return rootAt({ key: this.key, state: this.#vouched, events: this.#files.events }, size);
  }

  /** Holds the lock. */
  async #deriveAnew(): Promise<void> {
    const found = this.#refresh();
    this.#forgetDerived();
    const { head } = this.#vouched;
    const { events, checkpoints } = this.#files;
    Derived.clear(this.#paths.derived);
    this.#vouched = { ...(await openState({ folder: this.folder, key: this.key, head, events, checkpoints }, 'writer')), head };
    if (found.length > 0) await this.#commit(found);
    await this.#snapshotIfDue();
  }

  /** Takes in what other processes have appended. */
  refresh(): Promise<void> {
    return this.#enqueue(() =>
      this.#locked(async () => {
        const found = this.#refresh();
        if (found.length > 0) await this.#commit(found);
      }),
    );
  }

  /** Signs a checkpoint of the tree and appends it. */
  checkpoint(): Promise<SignedCheckpoint> {
    return this.#enqueue(() =>
      this.#locked(async () => {
        const found = this.#refresh();
        await this.#commitWithLate(found, []);
        const checkpoint = await this.#writeCheckpoint();
        holdRoom(this.#paths.reserve);
        return checkpoint;
      }),
    );
  }

  /** Waits for what was asked before, and lets go of the files. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#queue.catch(() => undefined);
    this.#closed = true;
    await Promise.race([this.#keeping, delay(KEEP_MS, undefined, { ref: false })]);
    for (const fd of Object.values(this.#files)) closeSync(fd);
    for (const derived of [...this.#forgotten, this.#vouched.derived]) derived?.close();
  }

  #enqueue<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(() => {
      if (this.#closed) throw new LedgerError('closed', `The ledger ${this.folder} is closed.`);
      if (this.#broken) throw this.#broken;
      return task();
    });
    this.#queue = result.catch(() => undefined);
    return result;
  }

  #locked<T>(task: () => Promise<T>): Promise<T> {
    return withLock(this.#paths.lock, task);
  }

  #fail(error: LedgerError): LedgerError {
    this.#broken ??= error;
    return error;
  }

  #refuse(pending: readonly Pending[], error: unknown): void {
    for (const { reject } of pending) reject(error);
  }

  /** Writes everything that waits, in groups. */
  async #flush(): Promise<void> {
    while (this.#pending.length > 0) {
      // The lock is awaited with nothing taken yet: what is appended meanwhile goes into the same write.
      let group: Pending[] = [];
      try {
        await this.#locked(async () => {
          const found = this.#refresh();
          group = this.#pending.splice(0, MAX_GROUP);
          const { events, refused, before } = await this.#commitWithLate(found, group);
          group.forEach(({ resolve, reject }, i) => {
            const error = refused.get(before + i);
            if (error) reject(error);
            else resolve(events.get(before + i)!);
          });
        });
      } catch (error) {
        // Nobody could be let in: everybody who waits hears it.
        this.#refuse(group.length > 0 ? group : this.#pending.splice(0), error);
        if (this.#broken) throw this.#broken;
      }
    }
  }

  /** What was found, what is late, and what is new, in this order. @returns as #commit, and how many stand before the new ones. */
  async #commitWithLate(found: readonly Entering[], group: readonly Entering[]) {
    const late = this.#late;
    const entries = [...found, ...late, ...group];
    const done = await this.#commit(entries).catch(async (error: unknown) => {
      if (!(error instanceof Doubt)) throw error;
      await this.#deriveAnew();
      return this.#commit(entries);
    });
    this.#late = this.#late.slice(late.length);
    return { ...done, before: found.length + late.length };
  }

  #now(): string {
    return new Date(this.#clock()).toISOString();
  }

  async #sync(file: LedgerFile): Promise<void> {
    try {
      await sync(this.#files[file]);
    } catch (error) {
      // After a failed fsync the kernel may have dropped the pages, so a second try would report a false success.
      throw this.#fail(systemError('write-failed', `The ledger ${this.#paths[file]} could not be made durable`, error));
    }
  }

  #corrupt(file: LedgerFile, what: string): LedgerError {
    return this.#fail(
      new LedgerError(
        'corrupt',
        `The ledger ${this.#paths[file]} ${what} while it was in use. Nothing more is written to it; keep a copy of ${this.folder} for the audit, then restart.`,
      ),
    );
  }

  /** The files that we hold open are not at their place. Nothing is written now; when they are back everything is checked as always, and goes on. */
  #away(file: LedgerFile, what: string): LedgerError {
    return new LedgerError(
      'corrupt',
      `The ledger ${this.#paths[file]} ${what} while it was in use. Nothing is written to it until the file that was there is back; what happens meanwhile is entered then.`,
    );
  }

  /**
   * Takes in what other processes have appended and vouched for, and moves aside what nobody has. Holds the lock.
   * @returns what is to be told of that.
   */
  #refresh(): Entering[] {
    for (const file of ['events', 'checkpoints', 'head'] as const) {
      try {
        const held = fstatSync(this.#files[file]);
        const named = lstatSync(this.#paths[file]);
        if (named.ino !== held.ino || named.dev !== held.dev) throw this.#away(file, 'was replaced');
      } catch (error) {
        if (error instanceof LedgerError) throw error;
        throw (error as NodeJS.ErrnoException).code === 'ENOENT'
          ? this.#away(file, 'was removed')
          : systemError('unreadable', `The ledger ${this.#paths[file]} cannot be read`, error);
      }
    }
    const { head: ours } = this.#vouched;
    const found = readHeadFd(this.#files.head, this.key);
    if (found.kind !== 'good') throw this.#corrupt('head', found.kind === 'bad' ? `was changed (${found.why})` : 'was removed');
    const { head } = found;
    if (head.generation < ours.generation || (head.generation === ours.generation && head.note !== ours.note)) throw this.#corrupt('head', 'was set back');
    if (head.generation > ours.generation) this.#takeIn(head);
    return this.#moveUnvouchedAside(found.damaged);
  }

  /** Takes in the events that another process has appended, up to its head. */
  #takeIn(head: SignedHead): void {
    const { tree, states, end } = this.#vouched;
    const size = head.tree.size;
    const group: Derivable[] = [];
    let trouble: string | undefined;
    const pass = passLines(this.#files.events, end, (line, offset) => {
      if (trouble !== undefined || tree.size === size) return false;
      const event = eventAt(line, tree.size, this.key);
      const broken = event && states.take(event);
      const leaf = leafHash(line);
      if (!event) trouble = `got a line that is not its event ${tree.size}`;
      else if (broken) trouble = `got an event ${event.seq} that ${broken.sentence}`;
      else {
        tree.append(leaf);
        group.push({ event, leaf, offset });
      }
      return true;
    });
    if (trouble !== undefined) throw this.#corrupt('events', trouble);
    if (tree.size < size) throw this.#corrupt('events', 'became shorter');
    if (tree.head().root !== head.tree.root) throw this.#corrupt('events', 'is not what its head vouches for');
    this.#vouched = { ...this.#vouched, end: pass.end, head };
    for (const { event } of group) this.#vouched.facts.take(event);
    this.#derive(group);
  }

  /** Moves aside what the files hold beyond the head. Holds the lock, so nobody is writing. @returns what is to be told. */
  #moveUnvouchedAside(damagedSlot: boolean): Entering[] {
    const { end, head } = this.#vouched;
    const stamp = fileStamp(this.#clock);
    const found: Entering[] = [];
    const aside = (file: LedgerFile, from: number, to: number): void => {
      const fd = this.#files[file];
      const lines = file === 'head' ? 0 : countLines(fd, from, to);
      keepAside(fd, join(this.folder, `unvouched-${stamp}-${file}-${from}`), from, to);
      found.push({ entry: { action: 'ledger.unvouched', detail: { file, lines, bytes: to - from } } });
    };
    for (const [file, from] of [
      ['events', end],
      ['checkpoints', head.checkpoints.bytes],
    ] as const) {
      const { size } = fstatSync(this.#files[file]);
      if (size < from) throw this.#corrupt(file, 'became shorter');
      if (size === from) continue;
      aside(file, from, size);
      ftruncateSync(this.#files[file], from);
      fdatasyncSync(this.#files[file]);
    }
    if (damagedSlot) {
      const at = ((head.generation + 1) % 2) * SLOT_BYTES;
      aside('head', at, at + SLOT_BYTES);
    }
    return found;
  }

  /**
   * Writes entries as one group: lines, head, each made durable. Holds the lock, and has refreshed.
   * @returns the events by their place in `entries`, and for the others why their entry was refused.
   */
  async #commit(entries: readonly Entering[]): Promise<{ events: Map<number, LedgerEvent>; refused: Map<number, LedgerError> }> {
    const before = this.#vouched;
    const tree = before.tree.clone();
    const states = before.states.fork();
    const events = new Map<number, LedgerEvent>();
    const refused = new Map<number, LedgerError>();
    const lines: Buffer[] = [];
    const group: Derivable[] = [];
    let offset = before.end;
    const now = this.#now();
    for (const [i, { entry, time }] of entries.entries()) {
      const event: LedgerEvent = {
        seq: tree.size,
        time: time ?? now,
        ...(time === undefined ? {} : { entered: now }),
        installation: this.#options.installation,
        action: entry.action,
        ...(entry.person === undefined ? {} : { person: entry.person }),
        ...(entry.outcome === undefined ? {} : { outcome: entry.outcome }),
        ...(entry.detail === undefined ? {} : { detail: entry.detail }),
      };
      const broken = states.take(event);
      if (broken) {
        refused.set(i, new LedgerError('contradiction', `The ledger refused an event ${entry.action}, because it ${broken.sentence}.`));
        continue;
      }
      const line = encodeEvent(event);
      const leaf = leafHash(line);
      lines.push(line, NEWLINE);
      tree.append(leaf);
      group.push({ event, leaf, offset });
      offset += line.length + 1;
      events.set(i, event);
    }
    if (lines.length === 0) return { events, refused };
    const bytes = Buffer.concat(lines);
    await this.#writeVouched('events', before.end, bytes, (head) => ({ ...head, tree: tree.head() }));
    before.states.join(states);
    this.#vouched = { ...this.#vouched, tree, end: offset };
    for (const { event } of group) this.#vouched.facts.take(event);
    this.#derive(group);
    await this.#snapshotIfDue();
    return { events, refused };
  }

  /** Adds events to what is kept beside the ledger. Where that fails, it is made anew at the next opening: the ledger itself has them. */
  #derive(group: readonly Derivable[]): void {
    try {
      this.#vouched.derived?.add(group);
    } catch {
      this.#forgetDerived();
    }
  }

  #forgetDerived(): void {
    // Its files stay open: states of recordings that it has written down are still asked for.
    if (this.#vouched.derived) this.#forgotten.push(this.#vouched.derived);
    this.#vouched = { ...this.#vouched, derived: undefined };
  }

  /** Holds the lock. */
  async #snapshotIfDue(): Promise<void> {
    const { derived, tree, states, facts, end, head } = this.#vouched;
    if (!derived || tree.size - derived.signed < SNAPSHOT_EVENTS) return;
    try {
      const newer = readSnapshot(this.#paths.derived, this.key);
      if (newer && newer.size > derived.base && newer.size <= tree.size) derived.adopt(newer, states);
      if (tree.size - derived.signed < SNAPSHOT_EVENTS) return;
      const snapshot = derived.flush({ ...tree.head(), end, checkpoints: head.checkpoints, facts: facts.state() }, states);
      await writeSnapshot(this.#paths.derived, snapshot, this.key, (bytes) => this.#options.signer.sign(bytes));
      derived.signed = snapshot.size;
    } catch {
      // A full disk, or a key that does not sign: what is derived can wait.
      this.#forgetDerived();
    }
  }

  /** Signs a checkpoint of the tree as it is. Holds the lock, and has refreshed. */
  async #writeCheckpoint(): Promise<SignedCheckpoint> {
    const { tree, head } = this.#vouched;
    const { name: origin } = this.key;
    const note = await this.#signed(() =>
      signNote(checkpointText(origin, tree.head(), new Date(this.#clock()).toISOString()), this.key, (bytes) => this.#options.signer.sign(bytes)),
    );
    const line = Buffer.from(JSON.stringify({ note }), 'utf8');
    await this.#writeVouched('checkpoints', head.checkpoints.bytes, Buffer.concat([line, NEWLINE]), (now) => ({
      ...now,
      checkpoints: nextChain(now.checkpoints, line),
    }));
    this.#last = { origin, head: tree.head(), note };
    this.#keepOutside(note);
    return this.#last;
  }

  /** Bytes at the end of a file, durable; then the head that vouches for them, durable. Where that fails, the bytes are taken back. */
  async #writeVouched(file: 'events' | 'checkpoints', at: number, bytes: Buffer, change: (head: SignedHead) => SignedHead): Promise<void> {
    const fd = this.#files[file];
    const takeBack = (error: unknown): LedgerError => {
      const failure = error instanceof LedgerError ? error : systemError('write-failed', `The ledger ${this.#paths[file]} cannot be written`, error);
      try {
        ftruncateSync(fd, at);
      } catch {
        this.#fail(failure);
      }
      return failure;
    };
    try {
      for (let written = 0; written < bytes.length;) {
        try {
          written += writeSync(fd, bytes, written, bytes.length - written, at + written);
        } catch (error) {
          // The room that was held back for this moment, piece by piece.
          if (!isFull(error) || !releaseRoom(this.#paths.reserve)) throw error;
        }
      }
    } catch (error) {
      // A full disk leaves no half line behind, and the next append may succeed.
      throw takeBack(error);
    }
    await this.#sync(file);
    let head: SignedHead;
    try {
      head = await this.#signed(() => nextHead(change(this.#vouched.head), this.key, this.#options.signer, this.#clock));
      const slot = slotOf(head);
      // One write of a page: it is there or it is not, and what was there before is the other slot's.
      if (writeSync(this.#files.head, slot.bytes, 0, slot.bytes.length, slot.at) !== slot.bytes.length) throw Object.assign(new Error(), { code: 'EIO' });
    } catch (error) {
      throw takeBack(error);
    }
    await this.#sync('head');
    this.#vouched = { ...this.#vouched, head };
  }

  /** Hands the newest checkpoint over, one at a time. Nobody waits for it: an older one that could not be kept is covered by the next. */
  #keepOutside(note: string): void {
    const { outside } = this.#options;
    if (!outside) return;
    this.#toKeep = note;
    this.#keeping ??= (async () => {
      for (let next = this.#toKeep; next !== undefined; next = this.#toKeep) {
        this.#toKeep = undefined;
        await outside.keep(next).catch(() => undefined);
      }
      this.#keeping = undefined;
    })();
  }

  async #signed<T>(sign: () => Promise<T>): Promise<T> {
    try {
      return await sign();
    } catch (error) {
      throw new LedgerError(
        'not-signed',
        `Nothing was entered in the ledger, because its key did not sign: ${error instanceof Error ? error.message : 'unknown fault'}`,
        {
          cause: error,
        },
      );
    }
  }
}

const NEWLINE = Buffer.from('\n');

function diverged(folder: string, { source, size, time }: OutsideHead): LedgerError {
  return new LedgerError(
    'diverged',
    `The ledger in ${folder} does not extend its head of ${size} events (${time}) that is kept in ${source}: it was cut, set back to an older copy, or rewritten. Nothing is signed. Keep a copy of ${folder} for the audit, then restore the newest backup.`,
  );
}

/** The head that follows `facts`: the next generation, signed now. */
function nextHead(facts: SignedHead, key: NoteKey, signer: InstallationSigner, clock: () => number): Promise<SignedHead> {
  return signHead({ ...facts, generation: facts.generation + 1, time: new Date(clock()).toISOString() }, key, (bytes) => signer.sign(bytes));
}

/** The files of a new ledger: the head first, because a ledger without one is a ledger whose head was removed. Holds the lock. */
async function makeLedger({ folder, signer, clock = Date.now }: LedgerOptions, key: NoteKey, paths: LedgerPaths): Promise<void> {
  try {
    const tree = { size: 0, root: emptyRoot().toString('hex') };
    const head = await signHead({ tree, generation: 0, checkpoints: EMPTY_CHAIN, time: new Date(clock()).toISOString() }, key, (bytes) => signer.sign(bytes));
    const { bytes } = slotOf(head);
    writeAtomic(paths.head, Buffer.concat([bytes, Buffer.alloc(HEAD_BYTES - bytes.length)]));
  } catch (error) {
    if (error instanceof StorageFault) throw new LedgerError('write-failed', error.message, { cause: error });
    throw systemError('write-failed', `The ledger in ${folder} cannot be written`, error);
  }
}

/** Nothing is opened for appending: a line stands where the tree says, whatever somebody else adds meanwhile. */
function openFile(path: string, create: number): number {
  const fd = openSync(path, constants.O_RDWR | create | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw Object.assign(new Error(`${path} is not a plain file`), { code: 'EINVAL' });
}

/** The files of a ledger that has been read. Events and checkpoints may be missing only where the head vouches for none. */
function openFiles(paths: LedgerPaths, key: NoteKey, vouched: SignedHead): OpenFiles {
  const opened: number[] = [];
  try {
    const open = (path: string, create: number): number => {
      const fd = openFile(path, create);
      opened.push(fd);
      return fd;
    };
    const head = open(paths.head, 0);
    const checkpoints = open(paths.checkpoints, vouched.checkpoints.lines === 0 ? constants.O_CREAT : 0);
    const events = open(paths.events, vouched.tree.size === 0 ? constants.O_CREAT : 0);
    syncFolder(dirname(paths.events));
    return { events, checkpoints, head };
  } catch (error) {
    for (const fd of opened) closeSync(fd);
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw corrupt(dirname(paths.events), key, 'A file of it is missing.');
    throw systemError('write-failed', `The ledger in ${dirname(paths.events)} cannot be written`, error);
  }
}

function fileStamp(clock: () => number): string {
  return new Date(clock()).toISOString().replace(/[-:.]/g, '');
}

/** Copies a part of a file into a new one, and makes that durable. */
function keepAside(fd: number, path: string, from: number, to: number): void {
  let aside = -1;
  for (let n = 0; aside < 0; n++) {
    try {
      aside = openSync(n === 0 ? path : `${path}-${n}`, 'wx', 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  try {
    const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, to - from));
    for (let at = from; at < to;) {
      const count = readSync(fd, buffer, 0, Math.min(buffer.length, to - at), at);
      if (count === 0) break;
      for (let written = 0; written < count;) written += writeSync(aside, buffer, written, count - written);
      at += count;
    }
    fdatasyncSync(aside);
  } finally {
    closeSync(aside);
  }
  syncFolder(dirname(path));
}

function systemError(code: 'write-failed' | 'unreadable', what: string, error: unknown): LedgerError {
  if (error instanceof LedgerError) return error;
  const reason = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  const advice: Record<string, string> = {
    ENOSPC: 'The disk is full: make room, then try again.',
    EDQUOT: 'The disk quota is used up: make room, then try again.',
    EROFS: 'The disk is read-only: mount it for writing, then try again.',
    EACCES: 'You have no right to it: check owner and mode.',
    EIO: 'The disk reports an error: replace it, and keep a copy of what can be read.',
  };
  return new LedgerError(code, `${what} (${reason}). ${advice[reason] ?? 'Check the disk and the rights.'}`, { cause: error });
}
