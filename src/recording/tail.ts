/**
 * The tail of a recording, for rebuilding a pane: its last snapshot and the output since, or as much of its last output
 * as was asked for. Segments are opened from the last backwards, and only as far as needed. A segment is sealed to a public key,
 * so whoever can write files can make one that opens: nothing of a segment is replayed before all of it was found to be in the
 * tree of the one who wrote it.
 */
import { z } from 'zod';
import { RecordingError, type RecordingErrorCode } from './errors.ts';
import { segmentName } from './header.ts';
import { openRecording, type RecordingReader } from './reader.ts';
import type { FrameFault, SegmentOpener, SegmentStart, SnapshotInfo, Written } from './types.ts';
import type { TreeHead } from '../types/head.ts';
import { MerkleTree } from '../merkle/tree.ts';

/** How far a tail without a snapshot may move on to begin with a whole line: no terminal has longer lines. */
const LINE_SEARCH_BYTES = 4096;
const NEWLINE = 10;

export interface TailOptions {
  /** What the recording's writer had written when the pane was asked for: up to there it is replayed. */
  readonly written: Written;
  /** The most output bytes to replay. */
  readonly maxTailBytes: number;
}

/** What to do to a fresh terminal, in this order. `offset` is always output bytes of the recording before the item. */
export type TailItem =
  /** Always first: `skipped` output bytes before `offset` are not replayed (with a snapshot: 0, it shows them). So many segments had to be read. */
  | { readonly kind: 'begin'; readonly offset: number; readonly skipped: number; readonly segments: number }
  /** Resize the terminal. The first one comes before any screen or output. */
  | { readonly kind: 'size'; readonly offset: number; readonly cols: number; readonly rows: number }
  /** Reset, then write these bytes: the screen after `offset` output bytes. */
  | { readonly kind: 'screen'; readonly offset: number; readonly cols: number; readonly rows: number; readonly bytes: Buffer }
  | { readonly kind: 'output'; readonly offset: number; readonly bytes: Buffer }
  /** Bytes that the recording itself lost, and says so. */
  | { readonly kind: 'gap'; readonly offset: number; readonly bytes: number; readonly reason: string };

const snapshotSchema = z.object({
  outputOffset: z.number().int().nonnegative(),
  cols: z.number().int().min(1).max(2000),
  rows: z.number().int().min(1).max(2000),
});
const gapSchema = z.object({ bytes: z.number().int().nonnegative(), reason: z.string() });
const sizeSchema = z.object({ cols: z.number().int().min(1).max(2000), rows: z.number().int().min(1).max(2000) });

/** An `n` event's data: one line of JSON, a newline, the screen as terminal output. */
export function encodeSnapshot(info: SnapshotInfo, screen: Uint8Array): Buffer {
  const { outputOffset, cols, rows } = info;
  return Buffer.concat([Buffer.from(JSON.stringify({ outputOffset, cols, rows }) + '\n'), screen]);
}

/** Reads an `n` event's data; `screen` is a view into it. Undefined where it cannot be understood. */
export function decodeSnapshot(data: Uint8Array): { readonly info: SnapshotInfo; readonly screen: Uint8Array } | undefined {
  const end = data.indexOf(NEWLINE);
  const info = end < 0 ? undefined : parsed(snapshotSchema, data.subarray(0, end));
  return info && { info, screen: data.subarray(end + 1) };
}

/**
 * Replays a recording's tail. The bytes of an item are the caller's, to wipe. Where a segment is damaged, what comes before it
 * is yielded, then RecordingError with the fault's code is thrown: 'not-as-written' where a segment is whole and not the one
 * that was written. 'not-a-recipient' where the key does not open it.
 */
