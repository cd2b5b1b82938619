/** Text searched in what a recording has shown, and tickets in its markers. Pure but for the recording that is read; what is found is content, and goes only to whom the recording was opened for. */
import { ticketOf } from '../recording/access.ts';
import { EventCursor } from '../recording/events.ts';
import type { RecordingReader } from '../recording/reader.ts';
import { eventSize } from '../recording/tail.ts';
import type { SegmentOpener } from '../recording/types.ts';
import { Shown, type ShownRun, type ShownText } from './shown.ts';

/** A hit is told with so much of its line, before and behind it. */
const CONTEXT_CHARS = 120;
/** Of full-screen programs that draw the same again and again, so many of the last lines with hits are remembered. */
const REMEMBERED = 256;
/** Other work gets its turn after so much output. */
const TURN_BYTES = 512 * 1024;
const [OUTPUT, START, RESIZE] = Array.from('osr', (letter) => letter.charCodeAt(0));

export interface SearchHit {
  /** When it came to stand there, microseconds since the recording's start. */
  readonly timeUs: number;
  /** A line of context; the hit stands from `at` on, `length` long (UTF-16 units). */
  readonly context: string;
  readonly at: number;
  readonly length: number;
  readonly alternate: boolean;
}

/** The text that is looked for: in any case of letters, blanks as one. @throws RangeError where nothing is left of it */
export function needleOf(words: string): string {
  const needle = words.trim().replace(/\s+/g, ' ').toLowerCase();
  if (needle === '') throw new RangeError('Nothing to look for was given.');
  return needle;
}

/** Finds a needle in lines as they are told: each place once, however often its line is drawn again. Pure. */
class Finder {
  readonly #needle: string;
  readonly #found: (hit: SearchHit) => void;
  /** The last text of lines with hits: of the normal screen by number, of the alternate one by the text. */
  readonly #lines = new Map<number, string>();
  readonly #texts = new Set<string>();

  constructor(needle: string, found: (hit: SearchHit) => void) {
    this.#needle = needle;
    this.#found = found;
  }

  readonly look = ({ line, alternate, text, timeUs }: ShownText): void => {
    const folded = text.toLowerCase();
    let at = folded.indexOf(this.#needle);
    if (at < 0) return;
    if (alternate) {
      if (this.#texts.has(text)) return;
      forget(this.#texts);
      this.#texts.add(text);
    }
    const before = alternate ? undefined : this.#lines.get(line);
    forget(this.#lines);
    if (!alternate) this.#lines.set(line, folded);
    for (; at >= 0; at = folded.indexOf(this.#needle, at + this.#needle.length))
      if (!before?.startsWith(this.#needle, at)) this.#tell(text, at, timeUs, alternate);
  };

  /** Lines that were printed at once: nothing of them was there before. */
  readonly run = ({ text, timeUs }: ShownRun): void => {
    const folded = text.toLowerCase();
    for (let at = folded.indexOf(this.#needle); at >= 0; at = folded.indexOf(this.#needle, at + this.#needle.length)) {
      const begin = text.lastIndexOf('\n', at) + 1;
      const end = text.indexOf('\n', at);
      this.#tell(text.slice(begin, end < 0 ? undefined : end).trimEnd(), at - begin, timeUs, false);
    }
  };

  #tell(line: string, at: number, timeUs: number, alternate: boolean): void {
    const from = Math.max(0, at - CONTEXT_CHARS);
    const { length } = this.#needle;
    this.#found({ timeUs, context: line.slice(from, at + length + CONTEXT_CHARS), at: at - from, length, alternate });
  }
}

function forget(some: { readonly size: number; keys(): Iterable<unknown>; delete(key: never): boolean }): void {
  if (some.size < REMEMBERED) return;
  for (const old of some.keys()) {
    some.delete(old as never);
    return;
  }
}

/**
 * Finds tickets that have the needle in them: those that somebody gave at its beginning, and at each unlock since.
 * @param needle as needleOf gives it. @returns output bytes that were passed. @throws RecordingError 'not-a-recipient', 'unreadable'
 */
export async function searchTickets(
  reader: RecordingReader,
  opener: SegmentOpener,
  needle: string,
  { found, progress, signal }: SearchOptions,
): Promise<number> {
  let bytes = 0;
  let turn = TURN_BYTES;
  for await (const { events } of reader.contents(opener)) {
    for (const { code, timeUs, data } of events) {
      if (signal?.aborted) return bytes;
      if (code === 'o') bytes += data.length;
      const ticket = code === 'm' ? ticketOf(data) : undefined;
      const at = ticket?.toLowerCase().indexOf(needle) ?? -1;
      if (ticket !== undefined && at >= 0) found({ timeUs, context: ticket, at, length: needle.length, alternate: false });
    }
    if (bytes < turn) continue;
    turn = bytes + TURN_BYTES;
    progress?.(bytes);
    await new Promise((resolve) => setImmediate(resolve));
  }
  progress?.(bytes);
  return bytes;
}

export interface SearchOptions {
  readonly found: (hit: SearchHit) => void;
  /** Output bytes that were searched so far. */
  readonly progress?: ((bytes: number) => void) | undefined;
  /** Ends it at once. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Searches a recording. Where it is damaged what comes before the damage is searched: see the reader's `fault`.
 * @param reader opened at segment 0.
 * @param needle as needleOf gives it.
 * @returns output bytes that were searched. @throws RecordingError 'not-a-recipient', 'unreadable'
 */
export async function searchRecording(reader: RecordingReader, opener: SegmentOpener, needle: string, options: SearchOptions): Promise<number> {
  const { found, progress, signal } = options;
  const finder = new Finder(needle, found);
  // Of the size that it begins with: an emulator is dear, and so is another size of it.
  let shown: Shown | undefined;
  const begin = (size = { cols: 80, rows: 24 }): Promise<Shown> => Shown.of(size, { text: finder.look, run: finder.run, needle });
  let bytes = 0;
  let turn = TURN_BYTES;
  try {
    for await (const plaintext of reader.plaintexts(opener)) {
      if (signal?.aborted) return bytes;
      const event = new EventCursor(plaintext);
      while (event.next()) {
        const { code, timeUs, from, to } = event;
        if (code === OUTPUT) {
          shown ??= await begin();
          shown.output(plaintext, timeUs, from, to);
          bytes += to - from;
        } else if (code === START || code === RESIZE) {
          const size = eventSize(code === START ? 's' : 'r', plaintext.subarray(from, to));
          if (size && shown) shown.resize(size.cols, size.rows, timeUs);
          else if (size) shown = await begin(size);
        }
      }
      if (bytes < turn) continue;
      turn = bytes + TURN_BYTES;
      progress?.(bytes);
      await new Promise((resolve) => setImmediate(resolve));
    }
    shown?.end();
    progress?.(bytes);
    return bytes;
  } finally {
    shown?.dispose();
  }
}
