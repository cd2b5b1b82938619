/**
 * The reader of a recording: a walk over its frames without any key, and a walk over its records with one. Content is
 * never trusted: whatever stands on the disk, the walk ends with a FrameFault and does not throw. Memory is bounded by
 * one block of READ_BYTES and one frame. Over 400 lines: both walks share the block, the place in it and the ways to end.
 */
import { timingSafeEqual } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MerkleTree } from '../merkle/tree.ts';
import { NotPlainError, openPlainHandle } from '../disk/plain.ts';
import { RecordingError } from './errors.ts';
import { decodeEvents, EventCursor, type DecodedEvent } from './events.ts';
import { decodeLeft, NONE_ERASED, openLeft, placeOf, type ErasedPiece } from './erased.ts';
import { coveredBytes, parseFrame, SEGMENT_MAGIC, SEGMENT_MAGIC_2, TYPE_HEADER, TYPE_SEALED } from './frame.ts';
import { parseHeader, segmentName, segmentNumber } from './header.ts';
import { RECORDING_ID } from '../types/ids.ts';
import { commitmentOf, openSealed, PieceSalts, pieceDigest, pieceSeal, Ratchet, recordNonce, segmentKey, TAG_BYTES } from './ratchet.ts';
import { wrapsOf, type WrapFor } from './rewrapped.ts';
import type { Frame, FrameFault, RecordingEvent, SegmentHeader, SegmentOpener } from './types.ts';
import type { TreeHead } from '../types/head.ts';

/** One read from a segment file: a few frames of the longest kind. Frames handed out are views into such a block. */
const READ_BYTES = 2 * 1024 * 1024;
/** The first read of a segment: enough for its header, which is all that a list of recordings wants. */
const FIRST_READ_BYTES = 16 * 1024;
const OUTPUT = 'o'.charCodeAt(0);

export interface OpenOptions {
  /** The recording may be growing: a torn end of the last segment is then its end and no fault. */
  readonly live?: boolean;
  /** Begin at this segment: 0 unless given. Head and sequence are then those of the part only. */
  readonly fromSegment?: number;
  /** The tree of the frames before `fromSegment`, where it is known: head and sequence are then the recording's own. */
  readonly before?: MerkleTree;
  /** Called with the bytes of each frame that was read. */
  readonly progress?: (bytes: number) => void;
}

/** One piece: the event, the salt that blinds its digest, and its encoded bytes. SHA-256(salt || bytes) is its digest. */
export interface OpenedPiece {
  readonly event: RecordingEvent;
  /** 32 bytes. */
  readonly salt: Buffer;
  readonly bytes: Buffer;
}

/** A sealed frame, opened and checked against its commitment. */
export interface OpenedRecord {
  readonly frame: Frame;
  readonly events: readonly OpenedPiece[];
  /** What was erased of it, ascending; `placeOf` says where the events stand. */
  readonly erased: readonly ErasedPiece[];
  /** Output bytes of the recording before this record. */
  readonly outputOffset: number;
}

/** The events of a record, for showing them. */
export interface RecordContent {
  readonly frame: Frame;
  readonly events: readonly RecordingEvent[];
  /** As of an OpenedRecord. */
  readonly erased: readonly ErasedPiece[];
  /** Output bytes of the recording before this record. */
  readonly outputOffset: number;
}

interface Unsealed {
  readonly frame: Frame;
  readonly outputOffset: number;
  readonly plaintext: Buffer;
  /** Empty where nobody asks for its events as objects. */
  readonly decoded: readonly DecodedEvent[];
  readonly erased: readonly ErasedPiece[];
  /** R_i: the salts of the pieces come from it; empty where nobody asks for them. */
  readonly salt: Buffer;
}

/**
 * Opens the recording in `folder`. Rejects with RecordingError 'not-a-recording' where the folder cannot be read; bad
 * content shows while walking, where only a disk or a permission that refuses to read throws ('unreadable').
 */
export async function openRecording(folder: string, options: OpenOptions = {}): Promise<RecordingReader> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    throw new RecordingError('not-a-recording', `There is no recording in ${folder} (${(error as NodeJS.ErrnoException).code}).`, { cause: error });
  }
  const segments = names
    .map(segmentNumber)
    .filter((segment) => segment !== undefined)
    .sort((a, b) => a - b);
  return new RecordingReader(folder, segments, options);
}

