/**
 * A screen for the searching of very much output: it takes text of Latin-1 and the control functions that most programs print, in a few nanoseconds a byte,
 * and says where what it does not know begins: from there on it is the emulator's (src/review/hand-over.ts). What it does it does as xterm.js 6 does it, and
 * a property test beside this file holds it to that with any output, cut anywhere.
 *
 * What is looked for is looked for in all rows that were printed into, once before anything of them is overwritten, erased or moved, and before another moment
 * begins. Text that only grew at the ends of rows until then has nothing less in it than it had before. Pure.
 *
 * Over 400 lines: one table of what each control function does.
 */
import { Plane } from './plane.ts';

const BS = 0x08;
const TAB = 0x09;
const LF = 0x0a;
const VT = 0x0b;
const FF = 0x0c;
const CR = 0x0d;
const SO = 0x0e;
const ESC = 0x1b;
const DEL = 0x7f;
const BEL = 0x07;
/** Lead bytes of U+0080 to U+00FF in UTF-8. */
const C1_LEAD = 0xc2;
const LATIN_LEAD = 0xc3;
/** U+00A9, U+00AE: pictures to some, so that what follows may join them. U+00AD: it is shown or not. */
const OTHERWISE = new Set([0xa9, 0xad, 0xae]);
/** 1 for each byte that is one cell of text. */
const TEXT = Uint8Array.from({ length: 256 }, (_, byte) => Number(byte >= 0x20 && byte < DEL));
/** A longer control function is the emulator's. */
const MOST_PENDING = 4096;
/** A line that goes over more cells, or never ends, is looked at in parts. */
export const LINE_CELLS = 8192;
/** Modes that change nothing of what stands on a screen. */
const SILENT = new Set([1, 9, 12, 25, 66, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004, 2026]);
const ALTERNATES = new Set([47, 1047, 1049]);
const MOST_PARAMETERS = 16;
const tooMany = 1_000_000;

/** A control function goes on behind what has come. */
const MORE = -1;
/** It is the emulator's. */
const OTHER = -2;

/** @param alternate whether it is the alternate screen. @param line of its first row, since the beginning */
export type Told = (text: string, line: number, alternate: boolean, timeUs: number) => void;

export class Quick {
  readonly cols: number;
  readonly rows: number;
  readonly normal: Plane;
  readonly alternate: Plane;
  /** The one that is shown. */
  plane: Plane;
  /** Of the character printed last, where nothing came behind it; -1 before anything has come, 0 behind a control. */
  last = -1;
  readonly #needle: string;
  readonly #told: Told;
  /** Nothing that has more than Latin-1 stands here. */
  readonly #possible: boolean;
  readonly #spans: number;
  #nowUs = 0;
  /** Rows that were printed into since they were looked at; none where `to` is 0. */
  #from = 0;
  #to = 0;
  #pending: Uint8Array | undefined;
  readonly #parameters = new Int32Array(MOST_PARAMETERS);
  #count = 0;

  /** @param needle in small letters. @param told of each line that has it, perhaps more than once */
  constructor(cols: number, rows: number, needle: string, told: Told) {
    this.cols = cols;
    this.rows = rows;
    this.normal = new Plane(cols, rows);
    this.alternate = new Plane(cols, rows);
    this.plane = this.normal;
    this.#needle = needle;
    this.#told = told;
    this.#possible = !/[^\0-\xff]/.test(needle);
    this.#spans = Math.ceil(needle.length / cols);
  }

  dispose(): void {
    this.normal.clear();
    this.alternate.clear();
    this.#pending?.fill(0);
  }

  /** Begins anew from what was put into its planes. */
  begin(): void {
    this.last = -1;
    this.#pending = undefined;
    this.#to = 0;
  }

