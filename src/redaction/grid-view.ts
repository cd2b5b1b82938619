/**
 * What a terminal showed: an emulator takes the output, and each line is looked at before anything moves the cursor away from it or changes it, the whole
 * screen before it is cleared or scrolled. Which piece printed a cell, the cell itself says: the program's colours are left out, and the number of the run
 * of text is its colour instead, which the emulator takes along through everything that it does. So text that stands concealed in the output is shown here.
 */
import { isAscii } from 'node:buffer';
import type { IBufferLine, Terminal } from '@xterm/headless';
import { resizeTerminal } from '../terminal/resize.ts';
import { cellText, rowText } from '../terminal/row-text.ts';
import { newEmulator, writeNow } from '../terminal/screen.ts';
import { SentenceError } from '../types/sentence.ts';
import { Sequences, type ControlSequence } from '../terminal/sequences.ts';
import { repairUtf8, WholeCharacters } from '../terminal/utf8.ts';
import type { LineScanner } from './line-scanner.ts';
import type { ByteSpan, Hit, ShownSpan } from './raw-view.ts';
import type { Found } from './recogniser.ts';

/** Lines above the screen: as many as a screen can have, so that whatever comes back when a window grows is there. A line that wraps over more is found in the other view. */
const SCROLLBACK = 2000;
/** So much is given to the emulator at once. */
const BATCH = 64 * 1024;
/** After so much, the end of a line is asked whether the emulator is needed any more. */
const ASKED = 2 * 1024;
/** Bytes of a line that may wait. */
const MOST_PLAIN = 256 * 1024;
/** So many lines are remembered. */
const MOST_CLEAN = 1024;
/** Rows of one line, at most. */
const MOST_ROWS = 100;
/** A control function of ours, which no program can send: it is left out of what they print. */
const LOOK_AT_LINE = '\x1b[>1z';
const LOOK_AT_SCREEN = '\x1b[>2z';

/** Erase, insert, delete and scroll more than a line; and where a screen begins to be drawn anew. */
const SCREEN_FINALS = new Set('JLMST');
/** Change the line that the cursor is in. */
const LINE_FINALS = new Set('P@XK');
const ALTERNATES = new Set([47, 1047, 1049]);
const decoder = new TextDecoder();
const latin1 = ({ buffer, byteOffset, length }: Uint8Array): string => Buffer.from(buffer, byteOffset, length).toString('latin1');

/** The runs of text that were printed: which bytes of which piece. */
class Runs {
  #pieces = new Int32Array(1024);
  #from = new Int32Array(1024);
  #to = new Int32Array(1024);
  #count = 0;

  add(piece: number, from: number, to: number): number {
    const id = this.#count++;
    if (id === this.#pieces.length) {
      const grow = (old: Int32Array): Int32Array<ArrayBuffer> => {
        const grown = new Int32Array(old.length * 2);
        grown.set(old);
        return grown;
      };
      this.#pieces = grow(this.#pieces) as Int32Array<ArrayBuffer>;
      this.#from = grow(this.#from) as Int32Array<ArrayBuffer>;
      this.#to = grow(this.#to) as Int32Array<ArrayBuffer>;
    }
    this.#pieces[id] = piece;
    this.#from[id] = from;
    this.#to[id] = to;
    return id;
  }

  of(id: number): ByteSpan {
    return { piece: this.#pieces[id]!, from: this.#from[id]!, to: this.#to[id]! };
  }
}

type PlainToken = { readonly bytes: Uint8Array; readonly from: number; readonly piece: number } | '\n' | '\r' | '\t';

export class GridView {
  readonly #terminal: Terminal;
  /** Asked for once: its getter looks through the emulator's options each time. */
  readonly #buffer: Terminal['buffer'];
  readonly #scanner: LineScanner;
  readonly #tell: (hit: Hit) => void;
  readonly #sequences: Sequences;
  readonly #text = new WholeCharacters();
  readonly #runs = new Runs();
  #out: string[] = [];
  #held = 0;
  #piece = 0;
  #lastLine = '';
  /** Lines that had nothing: full-screen programs draw the same again and again. */
  readonly #clean = new Set<string>();
  #lastScreen = '';
  /** Something was printed since the line at the cursor was looked at. */
  #fresh = false;
  /** Only text and line ends come, at the bottom of the screen: they show what the other view sees, and the emulator gets the last of them alone. */
  #plain: PlainToken[] | undefined;
  #plainLines = 0;
  /** Since a line ended. */
  #plainBytes = 0;
  #afterReturn = false;
  /** Regions and modes are as in a terminal that nobody has touched. */
  #usual = true;