export class RecordingReader {
  readonly folder: string;
  /** Numbers of the segment files that are there, ascending; without gaps unless segments are missing. */
  readonly segments: readonly number[];
  readonly #options: OpenOptions;
  readonly #wraps: WrapFor;
  #tree = new MerkleTree();
  #fault: FrameFault | undefined;
  #header: SegmentHeader | undefined;
  #keptBytes = 0;

  constructor(folder: string, segments: readonly number[], options: OpenOptions) {
    this.folder = folder;
    this.segments = segments;
    this.#options = options;
    this.#wraps = wrapsOf(folder);
  }

  /** Why the last walk stopped early; undefined after a whole one. */
  get fault(): FrameFault | undefined {
    return this.#fault;
  }

  /** The header of the segment that the walk is in (or ended in). */
  get header(): SegmentHeader | undefined {
    return this.#header;
  }

  /** The tree over the frames walked so far. The recording's own only where the walk began at segment 0. */
  head(): TreeHead {
    return this.#tree.head();
  }

  /** Bytes of whole frames (and the magic) in the segment that the walk is in: where its first torn byte is. */
  get wholeBytes(): number {
    return this.#keptBytes;
  }

  /** Walks every frame in order, without a key. Ends at the first fault: see `fault`. */
  frames(): AsyncGenerator<Frame, void, undefined> {
    return this.#frames(true);
  }

  /** @param treed whether they go into the tree: its head is asked for after the walk */
  async *#frames(treed: boolean): AsyncGenerator<Frame, void, undefined> {
    const { before } = this.#options;
    this.#tree = before?.clone() ?? new MerkleTree();
    this.#fault = undefined;
    this.#header = undefined;
    this.#keptBytes = 0;
    const first = this.#options.fromSegment ?? 0;
    const last = this.segments.at(-1) ?? -1;
    const walk: Walk = { seq: before?.size ?? (first === 0 ? 0 : -1), monoNs: 0n, first: undefined };
    if (last < first) this.#stop('missing-segment', first, 0, 0, `Segment ${segmentName(first)} is missing.`);
    for (let segment = first; segment <= last && !this.#fault; segment++) yield* this.#segmentFrames(segment, segment === last, walk, treed);
  }

