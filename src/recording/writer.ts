/**
 * The writer of a recording: seals what it is given and writes it before it returns, so that the caller may then show
 * the bytes and wipe them. It holds public keys and the ratchet's present state, never a key that reads back.
 *
 * Appending is synchronous (one write of a whole frame). Two things are not: wrapping a segment's secret, so the next
 * segment's key is always prepared ahead (where rotation is due before the spare is ready, the present segment goes on
 * and rotation follows as soon as it is), and fdatasync, which runs every SYNC_INTERVAL_MS while something was written,
 * and at rotation and at the end.
 *
 * Where the disk is full, what is sealed waits in memory and is not lost: the caller shows nothing of it while `waiting`,
 * and calls `flush` until it is written. A full disk puts a rotation off. Room for the end is held back (room.ts).
 *
 * Any other write error, and a sync error, stops the recording for good. It is never tried again: after a failed fsync the
 * kernel may have dropped the pages and will report success for the next one.
 *
 * A head is told when everything under it is on the disk, and not before: the ledger must never know more than a disk that
 * lost its power.
 *
 * Over 400 lines: sealing, waiting for room, rotation and the end are files of their own; their order, which is all that is left
 * here, is one state.
 */
import { join } from 'node:path';
import { MerkleTree } from '../merkle/tree.ts';
import { syncFolder } from '../disk/atomic.ts';
import { isFull, nameOf } from '../disk/errno.ts';
import { cannotBegin, noRoom, stopped } from './disk-error.ts';
import { writeEnd } from './end-file.ts';
import { RecordingError } from './errors.ts';
import { MAX_RECORD_OUTPUT_BYTES, pieceEnds } from './events.ts';
import { FloodGauge } from './flood.ts';
import { MAX_BODY_BYTES } from './frame.ts';
import { newRecordingId } from './header.ts';
import { RECORDING_ID } from '../types/ids.ts';
import { recordingClock, type RecordingClock, type RecordingOptions } from './options.ts';
import { prepareSegment, RotationRule, segmentStart, type SegmentSeal } from './rotation.ts';
import { RunningFolder } from './running-folder.ts';
import { Sealer } from './sealer.ts';
import { SegmentFile } from './segment-file.ts';
import { requireSpace } from './space.ts';
import type { EndReason } from '../types/words.ts';
import type { EventCode, SegmentStart, Written } from './types.ts';
import type { TreeHead } from '../types/head.ts';
import { WaitingRecords, type WaitingRecord } from './waiting.ts';

/** Data of one event at most, so that its record stays below the longest body. */
export const MAX_EVENT_DATA_BYTES = MAX_BODY_BYTES - 4096;
/** A rotation that the disk had no room for is tried again after this. */
const ROTATE_AGAIN_NS = 1_000_000_000n;
/** Beginnings of segments that a writer keeps, each some 1.5 KiB: what a pane gets back lies behind the last few. Segments without output share one. */
const KEPT_STARTS = 64;

export class RecordingWriter {
  readonly id: string;
  /** The recording's own folder. */
  readonly folder: string;
  readonly #options: RecordingOptions;
  readonly #clock: RecordingClock;
  readonly #tree = new MerkleTree();
  readonly #sealer = new Sealer();
  readonly #flood = new FloodGauge();
  readonly #rotation: RotationRule;
  readonly #file: SegmentFile;
  readonly #running: RunningFolder;
  readonly #startNs: bigint;
  readonly #startMs: number;

  #spare: SegmentSeal | undefined;
  #preparing: Promise<void> | undefined;
  #segment = -1;
  #size: string;
  #outputBytes = 0;
  readonly #starts: SegmentStart[] = [];
  readonly #waiting = new WaitingRecords();
  /** Before then a rotation is not tried again. */
  #rotateFrom = 0n;
  /** Size of the tree at the last checkpoint. */
  #checkpointed = 0;
  #failure: RecordingError | undefined;
  #ended = false;
  /** No segment begins any more. */
  #ending = false;
  #announced = false;

