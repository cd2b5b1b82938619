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
import { createCipheriv } from 'node:crypto';
import { close, closeSync, fdatasync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sha256, sha256Into } from '../merkle/sha256.ts';
import { MerkleTree } from '../merkle/tree.ts';
import type { Access } from './access.ts';
import { RecordingError } from './errors.ts';
import {
  EVENT_HEAD_BYTES,
  eventBytes,
  MAX_RECORD_OUTPUT_BYTES,
  MAX_RECORD_PIECES,
  pieceEnds,
  SATURATED_BYTES_PER_SECOND,
  SATURATED_CHUNK_BYTES,
  writeEventHead,
} from './events.ts';
import { associatedData, encodeFrame, finishHead, FRAME_HEAD_BYTES, MAX_BODY_BYTES, SEGMENT_MAGIC, TYPE_HEADER, TYPE_SEALED, writeFields } from './frame.ts';
import { encodeHeader, newRecordingId, RECORDING_ID, segmentName } from './header.ts';
import { holdRecording, markLive, unmarkLive } from './live.ts';
import { PieceSalts, Ratchet, segmentKey } from './ratchet.ts';
import type { EndReason, EventCode, Recipient, RecordingNotice, SegmentHeader, StartInfo, TreeHead } from './types.ts';
import { newSegmentSecret, wrapSecret } from './wrap.ts';

/** Longest time between a write and its fdatasync. Measured: group commit at 10 ms or more costs under a quarter of the rate, at 200 ms nothing that can be seen. */
export const SYNC_INTERVAL_MS = 200;
/** How much may be written between two looks at the free space. */
export const SPACE_CHECK_BYTES = 8 * 1024 * 1024;
/** Data of one event at most, so that its record stays below the longest body. */
export const MAX_EVENT_DATA_BYTES = MAX_BODY_BYTES - 4096;
/** Over how long the rate of output is taken. */
const RATE_WINDOW_NS = 100_000_000n;
const RATE_WINDOW_BYTES = SATURATED_BYTES_PER_SECOND / 10;
const SALT_BYTES = 32;
const TAG_BYTES = 16;
/** Where a record's plaintext, and then its body, stands in the writer's buffer: the head's room before it also holds a salt. */
const BODY_AT = FRAME_HEAD_BYTES;
/** Smaller outputs are left to the collector: giving them back costs more than it saves. */
const RELEASE_BYTES = 8 * 1024;
const MEBIBYTE = 1024 * 1024;

const fdatasyncAsync = promisify(fdatasync);
const closeAsync = promisify(close);

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

/** A segment's key, ready before it is needed. */
interface Spare {
  readonly segment: number;
  readonly key: Buffer;
  readonly recipients: SegmentHeader['recipients'];
}

/** What end.json holds: public, for listings; the ledger has the same facts with a signature. */
export interface EndFile {
  readonly format: 'wardmux-end';
  readonly version: 1;
  readonly recording: string;
  readonly reason: EndReason;
  readonly head: TreeHead;
  readonly outputBytes: number;
  readonly durationMs: number;
}

export const END_FILE = 'end.json';

export class RecordingWriter {
  readonly id: string;
  /** The recording's own folder. */
  readonly folder: string;
  readonly #options: RecordingOptions;
  readonly #clock: RecordingClock;
  readonly #tree = new MerkleTree();
  readonly #salts = new PieceSalts();
  readonly #head = Buffer.alloc(FRAME_HEAD_BYTES);
  readonly #nonce = Buffer.alloc(12);
  /** Room for a whole frame, whose body is first its plaintext. Its own memory, so that wiping it wipes all. */
  readonly #scratch = Buffer.from(new ArrayBuffer(BODY_AT + MAX_RECORD_OUTPUT_BYTES + MAX_RECORD_PIECES * EVENT_HEAD_BYTES + TAG_BYTES));
  readonly #digests = Buffer.alloc(MAX_RECORD_PIECES * 32);
  /** A piece's code and its seal: what its digest is over. */
  readonly #coded = Buffer.alloc(1 + 32);
  readonly #startNs: bigint;
  readonly #startMs: number;