  /**
   * Walks every sealed record, opened and checked against its commitment. Ends at the first fault (also 'bad-seal' and
   * 'bad-commitment'). Plaintext and salts of a record are wiped when the next one is asked for: copy what is to be kept.
   * Rejects with RecordingError 'not-a-recipient' where the recording is not sealed to this key.
   */
  async *records(opener: SegmentOpener): AsyncGenerator<OpenedRecord, void, undefined> {
    const salts = new PieceSalts();
    try {
      for await (const unsealed of this.#unsealed(opener, 'salted')) {
        const { frame, outputOffset, erased } = unsealed;
        const events = piecesOf(unsealed, salts);
        try {
          if (!this.#isCommitted(unsealed, events)) return;
          yield { frame, events, erased, outputOffset };
        } finally {
          for (const piece of events) piece.salt.fill(0);
        }
      }
    } finally {
      salts.wipe();
    }
  }

  /**
   * The same walk without the commitments, which are an auditor's: that the content is what was sealed under this key is
   * certain without them, and a replay has it in half of the time. Of a record in which pieces were erased the tree does not cover
   * what is left, so its commitment is checked here too.
   */
  async *contents(opener: SegmentOpener): AsyncGenerator<RecordContent, void, undefined> {
    const salts = new PieceSalts();
    try {
      for await (const unsealed of this.#unsealed(opener, 'events')) {
        const { frame, outputOffset, decoded, erased } = unsealed;
        if (frame.erased && !this.#isCommitted(unsealed, piecesOf(unsealed, salts))) return;
        yield { frame, outputOffset, erased, events: decoded.map(({ event }) => event) };
      }
    } finally {
      salts.wipe();
    }
  }

  /**
   * The same walk for who looks through very much of it: the events of each record as they were sealed, which are checked and are read with an
   * EventCursor. They are wiped when the next ones are asked for. Nothing goes into the tree: `head` says nothing after it.
   */
  async *plaintexts(opener: SegmentOpener): AsyncGenerator<Buffer, void, undefined> {
    const salts = new PieceSalts();
    try {
      for await (const unsealed of this.#unsealed(opener, 'plain')) {
        const { frame, plaintext, decoded } = unsealed;
        if (!frame.erased) {
          yield plaintext;
          continue;
        }
        if (!this.#isCommitted(unsealed, piecesOf(unsealed, salts))) return;
        // They stand behind what says which pieces were erased.
        const first = decoded[0];
        if (first) yield plaintext.subarray(first.bytes.byteOffset - plaintext.byteOffset);
      }
    } finally {
      salts.wipe();
    }
  }

  /** Whether a record holds what its commitment says; the walk ends at one that does not. */
  #isCommitted({ frame, erased }: Unsealed, pieces: readonly OpenedPiece[]): boolean {
    const digests = pieces.map((piece) => pieceDigest(piece.bytes[0]!, pieceSeal(piece.salt, piece.bytes)));
    // Ascending, so each is put where it stands among those before it.
    for (const { place, code, seal } of erased) digests.splice(place, 0, pieceDigest(code.charCodeAt(0), seal));
    if (same(commitmentOf(digests), frame.commitment)) return true;
    this.#refuse('bad-commitment', frame, `record ${frame.seq} does not hold what its commitment says.`);
    return false;
  }

  async *#unsealed(opener: SegmentOpener, as: Unsealing): AsyncGenerator<Unsealed, void, undefined> {
    let ratchet: Ratchet | undefined;
    let outputOffset = -1;
    try {
      for await (const frame of this.#frames(as !== 'plain')) {
        if (frame.type === TYPE_HEADER) {
          const header = this.#header!;
          if (outputOffset >= 0 && header.outputOffset !== outputOffset) {
            this.#stop(
              'bad-header',
              frame.segment,
              frame.offset,
              frame.seq,
              `${segmentName(frame.segment)} says that it begins after ${header.outputOffset} output bytes, but there are ${outputOffset} before it.`,
            );
            return;
          }
          outputOffset = header.outputOffset;
          ratchet?.destroy();
          ratchet = await this.#ratchetOf(header, opener, frame);
          if (!ratchet) return;
          continue;
        }
        const unsealed = this.#unseal(frame, ratchet!, frame.erased ? 'salted' : as);
        if (!unsealed) return;
        const { plaintext, decoded, erased, salt, outputBytes } = unsealed;
        const before = outputOffset;
        outputOffset += outputBytes;
        for (const { code, bytes } of erased) if (code === 'o') outputOffset += bytes;
        try {
          yield { frame, outputOffset: before, plaintext, decoded, erased, salt };
        } finally {
          plaintext.fill(0);
          salt.fill(0);
        }
      }
    } finally {
      ratchet?.destroy();
    }
  }

