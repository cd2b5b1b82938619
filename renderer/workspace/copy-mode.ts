/**
 * Copy mode: the keyboard in the scrollback. Which key does what stands in src/mux/keys/copy-table.ts. Rows are absolute in
 * the emulator's buffer, columns are cells.
 */
import type { Terminal } from '@xterm/xterm';
import type { CopyAction, CopyKeys } from '../../src/mux/keys/copy-table.ts';

/** What copy mode asks of an emulator. */
export type Readable = Pick<
  Terminal,
  'buffer' | 'cols' | 'rows' | 'select' | 'clearSelection' | 'getSelection' | 'getSelectionPosition' | 'scrollLines' | 'scrollToLine' | 'scrollToBottom'
>;

/** `search`: a search that is to be opened in this direction, or the last one to be walked on with. */
export interface CopyOutcome {
  readonly done?: 'leave';
  readonly copy?: string;
  readonly search?: 'older' | 'newer' | 'again' | 'reverse';
}

interface Point {
  readonly x: number;
  readonly y: number;
}

export class CopyMode {
  readonly #terminal: Readable;
  /** tmux's two tables differ in one thing more than keys: what the cursor stands on is selected in vi's, and in emacs' it is not. */
  readonly #beyond: 0 | 1;
  #at: Point;
  #anchor: Point | undefined;
  #wholeLines = false;
  /** What is selected is the hit of a search, which nobody wants to copy. */
  #hit = false;
  /** The column that up and down keep to where the line is long enough. */
  #column: number;

  constructor(terminal: Readable, keys: CopyKeys) {
    this.#terminal = terminal;
    this.#beyond = keys === 'emacs' ? 1 : 0;
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
    return { column: Math.min(this.#at.x, this.#terminal.cols - 1), row: this.#at.y - this.#buffer.viewportY };
  }

  /** Where the next search begins: at the cursor. The emulator's search goes on from what is selected. */
  aim(): void {
    const selected = this.#terminal.getSelectionPosition();
    const there = selected?.start.x === this.#at.x && selected.start.y === this.#at.y;
    if (!this.#hit || !there) this.#terminal.select(this.#at.x, this.#at.y, 1);
    this.#hit = true;
  }

  /** After a search: the cursor goes to its hit, and a selection that was begun reaches to it. `found` false: all stays. */
  follow(found: boolean): void {
    const hit = found ? this.#terminal.getSelectionPosition() : undefined;
    if (hit) this.#at = { x: hit.start.x, y: hit.start.y };
    this.#column = this.#at.x;
    this.#select();
  }

  /** Carries an action of the copy tables out. */
  run(action: CopyAction): CopyOutcome {
    return this.#actions[action]();
  }

  readonly #actions: Readonly<Record<CopyAction, () => CopyOutcome>> = {
    cancel: () => this.#leave(),
    'clear-selection': () => {
      this.#anchor = undefined;
      this.#terminal.clearSelection();
      return {};
    },
    'copy-selection-and-cancel': () => this.#copy(),
    'copy-end-of-line': () => {
      this.#begin(false);
      this.run('end-of-line');
      return this.#copy();
    },
    'begin-selection': () => this.#begin(false),
    'select-line': () => this.#begin(true),
    'other-end': () => {
      const anchor = this.#anchor;
      if (!anchor) return {};
      this.#anchor = this.#at;
      return this.#to(anchor);
    },
    'cursor-left': () => {
      const { x, y } = this.#at;
      return this.#to(x > 0 ? { x: x - 1, y } : this.#wrapped(y) ? { x: this.#terminal.cols - 1, y: y - 1 } : this.#at);
    },
    'cursor-right': () => this.#to({ x: this.#at.x + 1, y: this.#at.y }),
    'cursor-up': () => this.#upDown(-1),
    'cursor-down': () => this.#upDown(1),
    'next-word': () => this.#to(this.#word(1)),
    'previous-word': () => this.#to(this.#word(-1)),
    'next-word-end': () => this.#to(this.#wordEnd()),
    'start-of-line': () => this.#to({ x: 0, y: this.#at.y }),
    'back-to-indentation': () => this.#to({ x: Math.max(0, this.#line(this.#at.y).search(/\S/)), y: this.#at.y }),
    'end-of-line': () => this.#to({ x: Math.max(0, this.#line(this.#at.y).trimEnd().length - 1 + this.#beyond), y: this.#at.y }),
    'history-top': () => this.#to({ x: 0, y: 0 }),
    'history-bottom': () => this.#to({ x: 0, y: this.#buffer.length - 1 }),
    'top-line': () => this.#to({ x: 0, y: this.#buffer.viewportY }),
    'middle-line': () => this.#to({ x: 0, y: this.#buffer.viewportY + this.#half }),
    'bottom-line': () => this.#to({ x: 0, y: this.#buffer.viewportY + this.#terminal.rows - 1 }),
    'scroll-up': () => this.#scroll(-1),
    'scroll-down': () => this.#scroll(1),
    'halfpage-up': () => this.#scroll(-this.#half),
    'halfpage-down': () => this.#scroll(this.#half),
    'page-up': () => this.#scroll(-this.#terminal.rows),
    'page-down': () => this.#scroll(this.#terminal.rows),
    'search-forward': () => ({ search: 'newer' }),
    'search-backward': () => ({ search: 'older' }),
    'search-again': () => ({ search: 'again' }),
    'search-reverse': () => ({ search: 'reverse' }),
  };

  get #buffer(): Readable['buffer']['active'] {
    return this.#terminal.buffer.active;
  }

  get #half(): number {
    return Math.floor(this.#terminal.rows / 2);
  }

  #begin(wholeLines: boolean): CopyOutcome {
    this.#anchor = this.#at;
    this.#wholeLines = wholeLines;
    return this.#to(this.#at);
  }

