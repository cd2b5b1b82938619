/**
 * What a line must have before an expression is run over it, seen in one pass over its characters. RE2 takes some hundred nanoseconds a character, and an
 * ordinary log has nothing for any expression: this pass takes two. It may say yes to what is nothing; it never says no to what is something, which a test
 * holds it to (prefilter.test.ts).
 */

/** All that is named has to be there. A row without needs is always looked at. */
export interface Needs {
  /** One of these short texts, in any case of letters. Their first three characters count, and a digit stands for any. */
  readonly words?: readonly string[];
  /** So many digits in all. */
  readonly digits?: number;
  /** So many digits in a row. */
  readonly run?: number;
  /** Digits as they stand in a number of this kind. */
  readonly shape?: Shape;
}

/**
 * `3-2-4`: three digits or more, one character, two, one character, four or more. `3-4`: three, one character, four or more. `AA00`: two capitals before two
 * digits or more.
 */
export type Shape = '3-2-4' | '3-4' | 'AA00';

/** As many as two words of bits hold. */
const MOST_ROWS = 62;
const HALF = 31;
/** Counts above that are the same. */
const MOST_COUNT = 15;
const BITS = 6;
const DIGIT = 27;
const CODES = 1 << BITS;

/** Letters in either case are one code, all digits one, each sign its own; what is no ASCII is 0. */
const CODE_OF = ((): Uint8Array => {
  const codes = new Uint8Array(128);
  let next = DIGIT + 1;
  for (let code = 0; code < 128; code++) {
    const character = String.fromCharCode(code).toLowerCase();
    if (character >= 'a' && character <= 'z') codes[code] = character.charCodeAt(0) - 96;
    else if (character >= '0' && character <= '9') codes[code] = DIGIT;
    else if (code === 9 || code >= 0x20) codes[code] = Math.min(next++, CODES - 1);
  }
  return codes;
})();
const codeOf = (character: string): number => CODE_OF[character.charCodeAt(0)] ?? 0;

interface Bits {
  lo: number;
  hi: number;
}

/** Tables for some rows, of 256 KiB: as many scanners as there are share them. Which bits a three-letter window, a count or a shape sets. */
export class Tables {
  /** Of each window of three characters a number, 0 where it is no row's; and what rows that number means. A byte each, so that they stay in the processor's cache. */
  readonly windows = new Uint8Array(CODES ** 3);
  readonly lo: Int32Array;
  readonly hi: Int32Array;
  /** Rows that ask for no words. */
  readonly always: Bits = { lo: 0, hi: 0 };
  readonly digits: readonly Bits[];
  readonly runs: readonly Bits[];
  readonly shapeless: Bits = { lo: 0, hi: 0 };
  readonly shapes: Readonly<Record<Shape, Bits>> = { '3-2-4': { lo: 0, hi: 0 }, '3-4': { lo: 0, hi: 0 }, AA00: { lo: 0, hi: 0 } };

  constructor(rows: readonly Needs[]) {
    if (rows.length > MOST_ROWS) throw new Error(`A prefilter holds ${MOST_ROWS} rows, not ${rows.length}.`);
    const least = (wanted: (row: Needs) => number): Bits[] =>
      Array.from({ length: MOST_COUNT + 1 }, (_, count) => {
        const bits = { lo: 0, hi: 0 };
        for (const [i, row] of rows.entries()) if (count >= wanted(row)) set(bits, i);
        return bits;
      });
    this.digits = least(({ digits = 0 }) => digits);
    this.runs = least(({ run = 0 }) => run);
    const wanted = new Map<number, Bits>();
    for (const [i, { words, shape }] of rows.entries()) {
      if (!words) set(this.always, i);
      for (const word of words ?? []) for (const window of windowsOf(word)) set(bitsOf(wanted, window), i);
      set(shape ? this.shapes[shape] : this.shapeless, i);
    }
    const numbers = new Map<string, number>([['0:0', 0]]);
    const meant: Bits[] = [{ lo: 0, hi: 0 }];
    for (const [window, bits] of wanted) {
      const name = `${bits.lo}:${bits.hi}`;
      const number = numbers.get(name) ?? meant.push(bits) - 1;
      numbers.set(name, number);
      this.windows[window] = number;
    }
    if (meant.length > 256) throw new Error(`A prefilter tells 255 sets of rows apart, not ${meant.length - 1}.`);
    this.lo = Int32Array.from(meant, ({ lo }) => lo);
    this.hi = Int32Array.from(meant, ({ hi }) => hi);
  }
}

