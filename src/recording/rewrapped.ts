/**
 * Segment secrets that were wrapped once more for a key that came later: an audit key that takes the place of another. A segment's header is under the tree and
 * stays what it is, so these stand in a file beside the segments. It is believed in nothing: what a wrap opens has to open the records.
 * docs/format.md, "Wrapped once more", is normative.
 */
import { closeSync, fstatSync, lstatSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomic } from '../disk/atomic.ts';
import { toJson } from '../disk/json.ts';
import { openPlain } from '../disk/plain.ts';
import { RECORDING_ID } from '../types/ids.ts';
import type { SegmentHeader } from './types.ts';

export const REWRAPPED = 'rewrapped.json';
/** Some 400 bytes a wrap: more than 100,000 segments for each of some keys are none of ours. */
const MOST_BYTES = 64 * 1024 * 1024;

const wrap = z.strictObject({ segment: z.int().min(0), kid: z.string().max(64), jwe: z.string().max(2048) });
const schema = z.strictObject({
  format: z.literal('wardmux-rewrapped'),
  version: z.literal(1),
  recording: z.string().regex(RECORDING_ID),
  wraps: z.array(wrap),
});

/** A segment's secret, wrapped for one more key. */
export type Rewrap = z.infer<typeof wrap>;

/** What lies beside a recording; none where there is no such file, or it is none of ours. */
export function readRewraps(folder: string, recording: string): readonly Rewrap[] {
  const path = join(folder, REWRAPPED);
  let fd: number | undefined;
  try {
    fd = openPlain(path);
    if (fd === undefined) return [];
    const { size } = fstatSync(fd);
    if (size > MOST_BYTES) return [];
    const bytes = Buffer.alloc(size);
    for (let at = 0, got = -1; at < size && got !== 0; at += got) got = readSync(fd, bytes, at, size - at, at);
    const parsed = schema.safeParse(JSON.parse(bytes.toString('utf8')));
    return parsed.success && parsed.data.recording === recording ? parsed.data.wraps : [];
  } catch {
    return [];
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Whole, or as it was. @throws StorageFault */
export function writeRewraps(folder: string, recording: string, wraps: readonly Rewrap[]): void {
  const sorted = wraps.toSorted((a, b) => a.segment - b.segment || (a.kid < b.kid ? -1 : 1));
  writeAtomic(join(folder, REWRAPPED), toJson({ format: 'wardmux-rewrapped', version: 1, recording, wraps: sorted }));
}

/** The secret of a segment as it is wrapped for a key: in its header, or beside it. Undefined where it is for neither. */
export function wrapFor(folder: string, { recipients, recording, segment }: SegmentHeader, kid: string): string | undefined {
  const own = recipients.find((recipient) => recipient.kid === kid);
  if (own) return own.jwe;
  if (!lstatSync(join(folder, REWRAPPED), { throwIfNoEntry: false })) return undefined;
  return readRewraps(folder, recording).find((one) => one.segment === segment && one.kid === kid)?.jwe;
}
