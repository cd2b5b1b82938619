/**
 * Shows what a program printed for a terminal of one size in a terminal of another. Output counts on the width and the height that it was made
 * for: vim and readline know that the cursor stays in the last column, and a line feed in the last row scrolls. So an emulator of
 * the old size takes it, and its rows are drawn: the lines of the normal screen one below the other, from where the cursor is, so that they
 * go up into the terminal's own scrollback; the alternate screen in the middle of a larger terminal, and of a smaller one the
 * part with the cursor. Nothing is asked of the terminal: on the normal screen every move is relative.
 */
import type { Terminal } from '@xterm/headless';
import { resizeTerminal } from './resize.ts';
import { newEmulator } from './screen.ts';
import { cursorHidden, inked, normalLines, rowText } from './serialize.ts';
import { repairUtf8, WholeCharacters } from './utf8.ts';

/** In cells. */
export interface Size {
  readonly cols: number;
  readonly rows: number;
}

/** So many bytes are drawn at once at most: they make no more lines than the emulator keeps, so that none is left out. */
const mostUndrawn = 4096;
const keptLines = 5000;

const clear = '\x1b[0m\x1b[H\x1b[2J';
/** To another row: where there is none below, the terminal stays. */
const moved = (rows: number): string => (rows === 0 ? '' : rows > 0 ? `\x1b[${rows}B` : `\x1b[${-rows}A`);

export class Painter {
  /** Bytes that may be fed before the next `draw` or `parse`. */
  static readonly most = mostUndrawn;
  readonly #terminal: Terminal;
  readonly #own: () => Size;
  readonly #text = new WholeCharacters();
  #fed: Uint8Array[] = [];
  #waiting = 0;
  /** Of the normal screen: rows as they stand in the terminal, the first of them with the emulator's line `#top`, and the one that the cursor is in. */
  #drawn: string[] = [];
  #row = 0;
  #top = 0;
  /** What the emulator keeps them in: it is another one after a reset. */
  #lines: ReturnType<typeof normalLines> | undefined;
  /** What the terminal shows of the normal screen is not known. */
  #lost = false;
  /** Of the alternate screen, by row of the terminal; undefined where it is not shown. */
  #alternate: string[] | undefined;
  #hidden = false;
  /** The terminal's, when it was drawn in. */
  #size: Size;

  private constructor(terminal: Terminal, own: () => Size) {
    this.#terminal = terminal;
    this.#own = own;
    this.#size = own();
    this.#follow();
  }

  /** @param size what the output was made for. @param own the size of the terminal that it is drawn in, whenever it is asked. */
  static async of(size: Size, own: () => Size): Promise<Painter> {
    return new Painter(await newEmulator(size, keptLines), own);
  }

  /** The terminal is of another size than the output was made for. */
  get differs(): boolean {
    const { cols, rows } = this.#own();
    return cols !== this.#terminal.cols || rows !== this.#terminal.rows;
  }

  /** As much has been fed as may be drawn at once. */
  get full(): boolean {
    return this.#waiting >= mostUndrawn;
  }

  /** @param bytes are copied. */
  feed(bytes: Uint8Array): void {
    this.#fed.push(Uint8Array.from(bytes));
    this.#waiting += bytes.length;
  }

