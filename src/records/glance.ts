/**
 * A recording against the ledger at a glance: which segments are there, what its first header says, whose its last one is, and how many frames its last
 * segment has by their lengths. Nothing here proves content; what it finds is wrong for certain, what it does not find may be.
 */
import { closeSync, fstatSync, lstatSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { beginningOf, type RecordingState } from '../ledger/rules.ts';
import { FRAME_HEAD_BYTES, MAX_BODY_BYTES, parseFrame, SEGMENT_MAGIC, SEGMENT_MAGIC_2, TYPE_HEADER } from '../recording/frame.ts';
import { parseHeader, segmentName, segmentNumber } from '../recording/header.ts';
import type { SegmentHeader } from '../recording/types.ts';
import { openPlain } from '../disk/plain.ts';
import { kindOf } from '../types/sentence.ts';

/** Of a longer last segment the frames are not counted: a list of recordings is no reading of them. */
const COUNTED_BYTES = 256 * 1024;

export interface Glance {
  /** Frames that are there by their lengths; null where they were not counted. */
  readonly found: number | null;
  /** What contradicts the ledger, a sentence; null where nothing was seen. */
  readonly contradiction: string | null;
}

/** @param state what the ledger knows of it, read before the disk is looked at: a running recording is never behind the ledger. */
export function glanceAt(folder: string, id: string, state: RecordingState): Glance {
  const { head, closed, person, segment, beginning, deleted } = state;
  const says = (what: string, found: number | null = null): Glance => ({
    found,
    contradiction: `Recording ${id} is not what the ledger signed for: ${what} How far it is proven says: wardmux ledger verify --deep`,
  });
  if (deleted) return says('it was deleted, and its files are here: they came back out of a copy, or could not be removed then (wardmux retention run).');
  let segments: number[];
  try {
    if (!lstatSync(folder).isDirectory()) return says('its folder is none.');
    const entries = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => segmentNumber(name) !== undefined);
    const strange = entries.find((entry) => !entry.isFile());
    if (strange) return says(`${strange.name} is not a plain file.`);
    segments = entries.map(({ name }) => segmentNumber(name)!).sort((a, b) => a - b);
  } catch (error) {
    return says(`its folder cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
  const last = segments.at(-1);
  if (last === undefined)
    return head.size === 0 ? { found: 0, contradiction: null } : says(`the ledger has ${head.size} records of it, and it has no segment.`, 0);
  for (let n = 0; n <= Math.max(last, segment); n++) if (segments[n] !== n) return says(`${segmentName(n)} is missing.`);
  const first = lookAt(join(folder, segmentName(0)));
  const end = last === 0 ? first : lookAt(join(folder, segmentName(last)));
  if (typeof first === 'string') return says(`${segmentName(0)} ${first}.`);
  const ended = closed === 'recording.end';
  // A head covers every segment up to it, whether an event named it or not; where the recording ended it covers all.
  if (typeof end === 'string') return ended || (head.size > 0 && last <= segment) ? says(`${segmentName(last)} ${end}.`) : { found: null, contradiction: null };
  if (ended && end.header.firstSeq >= head.size) return says(`it ended with ${head.size} records, and ${segmentName(last)} is there behind them.`);
  for (const [n, { header }] of [[0, first] as const, [last, end] as const]) {
    const strange =
      header.recording !== id
        ? `of recording ${header.recording}`
        : header.person !== person
          ? 'of another person'
          : saysOtherwise(header, first.header, beginning)
            ? 'of another role, place, need, policy or recipients'
            : header.segment !== n
              ? `of segment ${header.segment}`
              : undefined;
    if (strange !== undefined) return says(`the header of its segment ${n} is ${strange}.`);
  }
  const found = end.frames === null ? null : end.header.firstSeq + end.frames;
  if (found !== null && found < head.size) return says(`the ledger has a head of ${head.size} records, and ${found} are there.`, found);
  if (found !== null && ended && found > head.size) return says(`it was closed with ${head.size} records, and ${found} are there.`, found);
  if (ended && end.rest > 0) return says(`behind its ${head.size} records stand ${end.rest} bytes that are none.`, found);
  return { found, contradiction: null };
}

/** The first header is as its `recording.start`; a later one may be under another policy, and then for other recipients: `--deep` knows which. */
function saysOtherwise(header: SegmentHeader, first: SegmentHeader, beginning: string): boolean {
  const { policySha256 } = header.segment === 0 ? header : first;
  const recipients = (header.policySha256 === policySha256 ? header : first).recipients.map(({ kid }) => kid);
  const { role, class: place, reason, breakGlass } = header;
  return beginningOf({ role, class: place, reason, breakGlass, policySha256, recipients }) !== beginning;
}

interface Look {
  readonly header: SegmentHeader;
  /** Null where the segment is too long to count them. */
  readonly frames: number | null;
  /** Bytes behind the last whole one that were counted. */
  readonly rest: number;
}

/** @returns a text that goes behind the segment's name where there is nothing to look at. */
function lookAt(path: string): Look | string {
  let fd: number | undefined;
  try {
    fd = openPlain(path);
    if (fd === undefined) return 'is missing';
    const { size } = fstatSync(fd);
    const bytes = Buffer.allocUnsafe(Math.min(size, COUNTED_BYTES));
    let filled = 0;
    for (let got = -1; filled < bytes.length && got !== 0; filled += got) got = readSync(fd, bytes, filled, bytes.length - filled, filled);
    const whole = bytes.subarray(0, filled);
    const magic = whole.subarray(0, SEGMENT_MAGIC.length);
    if (!magic.equals(SEGMENT_MAGIC) && !magic.equals(SEGMENT_MAGIC_2)) return 'is not a segment of a recording';
    const parsed = parseFrame(whole, SEGMENT_MAGIC.length, 0, SEGMENT_MAGIC.length);
    const header = parsed.kind === 'frame' && parsed.frame.type === TYPE_HEADER ? parseHeader(parsed.frame.body) : undefined;
    if (!header) return 'has no header that can be understood';
    return size > COUNTED_BYTES ? { header, frames: null, rest: 0 } : { header, ...framesIn(whole) };
  } catch (error) {
    return `cannot be read (${kindOf(error)})`;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Whole frames by their lengths. */
function framesIn(segment: Buffer): { readonly frames: number; readonly rest: number } {
  let frames = 0;
  let at = SEGMENT_MAGIC.length;
  for (; at + FRAME_HEAD_BYTES <= segment.length; frames++) {
    const body = segment.readUInt32BE(at);
    if (body > MAX_BODY_BYTES || at + FRAME_HEAD_BYTES + body > segment.length) break;
    at += FRAME_HEAD_BYTES + body;
  }
  return { frames, rest: segment.length - at };
}
