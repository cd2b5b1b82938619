/**
 * What a program printed, without its control functions: text that was erased, overwritten or concealed later is still in it. A line is what stands between
 * two line feeds. A bare CR stands in a line as it is (HL7 ends its segments with it); a second look leaves it and backspaces out, and a third joins lines
 * that are as long as the terminal is wide.
 */
import { isAscii } from 'node:buffer';
import { Sequences, type StringKind } from '../terminal/sequences.ts';
import { cutCharacter, utf8WithMarks } from '../terminal/utf8.ts';
import type { LineScanner } from './line-scanner.ts';
import type { Found, Kind } from './recogniser.ts';

/** Bytes of a piece. */
export interface ByteSpan {
  readonly piece: number;
  readonly from: number;
  readonly to: number;
}

/** A run of text of which a part is meant: these characters of it. In memory only. */
export interface ShownSpan extends ByteSpan {
  readonly shown?: string | undefined;
}

/** What was found, and the bytes that say it. `unread`: nobody could look at it, so it is withheld. */
export interface Hit {
  readonly kind: Kind | 'unread';
  readonly view: View;
  readonly spans: readonly ShownSpan[];
}

/** Where it was seen: in the text of the output, on the screen, in a control function (a title, a link, a clipboard), or in the command that was started. */
export const views = ['text', 'screen', 'control', 'start', 'marker'] as const;
export type View = (typeof views)[number];

/** A line is looked at in parts of this many characters, which overlap by so many. */
const MOST_CHARACTERS = 32 * 1024;
const OVERLAP = 2 * 1024;
/** Lines that a program has cut at the width of the terminal are joined up to so many characters. */
const MOST_JOINED = 2 * 1024;
/** Control strings are kept up to this many characters (src/terminal/sequences.ts): what is longer was not looked at, and is withheld. */
const KEPT_STRING = 2048;
/** A broken sequence that is longer than what a real one has may be a text in disguise. */
const LONG_SEQUENCE = 24;

const CR = 13;
const LF = 10;
const VT = 11;
const FF = 12;
const BS = 8;
const TAB = 9;

/** A part of a line: characters `at` to `at + length` are these bytes, one byte a character where it is ASCII. */
interface Part {
  readonly at: number;
  readonly length: number;
  readonly piece: number;
  readonly from: number;
  readonly to: number;
  /** Index of its first byte of each character; undefined where each has one. */
  readonly bytes: Uint32Array | undefined;
}

export class RawView {
  readonly #scanner: LineScanner;
  readonly #tell: (hit: Hit) => void;
  readonly #sequences: Sequences;
  #columns = 80;
  #line = '';
  #parts: Part[] = [];
  #controls = false;
  /** Lines just before that are as long as the terminal is wide, as one. */
  #full: { readonly text: string; readonly parts: readonly Part[] } | undefined;
  /** Of the piece that is fed: its number, and where what has not been told of begins. */
  #piece = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  /** Where the token that is read began: in which piece, and at which byte. */
  #begun: { piece: number; at: number } = { piece: 0, at: 0 };
  /** Pieces from there to this one, with their lengths. */
  #lengths = new Map<number, number>();
  /** Bytes of a character that a piece has cut. */
  #cut: { readonly bytes: number[]; readonly spans: ByteSpan[] } | undefined;

