/**
 * The writer of a recording: seals what it is given and writes it before it returns, so that the caller may then show
 * the bytes and wipe them. It holds public keys and the ratchet's present state, never a key that reads back.
 *
 * Appending is synchronous (one write of a whole frame). Two things are not: wrapping a segment's secret, so the next
 * segment's key is always prepared ahead (where rotation is due before the spare is ready, the present segment goes on
 * and rotation follows as soon as it is), and fdatasync, which runs every SYNC_INTERVAL_MS while something was written,
 * and at rotation and at the end.
 *
 * A write or sync error stops the recording for good. It is never tried again: after a failed fsync the kernel may have
 * dropped the pages and will report success for the next one.
 */
import { mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../merkle/sha256.ts';
import { MerkleTree } from '../merkle/tree.ts';
import { syncFolder } from '../storage/atomic.ts';
import type { Access } from './access.ts';
import { cannotBegin, nameOf, stopped } from './disk-error.ts';
import { writeEnd } from './end-file.ts';
import { RecordingError } from './errors.ts';
import { MAX_RECORD_OUTPUT_BYTES, pieceEnds } from './events.ts';
import { FloodGauge } from './flood.ts';
import { encodeFrame, MAX_BODY_BYTES, SEGMENT_MAGIC, TYPE_HEADER } from './frame.ts';
import { encodeHeader, newRecordingId, RECORDING_ID } from './header.ts';
import { holdRecording, markLive, unmarkLive } from './live.ts';
import { prepareSegment, RotationRule, type SegmentSeal } from './rotation.ts';
import { Sealer } from './sealer.ts';
import { SegmentFile } from './segment-file.ts';
import type { EndReason } from '../types/words.ts';
import type { EventCode, Recipient, RecordingNotice, StartInfo, TreeHead } from './types.ts';

/** How much may be written between two looks at the free space. */
export const SPACE_CHECK_BYTES = 8 * 1024 * 1024;
/** Data of one event at most, so that its record stays below the longest body. */
export const MAX_EVENT_DATA_BYTES = MAX_BODY_BYTES - 4096;
const MEBIBYTE = 1024 * 1024;

/** The clock's edge. The real one is `systemClock`; a test steps its own. */
export interface RecordingClock {
  /** Nanoseconds, monotonic, from any origin. */
  monoNs(): bigint;
  /** Milliseconds since 1970, UTC. */
  wallMs(): number;
}

export const systemClock: RecordingClock = { monoNs: () => process.hrtime.bigint(), wallMs: () => Date.now() };

export interface RecordingOptions {
  /** The folder of all recordings; the recording gets a folder of its own in it, named by its id. Must exist. */
  readonly folder: string;
  /** An id from newRecordingId. A new one unless given. */
  readonly recording?: string;
  readonly installation: string;
  readonly person: string;
  /** As whom, where and why. */
  readonly access: Access;
  /** SHA-256 of the policy in force, lower-case hex. */
  readonly policySha256: string;
  /** Everyone who can open it. At least one. */
  readonly recipients: readonly Recipient[];
  readonly start: StartInfo;
  readonly rotate: { readonly minutes: number; readonly mebibytes: number };
  /** Called synchronously. Must not throw. */
  readonly notice: (notice: RecordingNotice) => void;
  readonly clock?: RecordingClock;
  /** With less free space than this no recording begins, and a running one calls `lowSpace`. 0 unless given. */
  readonly reserveMebibytes?: number;
  /** Free space has fallen below the reserve: called once each time that it does. The recording goes on. */
  readonly lowSpace?: (freeMebibytes: number) => void;
  /** Free space for an ordinary user on the folder's disk, in MiB: statfs unless given. */
  readonly freeMebibytes?: () => number;
}

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
  readonly #startNs: bigint;
  readonly #startMs: number;

  #spare: SegmentSeal | undefined;
  #preparing: Promise<void> | undefined;
  #segment = -1;
  #size: string;
  #outputBytes = 0;
  /** Bytes of segments at the last look at the free space. */
  #lookedAt = 0;
  #low = false;
  /** Size of the tree at the last checkpoint. */
  #checkpointed = 0;
  #failure: RecordingError | undefined;
  #ended = false;
  #announced = false;
  #marked = false;
  /** Lets go of the lock that says that this process writes it. */
  #letGo: () => void = () => undefined;

  private constructor(options: RecordingOptions, id: string) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#startNs = this.#clock.monoNs();
    this.#startMs = this.#clock.wallMs();
    this.id = id;
    this.folder = join(options.folder, id);
    this.#size = `${options.start.cols}x${options.start.rows}`;
    this.#rotation = new RotationRule(options.rotate);
    this.#file = new SegmentFile(this.folder, (error) => {
      this.#fail(stopped(this.id, this.folder, error));
    });
  }

  /**
   * Begins a recording: its folder, its first segment, its start event, on disk. Rejects with RecordingError
   * 'disk-reserve', 'bad-recipient' or 'write-failed'.
   */
  static async create(options: RecordingOptions): Promise<RecordingWriter> {
    const id = options.recording ?? newRecordingId((options.clock ?? systemClock).wallMs());
    if (!RECORDING_ID.test(id)) throw new RangeError(`${JSON.stringify(id)} is not a recording's id`);
    if (options.recipients.length === 0)
      throw new RecordingError('bad-recipient', 'A recording needs at least one key that can open it. Add an audit key to the policy.');
    const writer = new RecordingWriter(options, id);
    await writer.#begin();
    return writer;
  }

  /** Output bytes sealed and written so far. */
  get outputBytes(): number {
    return this.#outputBytes;
  }

  /** Bytes of segment files written so far. */
  get sealedBytes(): number {
    return this.#file.allBytes;
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
   * Seals and writes output of the pty, of any length. When it returns, the bytes are in the file (not yet on the disk's
   * platter: see `sync`) and the caller may show and then wipe them; nothing of `chunk` is kept. Throws RecordingError.
   */
  output(chunk: Uint8Array): void {
    this.#check();
    this.#rotateIfDue();
    const now = this.#now();
    const floods = this.#flood.floods(chunk.length, now);
    for (let at = 0; at < chunk.length; at += MAX_RECORD_OUTPUT_BYTES) {
      const part = at === 0 && chunk.length <= MAX_RECORD_OUTPUT_BYTES ? chunk : chunk.subarray(at, at + MAX_RECORD_OUTPUT_BYTES);
      this.#seal('o', part, pieceEnds(part, floods), now);
      this.#outputBytes += part.length;
    }
  }

  /** Seals and writes one event that is not output. Data: bytes, or text as UTF-8; MAX_EVENT_DATA_BYTES at most. Throws RecordingError, RangeError. */
  event(code: Exclude<EventCode, 'o'>, data: Uint8Array | string): void {
    this.#check();
    const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
    if (bytes.length > MAX_EVENT_DATA_BYTES) throw new RangeError(`an event has ${MAX_EVENT_DATA_BYTES} bytes of data at most, not ${bytes.length}`);
    this.#rotateIfDue();
    if (code === 'r') this.#size = Buffer.from(bytes).toString('latin1');
    this.#seal(code, bytes, [bytes.length], this.#now());
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

  /** The head, told to the ledger as well. Says nothing where nothing was written since the last one. */
  checkpoint(): TreeHead {
    const head = this.head();
    if (head.size !== this.#checkpointed) {
      this.#checkpointed = head.size;
      this.#options.notice({ kind: 'heads', heads: [{ recording: this.id, head }] });
    }
    return head;
  }

  /** Resolves when everything written before the call is on the disk. Rejects with RecordingError. */
  async sync(): Promise<void> {
    this.#check();
    this.#file.startSync();
    await this.#file.settled();
    if (this.#failure) throw this.#failure;
  }

  /** Ends the recording: exit and end events, sync, end.json, notice. After a failure it resolves with the last head; the failure was told before. */
  async end(reason: EndReason, exit?: { readonly code: number; readonly signal: number }): Promise<TreeHead> {
    if (this.#failure) return this.head();
    this.#check();
    if (exit) this.event('x', JSON.stringify({ code: exit.code, signal: exit.signal }));
    this.event('e', JSON.stringify({ reason }));
    this.#ended = true;
    const durationMs = Number(this.#now() / 1_000_000n);
    const head = this.head();
    await this.#preparing;
    this.#file.close();
    this.#forget();
    await this.#file.settled();
    if (this.#failure) throw this.#failure;
    this.#disk(() => {
      writeEnd(this.folder, { format: 'wardmux-end', version: 1, recording: this.id, reason, head, outputBytes: this.#outputBytes, durationMs });
      // A mark that a power cut brings back is nothing beside the end.
      unmarkLive(this.folder);
      this.#release();
    });
    this.#options.notice({ kind: 'end', recording: this.id, reason, head, outputBytes: this.#outputBytes, durationMs });
    return head;
  }

  async #begin(): Promise<void> {
    const reserve = this.#options.reserveMebibytes ?? 0;
    let free = 0;
    try {
      free = this.#freeMebibytes();
    } catch (error) {
      throw cannotBegin(this.#options.folder, error);
    }
    if (free < reserve) {
      throw new RecordingError(
        'disk-reserve',
        `Only ${Math.floor(free)} MiB are free for recordings in ${this.#options.folder}; the policy keeps ${reserve} MiB. Free some space, then open the pane again.`,
      );
    }
    await this.#prepare(0);
    if (this.#failure) throw this.#failure;
    try {
      mkdirSync(this.folder, { mode: 0o700 });
      markLive(this.folder);
      this.#marked = true;
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
    });
    this.#openSegment();
    this.event('s', JSON.stringify(this.#options.start));
    this.#disk(() => syncFolder(this.#options.folder));
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

  /** Seals and writes one record. */
  #seal(code: EventCode, data: Uint8Array, ends: readonly number[], now: bigint): void {
    const { bytes, leaf } = this.#sealer.seal(code, data, ends, { seq: this.#tree.size, monoNs: now, wallMs: this.#clock.wallMs() });
    this.#disk(() => this.#file.append(bytes));
    this.#tree.append(leaf);
    if (this.#file.allBytes - this.#lookedAt >= SPACE_CHECK_BYTES) this.#checkSpace();
  }

  #rotateIfDue(): void {
    if (!this.#rotation.due(this.#file.bytes, this.#now()) || this.#spare?.segment !== this.#segment + 1) return;
    this.#openSegment();
    this.#options.notice({ kind: 'segment', recording: this.id, segment: this.#segment, firstSeq: this.#tree.size - 1, head: this.head() });
    // Each segment states the size in force, so that a replay can begin at it.
    const size = Buffer.from(this.#size, 'latin1');
    this.#seal('r', size, [size.length], this.#now());
    this.#checkSpace();
  }

  /** Opens the next segment with the spare key: file, magic and header frame. */
  #openSegment(): void {
    const spare = this.#spare!;
    this.#spare = undefined;
    const { installation, person, policySha256, access } = this.#options;
    const seq = this.#tree.size;
    const body = encodeHeader({
      format: 'wardmux-segment',
      version: 1,
      recording: this.id,
      installation,
      person,
      role: access.role,
      class: access.class,
      reason: access.reason,
      breakGlass: access.breakGlass,
      segment: spare.segment,
      firstSeq: seq,
      outputOffset: this.#outputBytes,
      started: new Date(this.#startMs).toISOString(),
      policySha256,
      recipients: spare.recipients,
    });
    const now = this.#now();
    const frame = encodeFrame({ seq, monoNs: now, wallMs: this.#clock.wallMs(), type: TYPE_HEADER, commitment: sha256(body) }, body);
    this.#disk(() => {
      this.#file.next(spare.segment);
      if (spare.segment === 0) this.#letGo = holdRecording(this.folder);
      this.#segment = spare.segment;
      this.#rotation.begun(now);
      this.#sealer.begin(spare.key);
      this.#file.append(Buffer.concat([SEGMENT_MAGIC, frame.bytes]));
    });
    this.#tree.append(frame.leaf);
    this.#preparing = this.#prepare(spare.segment + 1);
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

  /** Runs synchronous disk work; an error stops the recording. */
  #disk(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw this.#fail(stopped(this.id, this.folder, error));
    }
  }

  #fail(error: RecordingError): RecordingError {
    if (this.#failure) return this.#failure;
    this.#failure = error;
    this.#file.abandon();
    this.#forget();
    try {
      // Only a mark of our own: a folder that was there before may have a writer of its own.
      if (this.#marked) unmarkLive(this.folder);
      this.#release();
    } catch {
      // The next start takes the mark for stale: that this process holds the first segment ends with it at the latest.
    }
    // Nobody has heard of a recording that failed to begin: create() rejects, and that is enough.
    if (this.#announced) this.#options.notice({ kind: 'failed', recording: this.id, reason: error.message, head: this.head() });
    return error;
  }

  #release(): void {
    const letGo = this.#letGo;
    this.#letGo = () => undefined;
    letGo();
  }

  /** Wipes every key. */
  #forget(): void {
    this.#sealer.wipe();
    this.#spare?.key.fill(0);
    this.#spare = undefined;
  }

  #freeMebibytes(): number {
    if (this.#options.freeMebibytes) return this.#options.freeMebibytes();
    const at = statfsSync(this.#options.folder);
    return (at.bavail * at.bsize) / MEBIBYTE;
  }

  #checkSpace(): void {
    this.#lookedAt = this.#file.allBytes;
    const reserve = this.#options.reserveMebibytes ?? 0;
    if (reserve === 0) return;
    let low = true;
    let free = 0;
    this.#disk(() => {
      free = this.#freeMebibytes();
      low = free < reserve;
    });
    if (low && !this.#low) this.#options.lowSpace?.(free);
    this.#low = low;
  }
}
