/**
 * session.cast: asciicast v2 (docs.asciinema.org/manual/asciicast/v2), for people; and the only place where most of the output
 * stands. Exactly one text follows from one recording: what is not the text of its output a verifier makes again and compares,
 * and what is has to be what was committed to. verify.py writes the same text; each rule here has its twin there.
 */
import { isUtf8 } from 'node:buffer';
import { readStart } from '../recording/facts.ts';
import type { EventCode, RecordingEvent } from '../recording/types.ts';
import { utf8WithMarks, WholeCharacters } from '../terminal/utf8.ts';

/** What a recording shows whose start event is withheld or not there. */
const FALLBACK = { cols: 80, rows: 24, term: 'xterm-256color' };

/** Events that are not terminal text become markers with a fixed word: their content is JSON that stays in the evidence. */
const MARKERS: Readonly<Partial<Record<EventCode, string>>> = { l: 'locked', u: 'unlocked', g: 'gap', x: 'exit', e: 'end' };

/** Seconds with six decimals. Numbers of microseconds stay exact, which a floating-point second would not promise. */
function seconds(timeUs: number): string {
  return `${Math.floor(timeUs / 1_000_000)}.${String(timeUs % 1_000_000).padStart(6, '0')}`;
}

function lineOf(timeUs: number, code: string, text: string): string {
  return text === '' ? '' : `[${seconds(timeUs)}, "${code}", ${JSON.stringify(text)}]\n`;
}

export class CastText {
  readonly #recording: string;
  readonly #timestamp: number;
  /** A character may be cut by the end of a piece. */
  readonly #streams = { o: new WholeCharacters(), i: new WholeCharacters() };
  readonly #times = { o: 0, i: 0 };

  /** @param wallMs time of the recording's first frame. */
  constructor(recording: string, wallMs: number) {
    this.#recording = recording;
    this.#timestamp = Math.floor(wallMs / 1000);
  }

  /** Line 1, with its newline. @param start data of the start event; undefined where it is withheld or missing. */
  head(start: Uint8Array | undefined): string {
    const { cols, rows, term } = (start && readStart(start)) ?? FALLBACK;
    const head = { version: 2, width: cols, height: rows, timestamp: this.#timestamp, title: `Wardmux ${this.#recording}`, env: { TERM: term } };
    return `${JSON.stringify(head)}\n`;
  }

  /** Whether an output event is the text of its line: then the evidence does not repeat it. */
  isText(data: Uint8Array): boolean {
    return this.#streams.o.waiting === 0 && data.length > 0 && isUtf8(data);
  }

  /** The line of an event, with its newline; empty where it has none. */
  line({ code, timeUs, data }: RecordingEvent): string {
    if (code === 'o' || code === 'i') {
      this.#times[code] = timeUs;
      return lineOf(timeUs, code, utf8WithMarks(this.#streams[code].feed(data)));
    }
    if (code === 'r' || code === 'm') return lineOf(timeUs, code, utf8WithMarks(data));
    const marker = MARKERS[code];
    return marker === undefined ? '' : lineOf(timeUs, 'm', marker);
  }

  /** An output event that was read from its line. */
  passText(timeUs: number): void {
    this.#times.o = timeUs;
  }

  /** What cut characters leave, at the end: no line, or one or two. */
  end(): string {
    const rest = (code: 'o' | 'i'): string => lineOf(this.#times[code], code, utf8WithMarks(this.#streams[code].end()));
    return rest('o') + rest('i');
  }
}

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** What stands after a backslash, and the character that is meant; -1 for anything else. */
const SHORT_ESCAPES = new Int16Array(256).fill(-1);
for (const [escape, character] of Object.entries({ '"': '"', '\\': '\\', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }))
  SHORT_ESCAPES[escape.charCodeAt(0)] = character.charCodeAt(0);
/** Control characters that have a short escape, and are written with no other. */
const SHORTER = new Uint8Array(32);
for (const character of '\b\f\n\r\t') SHORTER[character.charCodeAt(0)] = 1;
/** Values of hexadecimal digits in lower case; -1 for anything else. */
const DIGITS = new Int8Array(256).fill(-1);
Array.from('0123456789abcdef').forEach((digit, value) => (DIGITS[digit.charCodeAt(0)] = value));
const LETTER_U = 0x75;
const ZERO = 0x30;
const ONE = 0x31;
/** `[S.UUUUUU, "o", "` */
const TEXT_BEGIN = /^\[(0|[1-9]\d{0,9})\.(\d{6}), "o", "/;
/** Room that the longest beginning takes. */
const BEGIN_BYTES = 32;

/** An output event that was read from its line in session.cast. `end` is where its data ends in the buffer that was given. */
export interface TextLine {
  readonly timeUs: number;
  readonly end: number;
}

/**
 * Reads the line of an output event, without its newline, and writes the event's data at out[at…], which must have room for
 * as many bytes as the line has. Undefined where it is not the one text of an output event with text in it.
 */
export function readTextLine(line: Buffer, out: Buffer, at: number): TextLine | undefined {
  const begin = TEXT_BEGIN.exec(line.toString('latin1', 0, BEGIN_BYTES));
  if (!begin) return undefined;
  const timeUs = Number(begin[1]) * 1_000_000 + Number(begin[2]);
  const to = line.length - 2;
  if (line[to] !== QUOTE || line[to + 1] !== 0x5d || to <= begin[0].length) return undefined;
  let end = at;
  // Byte by byte, in plain numbers: three times as fast as anything that makes a string of an escape.
  for (let i = begin[0].length; i < to; i++) {
    const byte = line[i]!;
    if (byte !== BACKSLASH) {
      if (byte < SPACE || byte === QUOTE) return undefined;
      out[end++] = byte;
      continue;
    }
    i += 1;
    if (i >= to) return undefined;
    const short = SHORT_ESCAPES[line[i]!]!;
    if (short >= 0) {
      out[end++] = short;
      continue;
    }
    const control = i + 4 < to && line[i] === LETTER_U && line[i + 1] === ZERO && line[i + 2] === ZERO ? controlOf(line[i + 3]!, line[i + 4]!) : -1;
    if (control < 0) return undefined;
    out[end++] = control;
    i += 4;
  }
  return Number.isSafeInteger(timeUs) && isUtf8(out.subarray(at, end)) ? { timeUs, end } : undefined;
}

/** The control character of `u00xx` with these two digits; -1 where they are none of ours or it has a shorter escape. */
function controlOf(high: number, low: number): number {
  const value = high === ZERO || high === ONE ? (high - ZERO) * 16 + DIGITS[low]! : -1;
  return value < 0 || SHORTER[value] === 1 || DIGITS[low]! < 0 ? -1 : value;
}