export async function* tail(folder: string, opener: SegmentOpener, options: TailOptions): AsyncGenerator<TailItem, void, undefined> {
  const { written, maxTailBytes } = options;
  const { outputBytes: upTo, starts } = written;
  const bound = Math.max(starts[0]?.outputOffset ?? 0, upTo - maxTailBytes);
  let part: Part = { entries: [], snapshot: undefined, segments: 0, fault: undefined };
  for (let i = starts.length - 1; i >= 0; i--) {
    const { segment, outputOffset } = starts[i]!;
    const before = treeBefore(starts[i]!);
    const end = i === starts.length - 1 ? written.head : treeBefore(starts[i + 1]!).head();
    const read = await readPart(await openRecording(folder, { live: true, fromSegment: segment, before }), end, opener, bound, upTo);
    // What stands behind damage is not replayed.
    if (read.fault) wipe(part);
    part = {
      entries: read.fault ? read.entries : [...read.entries, ...part.entries],
      snapshot: (read.fault ? undefined : part.snapshot) ?? read.snapshot,
      segments: read.segments + part.segments,
      fault: read.fault ?? part.fault,
    };
    if (part.snapshot ? part.snapshot.info.outputOffset >= outputOffset : outputOffset <= bound) break;
  }
  yield* items(part, part.snapshot?.info.outputOffset ?? bound, upTo);
  if (part.fault) throw new RecordingError(part.fault.code, part.fault.message);
}

interface Snapshot {
  readonly info: SnapshotInfo;
  readonly screen: Buffer;
}

type Entry = Extract<TailItem, { kind: 'size' | 'output' | 'gap' }>;

/** What a replay needs of some segments, in their order. The bytes are copies. */
interface Part {
  readonly entries: readonly Entry[];
  /** The last one that covers between `bound` and `upTo` output bytes. */
  readonly snapshot: Snapshot | undefined;
  /** In how many it lies. */
  readonly segments: number;
  readonly fault: Fault | undefined;
}

/** Why a part is not all that was written. */
type Fault = Pick<FrameFault, 'message'> & { readonly code: RecordingErrorCode };

const treeBefore = ({ size, peaks }: SegmentStart): MerkleTree =>
  MerkleTree.fromPeaks(
    size,
    peaks.map((peak) => Buffer.from(peak, 'hex')),
  );

function wipe({ entries, snapshot }: Pick<Part, 'entries' | 'snapshot'>): void {
  for (const entry of entries) if (entry.kind === 'output') entry.bytes.fill(0);
  snapshot?.screen.fill(0);
}

/**
 * Reads what a replay from `bound` to `upTo` needs of a segment, and of those without output behind it, whose last frame is the last
 * one of the tree `end`: nothing where it is not. The first record of each states the size in force.
 */
async function readPart(reader: RecordingReader, end: TreeHead, opener: SegmentOpener, bound: number, upTo: number): Promise<Part> {
  let entries: Entry[] = [];
  let snapshot: Snapshot | undefined;
  let [first, last] = [-1, -1];
  for await (const { frame, events, outputOffset } of reader.contents(opener)) {
    if (frame.seq >= end.size) break;
    if (first < 0) first = frame.segment;
    last = frame.segment;
    let at = outputOffset;
    for (const event of events) {
      switch (event.code) {
        case 'o': {
          const begin = Math.max(at, bound);
          const last = Math.min(at + event.data.length, upTo);
          if (begin < last) entries.push({ kind: 'output', offset: begin, bytes: Buffer.from(event.data.subarray(begin - at, last - at)) });
          at += event.data.length;
          break;
        }
        case 'n': {
          const found = decodeSnapshot(event.data);
          if (!found || found.info.outputOffset < bound || found.info.outputOffset > upTo) break;
          snapshot?.screen.fill(0);
          snapshot = { info: found.info, screen: Buffer.from(found.screen) };
          entries = withoutShown(entries, found.info.outputOffset);
          break;
        }
        case 'r':
        case 's': {
          const size = eventSize(event.code, event.data);
          // Of sizes with nothing printed in between the last one counts.
          if (size && entries.at(-1)?.kind === 'size') entries.pop();
          if (size) entries.push({ kind: 'size', offset: at, ...size });
          break;
        }
        case 'g': {
          const gap = parsed(gapSchema, event.data);
          if (gap) entries.push({ kind: 'gap', offset: at, ...gap });
        }
      }
    }
    if (frame.seq + 1 === end.size) break;
  }
  const { size, root } = reader.head();
  const segments = first < 0 ? 0 : last - first + 1;
  if (size === end.size && root === end.root) return { entries, snapshot, segments, fault: undefined };
  wipe({ entries, snapshot });
  const message = `${segmentName(Math.max(0, last))} is not what was written: somebody has replaced or shortened it. The shell runs on, and what it prints is recorded.`;
  return { entries: [], snapshot: undefined, segments, fault: reader.fault ?? { code: 'not-as-written', message } };
}