  /**
   * Output, bytes `from` to `to`, and when it came.
   * @returns what it does not know and all behind it, which may be a view of `bytes`
   */
  feed(bytes: Uint8Array, from: number, to: number, timeUs: number): Uint8Array | undefined {
    if (timeUs !== this.#nowUs) {
      this.look();
      this.#nowUs = timeUs;
    }
    const pending = this.#pending;
    if (!pending) return this.#feed(bytes, from, to);
    this.#pending = undefined;
    const joined = new Uint8Array(pending.length + to - from);
    joined.set(pending);
    joined.set(bytes.subarray(from, to), pending.length);
    pending.fill(0);
    return this.#feed(joined, 0, joined.length);
  }

  /** What waits for its rest. */
  takePending(): Uint8Array | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }

  /** Looks for what is looked for where something was printed. */
  look(): void {
    if (this.#to === 0) return;
    let [from, to] = [this.#from, this.#to];
    this.#to = 0;
    if (!this.#possible) return;
    const { plane, cols } = this;
    const { wrapped } = plane;
    // What was printed may end what stands before it, and what stands behind it has another beginning.
    for (let left = this.#spans; left > 0 && from > 0 && wrapped[from] === 1; left--) from--;
    // As far as one line is followed: a screen of one line is not gone over for each letter.
    for (let left = Math.ceil(LINE_CELLS / cols); left > 0 && to < plane.top + this.rows && wrapped[to] === 1; left--) to++;
    const folded = plane.text(from, to).toLowerCase();
    for (let at = folded.indexOf(this.#needle); at >= 0;) {
      const row = from + Math.floor(at / cols);
      at = folded.indexOf(this.#needle, (this.#tell(row) - from) * cols);
    }
  }

  /** Tells the line that a row is of. @returns the row behind it, or behind this one where it goes on too far */
  #tell(row: number): number {
    const { plane, cols } = this;
    const most = Math.ceil(LINE_CELLS / cols);
    let first = row;
    while (first > 0 && row - first < most && plane.wrapped[first] === 1) first--;
    let end = row + 1;
    while (end - row <= most && end < plane.top + this.rows && plane.wrapped[end] === 1) end++;
    const alternate = plane === this.alternate;
    this.#told(plane.text(first, end).trimEnd(), first - plane.top + plane.base, alternate, this.#nowUs);
    return end - row <= most ? end : row + 1;
  }

  #feed(bytes: Uint8Array, from: number, to: number): Uint8Array | undefined {
    for (let at = from; at < to;) {
      const byte = bytes[at]!;
      if (TEXT[byte] === 1) {
        at = this.#print(bytes, at, to);
        continue;
      }
      let next = at + 1;
      if (byte === LF) this.#lineFeed();
      else if (byte === CR) {
        this.plane.x = 0;
        this.last = 0;
      } else if (byte === ESC) next = this.#escape(bytes, at, to);
      else if (byte >= 0x80) next = this.#latin(bytes, at, to);
      else if (!this.#control(byte)) next = OTHER;
      if (next === OTHER || (next === MORE && to - at > MOST_PENDING)) return bytes.subarray(at, to);
      if (next === MORE) {
        this.#pending = new Uint8Array(bytes.subarray(at, to));
        return undefined;
      }
      at = next;
    }
    return undefined;
  }

  /** A run of ASCII. @returns where it ends */
  #print(bytes: Uint8Array, from: number, end: number): number {
    const { plane, cols } = this;
    const { cells } = plane;
    let at = from;
    while (at < end && TEXT[bytes[at]!] === 1) {
      const row = this.#place();
      const { x } = plane;
      const begin = row * cols + x;
      const stop = Math.min(end, at + cols - x);
      let to = begin;
      for (let byte = bytes[at]!; TEXT[byte] === 1; byte = bytes[at]!) {
        cells[to++] = byte;
        if (++at === stop) break;
      }
      this.#printed(row, to - begin);
    }
    this.last = bytes[at - 1]!;
    return at;
  }

  /** Where the next character comes to stand: it begins another row where this one is full, and what is overwritten was looked at. */
  #place(): number {
    const { plane } = this;
    if (plane.x >= this.cols) this.#wrap();
    const row = plane.top + plane.y;
    const end = plane.ends[row]!;
    const { x } = plane;
    if (x < end) this.look();
    else if (x > end) {
      plane.cells.fill(0, row * this.cols + end, row * this.cols + x);
      plane.gaps[row] = 1;
    }
    return row;
  }

  #printed(row: number, count: number): void {
    const { plane } = this;
    plane.x += count;
    if (plane.x > plane.ends[row]!) plane.ends[row] = plane.x;
    this.#changed(row);
  }

  /** Something may stand in a row's line that did not stand there before. */
  #changed(row: number): void {
    if (this.#to === 0) {
      this.#from = row;
      this.#to = row + 1;
    } else {
      if (row < this.#from) this.#from = row;
      if (row >= this.#to) this.#to = row + 1;
    }
  }

  /** Rows of the screen go up or down within themselves, as Plane.shift has them go. */
  #shift(first: number, last: number, by: number): void {
    const { plane, rows } = this;
    const { top, wrapped } = plane;
    this.look();
    plane.shift(top + first, top + last, by);
    // What goes on from another row now than it did.
    for (const row of [by > 0 ? first : first - by, last + 1]) if (row < rows && wrapped[top + row] === 1) this.#changed(top + row);
  }

  #wrap(): void {
    const { plane } = this;
    plane.x = 0;
    if (plane.y++ === plane.scrollBottom) {
      plane.y--;
      this.#scroll(1);
      return;
    }
    if (plane.y >= this.rows) plane.y = this.rows - 1;
    const row = plane.top + plane.y;
    if (plane.wrapped[row] === 1) return;
    if (plane.ends[row] !== 0) this.look();
    plane.wrapped[row] = 1;
  }

  #lineFeed(): void {
    const { plane } = this;
    this.last = 0;
    if (plane.y++ === plane.scrollBottom) {
      plane.y--;
      this.#scroll(0);
    } else if (plane.y >= this.rows) plane.y = this.rows - 1;
    else this.#unwrap(plane.top + plane.y);
    if (plane.x >= this.cols) plane.x--;
  }

  #unwrap(row: number): void {
    const { plane } = this;
    if (plane.wrapped[row] === 0) return;
    this.look();
    plane.wrapped[row] = 0;
    // Another line begins with it.
    this.#changed(row);
  }

  #scroll(wrapped: 0 | 1): void {
    const { plane, rows } = this;
    const { scrollTop, scrollBottom, top } = plane;
    const alternate = plane === this.alternate;
    if (scrollTop === 0 && !alternate) {
      // Their places are others then, or those below the region are.
      if (plane.full || scrollBottom < rows - 1) this.look();
      plane.advance(wrapped);
      if (scrollBottom === rows - 1) return;
      const bottom = plane.top + scrollBottom;
      plane.move(bottom + 1, bottom, rows - 1 - scrollBottom);
      plane.blank(bottom, wrapped);
      if (plane.wrapped[bottom + 1] === 1) this.#changed(bottom + 1);
      return;
    }
    this.#shift(scrollTop, scrollBottom, 1);
    plane.wrapped[top + scrollBottom] = wrapped;
  }

  /** A control C0 but LF, CR and ESC, or DEL. @returns whether it is known */
  #control(byte: number): boolean {
    const { plane } = this;
    // It is as if it had not come.
    if (byte === DEL) return true;
    if (byte === SO) return false;
    this.last = 0;
    if (byte === BS) {
      this.#restrict();
      if (plane.x > 0) plane.x--;
    } else if (byte === TAB) {
      if (plane.x < this.cols) plane.x = Math.min(this.cols - 1, (Math.floor(plane.x / 8) + 1) * 8);
    } else if (byte === VT || byte === FF) this.#lineFeed();
    return true;
  }

  /** Two bytes of U+00A0 to U+00FF. */
  #latin(bytes: Uint8Array, at: number, end: number): number {
    const byte = bytes[at]!;
    if (byte !== C1_LEAD && byte !== LATIN_LEAD) return OTHER;
    if (at + 1 === end) return MORE;
    const second = bytes[at + 1]!;
    if (second < (byte === C1_LEAD ? 0xa0 : 0x80) || second > 0xbf) return OTHER;
    const code = byte === C1_LEAD ? second : second + 0x40;
    if (OTHERWISE.has(code)) return OTHER;
    const row = this.#place();
    this.plane.cells[row * this.cols + this.plane.x] = code;
    this.#printed(row, 1);
    this.last = code;
    return at + 2;
  }

  #escape(bytes: Uint8Array, at: number, end: number): number {
    if (at + 1 === end) return MORE;
    const kind = bytes[at + 1]!;
    if (kind === 0x5b) return this.#sequence(bytes, at + 2, end);
    if (kind === 0x5d) return this.#string(bytes, at + 2, end);
    const next = at + 2;
    switch (kind) {
      // Character sets: what is in force is ASCII, and so is this one.
      case 0x28:
      case 0x29:
      case 0x2a:
      case 0x2b:
        if (next === end) return MORE;
        if (bytes[next] !== 0x42) return OTHER;
        this.last = 0;
        return next + 1;
      case 0x37:
        this.#save();
        break;
      case 0x38:
        this.#restore();
        break;
      case 0x44:
        this.#index();
        break;
      case 0x45:
        this.plane.x = 0;
        this.#index();
        break;
      case 0x4d:
        this.#reverseIndex();
        break;
      case 0x3d:
      case 0x3e:
      case 0x5c:
        break;
      default:
        return OTHER;
    }
    this.last = 0;
    return next;
  }

  /** An OSC string shows nothing. */
  #string(bytes: Uint8Array, from: number, end: number): number {
    for (let at = from; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === BEL) {
        this.last = 0;
        return at + 1;
      }
      if (byte === ESC) {
        if (at + 1 === end) return MORE;
        if (bytes[at + 1] !== 0x5c) return OTHER;
        this.last = 0;
        return at + 2;
      }
      if (byte < 0x20 || byte === C1_LEAD) return OTHER;
    }
    return MORE;
  }

  /** What stands behind CSI. */
  #sequence(bytes: Uint8Array, from: number, end: number): number {
    let at = from;
    // A final byte that has not come yet.
    let byte = at < end ? bytes[at]! : 0;
    let prefix = 0;
    if (byte >= 0x3c && byte <= 0x3f) {
      prefix = byte;
      byte = ++at < end ? bytes[at]! : 0;
    }
    const parameters = this.#parameters;
    let count = 1;
    let plain = true;
    let value = 0;
    for (; byte >= 0x30 && byte <= 0x3b; byte = ++at < end ? bytes[at]! : 0) {
      if (byte < 0x3a) value = Math.min(tooMany, value * 10 + byte - 0x30);
      else if (byte === 0x3b && count < MOST_PARAMETERS) {
        parameters[count++ - 1] = value;
        value = 0;
      } else plain = false;
    }
    parameters[count - 1] = value;
    let intermediate = 0;
    if (byte >= 0x20 && byte < 0x30) {
      intermediate = byte;
      byte = ++at < end ? bytes[at]! : 0;
    }
    if (at >= end) return MORE;
    if (byte < 0x40 || byte > 0x7e) return OTHER;
    this.#count = count;
    // Colours have more parameters than fit, and parts of them.
    const known =
      byte === 0x6d && intermediate === 0 && prefix === 0
        ? true
        : plain && (intermediate === 0 ? this.#function(prefix, byte) : silent(prefix, intermediate, byte));
    if (!known) return OTHER;
    this.last = 0;
    return at + 1;
  }

  /** @returns whether it is known */
  #function(prefix: number, final: number): boolean {
    if (prefix === 0x3f) {
      if (final === 0x68 || final === 0x6c) return this.#mode(final === 0x68);
      // Nothing that stands here is protected from it.
      if (final === 0x4a || final === 0x4b) return this.#own(final);
      return final === 0x6e;
    }
    return prefix === 0 ? this.#own(final) : final !== 0x4a && final !== 0x4b;
  }

  #own(final: number): boolean {
    const { plane, cols, rows } = this;
    const first = this.#parameters[0]!;
    const n = first || 1;
    switch (final) {
      case 0x41: // A
        this.#up(n);
        return true;
      case 0x42: // B
        this.#down(n);
        return true;
      case 0x43: // C
      case 0x61: // a
        this.#moveTo(Math.min(plane.x, cols - 1) + n, plane.y);
        return true;
      case 0x44: // D
        this.#moveTo(Math.min(plane.x, cols - 1) - n, plane.y);
        return true;
      case 0x45: // E
        this.#down(n);
        plane.x = 0;
        return true;
      case 0x46: // F
        this.#up(n);
        plane.x = 0;
        return true;
      case 0x47: // G
      case 0x60: // `
        this.#moveTo(n - 1, plane.y);
        return true;
      case 0x48: // H
      case 0x66: // f
        this.#moveTo(this.#count > 1 ? (this.#parameters[1] || 1) - 1 : 0, n - 1);
        return true;
      case 0x64: // d
        this.#moveTo(plane.x, n - 1);
        return true;
      case 0x65: // e
        this.#moveTo(plane.x, plane.y + n);
        return true;
      case 0x4a: // J
        return this.#eraseInDisplay(first);
      case 0x4b: // K
        this.#eraseInLine(first);
        return true;
      case 0x40: // @
      case 0x50: // P
      case 0x58: {
        // X
        this.#restrict();
        const row = plane.top + plane.y;
        if (plane.x >= plane.ends[row]!) return true;
        this.look();
        if (final === 0x40) plane.insertCells(row, plane.x, n);
        else if (final === 0x50) plane.deleteCells(row, plane.x, n);
        else plane.erase(row, plane.x, plane.x + n);
        this.#changed(row);
        return true;
      }
      case 0x4c: // L
      case 0x4d: // M
        this.#restrict();
        if (plane.y > plane.scrollBottom || plane.y < plane.scrollTop) return true;
        this.#shift(plane.y, plane.scrollBottom, final === 0x4c ? -n : n);
        plane.x = 0;
        return true;
      case 0x53: // S
      case 0x54: // T
        // With more it asks for a mouse.
        if (this.#count > 1) return false;
        this.#shift(plane.scrollTop, plane.scrollBottom, final === 0x53 ? n : -n);
        return true;
      case 0x72: {
        // r
        const second = this.#count > 1 ? this.#parameters[1]! : 0;
        const bottom = second === 0 || second > rows ? rows : second;
        if (bottom > n) {
          plane.scrollTop = n - 1;
          plane.scrollBottom = bottom - 1;
          this.#moveTo(0, 0);
        }
        return true;
      }
      case 0x73: // s
        this.#save();
        return true;
      case 0x75: // u
        this.#restore();
        return true;
      // Reports, and what only a window has.
      case 0x63:
      case 0x6e:
      case 0x74:
        return true;
      default:
        return false;
    }
  }

  #mode(set: boolean): boolean {
    const modes = Array.from(this.#parameters.subarray(0, this.#count));
    if (!modes.every((mode) => SILENT.has(mode) || ALTERNATES.has(mode) || (mode === 7 && set))) return false;
    for (const mode of modes) {
      if (!ALTERNATES.has(mode)) continue;
      this.look();
      if (set) {
        if (mode === 1049) this.#save();
        if (this.plane === this.normal) this.#show(this.alternate);
      } else {
        if (this.plane === this.alternate) {
          this.#show(this.normal);
          this.alternate.clear();
        }
        if (mode === 1049) this.#restore();
      }
    }
    return true;
  }

  #show(plane: Plane): void {
    plane.x = this.plane.x;
    plane.y = this.plane.y;
    this.plane = plane;
  }

  #save(): void {
    const { plane } = this;
    plane.savedX = plane.x;
    plane.savedLine = plane.base + plane.y;
  }

  #restore(): void {
    const { plane } = this;
    plane.x = plane.savedX;
    plane.y = Math.max(plane.savedLine - plane.base, 0);
    this.#restrict();
  }

  #restrict(most = this.cols - 1): void {
    const { plane } = this;
    if (plane.x > most) plane.x = most;
    if (plane.y >= this.rows) plane.y = this.rows - 1;
  }

  #moveTo(x: number, y: number): void {
    const { plane } = this;
    plane.x = x < 0 ? 0 : x >= this.cols ? this.cols - 1 : x;
    plane.y = y < 0 ? 0 : y >= this.rows ? this.rows - 1 : y;
  }

  #up(n: number): void {
    const { plane } = this;
    const room = plane.y - plane.scrollTop;
    this.#moveTo(plane.x, plane.y - (room >= 0 ? Math.min(room, n) : n));
  }

  #down(n: number): void {
    const { plane } = this;
    const room = plane.scrollBottom - plane.y;
    this.#moveTo(plane.x, plane.y + (room >= 0 ? Math.min(room, n) : n));
  }

  #index(): void {
    const { plane } = this;
    this.#restrict();
    if (plane.y++ === plane.scrollBottom) {
      plane.y--;
      this.#scroll(0);
    }
    this.#restrict();
  }

  #reverseIndex(): void {
    const { plane } = this;
    this.#restrict();
    if (plane.y === plane.scrollTop) this.#shift(plane.scrollTop, plane.scrollBottom, -1);
    else if (plane.y > 0) plane.y--;
  }

  #eraseInLine(what: number): void {
    const { plane, cols } = this;
    this.#restrict(cols);
    const row = plane.top + plane.y;
    const { x } = plane;
    if (what === 0 ? x < plane.ends[row]! : plane.ends[row] !== 0) this.look();
    if (what === 2 || (what === 0 && x === 0)) this.#unwrap(row);
    if (what === 0) plane.erase(row, x, cols);
    else if (what === 1) plane.erase(row, 0, x + 1);
    else if (what === 2) plane.erase(row, 0, cols);
    if (what === 1 || plane.wrapped[row + 1] === 1) this.#changed(row);
  }

  #eraseInDisplay(what: number): boolean {
    const { plane, cols, rows } = this;
    const { top, x, y } = plane;
    // The emulator counts the lines above anew then, and where the cursor was saved.
    if (what === 3) return false;
    this.#restrict(cols);
    this.look();
    if (what === 0) {
      plane.erase(top + y, x, cols);
      if (x === 0) plane.wrapped[top + y] = 0;
      for (let row = y + 1; row < rows; row++) plane.blank(top + row);
    } else if (what === 1) {
      plane.erase(top + y, 0, x + 1);
      this.#unwrap(top + y);
      this.#changed(top + y);
      if (x + 1 >= cols && y + 1 < rows) this.#unwrap(top + y + 1);
      for (let row = 0; row < y; row++) plane.blank(top + row);
    } else if (what === 2) for (let row = 0; row < rows; row++) plane.blank(top + row);
    return true;
  }
}

/** Control functions with an intermediate that show nothing: the cursor's style, and questions. */
const silent = (prefix: number, intermediate: number, final: number): boolean =>
  (prefix === 0 && intermediate === 0x20 && final === 0x71) || (intermediate === 0x24 && final === 0x70);