  private constructor(options: RecordingOptions, id: string) {
    this.#options = options;
    this.#clock = options.clock ?? recordingClock;
    this.#startNs = this.#clock.monoNs();
    this.#startMs = this.#clock.wallMs();
    this.id = id;
    this.folder = join(options.folder, id);
    this.#size = `${options.start.cols}x${options.start.rows}`;
    this.#rotation = new RotationRule(options.rotate);
    this.#running = new RunningFolder(this.folder);
    this.#file = new SegmentFile({
      folder: this.folder,
      head: () => this.head(),
      failed: (error) => void this.#fail(stopped(this.id, this.folder, error)),
    });
  }

  /**
   * Begins a recording: its folder, its first segment, its start event, on disk. Rejects with RecordingError
   * 'disk-reserve', 'bad-recipient' or 'write-failed'.
   */
  static async create(options: RecordingOptions): Promise<RecordingWriter> {
    const id = options.recording ?? newRecordingId((options.clock ?? recordingClock).wallMs());
    if (!RECORDING_ID.test(id)) throw new RangeError(`${JSON.stringify(id)} is not a recording's id`);
    if (options.recipients.length === 0)
      throw new RecordingError('bad-recipient', 'A recording needs at least one key that can open it. Add an audit key to the policy.');
    const writer = new RecordingWriter(options, id);
    await writer.#begin();
    return writer;
  }

  /** Output bytes written so far: what waits is none of them. */
  get outputBytes(): number {
    return this.#outputBytes;
  }

  /** Bytes of segment files written so far. */
  get sealedBytes(): number {
    return this.#file.allBytes;
  }

  /** Sealed records wait for room on the disk: nothing of them may be shown. */
  get waiting(): boolean {
    return this.#waiting.count > 0;
  }

  /** Output bytes that were not taken, because too many waited already. The recording says so in a `g` event. */
  get lostBytes(): number {
    return this.#waiting.lostBytes;
  }

  /** Why the recording has stopped, if it has. */
  get failure(): RecordingError | undefined {
    return this.#failure;
  }

  /** Number of the segment being written, from 0. */
  get segment(): number {
    return this.#segment;
  }

  /**
   * Seals and writes output of the pty, of any length; nothing of `chunk` is kept. When it returns, and nothing is `waiting`,
   * the bytes are in the file (not yet on the disk's platter: see `sync`) and the caller may show and then wipe them. Where
   * too many wait already, the rest of `chunk` is counted in `lostBytes`. Throws RecordingError.
   */
  output(chunk: Uint8Array): void {
    this.#check();
    this.#rotateIfDue();
    const now = this.#now();
    const floods = this.#flood.floods(chunk.length, now);
    for (let at = 0; at < chunk.length; at += MAX_RECORD_OUTPUT_BYTES) {
      const part = at === 0 && chunk.length <= MAX_RECORD_OUTPUT_BYTES ? chunk : chunk.subarray(at, at + MAX_RECORD_OUTPUT_BYTES);
      if (this.#waiting.takesOutput(part.length)) this.#seal('o', part, pieceEnds(part, floods), now);
    }
  }

  /** Seals and writes one event that is not output. Data: bytes, or text as UTF-8; MAX_EVENT_DATA_BYTES at most. Throws RecordingError, RangeError. */
  event(code: Exclude<EventCode, 'o'>, data: Uint8Array | string): void {
    this.#check();
    const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
    if (bytes.length > MAX_EVENT_DATA_BYTES) throw new RangeError(`an event has ${MAX_EVENT_DATA_BYTES} bytes of data at most, not ${bytes.length}`);
    this.#rotateIfDue();
    if (code === 'r') this.#size = Buffer.from(bytes).toString('latin1');
    if (!this.#waiting.takesMark(code)) {
      // A size stands at the beginning of the next segment as well.
      if (code === 'r') this.#rotation.want();
      return;
    }
    this.#seal(code, bytes, [bytes.length], this.#now());
  }

  /** Tries to write what waits for room, in order. @returns whether nothing waits any more. Throws RecordingError. */
  flush(): boolean {
    this.#check();
    if (!this.#waiting.flush((record) => this.#append(record))) return false;
    this.#sayLost();
    if (!this.waiting) this.#rotateIfDue();
    return !this.waiting;
  }

  /** The program has ended: the room that is held back for the end is used for what waits. @returns whether nothing waits any more. Throws RecordingError. */
  flushAtEnd(): boolean {
    this.#ending = true;
    if (this.flush()) return true;
    this.#running.spendRoom();
    return this.flush();
  }

  /** Starts a new segment now, or as soon as its key is ready. Throws RecordingError. */
  rotate(): void {
    this.#check();
    this.#rotation.want();
    this.#rotateIfDue();
  }

  /** Size and root of the tree over every frame written. */
  head(): TreeHead {
    return this.#tree.head();
  }

  /** What has been written, for whoever reads the files back and is not to believe them. */
  written(): Written {
    return { outputBytes: this.#outputBytes, head: this.head(), starts: [...this.#starts] };
  }

  /**
   * The head of everything written before the call, once it is on the disk; undefined where an earlier call gave that one.
   * Rejects with RecordingError.
   */
  async checkpoint(): Promise<TreeHead | undefined> {
    this.#check();
    if (this.#tree.size === this.#checkpointed) return undefined;
    await this.sync();
    const head = this.#file.durable;
    if (head.size <= this.#checkpointed || this.#ended) return undefined;
    this.#checkpointed = head.size;
    return head;
  }

  /** Resolves when everything written before the call is on the disk. Rejects with RecordingError. */
  async sync(): Promise<void> {
    this.#check();
    this.#file.startSync();
    await this.#file.settled();
    if (this.#failure) throw this.#failure;
  }

  /** Ends the recording: exit and end events, sync, end.json, notice. After a failure it resolves with the head that was told with it. */
  async end(reason: EndReason, exit?: { readonly code: number; readonly signal: number }): Promise<TreeHead> {
    if (this.#failure) return this.#told();
    this.#check();
    this.#ending = true;
    this.#sayLost();
    if (exit) this.event('x', JSON.stringify({ code: exit.code, signal: exit.signal }));
    this.event('e', JSON.stringify({ reason }));
    if (!this.flushAtEnd()) throw this.#fail(stopped(this.id, this.folder, noRoom()));
    this.#ended = true;
    const durationMs = Number(this.#now() / 1_000_000n);
    const head = this.head();
    await this.#preparing;
    this.#file.close();
    this.#forget();
    await this.#file.settled();
    if (this.#failure) throw this.#failure;
    const end = { format: 'wardmux-end', version: 1, recording: this.id, reason, head, outputBytes: this.#outputBytes, durationMs } as const;
    const close = (): void => {
      writeEnd(this.folder, end);
      this.#running.letGo();
    };
    if (!this.#disk(close)) {
      this.#running.spendRoom();
      if (!this.#disk(close)) throw this.#fail(stopped(this.id, this.folder, noRoom()));
    }
    this.#options.notice({ kind: 'end', recording: this.id, reason, head, outputBytes: this.#outputBytes, durationMs });
    return head;
  }

  async #begin(): Promise<void> {
    requireSpace(this.#options);
    await this.#prepare(0);
    if (this.#failure) throw this.#failure;
    try {
      this.#running.make();
    } catch (error) {
      throw this.#fail(cannotBegin(this.folder, error));
    }
    this.#announced = true;
    this.#options.notice({
      kind: 'start',
      recording: this.id,
      person: this.#options.person,
      recipients: this.#options.recipients.map((recipient) => recipient.kid),
      policySha256: this.#options.policySha256,
      access: this.#options.access,
      ...(this.#options.sessionClass === undefined ? {} : { sessionClass: this.#options.sessionClass }),
    });
    const begins = this.#openSegment();
    if (begins) this.event('s', JSON.stringify(this.#options.start));
    if (!begins || this.waiting || !this.#disk(() => syncFolder(this.#options.folder))) throw this.#fail(cannotBegin(this.folder, noRoom()));
    await this.sync();
  }

  #check(): void {
    if (this.#failure) throw this.#failure;
    if (this.#ended) throw new RecordingError('ended', `Recording ${this.id} has ended: nothing can be added to it.`);
  }

  /** Nanoseconds since the recording's start. */
  #now(): bigint {
    return this.#clock.monoNs() - this.#startNs;
  }

  /** Seals one record, and writes it where nothing waits and there is room. */
  #seal(code: EventCode, data: Uint8Array, ends: readonly number[], now: bigint): void {
    const seq = this.#tree.size + this.#waiting.count;
    const { bytes, leaf } = this.#sealer.seal(code, data, ends, { seq, monoNs: now, wallMs: this.#clock.wallMs() });
    const record = { bytes, leaf, output: code === 'o' ? data.length : 0 };
    if (this.waiting || !this.#append(record)) this.#waiting.push(record);
  }

  /** @returns false where the disk has no room for it. */
  #append({ bytes, leaf, output }: WaitingRecord): boolean {
    if (!this.#disk(() => this.#file.append(bytes))) return false;
    this.#tree.append(leaf);
    this.#outputBytes += output;
    return true;
  }

  /** Says behind what waited that something is not here. */
  #sayLost(): void {
    const bytes = this.#waiting.takeLost();
    if (bytes === 0) return;
    const gap = Buffer.from(JSON.stringify({ bytes, reason: 'disk-full' }), 'utf8');
    this.#seal('g', gap, [gap.length], this.#now());
  }

  #rotateIfDue(): void {
    const now = this.#now();
    if (!this.#rotation.due(this.#file.bytes, now) || this.#spare?.segment !== this.#segment + 1) return;
    if (this.waiting || this.#ending || now < this.#rotateFrom) return;
    if (!this.#openSegment()) {
      this.#rotateFrom = now + ROTATE_AGAIN_NS;
      return;
    }
    const { id: recording } = this;
    const [segment, firstSeq, head] = [this.#segment, this.#tree.size - 1, this.head()];
    this.#file.startSync();
    void this.#file.settled().then(() => this.#failure ?? this.#options.notice({ kind: 'segment', recording, segment, firstSeq, head }));
    // Each segment states the size in force, so that a replay can begin at it.
    const size = Buffer.from(this.#size, 'latin1');
    this.#seal('r', size, [size.length], this.#now());
  }

  /** Opens the next segment with the spare key: file, magic and header frame. @returns false where the disk has no room for it: nothing has changed then. */
  #openSegment(): boolean {
    const spare = this.#spare!;
    const now = this.#now();
    const place = { seq: this.#tree.size, monoNs: now, wallMs: this.#clock.wallMs() };
    const { bytes, leaf } = segmentStart(this.#options, this.id, this.#startMs, spare, place, this.#outputBytes);
    if (!this.#disk(() => this.#file.next(spare.segment, bytes))) return false;
    if (spare.segment === 0) this.#disk(() => this.#running.lock());
    this.#spare = undefined;
    this.#segment = spare.segment;
    this.#rotation.begun(now);
    this.#sealer.begin(spare.key);
    const peaks = this.#tree.peaks().map((peak) => peak.toString('hex'));
    this.#starts.push({ segment: spare.segment, outputOffset: this.#outputBytes, size: this.#tree.size, peaks });
    if (this.#starts.length > KEPT_STARTS) this.#forgetStart();
    this.#tree.append(leaf);
    this.#preparing = this.#prepare(spare.segment + 1);
    return true;
  }

  /** A silent program's screen stands before any number of segments that a lock or another size has begun: they are read with the one before them. */
  #forgetStart(): void {
    const silent = this.#starts.findIndex(({ outputOffset }, n) => outputOffset === this.#starts[n - 1]?.outputOffset);
    this.#starts.splice(Math.max(0, silent), 1);
  }

  /** Makes the key of a segment to come. Never rejects: a failure stops the recording. */
  async #prepare(segment: number): Promise<void> {
    try {
      const spare = await prepareSegment(this.id, segment, this.#options.recipients);
      if (this.#failure || this.#ended) {
        spare.key.fill(0);
        return;
      }
      this.#spare = spare;
      if (this.#segment >= 0) this.#rotateIfDue();
    } catch (error) {
      this.#fail(
        error instanceof RecordingError
          ? error
          : new RecordingError('bad-recipient', `A segment's key could not be sealed to its recipients (${nameOf(error)}).`, { cause: error }),
      );
    }
  }

  /** Runs synchronous disk work. @returns false where the disk is full; any other error stops the recording. */
  #disk(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      if (isFull(error)) return false;
      throw this.#fail(stopped(this.id, this.folder, error));
    }
  }

  #fail(error: RecordingError): RecordingError {
    if (this.#failure) return this.#failure;
    this.#failure = error;
    // What was written before the failure is worth a sync and its head.
    this.#file.close();
    this.#forget();
    try {
      this.#running.letGo();
    } catch {
      // The next start takes the mark for stale: that this process holds the first segment ends with it at the latest.
    }
    // Nobody has heard of a recording that failed to begin: create() rejects, and that is enough.
    if (this.#announced) void this.#told().then((head) => this.#options.notice({ kind: 'failed', recording: this.id, reason: error.message, head }));
    return error;
  }

  /** The head of what is on the disk, once nothing is on its way there. */
  async #told(): Promise<TreeHead> {
    await this.#file.settled();
    return this.#file.durable;
  }

  /** Wipes every key. */
  #forget(): void {
    this.#sealer.wipe();
    this.#waiting.clear();
    this.#spare?.key.fill(0);
    this.#spare = undefined;
  }
}
