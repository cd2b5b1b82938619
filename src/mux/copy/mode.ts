/**
 * Copy mode: a cursor in the scrollback, a selection and a view, as tmux 3.3 moves them. Pure: whoever has an emulator makes a grid of it and draws
 * what stands here afterwards. Rows are those of the screen, lines count from the oldest. Over 400 lines: cursor,
 * view and selection move each other at every step, and each has no meaning without the others.
 */
import type { CopyAction, CopyKeys } from '../keys/copy-table.ts';
import { type Grid, type Hit, Measured, type Point, type Wanted, findIn } from './grid.ts';
import { textOf, textOfHit } from './text.ts';
import { Walker, wordSeparators } from './walker.ts';

/** Characters that a jump goes to, and where it stands then. */
type Jump = 'jump-forward' | 'jump-backward' | 'jump-to-forward' | 'jump-to-backward';
const turned: Readonly<Record<Jump, Jump>> = {
  'jump-forward': 'jump-backward',
  'jump-backward': 'jump-forward',
  'jump-to-forward': 'jump-to-backward',
  'jump-to-backward': 'jump-to-forward',
};

export interface CopyOutcome {
  readonly done?: 'leave';
  readonly copy?: string;
  /** What is copied goes behind what was copied last. */
  readonly append?: true;
  /** A search that is to be opened in this direction, or the last one to be walked on with, so many times. */
  readonly search?: 'older' | 'newer' | 'again' | 'reverse';
  readonly count?: number;
  /** Of a search: for this, without asking. */
  readonly term?: string;
  /** It is run again with what it has to be told. */
  readonly asks?: 'character' | 'line';
}

/** What an action is told: how often, and what it asks for. */
export interface Told {
  readonly count?: number;
  readonly character?: string;
  readonly line?: number;
}

/** What is selected, as it is drawn: cells one after the other, or a rectangle. */
export type Selected =
  | { readonly kind: 'cells'; readonly from: Point; readonly cells: number }
  | { readonly kind: 'rectangle'; readonly x: number; readonly y: number; readonly cols: number; readonly rows: number };

/** Motions that leave the hits of a search marked in vi's keys, as tmux's do. In emacs' none does. */
const keepHits =
  /^(?:(?:top|middle|bottom|goto|end-of)-line|cursor-(?:left|right|up|down)|(?:halfpage|page|scroll)-(?:up|down)|history-(?:top|bottom)|jump-(?:again|reverse|.*ward)|(?:next|previous)-(?:paragraph|space|word).*|other-end|copy-selection-no-clear|repeat)$/;

export class CopyMode {
  readonly #grid: Measured;
  readonly #keys: CopyKeys;
  readonly #separators: string;
  #x: number;
  #row: number;
  /** First line of the view. */
  #top: number;
  /** Column that up and down keep to, and how long the line was where it was taken. */
  #kept = { x: 0, length: 0 };
  #selecting = false;
  #start: Point = { x: 0, y: 0 };
  #end: Point = { x: 0, y: 0 };
  /** Which end of the selection goes with the cursor. */
  #drags: 'start' | 'end' | 'none' = 'none';
  /** Whole lines, and at which end of them the cursor is. */
  #lines: 'none' | 'right' | 'left' = 'none';
  /** The lines that a selection of whole lines began with: they stay in it on either side. */
  #began: { readonly from: Point; readonly to: Point } | undefined;
  #rectangle = false;
  #mark: Point;
  #marked = false;
  #jump: { readonly how: Jump; readonly character: string } | undefined;
  #wanted: Wanted | undefined;
  #found: Hit | undefined;
  #recentred = 0;

  /** @param separators what ends a word beside a blank: option word-separators */
  constructor(grid: Grid, keys: CopyKeys, at: Point, separators = wordSeparators) {
    this.#grid = new Measured(grid);
    this.#keys = keys;
    this.#separators = separators;
    this.#top = this.#newest;
    this.#x = Math.max(0, at.x);
    this.#row = clamp(at.y - this.#top, 0, grid.rows - 1);
    this.#mark = this.at;
  }

