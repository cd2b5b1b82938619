/**
 * The files of a ledger in the hands of one process: what others have appended is taken in, what nobody vouched for is moved
 * aside, and groups of events are written. Every method here is called with the lock held, one at a time. Over 400 lines: taking in and
 * writing go on from one state, and end it the same way.
 */
import { closeSync, fdatasync, fdatasyncSync, fstatSync, ftruncateSync, lstatSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { leafHash } from '../merkle/tree.ts';
import { diverged, nextHead, type LedgerOptions } from './create.ts';
import { Derived, type Derivable } from './derived/derived.ts';
import { takeCounted } from './entitled.ts';
import { Doubt } from './derived/doubt.ts';
import { readSnapshot, writeSnapshot } from './derived/snapshot.ts';
import { Disturbances, type Disturbance } from './disturbed.ts';
import { fileStamp, keepAside, systemError, type LedgerFile, type OpenFiles } from './disk.ts';
import { eventOf, type Entering, type Moment } from './entering.ts';
import { ContradictionError, LedgerError } from './errors.ts';
import { encodeEvent, encodeLine } from './events.ts';
import { countLines, passLines, type LedgerPaths } from './files.ts';
import { nextChain, readHeadFd, SLOT_BYTES, slotOf, type SignedHead } from './head.ts';
import { rootAt, type LedgerState } from './lookups.ts';
import { signCheckpoint, type NoteKey } from './note.ts';
import { keepLate, readKept, type KeptEvents } from './kept.ts';
import { isFull, releaseRoom } from './room.ts';
import { eventAt } from './found-event.ts';
import { openState, SNAPSHOT_EVENTS } from './state.ts';
import type { LedgerEvent, OutsideHead, SignedCheckpoint } from './types.ts';
import type { InstallationSigner } from '../crypto/signer.ts';
import { sentenceOf } from '../types/sentence.ts';

const sync = promisify(fdatasync);
const NEWLINE = Buffer.from('\n');

/** Behind the name of a file. */
const words: Readonly<Record<Disturbance, string>> = {
  removed: 'was removed',
  replaced: 'was replaced',
  changed: 'was changed',
  shorter: 'became shorter',
  'set-back': 'was set back',
  held: 'is held',
  unreadable: 'cannot be read',
};

/** The ledger as far as its key has vouched for it. */
export interface Vouched extends LedgerState {
  readonly head: SignedHead;
}

export class LedgerWriter {
  key: NoteKey;
  readonly paths: LedgerPaths;
  readonly files: OpenFiles;
  vouched: Vouched;
  /** The last checkpoint that this process has read or written. */
  last: SignedCheckpoint | undefined;
  /** Set by the first failure after which the file's state is not known: every later call is refused with it. */
  broken: LedgerError | undefined;
  /** What was found not whole, and is not entered yet. */
  readonly disturbances = new Disturbances();
  /** The handing over of a checkpoint that is under way, and the newest one that has not been handed over. */
  keeping: Promise<void> | undefined;
  #toKeep: string | undefined;
  #options: LedgerOptions;
  readonly #clock: () => number;
  readonly #mono: () => number;
  /** What was kept beside the ledger, and is not written any more. */
  readonly #forgotten: Derived[] = [];

  constructor(options: LedgerOptions, key: NoteKey, paths: LedgerPaths, files: OpenFiles, vouched: Vouched) {
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
    this.#mono = options.mono ?? (() => Number(process.hrtime.bigint() / 1000n));
    this.key = key;
    this.paths = paths;
    this.files = files;
    this.vouched = vouched;
    this.last = vouched.last;
  }

  /** Signs with another key from now on. */
  succeed(signer: InstallationSigner, key: NoteKey): void {
    this.#options = { ...this.#options, signer, key };
    this.key = key;
  }

  get installation(): string {
    return this.#options.installation;
  }

  close(): void {
    for (const fd of Object.values(this.files) as number[]) closeSync(fd);
    for (const derived of [...this.#forgotten, this.vouched.derived]) derived?.close();
  }

  /** Holds the lock, and has changed nothing yet. @throws LedgerError 'diverged' */
  async requireExtends(outside: readonly OutsideHead[]): Promise<void> {
    for (const head of outside) {
      let root: string | undefined;
      try {
        root = this.#rootNow(head.size);
      } catch (error) {
        if (!(error instanceof Doubt)) throw error;
        await this.deriveAnew();
        root = this.#rootNow(head.size);
      }
      if (root !== head.root) throw diverged(this.#options.folder, head);
    }
  }

  #rootNow(size: number): string | undefined {
    return rootAt({ key: this.key, state: this.vouched, events: this.files.events }, size);
  }

  /** Holds the lock. */
  async deriveAnew(): Promise<void> {
    const found = this.refresh();
    this.#forgetDerived();
    const { head } = this.vouched;
    const { events, checkpoints } = this.files;
    Derived.clear(this.paths.derived);
    this.vouched = { ...(await openState({ folder: this.#options.folder, key: this.key, head, events, checkpoints }, 'writer')), head };
    if (found.length > 0) await this.commit(found);
    await this.snapshotIfDue();
  }

  fail(error: LedgerError): LedgerError {
    this.broken ??= error;
    return error;
  }

  now(): Moment {
    return { time: new Date(this.#clock()).toISOString(), monoUs: this.#mono() };
  }

  async #sync(file: LedgerFile): Promise<void> {
    try {
      await sync(this.files[file]);
    } catch (error) {
      // After a failed fsync the kernel may have dropped the pages, so a second try would report a false success.
      throw this.fail(systemError('write-failed', `The ledger ${this.paths[file]} could not be made durable`, error));
    }
  }

  /** A file is not what this process has left there. Nothing is written now; each later call looks again, and where all of it is whole goes on. */
  disturbed(file: LedgerFile, how: Disturbance, what: string = words[how]): LedgerError {
    this.disturbances.see(file, how, this.now());
    return new LedgerError(
      'corrupt',
      `The ledger ${this.paths[file]} ${what} while it was in use. Nothing is written to it until what was there is back; what happens meanwhile is kept and entered then. Keep a copy of ${this.#options.folder} for the audit.`,
    );
  }

  /**
   * Takes in what other processes have appended and vouched for, and moves aside what nobody has. Holds the lock.
   * @returns what is to be told of that.
   */
  refresh(): Entering[] {
    for (const file of ['events', 'checkpoints', 'head'] as const) {
      try {
        const held = fstatSync(this.files[file]);
        const named = lstatSync(this.paths[file]);
        if (named.ino !== held.ino || named.dev !== held.dev) throw this.disturbed(file, 'replaced');
      } catch (error) {
        if (error instanceof LedgerError) throw error;
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw this.disturbed(file, 'removed');
        this.disturbances.see(file, 'unreadable', this.now());
        throw systemError('unreadable', `The ledger ${this.paths[file]} cannot be read`, error);
      }
    }
    const { head: ours } = this.vouched;
    const found = readHeadFd(this.files.head, this.key);
    if (found.kind !== 'good') throw this.disturbed('head', 'changed', found.kind === 'bad' ? `was changed (${found.why})` : undefined);
    const { head } = found;
    if (head.generation < ours.generation || (head.generation === ours.generation && head.note !== ours.note)) throw this.disturbed('head', 'set-back');
    if (head.generation > ours.generation) this.#takeIn(head);
    try {
      return this.moveUnvouchedAside(found.damaged);
    } catch (error) {
      throw systemError('write-failed', `What nobody vouched for in ${this.#options.folder} cannot be moved aside`, error);
    }
  }

  /** Takes in the events that another process has appended, up to its head. */
  #takeIn(head: SignedHead): void {
    const { states: before, end } = this.vouched;
    // Nothing of them counts before all of them are what their head vouches for: this may be looked at again.
    const tree = this.vouched.tree.clone();
    const states = before.fork();
    const size = head.tree.size;
    const group: Omit<Derivable, 'counts'>[] = [];
    let trouble: string | undefined;
    const pass = passLines(this.files.events, end, (line, offset) => {
      if (trouble !== undefined || tree.size === size) return false;
      const found = eventAt(line, tree.size, this.key);
      const broken = found && states.take(found.event);
      if (!found) trouble = `got a line that is not its event ${tree.size}`;
      else if (broken) trouble = `got an event ${found.event.seq} that ${broken.sentence}`;
      else {
        const { event, entry } = found;
        const leaf = leafHash(entry);
        tree.append(leaf);
        group.push({ event, leaf, offset });
      }
      return true;
    });
    if (trouble !== undefined) throw this.disturbed('events', 'changed', trouble);
    if (tree.size < size) throw this.disturbed('events', 'shorter');
    if (tree.head().root !== head.tree.root) throw this.disturbed('events', 'changed', 'is not what its head vouches for');
    before.join(states);
    this.vouched = { ...this.vouched, tree, end: pass.end, head };
    this.#take(group);
  }

  /** Moves aside what the files hold beyond the head. Holds the lock, so nobody is writing. @returns what is to be told. */
  moveUnvouchedAside(damagedSlot: boolean): Entering[] {
    const { end, head } = this.vouched;
    const stamp = fileStamp(this.#clock);
    const found: Entering[] = [];
    const aside = (file: LedgerFile, from: number, to: number): void => {
      const fd = this.files[file];
      const lines = file === 'head' ? 0 : countLines(fd, from, to);
      keepAside(fd, join(this.#options.folder, `unvouched-${stamp}-${file}-${from}`), from, to);
      found.push({ entry: { action: 'ledger.unvouched', detail: { file, lines, bytes: to - from } }, authority: null });
    };
    const whole = [
      ['events', end],
      ['checkpoints', head.checkpoints.bytes],
    ] as const;
    for (const [file, from] of whole) if (fstatSync(this.files[file]).size < from) throw this.disturbed(file, 'shorter');
    for (const [file, from] of whole) {
      const { size } = fstatSync(this.files[file]);
      if (size === from) continue;
      aside(file, from, size);
      ftruncateSync(this.files[file], from);
      fdatasyncSync(this.files[file]);
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
  async commit(entries: readonly Entering[]): Promise<{ events: Map<number, LedgerEvent>; refused: Map<number, ContradictionError> }> {
    const before = this.vouched;
    const tree = before.tree.clone();
    const states = before.states.fork();
    const events = new Map<number, LedgerEvent>();
    const refused = new Map<number, ContradictionError>();
    const lines: Buffer[] = [];
    const group: Omit<Derivable, 'counts'>[] = [];
    let offset = before.end;
    const now = this.now();
    for (const [i, entering] of entries.entries()) {
      const event = eventOf(entering, { seq: tree.size, installation: this.#options.installation, now });
      const broken = states.take(event);
      if (broken) {
        refused.set(i, new ContradictionError(event.action, broken));
        continue;
      }
      const own = encodeEvent(event);
      const line = encodeLine(event, own);
      const leaf = leafHash(own);
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
    this.vouched = { ...this.vouched, tree, end: offset };
    this.#take(group);
    await this.snapshotIfDue();
    return { events, refused };
  }

  /** Adds events to the facts and to what is kept beside the ledger. Where the latter fails, it is made anew at the next opening: the ledger itself has them. */
  #take(events: readonly Omit<Derivable, 'counts'>[]): void {
    const { facts, states } = this.vouched;
    const group = events.map((one) => ({ ...one, counts: takeCounted(facts, one.event, states) }));
    try {
      this.vouched.derived?.add(group);
    } catch {
      this.#forgetDerived();
    }
  }

  #forgetDerived(): void {
    // Its files stay open: states of recordings that it has written down are still asked for.
    if (this.vouched.derived) this.#forgotten.push(this.vouched.derived);
    this.vouched = { ...this.vouched, derived: undefined };
  }

  /** Holds the lock. */
  async snapshotIfDue(): Promise<void> {
    const { derived, tree, states, facts, end, head } = this.vouched;
    if (!derived || tree.size - derived.signed < SNAPSHOT_EVENTS) return;
    try {
      const newer = readSnapshot(this.paths.derived, this.key);
      if (newer && newer.size > derived.base && newer.size <= tree.size) derived.adopt(newer, states);
      if (tree.size - derived.signed < SNAPSHOT_EVENTS) return;
      const snapshot = derived.flush({ ...tree.head(), end, checkpoints: head.checkpoints, facts: facts.state() }, states);
      await writeSnapshot(this.paths.derived, snapshot, this.key, this.#options.signer);
      derived.signed = snapshot.size;
    } catch {
      // A full disk, or a key that does not sign: what is derived can wait.
      this.#forgetDerived();
    }
  }

  /** Signs a checkpoint of the tree as it is. Holds the lock, and has refreshed. */
  async writeCheckpoint(): Promise<SignedCheckpoint> {
    const { tree, head } = this.vouched;
    const { name: origin } = this.key;
    const note = await this.#signed(() => signCheckpoint(tree.head(), new Date(this.#clock()).toISOString(), this.key, this.#options.signer));
    const line = Buffer.from(JSON.stringify({ note }), 'utf8');
    await this.#writeVouched('checkpoints', head.checkpoints.bytes, Buffer.concat([line, NEWLINE]), (now) => ({
      ...now,
      checkpoints: nextChain(now.checkpoints, line),
    }));
    this.last = { origin, head: tree.head(), note };
    this.#keepOutside(note);
    return this.last;
  }

  /** Bytes at the end of a file, durable; then the head that vouches for them, durable. Where that fails, the bytes are taken back. */
  async #writeVouched(file: 'events' | 'checkpoints', at: number, bytes: Buffer, change: (head: SignedHead) => SignedHead): Promise<void> {
    const fd = this.files[file];
    const takeBack = (error: unknown): LedgerError => {
      const failure = error instanceof LedgerError ? error : systemError('write-failed', `The ledger ${this.paths[file]} cannot be written`, error);
      try {
        ftruncateSync(fd, at);
      } catch {
        this.fail(failure);
      }
      return failure;
    };
    try {
      for (let written = 0; written < bytes.length;) {
        try {
          written += writeSync(fd, bytes, written, bytes.length - written, at + written);
        } catch (error) {
          // The room that was held back for this moment, piece by piece.
          if (!isFull(error) || !releaseRoom(this.paths.reserve)) throw error;
        }
      }
    } catch (error) {
      // A full disk leaves no half line behind, and the next append may succeed.
      throw takeBack(error);
    }
    await this.#sync(file);
    let head: SignedHead;
    try {
      head = await this.#signed(() => nextHead(change(this.vouched.head), this.key, this.#options.signer, this.#clock));
      const slot = slotOf(head);
      // One write of a page: it is there or it is not, and what was there before is the other slot's.
      if (writeSync(this.files.head, slot.bytes, 0, slot.bytes.length, slot.at) !== slot.bytes.length) throw Object.assign(new Error(), { code: 'EIO' });
    } catch (error) {
      throw takeBack(error);
    }
    await this.#sync('head');
    this.vouched = { ...this.vouched, head };
  }

  /** Hands the newest checkpoint over, one at a time. Nobody waits for it: an older one that could not be kept is covered by the next. */
  #keepOutside(note: string): void {
    const { outside } = this.#options;
    if (!outside) return;
    this.#toKeep = note;
    this.keeping ??= (async () => {
      for (let next = this.#toKeep; next !== undefined; next = this.#toKeep) {
        this.#toKeep = undefined;
        await outside.keep(next).catch(() => undefined);
      }
      this.keeping = undefined;
    })();
  }

  /** Keeps entries signed beside the ledger for whoever opens it next. @returns the folder. @throws LedgerError, StorageFault */
  keepLate(entries: readonly Entering[]): Promise<string> {
    return this.#signed(() => keepLate(this.paths.late, entries, this.key, this.#options.signer, fileStamp(this.#clock)));
  }

  /** What a process before this one has kept signed beside the ledger. What this key has not signed is moved aside, and told. */
  takeKept(): { readonly kept: readonly KeptEvents[]; readonly found: readonly Entering[] } {
    return readKept(this.paths.late, this.key, join(this.#options.folder, `unvouched-${fileStamp(this.#clock)}-late`));
  }

  async #signed<T>(sign: () => Promise<T>): Promise<T> {
    try {
      return await sign();
    } catch (error) {
      throw new LedgerError('not-signed', `Nothing was entered in the ledger, because its key did not sign: ${sentenceOf(error)}`, {
        cause: error,
      });
    }
  }
}