  constructor(scanner: LineScanner, tell: (hit: Hit) => void) {
    this.#scanner = scanner;
    this.#tell = tell;
    this.#sequences = new Sequences({
      text: (bytes) => this.#text(bytes),
      control: (byte) => this.#control(byte),
      escape: () => this.#passed(),
      // Its parameters are digits and separators: no row finds anything in these.
      csi: () => this.#passed(),
      string: (kind, text) => this.#string(kind, text),
      broken: () => this.#broken(),
    });
  }

  /** Lines of this width or a multiple of it may go on in the next one. */
  width(columns: number): void {
    this.#columns = columns;
  }

  /** @param piece a number that grows with each. */
  feed(piece: number, bytes: Uint8Array): void {
    if (this.#sequences.ground) {
      this.#lengths.clear();
      this.#begun = { piece, at: 0 };
    }
    this.#lengths.set(piece, bytes.length);
    this.#piece = piece;
    this.#bytes = bytes;
    this.#sequences.feed(bytes);
  }

  end(): void {
    if (!this.#sequences.ground) this.#broken();
    this.#endLine();
  }

  #here(): number {
    return this.#sequences.position + 1;
  }

  /** The token has ended here: the next one begins. */
  #next(): void {
    this.#begun = { piece: this.#piece, at: this.#here() };
    if (this.#lengths.size > 1) {
      this.#lengths.clear();
      this.#lengths.set(this.#piece, this.#bytes.length);
    }
  }

  #passed(): void {
    this.#next();
  }

  #text(bytes: Uint8Array): void {
    const to = this.#sequences.position + bytes.length;
    const from = to - bytes.length;
    this.#append(bytes, from, to);
    this.#begun = { piece: this.#piece, at: to };
  }

  /** Characters of whole UTF-8; what a run cuts waits for the next one. `from` is negative where its first byte stood in the piece before. */
  #append(bytes: Uint8Array, from: number, to: number): void {
    let rest = bytes;
    let at = from;
    const cut = this.#cut;
    if (cut) {
      while (rest.length > 0 && rest[0]! >= 0x80 && rest[0]! < 0xc0 && cutCharacter(Uint8Array.from(cut.bytes)) > 0) {
        cut.bytes.push(rest[0]!);
        cut.spans.push({ piece: this.#piece, from: Math.max(0, at), to: Math.max(0, at) + 1 });
        rest = rest.subarray(1);
        at += 1;
      }
      if (rest.length === 0 && cutCharacter(Uint8Array.from(cut.bytes)) > 0) return;
      this.#cut = undefined;
      const text = utf8WithMarks(Uint8Array.from(cut.bytes));
      for (const { piece, from: begin, to: end } of cut.spans)
        this.#parts.push({ at: this.#line.length, length: text.length, piece, from: begin, to: end, bytes: undefined });
      this.#line += text;
    }
    if (isAscii(rest)) {
      if (rest.length === 0) return;
      const latin = Buffer.from(rest.buffer, rest.byteOffset, rest.length).toString('latin1');
      this.#parts.push({ at: this.#line.length, length: latin.length, piece: this.#piece, from: Math.max(0, at), to: at + rest.length, bytes: undefined });
      this.#line += latin;
      if (this.#line.length > MOST_CHARACTERS) this.#overflow();
      return;
    }
    const tail = cutCharacter(rest);
    if (tail > 0) {
      const begin = to - tail;
      const spans = Array.from({ length: tail }, (_, i) => ({ piece: this.#piece, from: begin + i, to: begin + i + 1 }));
      this.#cut = { bytes: Array.from(rest.subarray(rest.length - tail)), spans };
      rest = rest.subarray(0, rest.length - tail);
    }
    if (rest.length === 0) return;
    const text = utf8WithMarks(rest);
    // Where bytes are no characters, which byte made which mark is not told: the run is one.
    const places = text.length === rest.length || text.includes('\ufffd') ? undefined : offsets(text, Math.max(0, at));
    this.#parts.push({ at: this.#line.length, length: text.length, piece: this.#piece, from: Math.max(0, at), to: at + rest.length, bytes: places });
    this.#line += text;
    if (this.#line.length > MOST_CHARACTERS) this.#overflow();
  }

  #control(byte: number): void {
    if (byte === LF || byte === VT || byte === FF) this.#endLine();
    else if (byte === CR || byte === BS || byte === TAB) {
      this.#controls ||= byte !== TAB;
      const at = this.#sequences.position;
      this.#parts.push({ at: this.#line.length, length: 1, piece: this.#piece, from: at, to: at + 1, bytes: undefined });
      this.#line += byte === CR ? '\r' : byte === BS ? '\b' : '\t';
    }
    // Inside a sequence it acts at once; the sequence goes on.
    if (this.#sequences.ground) this.#next();
  }

  #string(_kind: StringKind, text: string): void {
    if (text.length >= KEPT_STRING) this.#tell({ kind: 'unread', view: 'control', spans: this.#tokenSpans() });
    else this.#payload(text);
    this.#next();
  }

  #broken(): void {
    const spans = this.#tokenSpans();
    if (spans.reduce((sum, { from, to }) => sum + to - from, 0) > LONG_SEQUENCE) this.#tell({ kind: 'unread', view: 'control', spans });
    this.#next();
  }

  /** Text in a control function: a title, a link, a path, a clipboard in base64. All of it is withheld where anything is found. */
  #payload(latin1: string): void {
    const text = utf8WithMarks(Buffer.from(latin1, 'latin1'));
    const looks = [text, ...decoded(text)];
    const found = looks.flatMap((look) => look.split(/[\r\n]/).flatMap((line) => this.#scanner.alone(line)));
    const spans = found.length > 0 ? this.#tokenSpans() : [];
    for (const kind of new Set(found.map((each) => each.kind))) this.#tell({ kind, view: 'control', spans });
  }

  /** The bytes of the token that ends here, over pieces. */
  #tokenSpans(): ByteSpan[] {
    return [...this.#lengths].flatMap(([piece, length]) => {
      const from = piece === this.#begun.piece ? this.#begun.at : 0;
      const to = piece === this.#piece ? Math.min(length, this.#here()) : length;
      return piece >= this.#begun.piece && to > from ? [{ piece, from, to }] : [];
    });
  }

  /** A line without an end: its first part is looked at, and what may reach over the cut is kept. */
  #overflow(): void {
    const keep = this.#line.length - OVERLAP;
    this.#look(this.#line, this.#parts);
    const parts = this.#parts.filter(({ at, length }) => at + length > keep);
    const shift = parts[0]?.at ?? 0;
    this.#line = this.#line.slice(shift);
    this.#parts = parts.map((part) => ({ ...part, at: part.at - shift }));
    this.#full = undefined;
  }

  #endLine(): void {
    const text = this.#line;
    const parts = this.#parts;
    this.#line = '';
    this.#parts = [];
    this.#lookAtLine(text, parts);
    this.#controls = false;
  }

  #lookAtLine(text: string, parts: readonly Part[]): void {
    const ended = text.endsWith('\r');
    const line = ended ? text.slice(0, -1) : text;
    if (!this.#controls) this.#told(this.#scanner.line(line), parts, 0);
    else if (ended && !line.includes('\r') && !line.includes('\b')) this.#told(this.#scanner.both(line), parts, 0);
    else {
      this.#look(line, parts);
      this.#lookWithout(line, parts);
    }
    if (this.#full) {
      const shift = this.#full.text.length;
      const joined = { text: this.#full.text + line, parts: [...this.#full.parts, ...parts.map((part) => ({ ...part, at: part.at + shift }))] };
      this.#lookAlone(joined.text, joined.parts);
      this.#full = joined;
    }
    const isFull = line.length >= this.#columns && line.length % this.#columns === 0;
    // More than that is no line of anybody's: what goes on from here begins with this one.
    const before = this.#full && this.#full.text.length <= MOST_JOINED ? this.#full : { text: line, parts };
    this.#full = isFull && line.length < MOST_CHARACTERS ? before : undefined;
  }

  #look(text: string, parts: readonly Part[]): void {
    if (!text.includes('\r')) return this.#told(this.#scanner.line(text), parts, 0);
    let at = 0;
    for (const segment of text.split('\r')) {
      this.#told(this.#scanner.line(segment), parts, at);
      at += segment.length + 1;
    }
    // What a format says over a CR: HL7 reads its segments from a whole message too.
    this.#lookAlone(text, parts);
  }

  /** The same without what moves the cursor back: a text that was cut by it. */
  #lookWithout(text: string, parts: readonly Part[]): void {
    const kept: number[] = [];
    let bare = '';
    for (let i = 0; i < text.length; i++) {
      const character = text.charAt(i);
      if (character === '\r' || character === '\b') continue;
      kept.push(i);
      bare += character;
    }
    const found = this.#scanner.alone(bare).map((each): Found => ({ ...each, start: kept[each.start]!, end: kept[each.end - 1]! + 1 }));
    this.#told(found, parts, 0);
  }

  #lookAlone(text: string, parts: readonly Part[]): void {
    this.#told(this.#scanner.alone(text), parts, 0);
  }

  #told(found: readonly Found[], parts: readonly Part[], shift: number): void {
    for (const { kind, start, end } of found) this.#tell({ kind, view: 'text', spans: spansOf(parts, start + shift, end + shift) });
  }
}

