/**
 * Copy mode: the keyboard in the scrollback. vi keys and arrows; Space or v begins, V takes whole lines, Enter or y
 * copies and leaves, q or Escape leaves. Rows are absolute in the emulator's buffer, columns are cells.
 */
import type { Terminal } from '@xterm/xterm';

export type CopyOutcome = { readonly done?: 'leave'; readonly copy?: string; readonly search?: 'older' | 'newer' | 'open' };

interface Point {
  readonly x: number;
  readonly y: number;
}

export class CopyMode {
  readonly #terminal: Terminal;
  #at: Point;
  #anchor: Point | undefined;
  #wholeLines = false;
  /** The column that up and down keep to where the line is long enough. */
  #column: number;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    const { baseY, cursorX, cursorY } = terminal.buffer.active;
    this.#at = { x: Math.min(cursorX, terminal.cols - 1), y: baseY + cursorY };
    this.#column = this.#at.x;
    this.#show();
  }

  get selecting(): boolean {
    return this.#anchor !== undefined;
  }

  /** Where the cursor is drawn: column and row of the viewport. */
  get cursor(): { readonly column: number; readonly row: number } {
    return { column: this.#at.x, row: this.#at.y - this.#terminal.buffer.active.viewportY };
  }

  /** A search moved the selection: the cursor follows it. */
  follow(): void {
    const selected = this.#terminal.getSelectionPosition();
    if (selected) this.#at = { x: selected.start.x, y: selected.start.y };
  }

  /** Takes a key by its tmux name; undefined means that copy mode has no such key. */
  key(name: string): CopyOutcome | undefined {
    const buffer = this.#terminal.buffer.active;
    const page = this.#terminal.rows;
    const half = Math.floor(page / 2);
    const last = buffer.length - 1;
    const { x, y } = this.#at;
    switch (name) {
      case 'q':
      case 'C-c':
        return this.#leave();
      case 'Escape':
        if (!this.#anchor) return this.#leave();
        this.#anchor = undefined;
        this.#terminal.clearSelection();
        return {};
      case 'Enter':
      case 'y':
      case 'C-j':
        return this.#copy();
      case 'Space':
      case 'v':
      case 'C-Space':
        this.#anchor = this.#at;
        this.#wholeLines = false;
        return this.#to(this.#at);
      case 'V':
        this.#anchor = this.#at;
        this.#wholeLines = true;
        return this.#to(this.#at);
      case 'o': {
        const anchor = this.#anchor;
        if (!anchor) return {};
        this.#anchor = this.#at;
        return this.#to(anchor);
      }
      case 'h':
      case 'Left':
        return this.#to(x > 0 ? { x: x - 1, y } : this.#wrapped(y) ? { x: this.#terminal.cols - 1, y: y - 1 } : this.#at);
      case 'l':
      case 'Right':
        return this.#to({ x: x + 1, y });
      case 'k':
      case 'Up':
        return this.#upDown(-1);
      case 'j':
      case 'Down':
        return this.#upDown(1);
      case 'w':
        return this.#to(this.#word(1));
      case 'b':
        return this.#to(this.#word(-1));
      case 'e':
        return this.#to(this.#wordEnd());
      case '0':
      case 'Home':
        return this.#to({ x: 0, y });
      case '^':
        return this.#to({ x: Math.max(0, this.#line(y).search(/\S/)), y });
      case '$':
      case 'End':
        return this.#to({ x: Math.max(0, this.#line(y).trimEnd().length - 1), y });
      case 'g':
        return this.#to({ x: 0, y: 0 });
      case 'G':
        return this.#to({ x: 0, y: last });
      case 'H':
        return this.#to({ x: 0, y: buffer.viewportY });
      case 'M':
        return this.#to({ x: 0, y: buffer.viewportY + half });
      case 'L':
        return this.#to({ x: 0, y: buffer.viewportY + page - 1 });
      case 'C-u':
        return this.#scroll(-half);
      case 'C-d':
        return this.#scroll(half);
      case 'C-b':
      case 'PPage':
        return this.#scroll(-page);
      case 'C-f':
      case 'NPage':
        return this.#scroll(page);
      case 'K':
      case 'C-y':
        return this.#scroll(-1);
      case 'J':
      case 'C-e':
        return this.#scroll(1);
      case '/':
      case '?':
        return { search: 'open' };
      case 'n':
        return { search: 'older' };
      case 'N':
        return { search: 'newer' };
      default:
        return undefined;
    }
  }

  #line(y: number): string {
    return this.#terminal.buffer.active.getLine(y)?.translateToString(false) ?? '';
  }

  #wrapped(y: number): boolean {
    return y > 0 && this.#terminal.buffer.active.getLine(y)?.isWrapped === true;
  }

  #scroll(lines: number): CopyOutcome {
    this.#terminal.scrollLines(lines);
    return this.#upDown(lines);
  }

  #upDown(lines: number): CopyOutcome {
    const column = this.#column;
    const y = Math.max(0, Math.min(this.#terminal.buffer.active.length - 1, this.#at.y + lines));
    this.#to({ x: Math.min(column, Math.max(0, this.#line(y).trimEnd().length - 1)), y });
    this.#column = column;
    return {};
  }

  #to(point: Point): CopyOutcome {
    const { length } = this.#terminal.buffer.active;
    this.#at = { x: Math.max(0, Math.min(this.#terminal.cols - 1, point.x)), y: Math.max(0, Math.min(length - 1, point.y)) };
    this.#column = this.#at.x;
    this.#show();
    this.#select();
    return {};
  }

  #show(): void {
    const { viewportY } = this.#terminal.buffer.active;
    const { rows } = this.#terminal;
    if (this.#at.y < viewportY) this.#terminal.scrollToLine(this.#at.y);
    else if (this.#at.y >= viewportY + rows) this.#terminal.scrollToLine(this.#at.y - rows + 1);
  }

  #select(): void {
    if (!this.#anchor) return;
    const { cols } = this.#terminal;
    const before = this.#anchor.y < this.#at.y || (this.#anchor.y === this.#at.y && this.#anchor.x <= this.#at.x);
    const [first, second] = before ? [this.#anchor, this.#at] : [this.#at, this.#anchor];
    if (this.#wholeLines) this.#terminal.select(0, first.y, (second.y - first.y + 1) * cols);
    else this.#terminal.select(first.x, first.y, (second.y - first.y) * cols + second.x - first.x + 1);
  }

  #copy(): CopyOutcome {
    const text = this.#terminal.getSelection();
    this.#leave();
    return text ? { done: 'leave', copy: text } : { done: 'leave' };
  }

  #leave(): CopyOutcome {
    this.#terminal.clearSelection();
    this.#terminal.scrollToBottom();
    return { done: 'leave' };
  }

  /** The next or previous start of a word; lines are joined as the reader sees them, one after the other. */
  #word(step: 1 | -1): Point {
    let { x, y } = this.#at;
    const last = this.#terminal.buffer.active.length - 1;
    if (step === 1) {
      const rest = this.#line(y).slice(x);
      const next = rest.match(/^(\w+|[^\w\s]+|\s)\s*(?=\S)/);
      if (next && next[0].length > 0) return { x: x + next[0].length, y };
      for (y = y + 1; y <= last; y++) {
        const start = this.#line(y).search(/\S/);
        if (start >= 0) return { x: start, y };
      }
      return this.#at;
    }
    for (;;) {
      const before = this.#line(y).slice(0, x);
      const match = before.match(/(\w+|[^\w\s]+)\s*$/);
      if (match?.index !== undefined) return { x: match.index, y };
      if (y === 0) return { x: 0, y: 0 };
      y -= 1;
      x = this.#terminal.cols;
    }
  }

  #wordEnd(): Point {
    let { x, y } = this.#at;
    const last = this.#terminal.buffer.active.length - 1;
    for (x += 1; y <= last; y++, x = 0) {
      const match = this.#line(y)
        .slice(x)
        .match(/^\s*(\w+|[^\w\s]+)/);
      if (match) return { x: x + match[0].length - 1, y };
    }
    return this.#at;
  }
}
