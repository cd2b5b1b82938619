/**
 * Copy mode over an emulator: its buffer as the grid that src/mux/copy walks in, and what stands there drawn. Which key does what stands in
 * src/mux/keys/copy-table.ts.
 */
import type { IBufferLine, IMarker, Terminal } from '@xterm/xterm';
import type { Grid, Hit, Wanted } from '../../src/mux/copy/grid.ts';
import { CopyMode, type CopyOutcome, type Selected, type Told } from '../../src/mux/copy/mode.ts';
import type { CopyAction, CopyKeys } from '../../src/mux/keys/copy-table.ts';

/** What copy mode asks of an emulator. */
export type Readable = Pick<
  Terminal,
  'buffer' | 'cols' | 'rows' | 'select' | 'clearSelection' | 'getSelectionPosition' | 'scrollToLine' | 'scrollToBottom' | 'registerMarker'
>;

/** A rectangle of the screen, in cells. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly cols: number;
  readonly rows: number;
}

/** The buffer as it is now. @param prompts lines where a shell has said that a prompt begins */
export function gridOf(terminal: Pick<Terminal, 'buffer' | 'cols' | 'rows'>, prompts: () => ReadonlySet<number> = () => new Set()): Grid {
  const { active } = terminal.buffer;
  const cell = active.getNullCell();
  const line = (y: number): IBufferLine | undefined => terminal.buffer.active.getLine(y);
  return {
    get cols() {
      return terminal.cols;
    },
    get rows() {
      return terminal.rows;
    },
    get lines() {
      return Math.max(terminal.buffer.active.length, terminal.rows);
    },
    cell(x, y) {
      const found = line(y)?.getCell(x, cell);
      return !found ? ' ' : found.getWidth() === 0 ? '' : found.getChars() || ' ';
    },
    text: (y) => line(y)?.translateToString(false) ?? '',
    used(y) {
      const of = line(y);
      for (let x = of?.length ?? 0; x > 0; x -= 1) {
        const found = of!.getCell(x - 1, cell)!;
        if (found.getChars() !== '' || found.getWidth() === 0) return x;
      }
      return 0;
    },
    goesOn: (y) => line(y + 1)?.isWrapped === true,
    prompts,
  };
}

export class PaneCopy {
  readonly #terminal: Readable;
  readonly #mode: CopyMode;
  /** Moves with the text where older lines go. */
  #marker: IMarker | undefined;
  #markedLine = 0;

  /** @param separators what ends a word beside a blank */
  constructor(terminal: Readable, keys: CopyKeys, separators: string, prompts: () => ReadonlySet<number>) {
    this.#terminal = terminal;
    const { baseY, cursorX, cursorY, viewportY } = terminal.buffer.active;
    this.#mode = new CopyMode(gridOf(terminal, prompts), keys, { x: Math.min(cursorX, terminal.cols - 1), y: baseY + cursorY }, separators);
    this.#mark();
    if (viewportY < baseY) this.#sync();
  }

  get selecting(): boolean {
    return this.#mode.selecting;
  }

  get rectangular(): boolean {
    return this.#mode.rectangle;
  }

  /** Where the cursor is drawn: column and row of the viewport. */
  get cursor(): { readonly column: number; readonly row: number } {
    return { column: this.#mode.cursor.column, row: this.#mode.at.y - this.#view };
  }

  /** Row of the viewport with the line that was marked; it may be outside of it. */
  get mark(): number | undefined {
    const line = this.#mode.mark;
    return line === undefined ? undefined : line - this.#view;
  }

  /** What is selected, where it is a rectangle, as far as it is seen. The emulator draws any other selection itself. */
  get rectangle(): Rectangle | undefined {
    const { selected } = this.#mode;
    if (selected?.kind !== 'rectangle') return undefined;
    const top = Math.max(0, selected.y - this.#view);
    const bottom = Math.min(this.#terminal.rows, selected.y + selected.rows - this.#view);
    const cols = Math.min(selected.cols, this.#terminal.cols - selected.x);
    return bottom > top && cols > 0 ? { x: selected.x, y: top, cols, rows: bottom - top } : undefined;
  }

  get selectedText(): string {
    return this.#mode.selecting ? this.#mode.text : '';
  }

  /** Whether the hits of a search are marked still. */
  get hasHits(): boolean {
    return this.#mode.wanted !== undefined;
  }

  /** Carries an action of the copy tables out. */
  run(action: CopyAction, told: Told): CopyOutcome {
    this.#sync();
    const outcome = this.#mode.run(action, told);
    if (outcome.done) this.end();
    else this.#draw();
    return outcome;
  }

  /** It is over: nothing of it is left in the emulator. */
  end(): void {
    this.#terminal.clearSelection();
    this.#terminal.scrollToBottom();
    this.#marker?.dispose();
  }

  /** What is selected is drawn again, after something else was in its place. */
  redraw(): void {
    this.#draw();
  }

  /** Where a search begins that is typed, as it is given back to `search`. */
  searchFrom(): () => void {
    const { at } = this.#mode;
    return () => this.#mode.goTo(at);
  }

  /** The next hit, which is drawn by `show`. False: there is none, and all stays. */
  search(wanted: Wanted, back: boolean, count: number, show: (hit: Hit) => void): boolean {
    this.#sync();
    const found = this.#mode.search(wanted, back, count);
    this.#scroll();
    if (found) show(this.#mode.hit!);
    this.#draw(true);
    return found;
  }

  /** To the hit that a search of the emulator's own has selected. */
  followHit(wanted: Wanted, back: boolean): void {
    const hit = this.#terminal.getSelectionPosition();
    if (!hit) return;
    const cells = (hit.end.y - hit.start.y) * this.#terminal.cols + hit.end.x - hit.start.x;
    this.#mode.follow({ x: hit.start.x, y: hit.start.y, cells }, back, wanted);
    this.#draw(true);
  }

  get #view(): number {
    return this.#terminal.buffer.active.viewportY;
  }

  /** The text and the view as they are now: a program may have printed, and somebody may have scrolled. */
  #sync(): void {
    const line = this.#marker && !this.#marker.isDisposed ? this.#marker.line : -1;
    // The line of the marker itself is gone: at least so many are.
    const moved = line >= 0 ? line - this.#markedLine : -this.#markedLine - 1;
    this.#mode.moved(moved, this.#view);
    this.#mark();
  }

  #mark(): void {
    this.#marker?.dispose();
    this.#marker = this.#terminal.registerMarker(0);
    this.#markedLine = this.#marker?.line ?? 0;
  }

  #scroll(): void {
    if (this.#view !== this.#mode.top) this.#terminal.scrollToLine(this.#mode.top);
  }

  /** @param hit the emulator has selected a hit, which stays where nothing else is selected */
  #draw(hit = false): void {
    this.#scroll();
    const selected: Selected | undefined = this.#mode.selected;
    if (selected?.kind === 'cells' && selected.cells > 0) this.#terminal.select(selected.from.x, selected.from.y, selected.cells);
    else if (selected || !hit) this.#terminal.clearSelection();
  }
}
