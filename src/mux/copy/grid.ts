/** The text that copy mode walks in: lines of cells, oldest first. Whoever has an emulator makes one of it. */

export interface Point {
  readonly x: number;
  /** Counted from the oldest line. */
  readonly y: number;
}

export interface Grid {
  readonly cols: number;
  /** Rows of the screen. */
  readonly rows: number;
  /** Lines in all: those above the screen, and the screen. */
  readonly lines: number;
  /** What stands in a cell: empty in the second half of a wide character, a space where nothing was written. */
  cell(x: number, y: number): string;
  /** A line as one string, spaces at its end too. */
  text(y: number): string;
  /** Cells that were written into, spaces too. */
  used(y: number): number;
  /** The line was too long, and goes on in the next one. */
  goesOn(y: number): boolean;
  /** Lines in which a prompt of a shell begins, as the shell has said (OSC 133;A). */
  prompts(): ReadonlySet<number>;
}

/** A grid that knows how long its lines are. While something walks in it, each is measured once, however often a motion asks for its end. */
export class Measured implements Grid {
  readonly #grid: Grid;
  #lengths: Map<number, number> | undefined;

  constructor(grid: Grid) {
    this.#grid = grid;
  }

  get cols(): number {
    return this.#grid.cols;
  }

  get rows(): number {
    return this.#grid.rows;
  }

  get lines(): number {
    return this.#grid.lines;
  }

  cell(x: number, y: number): string {
    return this.#grid.cell(x, y);
  }

  text(y: number): string {
    return this.#grid.text(y);
  }

  used(y: number): number {
    return this.#grid.used(y);
  }

  goesOn(y: number): boolean {
    return this.#grid.goesOn(y);
  }

  prompts(): ReadonlySet<number> {
    return this.#grid.prompts();
  }

  /** Cells up to the last one that is no space. */
  length(y: number): number {
    const known = this.#lengths?.get(y);
    if (known !== undefined) return known;
    let length = Math.min(this.used(y), this.cols);
    while (length > 0 && this.cell(length - 1, y) === ' ') length -= 1;
    this.#lengths?.set(y, length);
    return length;
  }

  /** Does what leaves the text as it is. */
  during<T>(walk: () => T): T {
    this.#lengths = new Map();
    try {
      return walk();
    } finally {
      this.#lengths = undefined;
    }
  }
}

/** A hit of a search: where it begins, and how many cells it has, over the ends of lines that go on. */
export interface Hit extends Point {
  readonly cells: number;
}

export interface Wanted {
  readonly term: string;
  readonly caseSensitive: boolean;
}

/** Where text is searched, from cell `from` on, that one included, and once round: forward, or back. Undefined where there is none. */
export function findIn(grid: Grid, { term, caseSensitive }: Wanted, from: Point, back: boolean): Hit | undefined {
  const fold = (text: string): string => (caseSensitive ? text : text.toLowerCase());
  const letters = [...fold(term)];
  if (letters.length === 0) return undefined;
  const wanted = letters.join('');
  const last = grid.lines - 1;
  for (let step = 0; step <= grid.lines; step += 1) {
    const y = (((back ? from.y - step : from.y + step) % grid.lines) + grid.lines) % grid.lines;
    if (!fold(textFrom(grid, y, letters.length)).includes(wanted)) continue;
    // The line where it began is looked through twice: this side of the cell first, and the other one at the end.
    const [low, high] = step > 0 ? [0, grid.cols - 1] : back ? [0, from.x] : [from.x, grid.cols - 1];
    for (let at = 0; at <= high - low; at += 1) {
      const x = back ? high - at : low + at;
      const cells = cellsOf(grid, letters, fold, x, y, last);
      if (cells !== undefined) return { x, y, cells };
    }
  }
  return undefined;
}

/** A line, with as much of those that it goes on in as a hit can reach. */
function textFrom(grid: Grid, y: number, reach: number): string {
  let text = grid.text(y);
  for (let next = y, more = 0; grid.goesOn(next) && more < reach; next += 1) {
    const line = grid.text(next + 1);
    text += line;
    more += line.length;
  }
  return text;
}

/** How many cells the letters take from here; undefined where they do not stand here. */
function cellsOf(grid: Grid, letters: readonly string[], fold: (text: string) => string, x: number, y: number, last: number): number | undefined {
  let cells = 0;
  for (let at = 0; at < letters.length; cells += 1) {
    if (x === grid.cols) {
      if (y === last || !grid.goesOn(y)) return undefined;
      y += 1;
      x = 0;
    }
    const cell = fold(grid.cell(x, y));
    x += 1;
    if (cell === '' && at > 0) continue;
    const part = [...cell];
    if (part.length === 0 || part.some((letter, index) => letter !== letters[at + index])) return undefined;
    at += part.length;
  }
  while (x < grid.cols && grid.cell(x, y) === '') {
    x += 1;
    cells += 1;
  }
  return cells;
}
