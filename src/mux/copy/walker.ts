/** A place in the text that goes where motions of copy mode go, as tmux's do; it knows no screen and no selection. */
import type { Measured, Point } from './grid.ts';

/** What ends a word beside a space: tmux's default of word-separators. */
export const wordSeparators = '!"#$%&\'()*+,-./:;<=>?@[\\]^`{|}~';

const brackets = { open: '{[(', close: '}])' } as const;

/** Cells: a program can print one word that fills the scrollback, and a search compares it at each line. */
const MOST_WORD = 256;

export class Walker implements Point {
  readonly #grid: Measured;
  x: number;
  y: number;
  /** Last cell of the line that words are looked for in. */
  #limit = 0;

  constructor(grid: Measured, { x, y }: Point) {
    this.#grid = grid;
    this.x = x;
    this.y = y;
  }

  get #last(): number {
    return this.#grid.lines - 1;
  }

  get length(): number {
    return this.#grid.length(this.y);
  }

  #isIn(set: string, x = this.x, y = this.y): boolean {
    const cell = this.#grid.cell(x, y);
    return cell !== '' && set.includes(cell);
  }

  #half(): boolean {
    return this.#grid.cell(this.x, this.y) === '';
  }

  /** @param all to the last column of the screen, and not only to the end of the text */
  right(wraps: boolean, all = false): void {
    const end = all ? this.#grid.cols : this.length;
    if (wraps && this.x >= end && this.y < this.#last) {
      this.x = 0;
      this.down();
    } else if (this.x < end) {
      do this.x += 1;
      while (this.x < end && this.#half());
    }
  }

  /** @param wraps to the line before, whether that one goes on here or not */
  left(wraps: boolean): void {
    while (this.x > 0 && this.#half()) this.x -= 1;
    if (this.x === 0 && this.y > 0 && (wraps || this.#grid.goesOn(this.y - 1))) {
      this.up();
      this.x = this.length;
    } else if (this.x > 0) this.x -= 1;
  }

  up(): void {
    if (this.y > 0) this.y -= 1;
    while (this.x > 0 && this.#half()) this.x -= 1;
  }

  down(): void {
    if (this.y < this.#last) this.y += 1;
    while (this.x > 0 && this.#half()) this.x -= 1;
  }

  /** Begin of the line, with those that go on in it. */
  startOfLine(): void {
    while (this.y > 0 && this.#grid.goesOn(this.y - 1)) this.y -= 1;
    this.x = 0;
  }

  endOfLine(all = false): void {
    while (this.y < this.#last && this.#grid.goesOn(this.y)) this.y += 1;
    this.x = all ? this.#grid.cols : this.length;
  }

  /** The first cell that is no space; where it is where there is none. */
  indentation(): void {
    const { x, y } = this;
    this.startOfLine();
    for (; ; this.y += 1) {
      const { length } = this;
      for (this.x = 0; this.x < length; this.x += 1) if (!this.#half() && !this.#isIn(' ')) return;
      if (this.y === this.#last || !this.#grid.goesOn(this.y)) break;
    }
    [this.x, this.y] = [x, y];
  }

  /** The word here by what ends one, as far as `MOST_WORD` goes both ways; on what ends one, the next one. */
  word(separators: string): string {
    const ends = (): boolean => this.#half() || this.#isIn(` ${separators}`);
    for (let back = 0; back < MOST_WORD && !ends() && (this.x > 0 || (this.y > 0 && this.#grid.goesOn(this.y - 1))); back += 1) this.left(false);
    if (ends()) this.#next();
    let word = '';
    for (let cells = 0; cells < 2 * MOST_WORD && !ends(); cells += 1) {
      word += this.#grid.cell(this.x, this.y);
      if (!this.#next()) break;
    }
    return word;
  }

  /** One cell on, in a line that goes on too. False: it is the last of its line. */
  #next(): boolean {
    if (this.x + 1 < this.length) this.x += 1;
    else if (this.y === this.#last || !this.#grid.goesOn(this.y)) return false;
    else [this.x, this.y] = [0, this.y + 1];
    return true;
  }

  nextWord(separators: string): void {
    this.#begin();
    if (!this.#onLine()) return;
    if (!this.#isIn(' ')) this.#overWord(separators);
    while (this.#onLine() && this.#isIn(' ')) this.x += 1;
  }

  /** Behind the last letter of a word. */
  wordEnd(separators: string): void {
    this.#begin();
    while (this.#onLine()) {
      if (!this.#isIn(' ')) return this.#overWord(separators);
      this.x += 1;
    }
  }

  /** vi's: on the last letter. */
  wordLast(separators: string): void {
    if (!this.#isIn(' ')) this.right(false);
    this.wordEnd(separators);
    this.left(true);
  }

  /**
   * Begin of a word.
   * @param always also from the begin of one to the one before
   * @param stops at an end of a line, as emacs does
   */
  previousWord(separators: string, always: boolean, stops: boolean): void {
    let letters = !this.#isIn(separators);
    if (always || this.#isIn(' ')) {
      for (;;) {
        if (this.x > 0) {
          this.x -= 1;
          if (this.#isIn(' ')) continue;
          letters = !this.#isIn(separators);
          break;
        }
        if (this.y === 0) return;
        this.up();
        this.x = this.length;
        if (stops && this.x > 0 && this.#isIn(' ', this.x - 1)) {
          letters = false;
          break;
        }
      }
    }
    let [x, y] = [this.x, this.y];
    do {
      [x, y] = [this.x, this.y];
      if (this.x === 0) {
        if (this.y === 0 || !this.#grid.goesOn(this.y - 1)) break;
        this.up();
        this.x = this.#grid.cols;
      }
      if (this.x > 0) this.x -= 1;
    } while (!this.#isIn(' ') && letters !== this.#isIn(separators));
    [this.x, this.y] = [x, y];
  }

  /** To a character in this line, from here on. False: it stays. */
  jump(char: string): boolean {
    for (let { x, y } = this as Point; ; x = 0, y += 1) {
      const length = this.#grid.length(y);
      for (; x < length; x += 1) {
        if (this.#grid.cell(x, y) !== char) continue;
        [this.x, this.y] = [x, y];
        return true;
      }
      if (y === this.#last || !this.#grid.goesOn(y)) return false;
    }
  }

  jumpBack(char: string): boolean {
    for (let { x, y } = this as Point; ; y -= 1, x = this.#grid.length(y) - 1) {
      for (; x >= 0; x -= 1) {
        if (this.#grid.cell(x, y) !== char) continue;
        [this.x, this.y] = [x, y];
        return true;
      }
      if (y === 0 || !this.#grid.goesOn(y - 1)) return false;
    }
  }

  previousParagraph(): void {
    while (this.y > 0 && this.length === 0) this.y -= 1;
    while (this.y > 0 && this.length > 0) this.y -= 1;
    this.x = 0;
  }

  nextParagraph(): void {
    while (this.y < this.#last && this.length === 0) this.y += 1;
    while (this.y < this.#last && this.length > 0) this.y += 1;
    this.x = this.length;
  }

  /** The line above or below where a prompt begins. False: there is none. */
  prompt(step: 1 | -1): boolean {
    const prompts = this.#grid.prompts();
    for (let y = this.y + step; y >= 0 && y <= this.#last; y += step) {
      if (!prompts.has(y)) continue;
      [this.x, this.y] = [0, y];
      return true;
    }
    return false;
  }

  /** Over the bracket that a closing one here, or before here in emacs' keys, belongs to. */
  openingBracket(emacs: boolean): void {
    if (this.length === 0) return;
    const { y } = this;
    let { x } = this;
    if (emacs && !this.#isBracket('close', x, y) && x > 0) x -= 1;
    if (!this.#isBracket('close', x, y)) {
      if (emacs) this.previousWord(brackets.close, true, true);
      return;
    }
    this.#match({ x, y }, 'close', (at) => {
      if (at.x > 0) return { x: at.x - 1, y: at.y };
      for (let line = at.y - 1; line >= 0; line -= 1) {
        const length = this.#grid.length(line);
        if (length > 0) return { x: length - 1, y: line };
      }
      return undefined;
    });
  }

  /** Over the bracket that an opening one belongs to: here, or the next one in the line; in vi's keys a closing one goes back. */
  closingBracket(emacs: boolean): void {
    if (this.length === 0) return;
    let { x, y } = this as Point;
    for (let tried = 0; ; tried += 1) {
      if (!emacs && this.#isBracket('close', x, y)) {
        const back = new Walker(this.#grid, { x, y });
        back.openingBracket(false);
        if (back.x !== x || back.y !== y) [this.x, this.y] = [back.x, back.y];
        return;
      }
      if (this.#isBracket('open', x, y)) break;
      const length = this.#grid.length(y);
      if (emacs) {
        if (tried > 0 || x > length) return this.wordEnd(brackets.open);
        x += 1;
      } else if (x <= length) x += 1;
      else if (y < this.#last && this.#grid.goesOn(y)) [x, y] = [0, y + 1];
      else return;
    }
    this.#match({ x, y }, 'open', (at) => {
      if (at.x <= this.#grid.length(at.y)) return { x: at.x + 1, y: at.y };
      return at.y < this.#last ? { x: 0, y: at.y + 1 } : undefined;
    });
  }

  #isBracket(kind: keyof typeof brackets, x: number, y: number): boolean {
    return this.#isIn(brackets[kind], x, y);
  }

  #match(from: Point, kind: keyof typeof brackets, next: (at: Point) => Point | undefined): void {
    const found = this.#grid.cell(from.x, from.y);
    const other = brackets[kind === 'open' ? 'close' : 'open'][brackets[kind].indexOf(found)];
    let depth = 1;
    for (let at = next(from); at; at = next(at)) {
      const cell = this.#grid.cell(at.x, at.y);
      if (cell === found) depth += 1;
      else if (cell === other) depth -= 1;
      if (depth > 0) continue;
      [this.x, this.y] = [at.x, at.y];
      return;
    }
  }

  #overWord(separators: string): void {
    const among = this.#isIn(separators);
    do this.x += 1;
    while (this.#onLine() && this.#isIn(separators) === among && !this.#isIn(' '));
  }

  /** Words go over the ends of lines that go on. */
  #begin(): void {
    this.#limit = this.#grid.goesOn(this.y) ? this.#grid.cols - 1 : this.length;
  }

  /** Goes to the next line from behind this one. False behind the last. */
  #onLine(): boolean {
    while (this.x > this.#limit) {
      if (this.y === this.#last) return false;
      this.x = 0;
      this.down();
      this.#begin();
    }
    return true;
  }
}