/** The windows in which a word stands at the end: before one of one or two characters anything may. */
function* windowsOf(word: string): Generator<number> {
  const codes = Array.from(word.slice(0, 3), codeOf);
  const key = codes.reduce((sum, code) => sum * CODES + code, 0);
  for (let window = key; window < CODES ** 3; window += CODES ** codes.length) yield window;
}

function bitsOf(wanted: Map<number, Bits>, window: number): Bits {
  let bits = wanted.get(window);
  if (!bits) wanted.set(window, (bits = { lo: 0, hi: 0 }));
  return bits;
}

function set(bits: Bits, row: number): void {
  if (row < HALF) bits.lo |= 1 << row;
  else bits.hi |= 1 << (row - HALF);
}

export class Prefilter {
  readonly #tables: Tables;
  #lo = 0;
  #hi = 0;
  #ascii = true;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** Whether the text last looked at has nothing above U+007F. */
  get ascii(): boolean {
    return this.#ascii;
  }

  /** Whether any row may have something in the text last looked at. */
  get any(): boolean {
    return (this.#lo | this.#hi) !== 0;
  }

  /** Whether row `i` may. */
  has(i: number): boolean {
    return i < HALF ? (this.#lo & (1 << i)) !== 0 : (this.#hi & (1 << (i - HALF))) !== 0;
  }

  /** The rows from `from` on that may, as their numbers from there. */
  *from(from: number): Generator<number> {
    let { lo, hi } = { lo: from < HALF ? this.#lo & (-1 << from) : 0, hi: from > HALF ? this.#hi & (-1 << (from - HALF)) : this.#hi };
    for (; lo !== 0; lo &= lo - 1) yield 31 - Math.clz32(lo & -lo) - from;
    for (; hi !== 0; hi &= hi - 1) yield HALF + 31 - Math.clz32(hi & -hi) - from;
  }

  look(text: string): void {
    const { windows, lo: meantLo, hi: meantHi, always, shapes } = this.#tables;
    const { length } = text;
    let { lo, hi } = always;
    let { lo: shapesLo, hi: shapesHi } = this.#tables.shapeless;
    let key = 0;
    let above = 0;
    let total = 0;
    let longest = 0;
    // Of the run of digits here and the two before it: their lengths, and whether one character stands between.
    let run = 0;
    let last = 0;
    let lastEnd = -2;
    let lastJoined = 0;
    // One turn more than there are characters, so that a run at the end ends too.
    for (let i = 0; i <= length; i++) {
      const unit = i < length ? text.charCodeAt(i) : 10;
      above |= unit;
      const code = unit < 128 ? CODE_OF[unit]! : 0;
      key = ((key << BITS) | code) & (CODES ** 3 - 1);
      const number = windows[key]!;
      if (number !== 0) {
        lo |= meantLo[number]!;
        hi |= meantHi[number]!;
      }
      if (code === DIGIT) {
        run += 1;
        continue;
      }
      if (run === 0) continue;
      const start = i - run;
      total += run;
      if (run > longest) longest = run;
      const joined = start - lastEnd === 1 ? last : 0;
      if (run >= 4 && joined > 0) {
        if (joined === 2 && lastJoined >= 3) {
          shapesLo |= shapes['3-2-4'].lo;
          shapesHi |= shapes['3-2-4'].hi;
        } else if (joined === 3) {
          shapesLo |= shapes['3-4'].lo;
          shapesHi |= shapes['3-4'].hi;
        }
      }
      if (run >= 2 && start >= 2 && isCapital(text.charCodeAt(start - 1)) && isCapital(text.charCodeAt(start - 2))) {
        shapesLo |= shapes.AA00.lo;
        shapesHi |= shapes.AA00.hi;
      }
      lastJoined = joined;
      last = run;
      lastEnd = i;
      run = 0;
    }
    const counted = this.#tables.digits[total < MOST_COUNT ? total : MOST_COUNT]!;
    const row = this.#tables.runs[longest < MOST_COUNT ? longest : MOST_COUNT]!;
    this.#lo = lo & counted.lo & row.lo & shapesLo;
    this.#hi = hi & counted.hi & row.hi & shapesHi;
    this.#ascii = above < 128;
  }
}

const isCapital = (unit: number): boolean => unit >= 65 && unit <= 90;
