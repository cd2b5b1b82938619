/**
 * Characters of tmux's syntax to words (yylex of cmd-parse.y): quotes, escapes, continued lines, comments, and in a configuration variables and `~`.
 * What the words mean together is parse.ts's business.
 */

/** What a configuration may ask for while it is read. A line at the prompt has none of it, and is refused where it asks. */
export interface ConfWorld {
  /** The environment. Assignments of the file go into a copy. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** What ~ stands for. */
  readonly home: string;
  /** Whether a condition is true; undefined: it takes more steps than the file has left. @param variables as the file has made them by then */
  readonly holds: (format: string, variables: ReadonlyMap<string, string>) => boolean | undefined;
}

/** Characters of a variable's value (CMD_PARSE_MAX_ENVIRON_LEN) and of a block, and of all values that one text may bring in: values can hold values. */
export const MOST_VALUE = 16_384;
const MOST_EXPANDED = 4 * 1024 * 1024;

const letters: Readonly<Record<string, string>> = { a: '\x07', b: '\b', e: '\x1b', f: '\f', n: '\n', r: '\r', s: ' ', t: '\t', v: '\v' };

/** Targets that are written in braces; everything else in braces is a block. */
const braceTarget =
  /^\{(?:last|next|previous|start|end|marked|mouse|top|bottom|left|right|(?:top|bottom)-(?:left|right)|(?:up|down|left|right)-of)\}(?=[\s;}]|$)/;

const keywords = ['if', 'elif', 'else', 'endif', 'hidden'] as const;
type Keyword = (typeof keywords)[number];

export type Token =
  | { readonly kind: 'word'; readonly line: number; readonly text: string; readonly assigns?: string }
  | { readonly kind: 'newline' | ';' | '{' | '}' | 'end' | Keyword; readonly line: number };

export class Fault extends Error {
  readonly line: number;
  readonly sentence: string;

  constructor(line: number, sentence: string) {
    super(sentence);
    this.line = line;
    this.sentence = sentence;
  }
}

/** The text without the line ends that an odd number of backslashes escapes, everywhere (yylex_getc), and the offsets at which its lines begin. */
function joined(text: string): { readonly text: string; readonly starts: readonly number[] } {
  const starts: number[] = [];
  const parts: string[] = [];
  let length = 0;
  /** Backslashes at the end of what there is. */
  let run = 0;
  for (const [index, line] of text.split('\n').entries()) {
    if (index > 0) {
      if (run % 2 === 1) parts.push(parts.pop()!.slice(0, -1));
      else parts.push('\n');
      length += run % 2 === 1 ? -1 : 1;
      run = run % 2 === 1 ? run - 1 : 0;
      if (parts.at(-1) === '') parts.pop();
      starts.push(length);
    }
    if (line === '') continue;
    parts.push(line);
    length += line.length;
    let end = line.length;
    while (end > 0 && line[end - 1] === '\\') end -= 1;
    run = line.length - end + (end === 0 ? run : 0);
  }
  return { text: parts.join(''), starts };
}

export class Lexer {
  readonly #text: string;
  readonly #starts: readonly number[];
  readonly #world: ConfWorld | undefined;
  readonly variables: Map<string, string>;
  #at = 0;
  /** Lines that begin at or before #at, counted on as it goes. */
  #line = 0;
  /** A %-word was before: `#{` begins a format then, and no comment. */
  #condition = false;
  #expanded = 0;
  readonly #keepsTilde: boolean;

