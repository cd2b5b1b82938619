/**
 * Command lines in tmux's syntax (tmux(1), PARSING SYNTAX): quotes, backslashes, braces, `;` between commands, `\;` for
 * a semicolon that is an argument. What a core without an environment cannot do, `$VAR` and `~`, is refused with a
 * sentence and never passed on as something else.
 */
import type { Result } from '../layout.ts';

const letters: Readonly<Record<string, string>> = { a: '\x07', b: '\b', e: '\x1b', f: '\f', n: '\n', r: '\r', s: ' ', t: '\t', v: '\v' };

/** Targets that are written in braces; everything else in braces is a block. */
const braceTarget = /^\{(?:last|next|previous|start|end|top|bottom|left|right|(?:top|bottom)-(?:left|right)|(?:up|down|left|right)-of)\}(?=[\s;]|$)/;

/** Splits a line into commands, each a list of words. Empty commands are left out. */
export function parseLine(line: string): Result<string[][]> {
  const commands: string[][] = [];
  let words: string[] = [];
  let at = 0;

  const fail = (sentence: string): Result<string[][]> => ({ ok: false, sentence });
  const endCommand = (): void => {
    if (words.length > 0) commands.push(words);
    words = [];
  };

  while (at < line.length) {
    const char = line[at] ?? '';
    if (char === '\\' && line[at + 1] === '\n') at += 2;
    else if (char === ' ' || char === '\t') at += 1;
    else if (char === ';' || char === '\n' || char === '\r') {
      endCommand();
      at += 1;
    } else if (char === '#') {
      while (at < line.length && line[at] !== '\n') at += 1;
    } else if (braceTarget.test(line.slice(at))) {
      const end = line.indexOf('}', at) + 1;
      words.push(line.slice(at, end));
      at = end;
    } else if (char === '{') {
      const end = closingBrace(line, at);
      if (end === undefined) return fail('A { in this command has no closing }.');
      words.push(line.slice(at + 1, end).trim());
      at = end + 1;
    } else if (char === '}') return fail('A } in this command has no opening {.');
    else if (char === '~') return fail('A ~ is not replaced by your home folder here. Write the whole path, or put the ~ in single quotes.');
    else {
      const word = readWord(line, at);
      if (!word.ok) return word;
      words.push(word.value.text);
      at = word.value.end;
    }
  }
  endCommand();
  return { ok: true, value: commands };
}

function readWord(line: string, start: number): Result<{ text: string; end: number }> {
  let text = '';
  let at = start;
  let quote = '';
  for (; at < line.length; at += 1) {
    const char = line[at] ?? '';
    if (quote === "'") {
      if (char === quote) quote = '';
      else text += char;
    } else if (char === '\\') {
      const escape = readEscape(line, at);
      if (escape === undefined) return { ok: false, sentence: 'A backslash at the end of this command escapes nothing, or its number is wrong.' };
      text += escape.text;
      at = escape.end - 1;
    } else if (char === '$' && /[A-Za-z_{]/.test(line[at + 1] ?? '')) {
      return { ok: false, sentence: 'Variables of the environment are not replaced here. Put a $ that is meant as such in single quotes.' };
    } else if (quote === '"') {
      if (char === quote) quote = '';
      else text += char;
    } else if (char === '"' || char === "'") quote = char;
    else if (/[\s;]/.test(char)) break;
    else text += char;
  }
  if (quote) return { ok: false, sentence: `A ${quote === '"' ? 'double' : 'single'} quote in this command is not closed.` };
  return { ok: true, value: { text, end: at } };
}

function readEscape(line: string, at: number): { text: string; end: number } | undefined {
  const char = line[at + 1];
  if (char === undefined) return undefined;
  if (char === '\n') return { text: '', end: at + 2 };
  const octal = /^[0-3][0-7]{2}/.exec(line.slice(at + 1, at + 4));
  if (octal) return { text: String.fromCharCode(Number.parseInt(octal[0], 8)), end: at + 4 };
  if (char === 'u' || char === 'U') {
    const digits = char === 'u' ? 4 : 8;
    const hex = line.slice(at + 2, at + 2 + digits);
    const code = /^[0-9a-fA-F]+$/.test(hex) && hex.length === digits ? Number.parseInt(hex, 16) : -1;
    return code < 0 || code > 0x10ffff ? undefined : { text: String.fromCodePoint(code), end: at + 2 + digits };
  }
  return { text: letters[char] ?? char, end: at + 2 };
}

function closingBrace(line: string, start: number): number | undefined {
  let depth = 0;
  let quote = '';
  for (let at = start; at < line.length; at += 1) {
    const char = line[at] ?? '';
    if (char === '\\' && quote !== "'") at += 1;
    else if (quote) {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '{') depth += 1;
    else if (char === '}') {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return undefined;
}

/** Writes a word so that parseLine reads it back as it is. */
export function quoteWord(word: string): string {
  if (/^[A-Za-z0-9%@:=.,+_/^!-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * Puts a person's answer into a template of command-prompt, for each %% (or %1). The answer stays one word wherever the
 * place stands, in quotes or not; a template that is nothing but %% takes the answer as a command line.
 */
export function fillTemplate(template: string, answer: string): string {
  if (/^(?:%%|%1)$/.test(template.trim())) return answer;
  let out = '';
  let quote = '';
  for (let at = 0; at < template.length; at += 1) {
    const char = template[at] ?? '';
    const place = /^(?:%%%?|%1)/.exec(template.slice(at));
    if (place) {
      out += quote === "'" ? answer.replaceAll("'", `'\\''`) : quote === '"' ? answer.replace(/["\\$]/g, '\\$&') : quoteWord(answer);
      at += place[0].length - 1;
    } else {
      if (char === '\\' && quote !== "'") {
        out += char + (template[at + 1] ?? '');
        at += 1;
        continue;
      }
      if (quote) quote = char === quote ? '' : quote;
      else if (char === '"' || char === "'") quote = char;
      out += char;
    }
  }
  return out;
}
