/** A line of commands as it is given at the prompt, and a person's answer in a template. */
import type { Result } from '../layout.ts';
import { parseSyntax } from '../syntax/parse.ts';
import { inDoubleQuotes, inSingleQuotes, quoteWord } from '../syntax/quote.ts';

/**
 * Splits a line into commands, each a list of words. Empty commands are left out. What a core without an environment cannot do, `$VAR` and `~`, is
 * refused with a sentence and never passed on as something else.
 */
export function parseLine(line: string): Result<string[][]> {
  // The name of a file is whole only where it is read.
  const parsed = parseSyntax(line, /^\s*source(?:-file)?\s/.test(line) ? 'a file' : 'a line');
  return parsed.ok ? { ok: true, value: parsed.commands.map(({ words }) => [...words]) } : { ok: false, sentence: parsed.sentence };
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
      out += quote === "'" ? inSingleQuotes(answer) : quote === '"' ? inDoubleQuotes(answer) : quoteWord(answer);
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