  constructor(text: string, world: ConfWorld | undefined, keepsTilde: boolean) {
    this.#keepsTilde = keepsTilde;
    ({ text: this.#text, starts: this.#starts } = joined(text));
    this.#world = world;
    this.variables = new Map(Object.entries(world?.variables ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  }

  /** Of where it is now, from 1. */
  get line(): number {
    while ((this.#starts[this.#line] ?? Infinity) <= this.#at) this.#line += 1;
    return this.#line + 1;
  }

  next(): Token {
    const condition = this.#condition;
    this.#condition = false;
    for (;;) {
      const { line } = this;
      const char = this.#text[this.#at];
      if (char === undefined) return { kind: 'end', line };
      if (char === '#' && !(condition && this.#text[this.#at + 1] === '{')) {
        const end = this.#text.indexOf('\n', this.#at);
        this.#at = end < 0 ? this.#text.length : end;
      } else if (char === ' ' || char === '\t') this.#at += 1;
      else if (char === '\n' || char === '\r') {
        this.#at += 1;
        return { kind: 'newline', line };
      } else if (char === '#') return { kind: 'word', line, text: this.#format() };
      else if (char === '{' && braceTarget.test(this.#text.slice(this.#at, this.#at + 20))) {
        const from = this.#at;
        this.#at = this.#text.indexOf('}', from) + 1;
        return { kind: 'word', line, text: this.#text.slice(from, this.#at) };
      } else if (char === ';' || char === '{' || char === '}') {
        this.#at += 1;
        return { kind: char, line };
      } else if (char === '%' && this.#world) return this.#percent(line);
      else {
        const text = this.#word();
        const assigns = this.#world && /^([A-Za-z_]\w*)=/.exec(text)?.[1];
        return assigns === undefined ? { kind: 'word', line, text } : { kind: 'word', line, text, assigns };
      }
    }
  }

  #percent(line: number): Token {
    const word = /[^ \t\n]+/y;
    word.lastIndex = this.#at;
    const text = word.exec(this.#text)![0].replace(/\r$/, '');
    this.#at += text.length;
    if (/^[%\d]+$/.test(text)) return { kind: 'word', line, text };
    const keyword = keywords.find((name) => text === `%${name}`);
    if (keyword === undefined) throw new Fault(line, `There is no condition ${text.slice(0, 40)}. Put a % that is meant as such in quotes.`);
    this.#condition = true;
    return { kind: keyword, line };
  }

  /** #{…} after a condition, braces within it balanced. */
  #format(): string {
    const { line } = this;
    const from = this.#at;
    let depth = 0;
    for (; this.#at < this.#text.length && this.#text[this.#at] !== '\n'; this.#at += 1) {
      if (this.#text.startsWith('#{', this.#at)) {
        depth += 1;
        this.#at += 1;
      } else if (this.#text[this.#at] === '}') {
        depth -= 1;
        if (depth > 0) continue;
        this.#at += 1;
        return this.#text.slice(from, this.#at);
      }
    }
    throw new Fault(line, 'The format of this condition has no closing }.');
  }

  /** One word (yylex_token). `~` and `$` stand for something but in single quotes, `~` only where a word or its quotes begin. */
  #word(): string {
    const { line } = this;
    let text = '';
    type State = 'none' | 'single' | 'double';
    let state: State = 'none';
    let last: State | 'start' = 'start';
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) break;
      if (state === 'none' && ' \t\n\r;}'.includes(char)) break;
      if (char === '\n') {
        this.#at += 1;
        text += char;
        this.#blanksAndComment();
        continue;
      }
      const quote = char === "'" ? 'single' : char === '"' ? 'double' : undefined;
      if (quote && (state === 'none' || state === quote)) {
        state = state === 'none' ? quote : 'none';
        this.#at += 1;
        continue;
      }
      if (state !== 'single' && char === '\\') text += this.#escape();
      else if (state !== 'single' && char === '$') text += this.#variable();
      else if (state !== 'single' && char === '~' && last !== state) text += this.#tilde();
      else {
        text += char;
        this.#at += 1;
      }
      last = state;
    }
    if (state !== 'none') throw new Fault(line, `A ${state} quote in this command is not closed.`);
    return text;
  }

  /** What follows a line end in quotes: blanks are taken out, and a comment, but what could be a format is none. */
  #blanksAndComment(): void {
    const rest = /[ \t]*(?:#(?![,#{}:])[^\n]*)?/y;
    rest.lastIndex = this.#at;
    this.#at += rest.exec(this.#text)![0].length;
  }

  #escape(): string {
    const { line } = this;
    const rest = this.#text.slice(this.#at + 1, this.#at + 10);
    const char = rest[0];
    if (char === undefined) throw new Fault(line, 'A backslash at the end escapes nothing.');
    const numbers = /^(?:([0-3][0-7]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(rest);
    if (!numbers) {
      if (/[0-7uU]/.test(char))
        throw new Fault(line, `The number behind \\${char} is wrong: \\ooo has three octal digits, \\u four hexadecimal ones, \\U eight.`);
      this.#at += 2;
      return letters[char] ?? char;
    }
    const [whole, octal, short, long] = numbers;
    const code = octal === undefined ? Number.parseInt(short ?? long ?? '', 16) : Number.parseInt(octal, 8);
    if (code > 0x10ffff) throw new Fault(line, `There is no character \\${whole}.`);
    this.#at += 1 + whole.length;
    return String.fromCodePoint(code);
  }

  #variable(): string {
    const { line } = this;
    const found = /^\$(?:([A-Za-z_]\w*)|\{(\w+)\})/.exec(this.#text.slice(this.#at, this.#at + 1100));
    if (!found) {
      if (this.#text[this.#at + 1] === '{') throw new Fault(line, 'The name of a variable in ${…} has letters, digits and _ only.');
      this.#at += 1;
      return '$';
    }
    if (!this.#world) throw new Fault(line, 'Variables of the environment are not replaced here. Put a $ that is meant as such in single quotes.');
    this.#at += found[0].length;
    return this.#brought(this.variables.get(found[1] ?? found[2] ?? '') ?? '', line);
  }

  #tilde(): string {
    const { line } = this;
    if (this.#keepsTilde) {
      this.#at += 1;
      return '~';
    }
    if (!this.#world) throw new Fault(line, 'A ~ is not replaced by your home folder here. Write the whole path, or put the ~ in single quotes.');
    const user = /^~([^/ \t\n\r"']*)/.exec(this.#text.slice(this.#at, this.#at + 1100))![1]!;
    if (user !== '')
      throw new Fault(line, `~${user.slice(0, 40)} is another account's home folder, which is not looked up. Put a ~ that is meant as such in single quotes.`);
    this.#at += 1;
    return this.#brought(this.#world.home, line);
  }

  #brought(value: string, line: number): string {
    this.#expanded += value.length;
    if (this.#expanded > MOST_EXPANDED) throw new Fault(line, 'The variables up to here stand for more text than a configuration may have.');
    return value;
  }
}
