/**
 * tmux's syntax of commands (tmux(1), PARSING SYNTAX; cmd-parse.y), for a line at the prompt and for a whole configuration: quotes, escapes,
 * continued lines, comments, `;`, blocks in braces, and in a configuration variables, `~`, assignments and conditions too. It reads text and does
 * nothing else: what a command means is not known here.
 *
 * Where it is not as tmux: a quote that is never closed is refused, with the line that it began in (tmux takes the rest of the file as one word);
 * targets in braces ({last}) need no quotes; an empty command is none.
 */
import { type ConfWorld, Fault, Lexer, MOST_VALUE, type Token } from './lex.ts';
import { quoteCommands } from './quote.ts';

export type { ConfWorld } from './lex.ts';

export interface ParsedCommand {
  /** Where it begins, from 1. */
  readonly line: number;
  /** A block in braces is one word: its commands, written as one line. */
  readonly words: readonly string[];
  /** It stands where a condition does not hold: the line of that. */
  readonly skipped?: number;
}

export interface Assignment {
  readonly line: number;
  readonly name: string;
  readonly skipped?: number;
}

export type Parsed =
  | { readonly ok: true; readonly commands: readonly ParsedCommand[]; readonly assignments: readonly Assignment[] }
  | { readonly ok: false; readonly line: number; readonly sentence: string };

/** Blocks and conditions within each other: nobody writes as many, and each is a call within a call. */
const MOST_NESTED = 50;
/** @param from the world of a configuration; or a line at the prompt, which names a file (~ stays as it is) or not (~ is refused) */
export function parseSyntax(text: string, from: ConfWorld | 'a line' | 'a file'): Parsed {
  const world = typeof from === 'string' ? undefined : from;
  try {
    return new Parser(new Lexer(text, world, from === 'a file'), world).all();
  } catch (error) {
    if (error instanceof Fault) return { ok: false, line: error.line, sentence: error.sentence };
    throw error;
  }
}

class Parser {
  readonly #lexer: Lexer;
  readonly #world: ConfWorld | undefined;
  readonly #assignments: Assignment[] = [];
  #peeked: Token | undefined;
  #depth = 0;

  constructor(lexer: Lexer, world: ConfWorld | undefined) {
    this.#lexer = lexer;
    this.#world = world;
  }

  all(): Parsed {
    const commands = this.#statements('file', undefined, 1);
    return { ok: true, commands, assignments: this.#assignments };
  }

  #peek(): Token {
    return (this.#peeked ??= this.#lexer.next());
  }

  #take(): Token {
    const token = this.#peek();
    this.#peeked = undefined;
    return token;
  }

  /** Everything up to what ends it, which is left. @param skipped line of the condition that does not hold around it. @param from line where it was opened */
  #statements(inside: 'file' | 'block' | 'condition', skipped: number | undefined, from: number): ParsedCommand[] {
    this.#depth += 1;
    if (this.#depth > MOST_NESTED) throw new Fault(from, `Blocks and conditions are nested more than ${MOST_NESTED} deep.`);
    const commands: ParsedCommand[] = [];
    for (;;) {
      const { kind, line } = this.#peek();
      if (kind === 'newline' || kind === ';') this.#take();
      else if (kind === 'if') commands.push(...this.#conditional(skipped));
      else if (kind === 'word' || kind === 'hidden') commands.push(...this.#command(skipped));
      else if (kind === '{') throw new Fault(line, 'A { stands where a command should begin.');
      else if (kind === 'end') {
        if (inside === 'file') break;
        throw new Fault(from, inside === 'block' ? 'A { in this command has no closing }.' : 'This %if has no %endif.');
      } else if (kind === '}') {
        if (inside === 'block') break;
        throw new Fault(line, 'A } in this command has no opening {.');
      } else {
        if (inside === 'condition') break;
        throw new Fault(line, `This %${kind} has no %if.`);
      }
    }
    this.#depth -= 1;
    return commands;
  }

  #conditional(skipped: number | undefined): ParsedCommand[] {
    const { line } = this.#take();
    const commands: ParsedCommand[] = [];
    let holds = this.#holds(line);
    let done = false;
    let last: 'if' | 'elif' | 'else' = 'if';
    for (;;) {
      const active: boolean = holds && !done;
      commands.push(...this.#statements('condition', skipped ?? (active ? undefined : line), line));
      done ||= active;
      const { kind, line: at } = this.#take();
      if (kind === 'endif') return commands;
      if (last === 'else') throw new Fault(at, `A %${kind} comes behind the %else of this %if.`);
      last = kind === 'elif' ? 'elif' : 'else';
      holds = last === 'else' || this.#holds(at);
    }
  }

  #holds(line: number): boolean {
    const token = this.#take();
    if (token.kind !== 'word') throw new Fault(line, 'A condition needs a format behind it, such as #{==:#{host},desk}.');
    const holds = this.#world!.holds(token.text, this.#lexer.variables);
    if (holds === undefined) throw new Fault(line, 'The conditions up to here take more steps than a configuration may.');
    return holds;
  }

  #command(skipped: number | undefined): ParsedCommand[] {
    const { line } = this.#peek();
    this.#assign(skipped);
    const words: string[] = [];
    for (let token = this.#peek(); token.kind === 'word' || (token.kind === '{' && words.length > 0); token = this.#peek()) {
      this.#take();
      if (token.kind === 'word') words.push(token.text);
      else {
        const block = this.#statements('block', skipped, token.line);
        this.#take();
        const text = quoteCommands(block.filter((each) => each.skipped === skipped).map((each) => each.words));
        // Quotes within quotes within quotes grow with each of them.
        if (text.length > MOST_VALUE) throw new Fault(token.line, 'This block is too long.');
        words.push(text);
      }
    }
    const { kind, line: at } = this.#peek();
    if (kind === 'if' || kind === 'hidden') throw new Fault(at, `A %${kind} stands within a command.`);
    if (words.length === 0) return [];
    return [skipped === undefined ? { line, words } : { line, words, skipped }];
  }

  /** NAME=value before a command, or alone. It counts from here on, for what is read next. */
  #assign(skipped: number | undefined): void {
    let { line } = this.#peek();
    let hidden = this.#peek().kind === 'hidden';
    if (hidden) this.#take();
    for (let token = this.#peek(); token.kind === 'word' && token.assigns !== undefined; token = this.#peek()) {
      this.#take();
      hidden = false;
      ({ line } = token);
      const { assigns: name, text } = token;
      if (text.length > MOST_VALUE) throw new Fault(line, `The value of ${name.slice(0, 40)} is too long.`);
      if (skipped === undefined) this.#lexer.variables.set(name, text.slice(name.length + 1));
      this.#assignments.push(skipped === undefined ? { line, name } : { line, name, skipped });
    }
    if (hidden) throw new Fault(line, '%hidden needs NAME=value behind it.');
  }
}
