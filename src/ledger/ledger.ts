/**
 * The append-only audit ledger of one installation. Several processes may append to it at once; a lock file lets one in at
 * a time, and each reads what the others wrote before it adds its own line.
 */
import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fsyncSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { leafHash, type MerkleTree } from '../merkle/tree.ts';
import type { TreeHead } from '../recording/types.ts';
import { LedgerError } from './errors.ts';
import { checkEntry, decodeEvent, encodeEvent } from './events.ts';
import { ledgerPaths, passLines, type LedgerPaths } from './files.ts';
import { withLock } from './lockfile.ts';
import { checkpointText, ledgerOrigin, noteKey, signNote, type NoteKey } from './note.ts';
import { readLedger } from './read.ts';
import type { InstallationSigner, LedgerEntry, LedgerEvent, SignedCheckpoint } from './types.ts';

const sync = promisify(fdatasync);

export interface LedgerOptions {
  /** The ledger's folder, absolute. Made with mode 0700 when it is missing. */
  readonly folder: string;
  readonly installation: string;
  readonly signer: InstallationSigner;
  /** Milliseconds since 1970. Default: the system's clock. */
  readonly clock?: () => number;
}

export class Ledger {
  /** The key that its checkpoints are verified with. */
  readonly key: NoteKey;
  readonly folder: string;
  #options: LedgerOptions;
  #clock: () => number;
  #paths: LedgerPaths;
  #tree: MerkleTree;
  #eventsFd: number;
  #checkpointsFd: number;
  /** Bytes of events.jsonl that are in the tree. */
  #end: number;
  #last: SignedCheckpoint | undefined;
  /** Set by the first failure after which the file's state is not known: every later call is refused with it. */
  #broken: LedgerError | undefined;
  #closed = false;
  /** One task of this process after another; the lock file orders the processes. */
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(
    options: LedgerOptions,
    key: NoteKey,
    paths: LedgerPaths,
    opened: { tree: MerkleTree; end: number; last: SignedCheckpoint | undefined; eventsFd: number; checkpointsFd: number },
  ) {
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
    this.key = key;
    this.folder = options.folder;
    this.#paths = paths;
    this.#tree = opened.tree;
    this.#end = opened.end;
    this.#last = opened.last;
    this.#eventsFd = opened.eventsFd;
    this.#checkpointsFd = opened.checkpointsFd;
  }

  /**
   * Opens the ledger, or makes an empty one. A torn last line is moved aside and told as an event `ledger.recovered`.
   * @throws LedgerError 'corrupt' when the ledger contradicts its checkpoints or itself (nothing is changed then), 'busy', 'unreadable', 'write-failed'.
   */
  static async open(options: LedgerOptions): Promise<Ledger> {
    const paths = ledgerPaths(options.folder);
    const key = noteKey(ledgerOrigin(options.installation), options.signer.publicKey);
    const torn: LedgerEntry[] = [];
    try {
      mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw systemError('unreadable', `The ledger's folder ${options.folder} cannot be made`, error);
    }
    const ledger = await withLock(paths.lock, async () => {
      const reading = readLedger(options.folder, key, { signatures: 'last' });
      const fault = reading.faults[0];
      if (fault)
        throw new LedgerError(
          'corrupt',
          `${fault.message} The ledger was left as it is; keep a copy of ${options.folder} for the audit, then restore it from a backup.`,
        );
      const stamp = fileStamp(options.clock ?? Date.now);
      let eventsFd = -1;
      let checkpointsFd = -1;
      try {
        // The checkpoint file comes first: from its first event on, a ledger without a checkpoint is a ledger with its checkpoints removed.
        checkpointsFd = openAppend(paths.checkpoints);
        if (reading.torn.checkpoints > 0) torn.push(moveTornAside(checkpointsFd, options.folder, 'checkpoints', reading.end.checkpoints, stamp));
        eventsFd = openAppend(paths.events);
        if (reading.torn.events > 0) torn.push(moveTornAside(eventsFd, options.folder, 'events', reading.end.events, stamp));
        const opened = new Ledger(options, key, paths, { tree: reading.tree, end: reading.end.events, last: reading.last, eventsFd, checkpointsFd });
        if (!reading.last) {
          await opened.#writeCheckpoint();
          syncFolder(options.folder);
        }
        return opened;
      } catch (error) {
        if (eventsFd >= 0) closeSync(eventsFd);
        if (checkpointsFd >= 0) closeSync(checkpointsFd);
        throw error instanceof LedgerError ? error : systemError('write-failed', `The ledger in ${options.folder} cannot be written`, error);
      }
    });
    for (const entry of torn) await ledger.append(entry);
    return ledger;
  }

  /** Events so far, those of other processes included as far as they have been seen. */
  get events(): number {
    return this.#tree.size;
  }