  private constructor(terminal: Terminal, scanner: LineScanner, tell: (hit: Hit) => void) {
    this.#terminal = terminal;
    this.#buffer = terminal.buffer;
    this.#scanner = scanner;
    this.#tell = tell;
    this.#sequences = new Sequences({
      text: (bytes) => this.#print(bytes, this.#sequences.position),
      control: (byte) => this.#control(byte),
      escape: (intermediates, final) => this.#escape(intermediates, final),
      csi: (sequence) => this.#csi(sequence),
    });
    terminal.parser.registerCsiHandler({ prefix: '>', final: 'z' }, ([what]) => {
      if (what === 1) this.#lookAtLine();
      else this.#lookAtScreen();
      return true;
    });
  }

  static async of(size: { readonly cols: number; readonly rows: number }, scanner: LineScanner, tell: (hit: Hit) => void): Promise<GridView> {
    const lost = (): never => {
      throw new SentenceError(
        'A piece of this recording cannot be drawn, so what it showed cannot be looked through. Nothing is exported of it with recognisers.',
      );
    };
    return new GridView(await newEmulator(size, SCROLLBACK, lost), scanner, tell);
  }

  feed(piece: number, bytes: Uint8Array): void {
    this.#piece = piece;
    this.#sequences.feed(bytes);
    if (this.#held > BATCH) this.#write();
  }

  /** At the end of a line: where others push it off the screen, what follows needs no emulator as long as it is plain. */
  #settle(): void {
    this.#write();
    const { active } = this.#buffer;
    if (this.#usual && active.type === 'normal' && active.cursorX === 0 && active.cursorY === this.#terminal.rows - 1) {
      this.#plain = [];
      this.#plainLines = 0;
    }
  }

  resize(cols: number, rows: number): void {
    this.#leavePlain();
    this.#put(LOOK_AT_SCREEN);
    this.#write();
    if (cols !== this.#terminal.cols || rows !== this.#terminal.rows) resizeTerminal(this.#terminal, cols, rows);
  }

  end(): void {
    this.#leavePlain();
    this.#put(LOOK_AT_SCREEN);
    this.#write();
  }

  dispose(): void {
    this.#terminal.dispose();
  }

  #write(): void {
    if (this.#out.length === 0) return;
    const text = this.#out.join('');
    this.#out = [];
    this.#held = 0;
    writeNow(this.#terminal, text);
  }

  #put(text: string): void {
    this.#out.push(text);
    this.#held += text.length;
  }

  #print(bytes: Uint8Array, from: number): void {
    if (this.#plain) {
      if (this.#afterReturn) this.#leavePlain();
      else {
        this.#plain.push({ bytes, from, piece: this.#piece });
        this.#plainBytes += bytes.length;
        // A line without an end is no log.
        if (this.#plainBytes > MOST_PLAIN) this.#leavePlain();
        return;
      }
    }
    this.#run(bytes, from, this.#piece);
  }

  #run(bytes: Uint8Array, from: number, piece: number): void {
    const waiting = this.#text.waiting;
    const whole = this.#text.feed(bytes);
    if (whole.length === 0) return;
    const begin = Math.max(0, from - waiting);
    const id = this.#runs.add(piece, begin, Math.max(begin, from + bytes.length - this.#text.waiting));
    const high = id >= 0x1000000 ? `;48;2;0;${(id >> 30) & 0xff};${(id >> 24) & 0x3f}` : '';
    this.#put(`\x1b[38;2;${(id >> 16) & 0xff};${(id >> 8) & 0xff};${id & 0xff}${high}m${isAscii(whole) ? latin1(whole) : decoder.decode(repairUtf8(whole))}`);
    this.#fresh = true;
  }

  #control(byte: number): void {
    const character = String.fromCharCode(byte);
    if (this.#plain) {
      if (byte === 10) {
        this.#plain.push('\n');
        this.#plainLines += 1;
        this.#plainBytes = 0;
        this.#afterReturn = false;
        if (this.#plainLines > 2 * this.#reach) this.#trimPlain();
        return;
      }
      if (byte === 13 || byte === 9) {
        this.#afterReturn ||= byte === 13;
        this.#plain.push(byte === 13 ? '\r' : '\t');
        return;
      }
      if (byte === 7) return;
      this.#leavePlain();
    }
    if (byte === 9 || byte === 7 || byte === 14 || byte === 15) return this.#put(character);
    if (byte === 10 || byte === 11 || byte === 12 || byte === 13 || byte === 8) {
      this.#mark();
      this.#put(character);
      if (byte === 10 && this.#held > ASKED) this.#settle();
    }
  }

  /** The line is looked at, if anything was printed since it was. */
  #mark(): void {
    if (!this.#fresh) return;
    this.#put(LOOK_AT_LINE);
    this.#fresh = false;
  }

  #escape(intermediates: string, final: string): void {
    this.#leavePlain();
    const screen = intermediates === '' && 'cDEM'.includes(final);
    this.#mark();
    if (screen && final !== 'E') this.#put(LOOK_AT_SCREEN);
    if (final === 'c' && intermediates === '') this.#usual = true;
    this.#put(`\x1b${intermediates}${final}`);
  }

  #csi({ prefix, parameters, intermediates, final }: ControlSequence): void {
    if (final === 'm' && intermediates === '' && prefix === '') return;
    if (prefix === '>') return;
    const numbers = parameters.split(';').map(Number);
    // Reports and what only a window has: nothing is shown by them.
    if (intermediates === '' && (final === 't' || final === 'n' || final === 'c' || final === 'q')) return;
    if (
      prefix === '?' &&
      (final === 'h' || final === 'l') &&
      numbers.every((number) => [1, 7, 12, 25, 1000, 1002, 1003, 1004, 1005, 1006, 2004, 2026].includes(number))
    ) {
      // None of these changes what stands there; without automatic wraps what follows does.
      if (!numbers.includes(7)) return;
    }
    this.#leavePlain();
    // What is repeated is the character just before: nothing of ours may stand between.
    if (final === 'b' && prefix === '' && intermediates === '') {
      this.#fresh = true;
      return this.#put(`\x1b[${parameters}b`);
    }
    const home = (final === 'H' || final === 'f') && (parameters === '' || parameters === '1' || parameters === '1;1');
    const alternate = prefix === '?' && numbers.some((number) => ALTERNATES.has(number));
    if (final === 'r' || ((final === 'h' || final === 'l') && !alternate)) this.#usual = false;
    this.#mark();
    if (home || alternate || (SCREEN_FINALS.has(final) && intermediates === '')) this.#put(LOOK_AT_SCREEN);
    this.#put(`\x1b[${prefix}${parameters}${intermediates}${final}`);
    if (LINE_FINALS.has(final)) this.#put(LOOK_AT_LINE);
  }

  /** Lines that can stand on the screen again: a window that grows brings back what has scrolled off, as far as the emulator keeps it. */
  get #reach(): number {
    return this.#terminal.rows + SCROLLBACK;
  }

  /** What has scrolled off for good needs no emulator. */
  #trimPlain(): void {
    const tokens = this.#plain!;
    let lines = 0;
    let at = tokens.length - 1;
    for (; at >= 0 && lines <= this.#reach; at--) if (tokens[at] === '\n') lines += 1;
    this.#plain = tokens.slice(at + 2);
    this.#plainLines = lines - 1;
  }

  #leavePlain(): void {
    if (!this.#plain) return;
    if (this.#plainLines > this.#reach) this.#trimPlain();
    const tokens = this.#plain;
    this.#plain = undefined;
    this.#afterReturn = false;
    for (const token of tokens) {
      if (typeof token === 'string') this.#put(token);
      else this.#run(token.bytes, token.from, token.piece);
    }
  }

  #lookAtLine(): void {
    const { active } = this.#buffer;
    const { text, rows } = this.#logical(active.baseY + active.cursorY);
    if (text === this.#lastLine || this.#clean.has(text)) return;
    this.#lastLine = text;
    const found = this.#scanner.alone(text);
    if (found.length > 0) return this.#told(found, rows);
    if (this.#clean.size >= MOST_CLEAN) this.#clean.clear();
    this.#clean.add(text);
  }

  #lookAtScreen(): void {
    const { active } = this.#buffer;
    const lines: { text: string; rows: readonly Row[] }[] = [];
    const bottom = active.baseY + this.#terminal.rows;
    for (let y = active.baseY; y < bottom;) {
      const line = this.#logical(y);
      lines.push(line);
      y = Math.max(y, line.last) + 1;
    }
    const screen = lines.map(({ text }) => text).join('\n');
    if (screen === this.#lastScreen) return;
    this.#lastScreen = screen;
    this.#scanner.restart();
    for (const { text, rows } of lines) this.#told(this.#scanner.line(text), rows);
  }

  /** The line that row `y` of the buffer is a part of: over wraps, and over rows that are full to their last cell, as programs wrap that do it themselves. */
  #logical(y: number): { readonly text: string; readonly rows: readonly Row[]; readonly last: number } {
    const { active } = this.#buffer;
    const joined = (row: number): boolean => {
      const line = active.getLine(row);
      if (!line) return false;
      return line.isWrapped || (isWord(cellText(line, 0)) && isWord(cellText(active.getLine(row - 1), this.#terminal.cols - 1)));
    };
    let first = y;
    while (first > 0 && y - first < MOST_ROWS && joined(first)) first -= 1;
    const rows: Row[] = [];
    let text = '';
    let last = first;
    for (let row = first; row === first || (row - first < 2 * MOST_ROWS && joined(row)); row++) {
      const line = active.getLine(row);
      if (!line) break;
      rows.push({ at: text.length, line });
      text += rowText(line);
      last = row;
    }
    return { text: text.trimEnd(), rows, last };
  }

  #told(found: readonly Found[], rows: readonly Row[]): void {
    for (const { kind, start, end } of found) {
      const spans = this.#spans(rows, start, end);
      if (spans.length > 0) this.#tell({ kind, view: 'screen', spans });
    }
  }

  /** The runs that printed these characters, each with what of it is shown there. */
  #spans(rows: readonly Row[], start: number, end: number): ShownSpan[] {
    const shown = new Map<number, string>();
    for (const { at, line } of rows) {
      let unit = at;
      for (let x = 0; x < line.length && unit < end; x++) {
        const cell = line.getCell(x);
        if (!cell || cell.getWidth() === 0) continue;
        const characters = cell.getChars() || ' ';
        if (unit + characters.length > start && unit < end && cell.isFgRGB()) {
          const id = cell.getFgColor() + (cell.isBgRGB() ? cell.getBgColor() * 0x1000000 : 0);
          shown.set(id, (shown.get(id) ?? '') + characters);
        }
        unit += characters.length;
      }
    }
    return Array.from(shown, ([id, text]) => ({ ...this.#runs.of(id), shown: text }));
  }
}

const WORD = /[\p{L}\p{N}]/u;
/** Nearly all are blank. */
const isWord = (characters: string): boolean => characters !== '' && characters !== ' ' && WORD.test(characters);

interface Row {
  /** Where it begins in the line's text. */
  readonly at: number;
  readonly line: IBufferLine;
}
