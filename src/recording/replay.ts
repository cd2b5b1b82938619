/**
 * The tail of a recording, for rebuilding a pane: its last snapshot and the output since, or as much of its last output
 * as was asked for. Segments are opened from the last backwards, and only as far as needed.
 */
import { z } from 'zod';
import { RecordingError } from './errors.ts';
import { openRecording, readHeader, type RecordingReader } from './reader.ts';
import type { SegmentOpener, SnapshotInfo } from './types.ts';

/** How far a tail without a snapshot may move on to begin with a whole line: no terminal has longer lines. */
const LINE_SEARCH_BYTES = 4096;
const NEWLINE = 10;

export interface TailOptions {
  /** Output bytes to replay up to: the recording's outputBytes when the pane was asked for. */
  readonly upTo: number;
  /** The most output bytes to replay. */
  readonly maxTailBytes: number;
  /** The recording may be growing. True unless said otherwise. */
  readonly live?: boolean;
}

/** What to do to a fresh terminal, in this order. `offset` is always output bytes of the recording before the item. */
export type ReplayItem =
  /** Always first: `skipped` output bytes before `offset` are not replayed (with a snapshot: 0, it shows them). */
  | { readonly kind: 'begin'; readonly offset: number; readonly skipped: number }
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
 * Replays a recording's tail. The bytes of an item are the caller's, to wipe. Where the recording is damaged, what comes
 * before the damage is yielded, then RecordingError with the fault's code is thrown; 'not-a-recipient' where the key
 * does not open it.
 */
export async function* tail(folder: string, opener: SegmentOpener, options: TailOptions): AsyncGenerator<ReplayItem, void, undefined> {
  const { upTo, maxTailBytes } = options;
  const live = options.live ?? true;
  const { segments } = await openRecording(folder, { live });
  if (segments.length === 0) throw new RecordingError('not-a-recording', `There is no recording in ${folder}.`);
  const starts = await segmentStarts(folder, segments);
  const bound = Math.max(0, upTo - maxTailBytes);
  const snapshot = await lastSnapshot(folder, opener, starts, bound, upTo, live);
  const begin = snapshot?.info.outputOffset ?? bound;
  // The last segment that begins at or before `begin`. Its first record states the size in force.
  const from = starts.findLast((start) => start.outputOffset <= begin) ?? starts[0]!;
  const reader = await openRecording(folder, { live, fromSegment: from.segment });
  yield* items(reader, opener, begin, upTo, snapshot);
  if (reader.fault) throw new RecordingError(reader.fault.code, reader.fault.message);
}

interface Start {
  readonly segment: number;
  readonly outputOffset: number;
}

interface Snapshot {
  readonly info: SnapshotInfo;
  readonly screen: Buffer;
}

/** Where each segment begins in the output, from the clear headers. A segment without one is left to the walk to complain about. */
async function segmentStarts(folder: string, segments: readonly number[]): Promise<Start[]> {
  const starts: Start[] = [];
  for (const segment of segments) {
    const found = await readHeader(folder, segment);
    if (found) starts.push({ segment, outputOffset: found.header.outputOffset });
  }
  if (starts.length === 0) starts.push({ segment: segments[0]!, outputOffset: 0 });
  return starts;
}

/** The last snapshot that covers between `bound` and `upTo` output bytes. */
async function lastSnapshot(
  folder: string,
  opener: SegmentOpener,
  starts: readonly Start[],
  bound: number,
  upTo: number,
  live: boolean,
): Promise<Snapshot | undefined> {
  for (let i = starts.length - 1; i >= 0; i--) {
    // A snapshot stands after the output that it covers, so one that covers `bound` bytes or more cannot stand in a
    // segment that ends before them.
    const next = starts[i + 1];
    if (next && next.outputOffset < bound) return undefined;
    const reader = await openRecording(folder, { live, fromSegment: starts[i]!.segment });
    let found: Snapshot | undefined;
    for await (const { frame, events } of reader.records(opener)) {
      if (frame.segment !== starts[i]!.segment) break;
      for (const { event } of events) {
        if (event.code !== 'n') continue;
        const snapshot = decodeSnapshot(event.data);
        if (!snapshot || snapshot.info.outputOffset < bound || snapshot.info.outputOffset > upTo) continue;
        found?.screen.fill(0);
        // A copy: the record is wiped when the next one is asked for.
        found = { info: snapshot.info, screen: Buffer.from(snapshot.screen) };
      }
    }
    if (found) return found;
  }
  return undefined;
}

async function* items(
  reader: RecordingReader,
  opener: SegmentOpener,
  begin: number,
  upTo: number,
  snapshot: Snapshot | undefined,
): AsyncGenerator<ReplayItem, void, undefined> {
  let size: { cols: number; rows: number } | undefined;
  let begun = false;
  let searched = 0;
  let inLine = !snapshot && begin > 0;
  /** The opening items, once the first output byte to replay is known. */
  const open = function* (offset: number): Generator<ReplayItem> {
    begun = true;
    yield { kind: 'begin', offset, skipped: snapshot ? 0 : offset };
    if (snapshot) {
      yield { kind: 'size', offset, cols: snapshot.info.cols, rows: snapshot.info.rows };
      yield { kind: 'screen', offset, cols: snapshot.info.cols, rows: snapshot.info.rows, bytes: snapshot.screen };
      // The pane may have been resized after the snapshot was taken and before more was printed.
      if (size && (size.cols !== snapshot.info.cols || size.rows !== snapshot.info.rows)) yield { kind: 'size', offset, ...size };
    } else if (size) {
      yield { kind: 'size', offset, ...size };
    }
  };
  let offset = begin;
  for await (const record of reader.records(opener)) {
    let at = record.outputOffset;
    if (at > upTo) break;
    for (const { event } of record.events) {
      if (event.code === 'o') {
        const start = at;
        at += event.data.length;
        let first = Math.max(start, begin);
        const end = Math.min(at, upTo);
        if (first >= end) continue;
        if (inLine) {
          const newline = event.data.indexOf(NEWLINE, first - start);
          const lineEnd = newline < 0 ? at : start + newline + 1;
          if (searched + (lineEnd - first) > LINE_SEARCH_BYTES || (newline < 0 && end === upTo) || lineEnd >= upTo) {
            // No line begins near: replay from the exact place then.
            inLine = false;
          } else if (newline < 0) {
            searched += lineEnd - first;
            continue;
          } else {
            first = lineEnd;
            inLine = false;
            if (first >= end) continue;
          }
        }
        if (!begun) yield* open(first);
        offset = end;
        yield { kind: 'output', offset: first, bytes: Buffer.from(event.data.subarray(first - start, end - start)) };
      } else if (event.code === 'r' || event.code === 's') {
        const next = event.code === 'r' ? sizeOf(event.data) : parsed(sizeSchema, event.data);
        if (!next) continue;
        const changed = !size || size.cols !== next.cols || size.rows !== next.rows;
        size = next;
        if (begun && changed && at <= upTo) yield { kind: 'size', offset: at, ...next };
      } else if (event.code === 'g' && begun && at <= upTo) {
        const gap = parsed(gapSchema, event.data);
        if (gap) yield { kind: 'gap', offset: at, ...gap };
      }
    }
  }
  if (!begun) yield* open(offset);
}

function sizeOf(data: Uint8Array): { cols: number; rows: number } | undefined {
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
