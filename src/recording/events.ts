/**
 * Events: what a sealed record holds. Pure. docs/format.md, "Events", is normative.
 *
 *   0 u8 code (ASCII) | 1 u64 timeUs | 9 u32 length of data | 13 data
 *
 * A record's plaintext is one or more events, one after the other. Each event is one piece: the unit that a redacted
 * export can withhold. So interactive output is one event a line, and only a flood is cut coarser.
 */
import type { EventCode, RecordingEvent } from './types.ts';

export const EVENT_HEAD_BYTES = 13;
/** Output above this rate is a flood that nobody reads line by line: bytes a second. 1 MB/s is about 12,000 lines a second. */
export const SATURATED_BYTES_PER_SECOND = 1_000_000;
/** A chunk this long from a pty is a flood by itself: an interactive program writes less at once. */
export const SATURATED_CHUNK_BYTES = 16 * 1024;
/** A piece of a flood is cut at the first line end after this many bytes… */
const COARSE_PIECE_BYTES = 16 * 1024;
/** …or here, where there is none. */
export const COARSE_PIECE_MAX_BYTES = 32 * 1024;
/** Line pieces of one chunk; what follows is cut coarse. Each piece costs three hashes, so a screen of empty lines stays cheap. */
export const MAX_LINE_PIECES = 256;
/** Of one sealed output record: output bytes. Larger is no faster (measured), smaller costs a seal more often. */
export const MAX_RECORD_OUTPUT_BYTES = 64 * 1024;

const NEWLINE = 10;
const codes = new Set<number>(Array.from('soirmlugnxe', (letter) => letter.charCodeAt(0)));

/** Bytes of an event with `dataLength` bytes of data. */
export function eventBytes(dataLength: number): number {
  return EVENT_HEAD_BYTES + dataLength;
}

/** Writes an event's head (13 bytes) at out[at]. `timeUs` is a non-negative safe integer. */
export function writeEventHead(out: Buffer, at: number, code: EventCode, timeUs: number, dataLength: number): void {
  out[at] = code.charCodeAt(0);
  out.writeUInt32BE(Math.floor(timeUs / 0x100000000), at + 1);
  out.writeUInt32BE(timeUs % 0x100000000, at + 5);
  out.writeUInt32BE(dataLength, at + 9);
}

/** One event in fresh memory. Throws RangeError where the time is not a non-negative integer below 2^53. */
export function encodeEvent(event: RecordingEvent): Buffer {
  if (!Number.isSafeInteger(event.timeUs) || event.timeUs < 0) throw new RangeError(`${event.timeUs} is not an event time`);
  const out = Buffer.allocUnsafe(eventBytes(event.data.length));
  writeEventHead(out, 0, event.code, event.timeUs, event.data.length);
  out.set(event.data, EVENT_HEAD_BYTES);
  return out;
}

/** An event and exactly the bytes it was decoded from (its piece without the salt). Both are views into the plaintext. */
export interface DecodedEvent {
  readonly event: RecordingEvent;
  readonly bytes: Buffer;
}

/** Goes through a record's plaintext without making anything of its events. */
export class EventCursor {
  readonly #plaintext: Uint8Array;
  /** The event's code (ASCII), its time, and where its data stand; its head does EVENT_HEAD_BYTES before. */
  code = 0;
  timeUs = 0;
  from = 0;
  to = 0;

  constructor(plaintext: Uint8Array) {
    this.#plaintext = plaintext;
  }

  /** Goes to the next event: false behind the last one. Throws RangeError on an unknown code, a time past 2^53, a length past the end, or no event at all. */
  next(): boolean {
    const plaintext = this.#plaintext;
    const { length } = plaintext;
    const at = this.to;
    if (at === length) {
      if (length === 0) throw new RangeError('a record holds no event');
      return false;
    }
    if (length - at < EVENT_HEAD_BYTES) throw new RangeError('the last event of a record is cut off');
    this.code = plaintext[at]!;
    if (!codes.has(this.code)) throw new RangeError(`a record holds an event of unknown kind ${this.code}`);
    this.timeUs = u32(plaintext, at + 1) * 0x1_0000_0000 + u32(plaintext, at + 5);
    if (this.timeUs > Number.MAX_SAFE_INTEGER) throw new RangeError('an event has a time that no clock can show');
    this.from = at + EVENT_HEAD_BYTES;
    this.to = this.from + u32(plaintext, at + 9);
    if (this.to > length) throw new RangeError('an event says it is longer than its record');
    return true;
  }
}

/** Big-endian, and without the checks of Buffer's own, which cost as much as the rest: a listing has an event a line. */
const u32 = (bytes: Uint8Array, at: number): number => ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;

/** Decodes a record's plaintext. Throws as EventCursor does. */
export function decodeEvents(plaintext: Buffer): DecodedEvent[] {
  const events: DecodedEvent[] = [];
  const cursor = new EventCursor(plaintext);
  while (cursor.next()) {
    const { code, timeUs, from, to } = cursor;
    events.push({
      event: { code: String.fromCharCode(code) as EventCode, timeUs, data: plaintext.subarray(from, to) },
      bytes: plaintext.subarray(from - EVENT_HEAD_BYTES, to),
    });
  }
  return events;
}

/**
 * Where to cut an output chunk: the end of each piece, the last being chunk.length (none for an empty chunk).
 * Interactive: after each newline. Saturated: coarse pieces that still end with a line where they can.
 */
export function pieceEnds(chunk: Uint8Array, saturated: boolean): number[] {
  const ends: number[] = [];
  const length = chunk.length;
  let at = 0;
  if (!saturated) {
    while (at < length && ends.length < MAX_LINE_PIECES - 1) {
      const newline = chunk.indexOf(NEWLINE, at);
      at = newline < 0 ? length : newline + 1;
      ends.push(at);
    }
  }
  while (at < length) {
    if (length - at <= COARSE_PIECE_MAX_BYTES) {
      at = length;
    } else {
      const newline = chunk.indexOf(NEWLINE, at + COARSE_PIECE_BYTES - 1);
      at = newline < 0 || newline >= at + COARSE_PIECE_MAX_BYTES ? at + COARSE_PIECE_MAX_BYTES : newline + 1;
    }
    ends.push(at);
  }
  return ends;
}

/** Pieces that pieceEnds can make of MAX_RECORD_OUTPUT_BYTES: sizes a writer's buffer. */
export const MAX_RECORD_PIECES = MAX_LINE_PIECES + Math.ceil(MAX_RECORD_OUTPUT_BYTES / COARSE_PIECE_BYTES) + 1;
