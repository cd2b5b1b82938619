/** What can be said of a recording without any key, made from file names, headers, the times of frames, and whether there is an end.json. */
import { lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openPlainHandle } from '../disk/plain.ts';
import { readEnd } from './end-file.ts';
import { FRAME_HEAD_BYTES, MAX_BODY_BYTES, SEGMENT_MAGIC } from './frame.ts';
import { segmentName, segmentNumber } from './header.ts';
import { liveState } from './live.ts';
import { readHeader } from './reader.ts';

const SCAN_BYTES = 1024 * 1024;

export interface RecordingOutline {
  readonly id: string;
  /** Absolute path of the recording's folder. */
  readonly folder: string;
  /** Empty where the first segment's header cannot be understood: see `fault`. */
  readonly person: string;
  /** ISO 8601 UTC; empty likewise. */
  readonly started: string;
  /** To its last whole frame. The counts of end.json and recovered.json are signed by nobody. */
  readonly durationMs: number;
  /** Bytes of its segment files. */
  readonly size: number;
  readonly segments: number;
  readonly state: 'complete' | 'interrupted' | 'live';
  /** What a person should know about it, if anything. One sentence. */
  readonly fault?: string;
}

/** One recording's outline. Rejects where the folder cannot be read. */
export async function outlineOf(folder: string, id: string): Promise<RecordingOutline> {
  const segments = (await readdir(folder)).map(segmentNumber).filter((segment) => segment !== undefined);
  segments.sort((a, b) => a - b);
  const size = segments.reduce((sum, segment) => sum + sizeOf(join(folder, segmentName(segment))), 0);
  const state = readEnd(folder) ? 'complete' : liveState(folder) === 'live' ? 'live' : 'interrupted';
  const last = segments.at(-1);
  const first = await readHeader(folder, segments[0] ?? 0);
  const fault = first
    ? undefined
    : segments.length === 0
      ? 'It has no segment: it was cut off before anything was recorded.'
      : `The header of ${segmentName(segments[0]!)} cannot be understood.`;
  const common = {
    id,
    folder,
    person: first?.header.person ?? '',
    started: first?.header.started ?? '',
    size,
    segments: segments.length,
    state,
    ...(fault ? { fault } : {}),
  } as const;
  return { ...common, durationMs: last === undefined ? 0 : await lastMonoMs(join(folder, segmentName(last))) };
}

/** Monotonic time of the last whole frame of a segment, ms: hops from head to head and checks nothing. */
async function lastMonoMs(path: string): Promise<number> {
  const file = await openPlainHandle(path).catch(() => undefined);
  if (!file) return 0;
  try {
    const block = Buffer.alloc(SCAN_BYTES);
    const { size } = await file.stat();
    let mono = 0n;
    let at = SEGMENT_MAGIC.length;
    let from = 0;
    let filled = 0;
    while (at + FRAME_HEAD_BYTES <= size) {
      if (at + FRAME_HEAD_BYTES > from + filled) {
        from = at;
        filled = (await file.read(block, 0, block.length, from)).bytesRead;
        if (filled < FRAME_HEAD_BYTES) break;
      }
      const length = block.readUInt32BE(at - from);
      if (length > MAX_BODY_BYTES || at + FRAME_HEAD_BYTES + length > size) break;
      mono = block.readBigUInt64BE(at - from + 16);
      at += FRAME_HEAD_BYTES + length;
    }
    return Number(mono / 1_000_000n);
  } finally {
    await file.close();
  }
}

function sizeOf(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