  /** Checks the walk's rules for one segment file and yields its frames. */
  async *#segmentFrames(segment: number, isLast: boolean, walk: Walk, treed: boolean): AsyncGenerator<Frame, void, undefined> {
    const quiet = isLast && this.#options.live === true;
    this.#keptBytes = 0;
    const path = join(this.folder, segmentName(segment));
    let file: FileHandle | undefined;
    try {
      file = await openPlainHandle(path);
    } catch (error) {
      if (!(error instanceof NotPlainError)) throw unreadable(path, error);
      return this.#stop('missing-segment', segment, 0, Math.max(walk.seq, 0), `${segmentName(segment)} is not a plain file.`);
    }
    if (!file) return this.#stop('missing-segment', segment, 0, Math.max(walk.seq, 0), `Segment ${segmentName(segment)} is missing.`);
    try {
      const source = new Source(file, path);
      const stop = (code: FrameFault['code'], sentence: string): void =>
        this.#stop(code, segment, source.offset, Math.max(walk.seq, 0), `${segmentName(segment)}: ${sentence}`);
      if (!(await source.want(SEGMENT_MAGIC.length))) {
        if (!quiet) stop('torn', 'the file ends before its first frame.');
        return;
      }
      const begins = (magic: Buffer): boolean => magic.compare(source.block, source.at, source.at + magic.length) === 0;
      const mayBeErased = begins(SEGMENT_MAGIC_2);
      if (!mayBeErased && !begins(SEGMENT_MAGIC)) return stop('bad-header', 'this is not a segment of a recording.');
      source.skip(SEGMENT_MAGIC.length);
      this.#keptBytes = source.offset;
      for (let index = 0; ; index++) {
        let parsed = parseFrame(source.block, source.at, segment, source.offset, treed);
        if (parsed.kind === 'more') {
          if (await source.want(parsed.need)) parsed = parseFrame(source.block, source.at, segment, source.offset, treed);
          // The head may have come with the first read and the body with the second.
          if (parsed.kind === 'more' && (await source.want(parsed.need))) parsed = parseFrame(source.block, source.at, segment, source.offset, treed);
        }
        if (parsed.kind === 'more') {
          const whole = source.left === 0 && index > 0;
          if (!whole && !quiet) stop('torn', 'the file ends in the middle of a frame.');
          return;
        }
        if (parsed.kind === 'fault') return stop(parsed.fault.code, `${parsed.fault.message}.`);
        const fault = this.#check(parsed.frame, index, walk, mayBeErased);
        if (fault) return stop(fault[0], fault[1]);
        source.skip(parsed.frame.length);
        this.#keptBytes = source.offset;
        if (treed) this.#tree.append(parsed.frame.leaf);
        this.#options.progress?.(parsed.frame.length);
        yield parsed.frame;
      }
    } finally {
      await file.close();
    }
  }

  /** What a frame must be at its place: its sequence number, time and type, and a header that belongs to this recording. */
  #check(frame: Frame, index: number, walk: Walk, mayBeErased: boolean): readonly [FrameFault['code'], string] | undefined {
    if (frame.erased && !mayBeErased) return ['bad-header', 'a frame of type 2 stands where none may be.'];
    if (frame.type !== (index === 0 ? TYPE_HEADER : TYPE_SEALED)) return ['bad-header', `a frame of type ${frame.type} stands where none may be.`];
    if (index === 0) {
      const header = parseHeader(frame.body);
      if (!header) return ['bad-header', 'the header of the segment cannot be understood.'];
      if (!same(frame.commitment, frame.bodySha256)) return ['bad-header', 'the header of the segment does not match its commitment.'];
      if (header.segment !== frame.segment) return ['bad-header', `this is segment ${header.segment} under another number.`];
      const name = basename(this.folder);
      if (RECORDING_ID.test(name) && header.recording !== name) return ['bad-header', `this segment belongs to recording ${header.recording}.`];
      const first = walk.first;
      if (first && (header.recording !== first.recording || header.installation !== first.installation || header.started !== first.started)) {
        return ['bad-header', 'this segment belongs to another recording.'];
      }
      if (walk.seq < 0) walk.seq = header.firstSeq;
      if (header.firstSeq !== frame.seq) return ['bad-header', 'the header of the segment states another sequence number than its frame.'];
      walk.first ??= header;
      this.#header = header;
    }
    if (frame.seq !== walk.seq) return ['bad-sequence', `frame ${walk.seq} should stand here, but frame ${frame.seq} does.`];
    if (frame.monoNs < walk.monoNs) return ['bad-sequence', `frame ${frame.seq} is older than the one before it.`];
    walk.seq++;
    walk.monoNs = frame.monoNs;
    return undefined;
  }

  async #ratchetOf(header: SegmentHeader, opener: SegmentOpener, frame: Frame): Promise<Ratchet | undefined> {
    const wrapped = this.#wraps(header, opener.kid);
    if (wrapped === undefined) throw new RecordingError('not-a-recipient', `Recording ${header.recording} is not sealed to this key.`);
    let secret: Buffer;
    try {
      secret = await opener.open(wrapped);
    } catch {
      this.#stop(
        'bad-seal',
        frame.segment,
        frame.offset,
        frame.seq,
        `${segmentName(frame.segment)}: the key of this segment cannot be opened: its header was changed, or it was sealed to another key.`,
      );
      return undefined;
    }
    try {
      return new Ratchet(segmentKey(secret, header.recording, header.segment));
    } finally {
      secret.fill(0);
    }
  }

  #unseal(frame: Frame, ratchet: Ratchet, as: Unsealing): (Omit<Unsealed, 'frame' | 'outputOffset'> & { readonly outputBytes: number }) | undefined {
    const keys = ratchet.next(frame.erased ? 'erased' : 'message', as === 'salted');
    const refuse = (sentence: string): undefined => {
      keys.salt.fill(0);
      return this.#refuse('bad-seal', frame, sentence);
    };
    if (frame.body.length < TAG_BYTES) return refuse(`record ${frame.seq} is too short to be sealed.`);
    let plaintext: Buffer;
    try {
      plaintext = frame.erased ? openLeft(frame, keys.message) : openSealed(frame.body, keys.message, recordNonce(frame.seq), coveredBytes(frame));
    } catch {
      return refuse(`record ${frame.seq} does not open: it was changed, or it belongs to another place.`);
    }
    try {
      if (as === 'plain') return { plaintext, decoded: [], erased: NONE_ERASED, salt: keys.salt, outputBytes: outputIn(plaintext) };
      const left = frame.erased ? decodeLeft(plaintext) : { decoded: decodeEvents(plaintext), erased: NONE_ERASED };
      const outputBytes = left.decoded.reduce((sum, { event }) => (event.code === 'o' ? sum + event.data.length : sum), 0);
      return { plaintext, ...left, salt: keys.salt, outputBytes };
    } catch (error) {
      plaintext.fill(0);
      return refuse(`record ${frame.seq} opens but cannot be understood: ${(error as Error).message}.`);
    }
  }

  /** Ends the walk at a record. */
  #refuse(code: FrameFault['code'], frame: Frame, sentence: string): undefined {
    this.#stop(code, frame.segment, frame.offset, frame.seq, `${segmentName(frame.segment)}: ${sentence}`);
    return undefined;
  }

  #stop(code: FrameFault['code'], segment: number, offset: number, seq: number, message: string): void {
    this.#fault ??= { code, segment, offset, seq, message };
  }
}