/** Drops and wipes output that the screen after `offset` output bytes shows. */
function withoutShown(entries: readonly Entry[], offset: number): Entry[] {
  return entries.filter((entry) => {
    if (entry.kind !== 'output' || entry.offset + entry.bytes.length > offset) return true;
    entry.bytes.fill(0);
    return false;
  });
}

/** The items of a replay that begins at `begin` output bytes. What is not replayed is wiped. */
function* items({ entries, snapshot, segments }: Part, begin: number, upTo: number): Generator<TailItem, void, undefined> {
  let size: { cols: number; rows: number } | undefined;
  let begun = false;
  let searched = 0;
  let inLine = !snapshot && begin > 0;
  /** The opening items, once the first output byte to replay is known. */
  const open = function* (offset: number): Generator<TailItem> {
    begun = true;
    yield { kind: 'begin', offset, skipped: snapshot ? 0 : offset, segments };
    if (snapshot) {
      yield { kind: 'size', offset, cols: snapshot.info.cols, rows: snapshot.info.rows };
      yield { kind: 'screen', offset, cols: snapshot.info.cols, rows: snapshot.info.rows, bytes: snapshot.screen };
      // The pane may have been resized after the snapshot was taken and before more was printed.
      if (size && (size.cols !== snapshot.info.cols || size.rows !== snapshot.info.rows)) yield { kind: 'size', offset, ...size };
    } else if (size) {
      yield { kind: 'size', offset, ...size };
    }
  };
  for (const entry of entries) {
    if (entry.kind === 'output') {
      const end = entry.offset + entry.bytes.length;
      let first = Math.max(entry.offset, begin);
      if (first >= end) {
        entry.bytes.fill(0);
        continue;
      }
      if (inLine) {
        const newline = entry.bytes.indexOf(NEWLINE, first - entry.offset);
        const lineEnd = newline < 0 ? end : entry.offset + newline + 1;
        if (searched + (lineEnd - first) > LINE_SEARCH_BYTES || (newline < 0 && end === upTo) || lineEnd >= upTo) {
          // No line begins near: replay from the exact place then.
          inLine = false;
        } else if (newline < 0) {
          searched += lineEnd - first;
          entry.bytes.fill(0);
          continue;
        } else {
          first = lineEnd;
          inLine = false;
        }
      }
      entry.bytes.fill(0, 0, first - entry.offset);
      if (first === end) continue;
      if (!begun) yield* open(first);
      yield { kind: 'output', offset: first, bytes: entry.bytes.subarray(first - entry.offset) };
    } else if (entry.kind === 'size') {
      const changed = !size || size.cols !== entry.cols || size.rows !== entry.rows;
      size = { cols: entry.cols, rows: entry.rows };
      if (begun && changed) yield entry;
    } else if (begun) yield entry;
  }
  if (!begun) yield* open(begin);
}

/** The size in cells that a start (`s`) or a resize (`r`) tells, where it can be understood. */
export function eventSize(code: 's' | 'r', data: Uint8Array): { cols: number; rows: number } | undefined {
  if (code === 's') return parsed(sizeSchema, data);
  const match = /^(\d{1,4})x(\d{1,4})$/.exec(Buffer.from(data).toString('latin1'));
  const size = match && sizeSchema.safeParse({ cols: Number(match[1]), rows: Number(match[2]) });
  return size?.success ? size.data : undefined;
}

function parsed<T>(schema: z.ZodType<T>, json: Uint8Array): T | undefined {
  try {
    return schema.parse(JSON.parse(Buffer.from(json).toString('utf8')));
  } catch {
    return undefined;
  }
}