  #line(y: number): string {
    return this.#buffer.getLine(y)?.translateToString(false) ?? '';
  }

  #wrapped(y: number): boolean {
    return y > 0 && this.#buffer.getLine(y)?.isWrapped === true;
  }

  #scroll(lines: number): CopyOutcome {
    this.#terminal.scrollLines(lines);
    return this.#upDown(lines);
  }

  #upDown(lines: number): CopyOutcome {
    const column = this.#column;
    const y = Math.max(0, Math.min(this.#buffer.length - 1, this.#at.y + lines));
    this.#to({ x: Math.min(column, Math.max(0, this.#line(y).trimEnd().length - 1 + this.#beyond)), y });
    this.#column = column;
    return {};
  }

  #to(point: Point): CopyOutcome {
    const { length } = this.#buffer;
    this.#at = { x: Math.max(0, Math.min(this.#terminal.cols - 1 + this.#beyond, point.x)), y: Math.max(0, Math.min(length - 1, point.y)) };
    this.#column = this.#at.x;
    this.#show();
    this.#select();
    return {};
  }

  #show(): void {
    const { viewportY } = this.#buffer;
    const { rows } = this.#terminal;
    if (this.#at.y < viewportY) this.#terminal.scrollToLine(this.#at.y);
    else if (this.#at.y >= viewportY + rows) this.#terminal.scrollToLine(this.#at.y - rows + 1);
  }

  #select(): void {
    if (!this.#anchor) return;
    this.#hit = false;
    const { cols } = this.#terminal;
    const before = this.#anchor.y < this.#at.y || (this.#anchor.y === this.#at.y && this.#anchor.x <= this.#at.x);
    const [first, second] = before ? [this.#anchor, this.#at] : [this.#at, this.#anchor];
    if (this.#wholeLines) this.#terminal.select(0, first.y, (second.y - first.y + 1) * cols);
    else this.#terminal.select(first.x, first.y, (second.y - first.y) * cols + second.x - first.x + 1 - this.#beyond);
  }

  #copy(): CopyOutcome {
    const text = this.#hit ? '' : this.#terminal.getSelection() + this.#lineEnd();
    this.#leave();
    return text ? { done: 'leave', copy: text } : { done: 'leave' };
  }

  /** A selection that ends before the first cell of a line has the end of the one above, which the emulator leaves out. */
  #lineEnd(): string {
    if (!this.#anchor || this.#wholeLines || this.#beyond === 0) return '';
    const last = this.#anchor.y < this.#at.y ? this.#at : this.#anchor;
    return last.x === 0 && this.#anchor.y !== this.#at.y && !this.#wrapped(last.y) ? '\n' : '';
  }

  #leave(): CopyOutcome {
    this.#terminal.clearSelection();
    this.#terminal.scrollToBottom();
    return { done: 'leave' };
  }

  /** The next or previous start of a word; lines are joined as the reader sees them, one after the other. */
  #word(step: 1 | -1): Point {
    let { x, y } = this.#at;
    const last = this.#buffer.length - 1;
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
    const last = this.#buffer.length - 1;
    for (x += 1 - this.#beyond; y <= last; y++, x = 0) {
      const match = this.#line(y)
        .slice(x)
        .match(/^\s*(\w+|[^\w\s]+)/);
      if (match) return { x: x + match[0].length - 1 + this.#beyond, y };
    }
    return this.#at;
  }
}
