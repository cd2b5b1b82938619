/**
 * The rows of a screen that has nothing but Latin-1, each a byte a cell, one below the other in one array: those that have scrolled off lie above. What
 * stands in them is exact to the emulator's (xterm.js 6): which cells were never printed, and which rows go on in the next one. Pure.
 */

/** A cell that nothing was printed into, between others. */
export const EMPTY = 0;
const BLANK = 0x20;
/** Rows that may scroll off before those that are kept are moved up. */
const ROOM = 768;
/** Of those that have scrolled off so many are kept: a resize can bring them back. */
export const KEPT_ROWS = 256;

export class Plane {
  readonly cols: number;
  readonly rows: number;
  /** Row after row. Behind its end a row has blanks. */
  readonly cells: Buffer;
  /** Behind the last cell of a row that was printed. */
  readonly ends: Uint16Array;
  /** 1: the row goes on from the one before. */
  readonly wrapped: Uint8Array;
  /** 1: the row may have cells before its end that nothing was printed into. */
  readonly gaps: Uint8Array;
  /** The screen's first row. */
  top = 0;
  /** Lines above the screen since the beginning, those that are not kept too. */
  base = 0;
  x = 0;
  y = 0;
  scrollTop = 0;
  scrollBottom: number;
  savedX = 0;
  /** As a line since the beginning. */
  savedLine = 0;

  constructor(cols: number, rows: number) {
    this.cols = cols;
    this.rows = rows;
    this.scrollBottom = rows - 1;
    const most = rows + KEPT_ROWS + ROOM;
    this.cells = Buffer.alloc(most * cols, BLANK);
    this.ends = new Uint16Array(most);
    this.wrapped = new Uint8Array(most);
    this.gaps = new Uint8Array(most);
  }

  /** As it was at first, but for the saved cursor. What was shown stays nowhere longer than it is asked for. */
  clear(): void {
    this.cells.fill(BLANK);
    this.ends.fill(0);
    this.wrapped.fill(0);
    this.gaps.fill(0);
    this.top = this.base = this.x = this.y = this.scrollTop = 0;
    this.scrollBottom = this.rows - 1;
  }

  blank(row: number, wrapped: 0 | 1 = 0): void {
    if (this.ends[row] !== 0) this.cells.fill(BLANK, row * this.cols, row * this.cols + this.ends[row]!);
    this.ends[row] = 0;
    this.gaps[row] = 0;
    this.wrapped[row] = wrapped;
  }

  /** Whether rows have other places after the next `advance`. */
  get full(): boolean {
    return this.top + this.rows === this.ends.length;
  }

  /** One more row below the screen. */
  advance(wrapped: 0 | 1): void {
    if (this.full) {
      const from = Math.max(0, this.top - KEPT_ROWS);
      this.move(0, from, this.top + this.rows - from);
      this.top -= from;
      // What lies behind them is left from before.
      this.cells.fill(BLANK, (this.top + this.rows) * this.cols);
      this.ends.fill(0, this.top + this.rows);
    }
    this.base++;
    this.top++;
    this.blank(this.top + this.rows - 1, wrapped);
  }

  /** Rows from one place to another, over what stands there. */
  move(to: number, from: number, count: number): void {
    if (count <= 0) return;
    const { cols } = this;
    this.cells.copyWithin(to * cols, from * cols, (from + count) * cols);
    this.ends.copyWithin(to, from, from + count);
    this.wrapped.copyWithin(to, from, from + count);
    this.gaps.copyWithin(to, from, from + count);
  }

  /** Rows `first` to `last` go up (or down, where `by` is negative) by so many within themselves; blank ones come. */
  shift(first: number, last: number, by: number): void {
    const height = last - first + 1;
    const count = Math.min(Math.abs(by), height);
    if (by > 0) this.move(first, first + count, height - count);
    else this.move(first + count, first, height - count);
    for (let n = 0; n < count; n++) this.blank(by > 0 ? last - n : first + n);
  }

  /** Cells `from` to `to` of a row as if nothing had been printed into them. */
  erase(row: number, from: number, to: number): void {
    const end = this.ends[row]!;
    if (from >= end) return;
    const at = row * this.cols;
    if (to < end) {
      this.cells.fill(EMPTY, at + from, at + to);
      this.gaps[row] = 1;
    } else this.#cut(row, from);
  }

  /** Nothing is printed from there on. */
  #cut(row: number, from: number): void {
    const at = row * this.cols;
    let end = from;
    while (end > 0 && this.cells[at + end - 1] === EMPTY) end--;
    this.cells.fill(BLANK, at + end, at + this.ends[row]!);
    this.ends[row] = end;
  }

  deleteCells(row: number, from: number, count: number): void {
    const end = this.ends[row]!;
    if (from >= end) return;
    const at = row * this.cols;
    this.cells.copyWithin(at + from, at + Math.min(from + count, end), at + end);
    this.#cut(row, Math.max(from, end - count));
  }

  insertCells(row: number, from: number, count: number): void {
    const end = this.ends[row]!;
    if (from >= end) return;
    const { cols } = this;
    const at = row * cols;
    const room = Math.min(count, cols - from);
    this.cells.copyWithin(at + from + room, at + from, at + Math.min(end, cols - room));
    this.cells.fill(EMPTY, at + from, at + from + room);
    this.ends[row] = Math.min(cols, end + room);
    this.gaps[row] = 1;
    this.#cut(row, this.ends[row]!);
  }

  /** The text of rows, without blanks at its end. */
  text(first: number, end: number): string {
    let text = this.cells.toString('latin1', first * this.cols, end * this.cols);
    for (let row = first; row < end; row++)
      if (this.gaps[row] === 1) {
        text = text.replaceAll('\0', ' ');
        break;
      }
    return text;
  }
}