  get selecting(): boolean {
    return this.#selecting;
  }

  get rectangle(): boolean {
    return this.#rectangle;
  }

  /** Column and row of the screen. */
  get cursor(): { readonly column: number; readonly row: number } {
    return { column: Math.min(this.#x, this.#grid.cols - 1), row: this.#row };
  }

  get at(): Point {
    return { x: this.#x, y: this.#top + this.#row };
  }

  /** First line of the view. */
  get top(): number {
    return this.#top;
  }

  /** The line that set-mark has marked. */
  get mark(): number | undefined {
    return this.#marked ? this.#mark.y : undefined;
  }

  /** The search whose hits are marked. */
  get wanted(): Wanted | undefined {
    return this.#wanted;
  }

  /** The hit that the last search has found. */
  get hit(): Hit | undefined {
    return this.#found;
  }

  /** The text has moved by so many lines, because older ones have gone, or the view was scrolled: the cursor stays on the screen. */
  moved(lines: number, top: number): void {
    const shift = ({ x, y }: Point): Point => ({ x, y: clamp(y + lines, 0, this.#grid.lines - 1) });
    const y = clamp(this.at.y + lines, 0, this.#grid.lines - 1);
    [this.#start, this.#end, this.#mark] = [shift(this.#start), shift(this.#end), shift(this.#mark)];
    if (this.#began) this.#began = { from: shift(this.#began.from), to: shift(this.#began.to) };
    this.#top = clamp(top, 0, this.#newest);
    if (y < this.#top) this.#top = y;
    else if (y >= this.#top + this.#grid.rows) this.#top = y - this.#grid.rows + 1;
    this.#row = y - this.#top;
  }

  /** Carries an action of the copy tables out. */
  run(action: CopyAction, told: Told = {}): CopyOutcome {
    const outcome = this.#grid.during(() => this.#actions[action](told.count ?? 1, told));
    if (!action.startsWith('search-') && (this.#keys === 'emacs' || !keepHits.test(action))) this.#wanted = undefined;
    return outcome;
  }

  /** Goes to the next hit, once round. False where there is none: all stays as it was. */
  search(wanted: Wanted, back: boolean, count = 1): boolean {
    let found = true;
    this.#grid.during(() =>
      this.#repeat(count, () => {
        const hit = findIn(this.#grid, wanted, this.#searchFrom(wanted, back), back);
        if (hit) this.follow(hit, back, wanted);
        found = hit !== undefined;
      }),
    );
    return found;
  }

  /** The cursor goes to a hit: to its begin, or behind it where emacs' keys have searched forward. */
  follow(hit: Hit, back: boolean, wanted: Wanted): void {
    [this.#wanted, this.#found] = [wanted, hit];
    this.#scrollTo(hit);
    if (this.#keys === 'vi' || back) return;
    for (let left = hit.cells; left > 0; left -= 1) this.#oneCell();
    this.#update();
  }

  /** Back to where a search began that is typed anew. */
  goTo(at: Point): void {
    this.#scrollTo(at);
  }

  /** What is copied now: what is selected, else the hit that the cursor is in or right behind. */
  get text(): string {
    if (this.#selecting) return textOf(this.#grid, this.#range(), this.#keys);
    const hit = this.#hitHere(true);
    return hit ? textOfHit(this.#grid, hit) : '';
  }

  get selected(): Selected | undefined {
    if (!this.#selecting) return undefined;
    const range = this.#range();
    if (range.kind === 'rectangle') {
      const { from, to, left, right } = range;
      return { kind: 'rectangle', x: left, y: from, cols: Math.max(0, right - left), rows: to - from + 1 };
    }
    const { from, to } = range;
    const cells = (to.y - from.y) * this.#grid.cols + to.x - from.x + (this.#keys === 'vi' ? 1 : 0);
    return { kind: 'cells', from, cells };
  }

  readonly #actions: Readonly<Record<CopyAction, (count: number, told: Told) => CopyOutcome>> = {
    cancel: () => ({ done: 'leave' }),
    'clear-selection': () => this.#clear(),
    'begin-selection': () => {
      [this.#lines, this.#began] = ['none', undefined];
      return this.#begin();
    },
    'stop-selection': () => {
      [this.#drags, this.#lines, this.#began] = ['none', 'none', undefined];
      return {};
    },
    'select-line': (count) => {
      [this.#lines, this.#rectangle, this.#began] = ['right', false, undefined];
      this.#go('by lines', (walker) => walker.startOfLine());
      const from = this.at;
      this.#begin();
      this.#go('by lines', (walker) => walker.endOfLine());
      const { y } = this.at;
      this.#began = { from, to: { x: this.#grid.length(y), y } };
      this.#repeat(count - 1, () => {
        this.#down(false);
        this.#go('by lines', (walker) => walker.endOfLine());
      });
      this.#update();
      return {};
    },
    'other-end': (count) => {
      this.#began = undefined;
      if (count % 2 !== 0) this.#otherEnd();
      return {};
    },
    'rectangle-toggle': () => this.#setRectangle(!this.#rectangle),
    'rectangle-on': () => this.#setRectangle(true),
    'rectangle-off': () => this.#setRectangle(false),
    'copy-selection': () => ({ copy: this.text, ...this.#clear() }),
    'copy-selection-no-clear': () => ({ copy: this.text }),
    'copy-selection-and-cancel': () => ({ copy: this.text, done: 'leave' }),
    'append-selection': () => ({ copy: this.text, append: true, ...this.#clear() }),
    'append-selection-and-cancel': () => ({ copy: this.text, append: true, done: 'leave' }),
    'copy-end-of-line': (count) => ({ copy: this.#lineText(count, false), ...this.#clear() }),
    'copy-end-of-line-and-cancel': (count) => ({ copy: this.#lineText(count, false), done: 'leave' }),
    'copy-line': (count) => ({ copy: this.#lineText(count, true), ...this.#clear() }),
    'copy-line-and-cancel': (count) => ({ copy: this.#lineText(count, true), done: 'leave' }),
    'cursor-left': (count) => this.#walk(count, 'by lines', (walker) => walker.left(true)),
    'cursor-right': (count) => this.#walk(count, 'by lines', (walker) => walker.right(true, this.#selecting && this.#rectangle)),
    'cursor-up': (count) => this.#repeat(count, () => this.#up(false)),
    'cursor-down': (count) => this.#repeat(count, () => this.#down(false)),
    'cursor-down-and-cancel': (count) => {
      const { y } = this.at;
      this.#repeat(count, () => this.#down(false));
      return y === this.at.y ? { done: 'leave' } : {};
    },
    'next-word': (count) => this.#walk(count, 'by lines', (walker) => walker.nextWord(this.#separators)),
    'next-word-end': (count) => this.#walk(count, 'by lines', (walker) => this.#wordEnd(walker, this.#separators)),
    'previous-word': (count) => this.#walk(count, 'by lines', (walker) => walker.previousWord(this.#separators, true, this.#keys === 'emacs')),
    'next-space': (count) => this.#walk(count, 'by lines', (walker) => walker.nextWord('')),
    'next-space-end': (count) => this.#walk(count, 'by lines', (walker) => this.#wordEnd(walker, '')),
    'previous-space': (count) => this.#walk(count, 'by lines', (walker) => walker.previousWord('', true, this.#keys === 'emacs')),
    'next-paragraph': (count) => this.#walk(count, 'at once', (walker) => walker.nextParagraph()),
    'previous-paragraph': (count) => this.#walk(count, 'at once', (walker) => walker.previousParagraph()),
    'next-matching-bracket': (count) => this.#walk(count, 'at once', (walker) => walker.closingBracket(this.#keys === 'emacs')),
    'previous-matching-bracket': (count) => this.#walk(count, 'at once', (walker) => walker.openingBracket(this.#keys === 'emacs')),
    'next-prompt': () => this.#prompt(1),
    'previous-prompt': () => this.#prompt(-1),
    'start-of-line': () => this.#walk(1, 'by lines', (walker) => walker.startOfLine()),
    'back-to-indentation': () => this.#walk(1, 'by lines', (walker) => walker.indentation()),
    'end-of-line': () => this.#walk(1, 'by lines', (walker) => walker.endOfLine(this.#selecting && this.#rectangle)),
    'top-line': () => this.#toRow(0),
    'middle-line': () => this.#toRow((this.#grid.rows - 1) >> 1),
    'bottom-line': () => this.#toRow(this.#grid.rows - 1),
    'history-top': () => {
      if (this.#lines === 'right' && this.at.y === this.#start.y) this.#otherEnd();
      [this.#row, this.#x, this.#top] = [0, 0, 0];
      return this.#update();
    },
    'history-bottom': () => {
      if (this.#lines === 'left' && this.at.y === this.#end.y) this.#otherEnd();
      [this.#row, this.#top] = [this.#grid.rows - 1, this.#newest];
      this.#x = this.#grid.length(this.at.y);
      return this.#update();
    },
    'scroll-up': (count) => this.#repeat(count, () => this.#up(true)),
    'scroll-down': (count) => this.#repeat(count, () => this.#down(true)),
    'scroll-middle': () => this.#putRow((this.#grid.rows - 1) >> 1),
    'recentre-top-bottom': () => {
      const rows = [(this.#grid.rows - 1) >> 1, 0, this.#grid.rows - 1];
      return this.#putRow(rows[this.#recentred++ % 3]!);
    },
    'halfpage-up': (count) => this.#repeat(count, () => this.#page(-1, true)),
    'halfpage-down': (count) => this.#repeat(count, () => this.#page(1, true)),
    'page-up': (count) => this.#repeat(count, () => this.#page(-1, false)),
    'page-down': (count) => this.#repeat(count, () => this.#page(1, false)),
    'scroll-down-and-cancel': (count) => this.#leavesAtEnd(() => this.#repeat(count, () => this.#down(true))),
    'halfpage-down-and-cancel': (count) => this.#leavesAtEnd(() => this.#repeat(count, () => this.#page(1, true))),
    'page-down-and-cancel': (count) => this.#leavesAtEnd(() => this.#repeat(count, () => this.#page(1, false))),
    'goto-line': (_, { line }) => {
      if (line === undefined) return { asks: 'line' };
      this.#top = Math.max(0, this.#newest - line);
      return this.#update();
    },
    'set-mark': () => {
      [this.#mark, this.#marked] = [this.at, true];
      return {};
    },
    'jump-to-mark': () => {
      const { x, y } = this.#mark;
      [this.#mark, this.#marked] = [this.at, true];
      this.#x = x;
      this.#top = Math.min(y, this.#newest);
      this.#row = y - this.#top;
      return this.#update();
    },
    'jump-forward': (count, told) => this.#jumpTo('jump-forward', count, told),
    'jump-backward': (count, told) => this.#jumpTo('jump-backward', count, told),
    'jump-to-forward': (count, told) => this.#jumpTo('jump-to-forward', count, told),
    'jump-to-backward': (count, told) => this.#jumpTo('jump-to-backward', count, told),
    'jump-again': (count) => (this.#jump ? this.#jumps(this.#jump.how, count, this.#jump.character) : {}),
    'jump-reverse': (count) => (this.#jump ? this.#jumps(turned[this.#jump.how], count, this.#jump.character) : {}),
    'search-forward': (count) => ({ search: 'newer', count }),
    'search-backward': (count) => ({ search: 'older', count }),
    'search-forward-word': (count) => ({ search: 'newer', count, term: new Walker(this.#grid, this.at).word(this.#separators) }),
    'search-backward-word': (count) => ({ search: 'older', count, term: new Walker(this.#grid, this.at).word(this.#separators) }),
    'search-again': (count) => ({ search: 'again', count }),
    'search-reverse': (count) => ({ search: 'reverse', count }),
    repeat: () => ({}),
  };

  /** First line of the view at its end. */
  get #newest(): number {
    return this.#grid.lines - this.#grid.rows;
  }

  get #flows(): boolean {
    return !(this.#selecting && this.#rectangle);
  }

  #begin(): CopyOutcome {
    this.#start = this.#end = this.at;
    [this.#drags, this.#selecting] = ['end', true];
    return {};
  }

  #setRectangle(rectangle: boolean): CopyOutcome {
    [this.#lines, this.#rectangle] = ['none', rectangle];
    this.#x = Math.min(this.#x, this.#grid.length(this.at.y));
    return this.#update();
  }

  #clear(): CopyOutcome {
    [this.#selecting, this.#drags, this.#lines, this.#began] = [false, 'none', 'none', undefined];
    this.#x = Math.min(this.#x, this.#grid.length(this.at.y));
    return {};
  }

  /** The end of the selection that goes with the cursor goes where that is. */
  #update(): CopyOutcome {
    if (!this.#selecting || this.#drags === 'none') return {};
    const { at } = this;
    if (this.#began) {
      const { from, to } = this.#began;
      const above = from.y > at.y;
      const y = above ? at.y : Math.max(at.y, to.y);
      this.#start = above ? { x: 0, y } : from;
      this.#end = above ? to : { x: this.#grid.length(y), y };
    } else if (this.#drags === 'start') this.#start = at;
    else this.#end = at;
    return {};
  }

  #otherEnd(): void {
    if (!this.#selecting) return;
    if (this.#lines !== 'none') this.#lines = this.#lines === 'right' ? 'left' : 'right';
    this.#drags = this.#drags === 'end' ? 'start' : 'end';
    const { x, y } = this.#drags === 'start' ? this.#start : this.#end;
    if (y < this.#top) this.#top = y;
    else if (y >= this.#top + this.#grid.rows) this.#top = y - this.#grid.rows + 1;
    this.#row = y - this.#top;
    this.#x = x;
  }

  /** Lines to the cursor, or from it on, as they are copied without a selection. */
  #lineText(count: number, whole: boolean): string {
    const from = new Walker(this.#grid, this.at);
    if (whole) from.startOfLine();
    const to = new Walker(this.#grid, from);
    times(Math.min(count - 1, this.#grid.lines), () => to.down());
    to.endOfLine();
    return textOf(this.#grid, { kind: 'text', from, to }, this.#keys);
  }

  #range(): Parameters<typeof textOf>[1] {
    const [one, other] = [this.#start, this.#end];
    const [from, to] = other.y < one.y || (other.y === one.y && other.x < one.x) ? [other, one] : [one, other];
    if (!this.#rectangle) return { kind: 'text', from, to };
    const fixed = (this.#drags === 'end' ? this.#start : this.#end).x;
    const [left, right] = fixed < this.#x ? [fixed, this.#x + (this.#keys === 'vi' ? 1 : 0)] : [this.#x, fixed + 1];
    return { kind: 'rectangle', from: from.y, to: to.y, left, right };
  }

  #walk(count: number, how: 'by lines' | 'at once', motion: (walker: Walker) => void): CopyOutcome {
    return this.#repeat(count, () => this.#go(how, motion));
  }

  /** Does it so many times. Where it comes back to where it was before, what would only go round once more is left out. */
  #repeat(count: number, action: () => void): CopyOutcome {
    const seen = new Map<string, number>();
    for (let left = count; left > 0; left -= 1) {
      const before = seen.get(this.#state);
      if (before !== undefined) return times(left % (before - left), action);
      seen.set(this.#state, left);
      action();
    }
    return {};
  }

  /** All that an action goes by which is repeated. */
  get #state(): string {
    const { x, length } = this.#kept;
    const places = [this.#start, this.#end].map((at) => `${at.x},${at.y}`);
    return [this.#x, this.#row, this.#top, x, length, ...places, this.#drags, this.#lines, this.#wanted?.term].join(' ');
  }

  #go(how: 'by lines' | 'at once', motion: (walker: Walker) => void): void {
    const walker = new Walker(this.#grid, this.at);
    motion(walker);
    if (how === 'at once') this.#scrollTo(walker);
    else this.#arrive(walker);
  }

  /** The view goes with the cursor a line at a time. */
  #arrive({ x, y }: Point): void {
    const lowest = this.#grid.rows - 1;
    times(this.#top - y, () => this.#up(true));
    times(y - this.#top - lowest, () => this.#down(true));
    [this.#x, this.#row] = [x, clamp(y - this.#top, 0, lowest)];
    this.#update();
  }

  /** To a line that need not be near: one out of sight comes a quarter of the screen from its end. */
  #scrollTo({ x, y }: Point): void {
    const { rows } = this.#grid;
    const quarter = rows >> 2;
    this.#x = x;
    if (y < this.#top || y >= this.#top + rows) {
      if (y < rows) this.#top = 0;
      else if (y > this.#grid.lines - quarter) this.#top = this.#newest;
      else this.#top = Math.min(y + quarter - rows, this.#newest);
    }
    this.#row = y - this.#top;
    this.#update();
  }

  #up(scrolls: boolean): void {
    this.#keep();
    if (this.#lines === 'right' && this.at.y === this.#start.y) this.#otherEnd();
    if (this.#flows) this.#x = this.#kept.x;
    if (!scrolls && this.#row > 0) this.#row -= 1;
    else if (this.#top > 0) this.#top -= 1;
    else return this.#settle(false);
    this.#settle();
  }

  #down(scrolls: boolean): void {
    this.#keep();
    if (this.#lines === 'left' && this.at.y === this.#end.y) this.#otherEnd();
    if (this.#flows) this.#x = this.#kept.x;
    if (!scrolls && this.#row < this.#grid.rows - 1) this.#row += 1;
    else if (this.#top < this.#newest) this.#top += 1;
    else return this.#settle(false);
    this.#settle();
  }

  /** The column of a line is kept, unless the cursor stands at its end. */
  #keep(): void {
    const length = this.#grid.length(this.at.y);
    if (this.#flows && this.#x !== length) this.#kept = { x: this.#x, length };
  }

  /** On the line that it has come to: not behind its end, and at its end where it was at one before. @param moved false: there was nowhere to go */
  #settle(moved = true): void {
    const before = this.#x;
    const length = this.#grid.length(this.at.y);
    if (this.#flows && (this.#x >= this.#kept.length || this.#x > length)) this.#x = length;
    if (this.#lines === 'right') this.#x = this.#rectangle ? this.#grid.cols : length;
    else if (this.#lines === 'left') this.#x = 0;
    if (moved || this.#x !== before || this.#lines !== 'none') this.#update();
  }

  #page(step: 1 | -1, half: boolean): void {
    const { rows } = this.#grid;
    const { y } = this.at;
    const length = this.#grid.length(y);
    if (this.#x !== length) this.#kept = { x: this.#x, length };
    this.#x = this.#kept.x;
    const lines = rows <= 2 ? 1 : half ? rows >> 1 : rows - 2;
    const top = this.#top + step * lines;
    // Where there is no whole page left, the cursor goes on by itself.
    if (top < 0 || top > this.#newest) this.#row = clamp(this.#row + step * lines, 0, rows - 1);
    this.#top = clamp(top, 0, this.#newest);
    if (this.#flows) {
      const now = this.#grid.length(this.at.y);
      if ((this.#x >= this.#kept.length && this.#x !== now) || this.#x > now) this.#go('by lines', (walker) => walker.endOfLine());
    }
    this.#update();
  }

  #leavesAtEnd(action: () => void): CopyOutcome {
    action();
    return this.#top === this.#newest ? { done: 'leave' } : {};
  }

  #toRow(row: number): CopyOutcome {
    [this.#x, this.#row] = [0, row];
    return this.#update();
  }

  /** The line with the cursor goes to a row, as far as there is text. */
  #putRow(row: number): CopyOutcome {
    const { y } = this.at;
    this.#top = clamp(y - row, 0, this.#newest);
    this.#row = y - this.#top;
    return {};
  }

  #prompt(step: 1 | -1): CopyOutcome {
    const walker = new Walker(this.#grid, this.at);
    if (!walker.prompt(step)) return {};
    this.#x = 0;
    this.#top = Math.min(walker.y, this.#newest);
    this.#row = walker.y - this.#top;
    return this.#update();
  }

  #wordEnd(walker: Walker, separators: string): void {
    if (this.#keys === 'vi') walker.wordLast(separators);
    else walker.wordEnd(separators);
  }

  #jumpTo(how: Jump, count: number, { character }: Told): CopyOutcome {
    if (character === undefined) return { asks: 'character' };
    this.#jump = { how, character };
    return this.#jumps(how, count, character);
  }

  #jumps(how: Jump, count: number, character: string): CopyOutcome {
    return this.#repeat(count, () => {
      const walker = new Walker(this.#grid, this.at);
      if (how.endsWith('forward')) {
        walker.x += how === 'jump-forward' ? 1 : 2;
        if (!walker.jump(character)) return;
        if (how === 'jump-to-forward') walker.left(true);
        return this.#arrive(walker);
      }
      walker.left(false);
      if (how === 'jump-to-backward') walker.left(false);
      if (!walker.jumpBack(character)) return;
      if (how === 'jump-to-backward') walker.right(true);
      this.#arrive(walker);
    });
  }

  #searchFrom(wanted: Wanted, back: boolean): Point {
    const { cols, lines } = this.#grid;
    const { x, y } = this.at;
    if (back) return x > 0 ? { x: x - 1, y } : { x: cols - 1, y: (y + lines - 1) % lines };
    if (this.#keys === 'emacs') return { x, y };
    const here = this.#wanted?.term === wanted.term ? this.#hitHere(false) : undefined;
    return here ? cellBehind(here, cols) : cellBehind({ x, y, cells: 1 }, cols);
  }

  /** One cell on, over the end of a line too. */
  #oneCell(): void {
    if (this.#x !== this.#grid.cols - 1) {
      this.#x += 1;
      return;
    }
    this.#x = 0;
    if (this.#row < this.#grid.rows - 1) this.#row += 1;
    else if (this.#top < this.#newest) this.#top += 1;
  }

  /** The hit that the cursor is in, of those that are marked. */
  #hitHere(orBehind: boolean): Hit | undefined {
    if (!this.#wanted) return undefined;
    const { cols } = this.#grid;
    const { x, y } = this.at;
    const hit = findIn(this.#grid, this.#wanted, { x: Math.min(x, cols - 1), y }, true);
    const behind = hit && (y - hit.y) * cols + x - hit.x;
    return hit && behind! >= 0 && behind! < hit.cells + (orBehind ? 1 : 0) ? hit : undefined;
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}

function times(count: number, action: () => void): CopyOutcome {
  for (let left = count; left > 0; left -= 1) action();
  return {};
}

function cellBehind({ x, y, cells }: Hit, cols: number): Point {
  const at = x + cells;
  return { x: at % cols, y: y + Math.floor(at / cols) };
}
