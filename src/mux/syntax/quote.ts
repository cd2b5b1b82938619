/** Writing words so that the parser beside reads them back as they are. */

/** A newline stands in double quotes: within quotes the blanks that follow one are taken out. */
export const inSingleQuotes = (text: string): string => text.replaceAll("'", `'\\''`).replaceAll('\n', `'"\\n"'`);
export const inDoubleQuotes = (text: string): string => text.replace(/["\\$~]/g, '\\$&').replaceAll('\n', '\\n');

export function quoteWord(word: string): string {
  // A word that begins with % may be a condition, and one of % and digits never is.
  if (/^(?:[%\d]+|[A-Za-z0-9@:=.,+_/^!-][A-Za-z0-9%@:=.,+_/^!-]*)$/.test(word)) return word;
  return `'${inSingleQuotes(word)}'`;
}

/** Several commands as one line. A word that is a semicolon is quoted, and so stays a word. */
export function quoteCommands(commands: readonly (readonly string[])[]): string {
  return commands.map((words) => words.map(quoteWord).join(' ')).join(' ; ');
}

/** Words of one command that hold several, as tmux splits them: one that is or ends with a semicolon ends a command, unless a backslash is before it. */
export function splitWords(words: readonly string[]): string[][] {
  const commands: string[][] = [];
  let now: string[] = [];
  for (const word of words) {
    const literal = word.endsWith('\\;');
    const ends = word.endsWith(';') && !literal;
    const text = literal ? `${word.slice(0, -2)};` : ends ? word.slice(0, -1) : word;
    if (!ends || text !== '') now.push(text);
    if (!ends) continue;
    if (now.length > 0) commands.push(now);
    now = [];
  }
  return now.length > 0 ? [...commands, now] : commands;
}

/** A command that is given within another one: one word is a whole line, several are the words of commands. */
export const lineOfWords = (words: readonly string[]): string => (words.length === 1 ? words[0]! : quoteCommands(splitWords(words)));
