/**
 * Segment secrets that were wrapped once more for a key that came later: an audit key that takes the place of another. A segment's header is under the tree and
 * stays what it is, so these stand in a file beside the segments. It is believed in nothing: what a wrap opens has to open the records.
 * docs/format.md, "Wrapped once more", is normative.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { largestSmallFile, readSmall, writeAtomic } from '../disk/atomic.ts';
import { StorageFault } from '../disk/fault.ts';
import { toJson } from '../disk/json.ts';
import { RECORDING_ID } from '../types/ids.ts';
import type { SegmentHeader } from './types.ts';

export const REWRAPPED = 'rewrapped.json';
/** Some 400 bytes a wrap: thousands of segments for each of some keys. What is larger is none of ours. */
const MOST_BYTES = 4 * largestSmallFile;

const wrap = z.strictObject({ segment: z.int().min(0), kid: z.string().max(64), jwe: z.string().max(2048) });
const schema = z.strictObject({
  format: z.literal('wardmux-rewrapped'),
  version: z.literal(1),
  recording: z.string().regex(RECORDING_ID),
  wraps: z.array(wrap),
});

/** A segment's secret, wrapped for one more key. */
export type Rewrap = z.infer<typeof wrap>;

/**
 * What lies beside a recording; none where there is no such file, or its text is none of ours.
 * @throws StorageFault where it is no plain file, too large, or cannot be read.
 */
export function requireRewraps(folder: string, recording: string): readonly Rewrap[] {
  const bytes = readSmall(join(folder, REWRAPPED), MOST_BYTES);
  if (!bytes) return [];
  try {
    const parsed = schema.safeParse(JSON.parse(bytes.toString('utf8')));
    return parsed.success && parsed.data.recording === recording ? parsed.data.wraps : [];
  } catch {
    return [];
  }
}

/** The same for who only opens: what cannot be read opens nothing. */
function readRewraps(folder: string, recording: string): readonly Rewrap[] {
  try {
    return requireRewraps(folder, recording);
  } catch {
    return [];
  }
}

/** Whole, or as it was. @throws StorageFault, also where nobody would read it again because it is too large */
export function writeRewraps(folder: string, recording: string, wraps: readonly Rewrap[]): void {
  const path = join(folder, REWRAPPED);
  const sorted = wraps.toSorted((a, b) => a.segment - b.segment || (a.kid < b.kid ? -1 : 1));
  const text = toJson({ format: 'wardmux-rewrapped', version: 1, recording, wraps: sorted });
  if (Buffer.byteLength(text) > MOST_BYTES)
    throw new StorageFault('corrupt', path, `Cannot write ${path}: so many wraps are larger than ${MOST_BYTES / largestSmallFile} MiB. It is as it was.`);
  writeAtomic(path, text);
}

/** The secret of a segment as it is wrapped for a key: in its header, or beside it. Undefined where it is for neither. */
export type WrapFor = (header: SegmentHeader, kid: string) => string | undefined;

/** For the segments of one recording: what lies beside it is read once, and not before a header asks for it. */
export function wrapsOf(folder: string): WrapFor {
  let beside: readonly Rewrap[] | undefined;
  return ({ recipients, recording, segment }, kid) =>
    recipients.find((recipient) => recipient.kid === kid)?.jwe ??
    (beside ??= readRewraps(folder, recording)).find((one) => one.segment === segment && one.kid === kid)?.jwe;
}