  /** Size and root of the tree, as `events`. */
  head(): TreeHead {
    return this.#tree.head();
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
   * Appends one event. Important events (see events.ts) are on the disk when the promise resolves.
   * @throws LedgerError 'refused-event' for an entry that the table does not allow; 'write-failed', 'busy' or 'corrupt' when it could not be written.
   */
  append(entry: LedgerEntry): Promise<LedgerEvent> {
    let important: boolean;
    try {
      important = checkEntry(entry).important;
    } catch (error) {
      return Promise.reject(error as Error);
    }
    return this.#enqueue(async () => {
      const event = await this.#locked(async () => this.#write(entry));
      if (important) await this.#sync(this.#eventsFd, this.#paths.events);
      return event;
    });
  }

  /** Makes every event durable, signs the tree's head and appends the checkpoint. */
  checkpoint(): Promise<SignedCheckpoint> {
    return this.#enqueue(() =>
      this.#locked(async () => {
        await this.#refresh();
        await this.#sync(this.#eventsFd, this.#paths.events);
        return this.#writeCheckpoint();
      }),
    );
  }

  /** Makes everything durable and lets go of the files. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#queue.catch(() => undefined);
    this.#closed = true;
    try {
      if (!this.#broken) await this.#sync(this.#eventsFd, this.#paths.events);
    } finally {
      closeSync(this.#eventsFd);
      closeSync(this.#checkpointsFd);
    }
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

  async #sync(fd: number, path: string): Promise<void> {
    try {
      await sync(fd);
    } catch (error) {
      // After a failed fsync the kernel may have dropped the pages, so a second try would report a false success.
      throw this.#fail(systemError('write-failed', `The ledger ${path} could not be made durable`, error));
    }
  }

  /** Takes in what other processes have appended. Holds the lock. */
  async #refresh(): Promise<void> {
    const { events } = this.#paths;
    const corrupt = (what: string): LedgerError =>
      this.#fail(
        new LedgerError(
          'corrupt',
          `The ledger ${events} ${what} while it was in use. Nothing more is written to it; keep a copy of ${this.folder} for the audit, then restart.`,
        ),
      );
    let size: number;
    try {
      const held = fstatSync(this.#eventsFd);
      const named = lstatSync(events);
      if (named.ino !== held.ino || named.dev !== held.dev) throw corrupt('was replaced');
      size = held.size;
    } catch (error) {
      if (error instanceof LedgerError) throw error;
      throw (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? corrupt('was removed')
        : systemError('unreadable', `The ledger ${events} cannot be read`, error);
    }
    if (size === this.#end) return;
    if (size < this.#end) throw corrupt('became shorter');
    let bad = false;
    const pass = passLines(this.#eventsFd, this.#end, (line) => {
      if (bad) return;
      const event = decodeEvent(line);
      if (!event || event.seq !== this.#tree.size || event.installation !== this.#options.installation) bad = true;
      else this.#tree.append(leafHash(line));
    });
    if (bad) throw corrupt(`got a line that is not its event ${this.#tree.size}`);
    this.#end = pass.end;
    // We hold the lock, so whoever left half a line is gone.
    if (pass.tornBytes > 0) await this.#write(moveTornAside(this.#eventsFd, this.folder, 'events', pass.end, fileStamp(this.#clock)));
  }

  /** Writes one checked entry. Holds the lock. */
  async #write(entry: LedgerEntry): Promise<LedgerEvent> {
    await this.#refresh();
    const event: LedgerEvent = {
      seq: this.#tree.size,
      time: new Date(this.#clock()).toISOString(),
      installation: this.#options.installation,
      action: entry.action,
      ...(entry.person === undefined ? {} : { person: entry.person }),
      ...(entry.outcome === undefined ? {} : { outcome: entry.outcome }),
      ...(entry.detail === undefined ? {} : { detail: entry.detail }),
    };
    const line = encodeEvent(event);
    this.#appendWhole(this.#eventsFd, this.#paths.events, this.#end, Buffer.concat([line, NEWLINE]));
    this.#tree.append(leafHash(line));
    this.#end += line.length + 1;
    return event;
  }

  /** Holds the lock, or is the only one who knows of the ledger. */
  async #writeCheckpoint(): Promise<SignedCheckpoint> {
    const head = this.#tree.head();
    const { name: origin } = this.key;
    const note = await signNote(checkpointText(origin, head, new Date(this.#clock()).toISOString()), this.key, (bytes) => this.#options.signer.sign(bytes));
    const bytes = Buffer.from(`${JSON.stringify({ note })}\n`, 'utf8');
    const { size } = fstatSync(this.#checkpointsFd);
    this.#appendWhole(this.#checkpointsFd, this.#paths.checkpoints, size, bytes);
    await this.#sync(this.#checkpointsFd, this.#paths.checkpoints);
    this.#last = { origin, head, note };
    return this.#last;
  }

  /** All of the bytes, or none: a full disk leaves no half line behind, and the next append may succeed. */
  #appendWhole(fd: number, path: string, end: number, bytes: Buffer): void {
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(fd, bytes, written);
    } catch (error) {
      const failure = systemError('write-failed', `The ledger ${path} cannot be written`, error);
      try {
        ftruncateSync(fd, end);
      } catch {
        this.#fail(failure);
      }
      throw failure;
    }
  }
}

const NEWLINE = Buffer.from('\n');

function openAppend(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0), 0o600);
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function fileStamp(clock: () => number): string {
  return new Date(clock()).toISOString().replace(/[-:.]/g, '');
}

/** Copies the bytes after the last whole line into a file of their own, makes that durable, and only then takes them off. */
function moveTornAside(fd: number, folder: string, file: 'events' | 'checkpoints', end: number, stamp: string): LedgerEntry {
  const tornBytes = fstatSync(fd).size - end;
  const torn = Buffer.alloc(tornBytes);
  readSync(fd, torn, 0, tornBytes, end);
  const aside = join(folder, `torn-${stamp}-${file}-${end}`);
  writeFileSync(aside, torn, { mode: 0o600, flag: 'wx', flush: true });
  syncFolder(folder);
  ftruncateSync(fd, end);
  fdatasyncSync(fd);
  return { action: 'ledger.recovered', detail: { file, tornBytes } };
}

function systemError(code: 'write-failed' | 'unreadable', what: string, error: unknown): LedgerError {
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
