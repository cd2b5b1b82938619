/**
 * Recovery after a crash: what is whole stays, what is torn moves aside, and a report says so. Nothing is thrown away:
 * torn bytes go to `segment-NNNNNN.torn-N` beside the segment, later segments as a whole likewise.
 */
import { closeSync, fsyncSync, fstatSync, ftruncateSync, lstatSync, openSync, readdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { readSmall, syncFolder, writeAtomic } from '../disk/atomic.ts';
import { copyBytes } from '../disk/bytes.ts';
import { NotPlainError } from '../disk/plain.ts';
import { RecordingError } from './errors.ts';
import { segmentName } from './header.ts';
import { holdRecording, liveState, unmarkLive } from './live.ts';
import { EndRoom } from './room.ts';
import type { FrameFault } from './types.ts';
import type { TreeHead } from '../types/head.ts';
import { walkRecording, type Walk } from './walk.ts';
import { END_FILE } from './end-file.ts';

const RECOVERED_FILE = 'recovered.json';

export interface RecoveryReport extends Pick<Walk, 'roots'> {
  readonly recording: string;
  /** Whole frames, headers included: the size of `head`. */
  readonly keptFrames: number;
  /** Bytes that were moved aside. */
  readonly tornBytes: number;
  /** Files that hold them now, names in the recording's folder. */
  readonly tornFiles: readonly string[];
  readonly head: TreeHead;
  /** Wall time of the last whole frame, ms since 1970; 0 where none is whole. */
  readonly lastWallMs: number;
  /** Monotonic time of the last whole frame, ms since the recording's start. */
  readonly durationMs: number;
  /** Why the walk stopped, where it did. */
  readonly fault?: FrameFault;
}

const reportSchema = z.object({
  format: z.literal('wardmux-recovered'),
  version: z.literal(1),
  recording: z.string(),
  keptFrames: z.number(),
  tornBytes: z.number(),
  tornFiles: z.array(z.string()),
  head: z.object({ size: z.number(), root: z.string() }),
  lastWallMs: z.number(),
  durationMs: z.number(),
});

/** Whether a recording was cut off and not yet recovered. Cheap: looks at file names only. */
export function needsRecovery(folder: string): boolean {
  const names = readdirSync(folder);
  if (names.includes(END_FILE)) return false;
  return liveState(folder) !== 'live' && (!names.includes(RECOVERED_FILE) || names.includes('live'));
}

/** The report of an earlier recovery, or undefined. */
export function recoveryReport(folder: string): Omit<RecoveryReport, 'fault' | 'roots'> | undefined {
  try {
    return reportSchema.parse(JSON.parse(readSmall(join(folder, RECOVERED_FILE))!.toString('utf8')));
  } catch {
    return undefined;
  }
}

/**
 * Recovers one recording that was cut off. Running it again changes nothing more.
 * @param accept is asked before anything is moved: it throws where what lies there must stay as it is.
 * @param sizes of the trees whose roots `accept` wants to see.
 * @throws RecordingError 'live' where its writer runs, 'ended' where it has an end.json (damage in it is then no crash and
 * stays as it is, as evidence), 'not-a-recording', 'unreadable'; what `accept` throws.
 */
export async function recoverRecording(folder: string, accept: (walk: Walk) => void = () => undefined, sizes: Iterable<number> = []): Promise<RecoveryReport> {
  if (liveState(folder) === 'live') throw new RecordingError('live', `The recording in ${folder} is being written: it needs no recovery.`);
  const letGo = holdRecordingOf(folder);
  try {
    return settle(folder, await walkRecording(folder, sizes), accept);
  } finally {
    letGo();
  }
}

/** Nobody writes it and nobody else recovers it until it is let go. What is no plain file has no writer of ours. */
function holdRecordingOf(folder: string): () => void {
  try {
    return holdRecording(folder);
  } catch (error) {
    if (error instanceof NotPlainError) return () => undefined;
    throw error;
  }
}

function settle(folder: string, walk: Walk, accept: (walk: Walk) => void): RecoveryReport {
  const { fault, head, segments, lastSegment, wholeBytes, lastWallMs, durationMs } = walk;
  if (readdirSync(folder).includes(END_FILE)) {
    throw new RecordingError('ended', `The recording in ${folder} ended as it should: it needs no recovery. Damage in it is left as it is.`);
  }
  accept(walk);
  let tornBytes = 0;
  const tornFiles: string[] = [];
  if (fault && head.size === 0 && segments.length === 0) {
    // A crash between making the folder and its first segment: nothing was recorded, nothing is torn.
  } else if (fault) {
    for (const segment of segments) {
      const path = join(folder, segmentName(segment));
      const bytes = lstatSync(path).size;
      // A segment with no whole frame goes aside as a whole, so that every segment left begins with its header.
      const keep = segment < fault.segment ? bytes : segment === fault.segment && lastSegment === segment ? wholeBytes : 0;
      if (keep >= bytes && segment < fault.segment) continue;
      const torn = freeName(folder, segment);
      if (keep === 0) renameSync(path, join(folder, torn));
      else cut(path, keep, join(folder, torn));
      tornBytes += bytes - keep;
      tornFiles.push(torn);
    }
  }
  const recording = walk.headers[0]?.recording ?? basename(folder);
  const before = recoveryReport(folder);
  // A second run finds nothing torn any more; what the first one found is still the truth.
  const report: RecoveryReport = {
    recording,
    keptFrames: head.size,
    tornBytes: tornBytes + (before?.tornBytes ?? 0),
    tornFiles: [...(before?.tornFiles ?? []), ...tornFiles],
    head,
    lastWallMs,
    durationMs,
    roots: walk.roots,
    ...(fault ? { fault } : {}),
  };
  const { fault: _fault, roots: _roots, ...kept } = report;
  writeAtomic(join(folder, RECOVERED_FILE), JSON.stringify({ format: 'wardmux-recovered', version: 1, ...kept }) + '\n');
  unmarkLive(folder);
  new EndRoom(folder).remove();
  syncFolder(folder);
  return report;
}

/** Moves everything from `keep` on into a new file, on the disk before the segment is cut. */
function cut(path: string, keep: number, torn: string): void {
  const from = openSync(path, 'r+');
  try {
    const to = openSync(torn, 'wx', 0o600);
    try {
      copyBytes(from, keep, fstatSync(from).size, to);
      fsyncSync(to);
    } finally {
      closeSync(to);
    }
    ftruncateSync(from, keep);
    fsyncSync(from);
  } finally {
    closeSync(from);
  }
}

function freeName(folder: string, segment: number): string {
  const names = new Set(readdirSync(folder));
  const stem = segmentName(segment).replace(/\.wmx$/, '');
  for (let n = 0; ; n++) if (!names.has(`${stem}.torn-${n}`)) return `${stem}.torn-${n}`;
}