  #ratchet: Ratchet | undefined;
  #spare: Spare | undefined;
  #preparing: Promise<void> | undefined;
  #rotateWanted = false;
  #fd = -1;
  #segment = -1;
  #segmentBytes = 0;
  #segmentNs = 0n;
  #size: string;
  #outputBytes = 0;
  #sealedBytes = 0;
  #uncheckedBytes = 0;
  #low = false;
  #windowNs = 0n;
  #windowBytes = 0;
  #flood = false;
  /** Size of the tree at the last checkpoint. */
  #checkpointed = 0;
  #dirty = false;
  #syncTimer: NodeJS.Timeout | undefined;
  /** Every asynchronous call on a file descriptor, one after the other: no descriptor is closed under a running sync. */
  #io: Promise<void> = Promise.resolve();
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
    return this.#sealedBytes;
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
    const saturated = this.#saturated(chunk.length, now);
    for (let at = 0; at < chunk.length; at += MAX_RECORD_OUTPUT_BYTES) {
      const part = at === 0 && chunk.length <= MAX_RECORD_OUTPUT_BYTES ? chunk : chunk.subarray(at, at + MAX_RECORD_OUTPUT_BYTES);
      this.#seal('o', part, pieceEnds(part, saturated), now);
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
    this.#rotateWanted = true;
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
      this.#options.notice({ kind: 'checkpoint', recording: this.id, head });
    }
    return head;
  }

  /** Resolves when everything written before the call is on the disk. Rejects with RecordingError. */
  async sync(): Promise<void> {
    this.#check();
    this.#startSync();
    await this.#io;
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
    this.#startSync();
    this.#retire(this.#fd);
    this.#fd = -1;
    this.#forget();
    await this.#io;
    if (this.#failure) throw this.#failure;
    const end: EndFile = { format: 'wardmux-end', version: 1, recording: this.id, reason, head, outputBytes: this.#outputBytes, durationMs };
    this.#disk(() => {
      writeDurably(join(this.folder, END_FILE), JSON.stringify(end) + '\n');
      unmarkLive(this.folder);
      this.#release();
      syncFolder(this.folder);
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

  /** Whether output comes too fast to be cut in lines. */
  #saturated(bytes: number, now: bigint): boolean {
    if (now - this.#windowNs >= RATE_WINDOW_NS) {
      // A flood lasts into the next window, so that a window's beginning is not cut fine each time.
      this.#flood = now - this.#windowNs < 2n * RATE_WINDOW_NS && this.#windowBytes >= RATE_WINDOW_BYTES;
      this.#windowNs = now;
      this.#windowBytes = 0;
    }
    this.#windowBytes += bytes;
    return bytes >= SATURATED_CHUNK_BYTES || this.#flood || this.#windowBytes >= RATE_WINDOW_BYTES;
  }

  /** Seals one record: `data` cut at `ends`, an event of the same code and time for each piece. */
  #seal(code: EventCode, data: Uint8Array, ends: readonly number[], now: bigint): void {
    const pieces = ends.length;
    const plainEnd = BODY_AT + data.length + pieces * EVENT_HEAD_BYTES;
    const bodyEnd = plainEnd + TAG_BYTES;
    const scratch = bodyEnd <= this.#scratch.length ? this.#scratch : Buffer.from(new ArrayBuffer(bodyEnd));
    const timeUs = Number(now / 1000n);
    const keys = this.#ratchet!.next();
    this.#salts.setKey(keys.salt);
    keys.salt.fill(0);
    this.#coded[0] = code.charCodeAt(0);
    // From the last piece to the first: a piece's salt stands in the 32 bytes before it just while it is hashed, and the
    // piece before then overwrites it. So each digest is one call over memory that is laid out once.
    for (let j = pieces - 1; j >= 0; j--) {
      const from = j === 0 ? 0 : ends[j - 1]!;
      const to = ends[j]!;
      const at = BODY_AT + from + j * EVENT_HEAD_BYTES;
      writeEventHead(scratch, at, code, timeUs, to - from);
      scratch.set(from === 0 && to === data.length ? data : data.subarray(from, to), at + EVENT_HEAD_BYTES);
      const salt = this.#salts.salt(j);
      scratch.set(salt, at - SALT_BYTES);
      salt.fill(0);
      sha256Into(scratch.subarray(at - SALT_BYTES, at + eventBytes(to - from)), this.#coded, 1);
      sha256Into(this.#coded, this.#digests, j * 32);
    }
    this.#salts.wipe();
    const seq = this.#tree.size;
    writeFields(this.#head, {
      seq,
      monoNs: now,
      wallMs: this.#clock.wallMs(),
      type: TYPE_SEALED,
      commitment: sha256(this.#digests.subarray(0, pieces * 32)),
    });
    this.#head.copy(this.#nonce, 4, 8, 16);
    const cipher = createCipheriv('aes-256-gcm', keys.message, this.#nonce);
    cipher.setAAD(associatedData(this.#head));
    const ciphertext = cipher.update(scratch.subarray(BODY_AT, plainEnd));
    cipher.final();
    // GCM keeps the length: the ciphertext overwrites all of the plaintext, the head overwrites the last salt. One copy of
    // ciphertext is cheaper than hashing and writing three buffers.
    scratch.set(ciphertext, BODY_AT);
    scratch.set(cipher.getAuthTag(), plainEnd);
    release(ciphertext);
    const leaf = finishHead(this.#head, bodyEnd - BODY_AT, sha256(scratch.subarray(BODY_AT, bodyEnd)));
    scratch.set(this.#head, 0);
    this.#write(scratch.subarray(0, bodyEnd));
    this.#tree.append(leaf);
  }

  /** Writes all bytes at the segment's end, or fails the recording. */
  #write(bytes: Buffer): void {
    try {
      for (let written = 0; written < bytes.length;) {
        const more = writeSync(this.#fd, bytes, written, bytes.length - written);
        if (more === 0) throw new Error('no byte was written');
        written += more;
      }
    } catch (error) {
      throw this.#fail(this.#writeError(error));
    }
    this.#segmentBytes += bytes.length;
    this.#sealedBytes += bytes.length;
    this.#uncheckedBytes += bytes.length;
    this.#dirty = true;
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = undefined;
      if (!this.#failure && !this.#ended) this.#startSync();
    }, SYNC_INTERVAL_MS).unref();
    if (this.#uncheckedBytes >= SPACE_CHECK_BYTES) this.#checkSpace();
  }

  #rotateIfDue(): void {
    const { minutes, mebibytes } = this.#options.rotate;
    if (!this.#rotateWanted && this.#segmentBytes < mebibytes * MEBIBYTE && Number(this.#now() - this.#segmentNs) < minutes * 60e9) return;
    this.#rotateWanted = true;
    if (this.#spare?.segment !== this.#segment + 1) return;
    this.#startSync();
    this.#retire(this.#fd);
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
    this.#rotateWanted = false;
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
      this.#fd = openSync(join(this.folder, segmentName(spare.segment)), 'wx', 0o600);
      if (spare.segment === 0) this.#letGo = holdRecording(this.folder);
    });
    // The new name must last as well. Not waited for: at a lock every pane rotates, and a slow disk must not hold them up.
    this.#queue(() => syncFolderAsync(this.folder));
    this.#segment = spare.segment;
    this.#segmentBytes = 0;
    this.#segmentNs = now;
    this.#ratchet?.destroy();
    this.#ratchet = new Ratchet(spare.key);
    this.#write(Buffer.concat([SEGMENT_MAGIC, frame.bytes]));
    this.#tree.append(frame.leaf);
    this.#preparing = this.#prepare(spare.segment + 1);
  }

  /** Makes a segment's secret, wraps it for everyone, keeps only its first ratchet key. Never rejects: a failure stops the recording. */
  async #prepare(segment: number): Promise<void> {
    const secret = newSegmentSecret();
    try {
      const recipients = await Promise.all(
        this.#options.recipients.map(async (recipient) => ({ kid: recipient.kid, role: recipient.role, jwe: await wrapSecret(secret, recipient) })),
      );
      if (this.#failure || this.#ended) return;
      this.#spare = { segment, key: segmentKey(secret, this.id, segment), recipients };
      if (this.#rotateWanted && this.#fd >= 0) this.#rotateIfDue();
    } catch (error) {
      this.#fail(
        error instanceof RecordingError
          ? error
          : new RecordingError('bad-recipient', `A segment's key could not be sealed to its recipients (${nameOf(error)}).`, { cause: error }),
      );
    } finally {
      secret.fill(0);
    }
  }

  /** Starts an fdatasync of what was written, behind those that run. */
  #startSync(): void {
    clearTimeout(this.#syncTimer);
    this.#syncTimer = undefined;
    if (!this.#dirty) return;
    this.#dirty = false;
    const fd = this.#fd;
    this.#queue(() => fdatasyncAsync(fd));
  }

  /** Closes a segment's file behind every sync of it. */
  #retire(fd: number): void {
    this.#queue(() => closeAsync(fd));
  }

  #queue(work: () => Promise<void>): void {
    this.#io = this.#io.then(work).catch((error: unknown) => {
      this.#fail(this.#writeError(error));
    });
  }

  /** Runs synchronous disk work; an error stops the recording. */
  #disk(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw this.#fail(this.#writeError(error));
    }
  }

  #writeError(error: unknown): RecordingError {
    return new RecordingError(
      'write-failed',
      `Recording ${this.id} has stopped: writing to ${this.folder} failed, ${meanings[nameOf(error)] ?? 'the system refused'} (${nameOf(error)}). What was written before is kept.`,
      { cause: error },
    );
  }

  #fail(error: RecordingError): RecordingError {
    if (this.#failure) return this.#failure;
    this.#failure = error;
    clearTimeout(this.#syncTimer);
    this.#syncTimer = undefined;
    const fd = this.#fd;
    this.#fd = -1;
    this.#forget();
    // Behind a sync that still runs on it. Errors have nobody left to tell: the recording has failed already.
    if (fd >= 0) this.#io = this.#io.then(() => closeAsync(fd)).catch(() => undefined);
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
    clearTimeout(this.#syncTimer);
    this.#ratchet?.destroy();
    this.#spare?.key.fill(0);
    this.#spare = undefined;
    this.#salts.wipe();
    this.#scratch.fill(0);
  }

  #freeMebibytes(): number {
    if (this.#options.freeMebibytes) return this.#options.freeMebibytes();
    const at = statfsSync(this.#options.folder);
    return (at.bavail * at.bsize) / MEBIBYTE;
  }

  #checkSpace(): void {
    this.#uncheckedBytes = 0;
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

/**
 * Gives a large buffer's memory back at once. The collector would do it later, but in a flood the cipher's output alone
 * makes it run every 100 ms (a tenth of the time), and memory that comes back at once is still in the processor's cache.
 * Does nothing to a buffer that shares its memory.
 */
function release(buffer: Buffer<ArrayBufferLike>): void {
  const memory = buffer.buffer;
  if (buffer.length >= RELEASE_BYTES && memory instanceof ArrayBuffer && memory.byteLength === buffer.length) memory.transfer(0);
}

/** Writes a file so that after a crash it is whole or absent. */
export function writeDurably(path: string, text: string): void {
  const temporary = `${path}.new`;
  // What a crash or somebody else left there is not written through.
  rmSync(temporary, { force: true });
  const fd = openSync(temporary, 'wx', 0o600);
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
}

async function syncFolderAsync(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder's new names durable. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** What the commonest errors of a disk mean. */
const meanings: Readonly<Record<string, string>> = {
  ENOENT: 'it is not there',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: "the user's share of the disk is full",
  EFBIG: 'the file is as long as it may be',
  EIO: 'the disk has an error',
  EEXIST: 'there is a recording of this name already',
};

function cannotBegin(folder: string, error: unknown): RecordingError {
  const name = nameOf(error);
  return new RecordingError('write-failed', `No recording can begin in ${folder}: ${meanings[name] ?? 'the system refused'} (${name}).`, { cause: error });
}

function nameOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.name : 'unknown error');
}
