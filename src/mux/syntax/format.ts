/**
 * tmux's formats (tmux(1), FORMATS), as conditions of a configuration need them: variables, `#{?c,a,b}`, comparisons of text and numbers, `&&`, `||`, `!`,
 * patterns, lengths, basenames. Nothing runs: `#(…)` stays as it is written. Regular expressions are not known here, because a file that programs can
 * write could have one that never ends.
 */

/** Value of a variable; undefined where there is none, which is no text. */
export type Lookup = (name: string) => string | undefined;

/** Characters that may be read, produced and compared for all formats of one file: a configuration of thousands of conditions uses a tenth. */
export const MOST_STEPS = 4_000_000;

/** What is left of them. Whoever reads a file makes one and gives it to each format of it. */
export class Steps {
  #left: number;

  constructor(most = MOST_STEPS) {
    this.#left = most;
  }

  get left(): number {
    return this.#left;
  }

  /** @throws {NoSteps} where there are fewer; none are left then, for any format behind it */
  take(count: number): void {
    this.#left -= count;
    if (this.#left >= 0) return;
    this.#left = 0;
    throw new NoSteps();
  }
}

class NoSteps extends Error {}

/** What a format is expanded with. */
interface Given {
  readonly lookup: Lookup;
  readonly steps: Steps;
}

/** Formats within formats. */
const MOST_NESTED = 40;
/** Characters that one may stand for. */
const MOST_TEXT = 16_384;

/** tmux's short names (format.c). */
const short: Readonly<Record<string, string>> = {
  D: 'pane_id',
  F: 'window_flags',
  H: 'host',
  I: 'window_index',
  P: 'pane_index',
  S: 'session_name',
  T: 'pane_title',
  W: 'window_name',
  h: 'host_short',
};

/** The text that a format stands for. One that is not closed, or nested too deep, stands for nothing. @returns undefined where the steps are used up */
export function expand(text: string, lookup: Lookup, steps: Steps): string | undefined {
  const look: Lookup = (name) => {
    const found = lookup(name);
    steps.take(1 + name.length + (found?.length ?? 0));
    return found;
  };
  try {
    return expandAt(text, { lookup: look, steps }, 0);
  } catch (error) {
    if (error instanceof NoSteps) return undefined;
    throw error;
  }
}

function expandAt(text: string, given: Given, depth: number): string {
  if (depth > MOST_NESTED) return '';
  given.steps.take(text.length);
  let out = '';
  for (let at = 0; at < text.length && out.length < MOST_TEXT; at += 1) {
    const char = text[at]!;
    const next = text[at + 1] ?? '';
    if (char !== '#') out += char;
    else if (next === '{') {
      const end = closing(text, at + 2);
      if (end === undefined) break;
      out += value(text.slice(at + 2, end), given, depth + 1);
      at = end;
    } else if ('#,}'.includes(next) && next !== '') {
      out += next;
      at += 1;
    } else if (short[next] !== undefined) {
      out += given.lookup(short[next]) ?? '';
      at += 1;
    } else out += char;
  }
  return out.slice(0, MOST_TEXT);
}

/** As tmux reads what a condition comes out as: neither nothing nor 0. */
export const isTrue = (text: string): boolean => text !== '' && text !== '0';

/** No operand is expanded twice: each level would double the time of those within it. */
function value(inner: string, given: Given, depth: number): string {
  const { lookup, steps } = given;
  steps.take(inner.length);
  const all = (text: string): string => expandAt(text, given, depth);
  const truth = (yes: boolean): string => (yes ? '1' : '0');
  if (inner.startsWith('?')) return choose(parts(inner.slice(1)), given, depth);
  const modified = /^(==|!=|<=|>=|<|>|\|\||&&|!!?|m|e\|(?:==|!=|<=|>=|[+\-*/m<>])(?:\|f?)?(?:\|\d+)?|=-?\d+|[bdl]|n):/.exec(inner);
  if (!modified) return depth > MOST_NESTED ? '' : (lookup(inner) ?? (inner.includes('#{') ? (lookup(all(inner)) ?? '') : ''));
  const modifier = modified[1]!;
  const rest = inner.slice(modified[0].length);
  const two = (): readonly [string, string] => {
    const [one = '', other = ''] = parts(rest).slice(0, 2).map(all);
    return [one, other];
  };
  const compared = (by: (one: string, other: string) => boolean): string => truth(by(...two()));
  /** A word alone behind a modifier of one value is the name of a variable. */
  const named = (): string => {
    const text = /^[@\w]+$/.test(rest) ? (lookup(rest) ?? '') : all(rest);
    steps.take(text.length);
    return text;
  };
  switch (modifier) {
    case '==':
      return compared((one, other) => one === other);
    case '!=':
      return compared((one, other) => one !== other);
    case '<':
      return compared((one, other) => one < other);
    case '>':
      return compared((one, other) => one > other);
    case '<=':
      return compared((one, other) => one <= other);
    case '>=':
      return compared((one, other) => one >= other);
    case '&&':
      return truth(parts(rest).every((part) => isTrue(all(part))));
    case '||':
      return truth(parts(rest).some((part) => isTrue(all(part))));
    case '!':
      return compared((one) => !isTrue(one));
    case '!!':
      return compared(isTrue);
    case 'm':
      return compared((one, other) => matches(one, other, steps));
    case 'l':
      return rest;
    case 'b':
      return named().replace(/^.*\//s, '');
    case 'd':
      return /^(.*)\//s.exec(named())?.[1] ?? '.';
    case 'n':
      return String([...named()].length);
    default:
      return modifier.startsWith('=') ? shortened(named(), Number(modifier.slice(1))) : reckon(modifier, ...two());
  }
}

function choose(all: readonly string[], given: Given, depth: number): string {
  const holds = (condition: string): boolean => isTrue(/^[@\w]+$/.test(condition) ? (given.lookup(condition) ?? '') : expandAt(condition, given, depth));
  for (let at = 0; at + 1 < all.length; at += 2) if (holds(all[at]!)) return expandAt(all[at + 1]!, given, depth);
  return all.length % 2 === 1 ? expandAt(all.at(-1)!, given, depth) : '';
}

function reckon(modifier: string, one: string, other: string): string {
  const [, operator = '', float, digits] = modifier.split('|');
  const [left, right] = [Number.parseFloat(one), Number.parseFloat(other)];
  if (Number.isNaN(left) || Number.isNaN(right)) return '';
  const [a, b] = float === 'f' ? [left, right] : [Math.trunc(left), Math.trunc(right)];
  const compared: Readonly<Record<string, boolean>> = { '==': a === b, '!=': a !== b, '<': a < b, '>': a > b, '<=': a <= b, '>=': a >= b };
  if (operator in compared) return compared[operator] ? '1' : '0';
  const result = operator === '+' ? a + b : operator === '-' ? a - b : operator === '*' ? a * b : b === 0 ? NaN : operator === 'm' ? a % b : a / b;
  if (!Number.isFinite(result)) return '';
  return float === 'f' ? result.toFixed(Math.min(Number(digits ?? 2), 20)) : String(Math.trunc(result));
}

function shortened(text: string, to: number): string {
  const chars = [...text];
  return (to >= 0 ? chars.slice(0, to) : chars.slice(to)).join('');
}

/** Place of the } that closes what was opened before `from`. */
function closing(text: string, from: number): number | undefined {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '#' && text[at + 1] === '{') depth += 1;
    if (text[at] === '#' && '#,{}'.includes(text[at + 1] ?? ' ')) at += 1;
    else if (text[at] === '}') {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return undefined;
}

/** What stands between commas, but those within formats and those behind a #. */
function parts(text: string): string[] {
  const out: string[] = [];
  let from = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '#' && text[at + 1] === '{') depth += 1;
    if (text[at] === '#' && '#,{}'.includes(text[at + 1] ?? ' ')) at += 1;
    else if (text[at] === '}') depth -= 1;
    else if (text[at] === ',' && depth === 0) {
      out.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...out, text.slice(from)];
}

/** fnmatch(3) of * and ?, in time that its lengths alone decide: their product at most. */
function matches(pattern: string, text: string, steps: Steps): boolean {
  let [p, t, star, mark] = [0, 0, -1, 0];
  while (t < text.length) {
    steps.take(1);
    if (pattern[p] === '*') {
      star = p;
      p += 1;
      mark = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      p = star + 1;
      mark += 1;
      t = mark;
    } else return false;
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}
