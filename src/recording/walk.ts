/** One walk over everything that lies in a recording's folder, without any key and without changing anything. */
import { ErasedDigest, type ErasedHead } from './erased.ts';
import { openRecording, type OpenOptions } from './reader.ts';
import { TYPE_HEADER } from './frame.ts';
import type { FrameFault, SegmentHeader } from './types.ts';
import type { TreeHead } from '../types/head.ts';

/** What a segment's header says, without its wrapped secrets. */
export type HeaderFacts = Omit<SegmentHeader, 'recipients'> & { readonly recipients: readonly Pick<SegmentHeader['recipients'][number], 'kid' | 'role'>[] };

export interface Walk {
  /** Absolute path of the recording's folder. */
  readonly folder: string;
  /** The headers of its segments, from the first on, as far as the walk came. */
  readonly headers: readonly HeaderFacts[];
  /** The tree over its whole frames. */
  readonly head: TreeHead;
  /** Root over the first frames, lower-case hex, for each of the sizes that were asked for and that it has. */
  readonly roots: ReadonlyMap<number, string>;
  /** Its records in which pieces were erased; null where there are none. */
  readonly erased: ErasedHead | null;
  /** Why the walk stopped early. */
  readonly fault: FrameFault | undefined;
  /** Numbers of the segment files that are there, ascending. */
  readonly segments: readonly number[];
  /** The segment of the last whole frame; -1 where none is whole. */
  readonly lastSegment: number;
  /** Bytes of whole frames in the segment that the walk ended in. */
  readonly wholeBytes: number;
  /** Wall time of the last whole frame, ms since 1970; 0 where none is whole. */
  readonly lastWallMs: number;
  /** Monotonic time of the last whole frame, ms since the recording's start. */
  readonly durationMs: number;
}

/**
 * Reads all of a recording.
 * @param sizes of the trees whose roots are wanted.
 * @throws RecordingError 'not-a-recording', 'unreadable'
 */
export async function walkRecording(folder: string, sizes: Iterable<number> = [], options: Pick<OpenOptions, 'live' | 'progress'> = {}): Promise<Walk> {
  const wanted = new Set(sizes);
  const reader = await openRecording(folder, options);
  const roots = new Map<number, string>();
  if (wanted.has(0)) roots.set(0, reader.head().root);
  const headers: HeaderFacts[] = [];
  const erased = new ErasedDigest();
  let lastWallMs = 0;
  let durationMs = 0;
  let lastSegment = -1;
  for await (const frame of reader.frames()) {
    if (frame.type === TYPE_HEADER) headers.push(factsOf(reader.header!));
    erased.take(frame);
    lastWallMs = frame.wallMs;
    durationMs = Number(frame.monoNs / 1_000_000n);
    lastSegment = frame.segment;
    // Frame n is the last one of the tree over n + 1.
    if (wanted.has(frame.seq + 1)) roots.set(frame.seq + 1, reader.head().root);
  }
  const { fault, segments, wholeBytes } = reader;
  return { folder, headers, head: reader.head(), roots, erased: erased.head(), fault, segments, lastSegment, wholeBytes, lastWallMs, durationMs };
}

function factsOf(header: SegmentHeader): HeaderFacts {
  return { ...header, recipients: header.recipients.map(({ kid, role }) => ({ kid, role })) };
}