/** What of a record is asked for: its events with what their salts come from, its events, or that they are in order alone. */
type Unsealing = 'salted' | 'events' | 'plain';

/** Output bytes in a record. Throws RangeError as EventCursor does. */
function outputIn(plaintext: Buffer): number {
  let bytes = 0;
  const cursor = new EventCursor(plaintext);
  while (cursor.next()) if (cursor.code === OUTPUT) bytes += cursor.to - cursor.from;
  return bytes;
}

/** @param salts set to those of the record. */
function piecesOf({ decoded, erased, salt }: Unsealed, salts: PieceSalts): OpenedPiece[] {
  salts.setKey(salt);
  return decoded.map(({ event, bytes }, j) => ({ event, bytes, salt: salts.salt(placeOf(erased, j)) }));
}

/** Where a walk stands. */
interface Walk {
  /** Sequence number that must come next; -1 until the first header tells. */
  seq: number;
  monoNs: bigint;
  first: SegmentHeader | undefined;
}

/** A file read forward in blocks. A block is never written again once it was handed out, so views into it stay true. */
class Source {
  readonly #file: FileHandle;
  readonly #path: string;
  block: Buffer = Buffer.alloc(0);
  at = 0;
  /** Place in the file of block[at]. */
  offset = 0;

  constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  get left(): number {
    return this.block.length - this.at;
  }

  skip(bytes: number): void {
    this.at += bytes;
    this.offset += bytes;
  }

  /** Reads on until `bytes` bytes stand at `at`; false at the end of the file. */
  async want(bytes: number): Promise<boolean> {
    if (this.left >= bytes) return true;
    // No more than the file has: most recordings are a few KiB, and a block of their own size is far cheaper.
    const { size } = await this.#file.stat();
    if (size - this.offset < bytes) return false;
    const next = Buffer.allocUnsafeSlow(Math.max(bytes, Math.min(this.offset === 0 ? FIRST_READ_BYTES : READ_BYTES, size - this.offset)));
    let filled = this.block.copy(next, 0, this.at);
    while (filled < next.length) {
      const { bytesRead } = await this.#file.read(next, filled, next.length - filled, this.offset + filled).catch((error: unknown) => {
        throw unreadable(this.#path, error);
      });
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    this.block = next.subarray(0, filled);
    this.at = 0;
    return filled >= bytes;
  }
}

function unreadable(path: string, error: unknown): RecordingError {
  return new RecordingError('unreadable', `${path} cannot be read (${(error as NodeJS.ErrnoException).code}). Look at its permissions and at the disk.`, {
    cause: error,
  });
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The header of one segment, or undefined where the file has none that can be understood. Cheap: reads one frame. */
export async function readHeader(folder: string, segment: number): Promise<{ readonly header: SegmentHeader; readonly frame: Frame } | undefined> {
  const reader = new RecordingReader(folder, [segment], { live: true, fromSegment: segment });
  for await (const frame of reader.frames()) return { header: reader.header!, frame };
  return undefined;
}