/** The bytes of the characters from `start` to `end` of a line. */
function spansOf(parts: readonly Part[], start: number, end: number): ByteSpan[] {
  const spans: ByteSpan[] = [];
  for (const { at, length, piece, from, to, bytes } of parts) {
    if (at >= end || at + length <= start) continue;
    const first = Math.max(0, start - at);
    const last = Math.min(length, end - at);
    // A character of several bytes that pieces have cut: each of its parts is the whole character.
    const single = bytes === undefined && to - from !== length;
    const begin = single ? from : bytes ? bytes[first]! : from + first;
    const stop = single || last === length ? to : bytes ? bytes[last]! : from + last;
    spans.push({ piece, from: begin, to: stop });
  }
  return spans;
}

/** Where each UTF-16 unit of a text begins in its UTF-8. */
function offsets(text: string, from: number): Uint32Array {
  const out = new Uint32Array(text.length);
  let at = from;
  for (let i = 0; i < text.length; i++) {
    out[i] = at;
    const code = text.codePointAt(i)!;
    at += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (code >= 0x10000) out[++i] = at - 4;
  }
  return out;
}

/** Parts of a control string that are a text in another form: base64 (OSC 52, 1337), percent signs (OSC 7, 8). */
function decoded(text: string): string[] {
  const looks: string[] = [];
  for (const part of text.split(/[;:=]/)) {
    if (part.length >= 8 && part.length % 4 !== 1 && /^[A-Za-z0-9+/]+={0,2}$/.test(part)) looks.push(utf8WithMarks(Buffer.from(part, 'base64')));
  }
  if (text.includes('%')) looks.push(text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))));
  return looks;
}