  /** The output after this was made for another size. */
  async resize({ cols, rows }: Size): Promise<void> {
    await this.parse();
    // Lines are wrapped anew, and lines from above come back.
    this.#forget();
    resizeTerminal(this.#terminal, cols, rows);
  }

  /** Something else has been drawn in the terminal, which is as a new one again but for its text. */
  async elsewhere(): Promise<void> {
    await this.parse();
    this.#forget();
  }

  /** @returns what makes the terminal show all that was fed: text, SGR, moves, erasing, and the modes 25 and 1049. */
  async draw(): Promise<string> {
    await this.parse();
    const own = this.#own();
    if (own.cols !== this.#size.cols || own.rows !== this.#size.rows) this.#forget();
    this.#size = own;
    const out: string[] = [];
    if (this.#terminal.buffer.active.type === 'alternate') {
      if (!this.#alternate) out.push('\x1b[?1049h');
      this.#drawAlternate(out);
    } else {
      if (this.#alternate) out.push('\x1b[?1049l');
      this.#alternate = undefined;
      this.#drawLines(out);
    }
    const hidden = cursorHidden(this.#terminal);
    if (hidden !== this.#hidden) out.push(hidden ? '\x1b[?25l' : '\x1b[?25h');
    this.#hidden = hidden;
    return out.join('');
  }

  /** @returns what puts the cursor below all that was drawn, where a prompt covers nothing. */
  end(): string {
    const below = this.#drawn.length - 1 - this.#row;
    return this.#alternate || below <= 0 ? '' : `${moved(below)}\r\n`;
  }

  dispose(): void {
    this.#terminal.dispose();
  }

  /** Lines that go out of the emulator's memory move up all others. @returns whether they are not those that were followed. */
  #follow(): boolean {
    const lines = normalLines(this.#terminal);
    if (lines === this.#lines) return false;
    this.#lines = lines;
    lines.onTrim((trimmed) => {
      if (lines === this.#lines) this.#top -= trimmed;
    });
    return true;
  }

  #forget(): void {
    this.#lost = true;
    if (this.#alternate) this.#alternate = [];
  }

  /** Takes what was fed, and draws nothing. */
  async parse(): Promise<void> {
    const fed = this.#fed;
    this.#fed = [];
    this.#waiting = 0;
    for (const bytes of fed) {
      const whole = repairUtf8(this.#text.feed(bytes));
      await new Promise<void>((parsed) => this.#terminal.write(whole, parsed));
    }
  }

  #drawAlternate(out: string[]): void {
    const terminal = this.#terminal;
    const own = this.#size;
    const buffer = terminal.buffer.active;
    const across = part(terminal.cols, own.cols, Math.min(buffer.cursorX, terminal.cols - 1));
    const down = part(terminal.rows, own.rows, buffer.cursorY);
    if (!this.#alternate?.length) out.push(clear);
    const drawn = (this.#alternate ??= []);
    for (let y = 0; y < down.length; y++) {
      const line = buffer.getLine(buffer.baseY + down.from + y);
      if (!line) continue;
      const end = Math.min(inked(line, terminal.cols), across.from + across.length);
      const { text, cells } = rowText(terminal, line, across.from, end, across.length);
      if (text === drawn[y]) continue;
      drawn[y] = text;
      out.push(at(down.margin + y, across.margin), text, across.margin + cells < own.cols ? '\x1b[K' : '');
    }
    out.push(at(down.margin + down.cursor, across.margin + across.cursor));
  }

  #drawLines(out: string[]): void {
    const terminal = this.#terminal;
    const own = this.#size;
    const buffer = terminal.buffer.normal;
    const cursorLine = buffer.baseY + buffer.cursorY;
    const cursorX = Math.min(buffer.cursorX, terminal.cols - 1);
    let last = buffer.baseY + terminal.rows - 1;
    while (last > cursorLine && inked(buffer.getLine(last)!, terminal.cols) === 0) last--;
    let first = this.#top;
    if (this.#follow() || this.#lost || first < 0 || first > buffer.baseY) {
      out.push(clear);
      this.#lost = false;
      this.#drawn = [];
      this.#row = 0;
      first = Math.max(0, last + 1 - own.rows);
    }
    const rows: { readonly text: string; readonly cells: number }[] = [];
    /** Rows above the emulator's screen: nothing changes them any more. */
    let gone = 0;
    const cursor = { row: 0, x: 0 };
    for (let y = first; y <= last; y++) {
      const line = buffer.getLine(y)!;
      const end = inked(line, terminal.cols);
      for (let from = 0, more = true; more;) {
        const row = rowText(terminal, line, from, end, own.cols);
        more = row.next < end;
        if (y === cursorLine && cursorX >= from && (cursorX < row.next || !more)) {
          cursor.row = rows.length;
          cursor.x = Math.min(cursorX - from, own.cols - 1);
        }
        rows.push(row);
        from = row.next;
      }
      if (y < buffer.baseY) gone = rows.length;
    }
    for (let i = 0; i < Math.max(rows.length, this.#drawn.length); i++) {
      const { text, cells } = rows[i] ?? { text: '', cells: 0 };
      const { length } = this.#drawn;
      // What is above the terminal's own screen stays as it was drawn.
      if (this.#drawn[i] === text || i < length - own.rows) continue;
      if (i < length) out.push(moved(i - this.#row), '\r');
      else out.push(length > 0 ? `${moved(length - 1 - this.#row)}\r\n` : '\r');
      out.push(text, cells < own.cols ? '\x1b[K' : '');
      this.#drawn[i] = text;
      this.#row = i;
    }
    out.push(moved(cursor.row - this.#row), '\r', cursor.x > 0 ? `\x1b[${cursor.x}C` : '');
    this.#drawn.splice(0, gone);
    this.#row = cursor.row - gone;
    this.#top = buffer.baseY;
  }
}

const at = (y: number, x: number): string => `\x1b[${y + 1};${x + 1}H`;

/** Which cells of `size` stand where in `room`: in its middle; or those around the cursor, a page of them. */
function part(
  size: number,
  room: number,
  cursor: number,
): { readonly from: number; readonly length: number; readonly margin: number; readonly cursor: number } {
  if (size <= room) return { from: 0, length: size, margin: Math.floor((room - size) / 2), cursor };
  const from = Math.min(Math.floor(cursor / room) * room, size - room);
  return { from, length: room, margin: 0, cursor: cursor - from };
}
