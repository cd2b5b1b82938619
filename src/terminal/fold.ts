/** Sentences for a person's terminal: broken between words, where a terminal alone would break them within one. */

/**
 * Each line at most `columns` characters where its words allow it. A line that begins with a space has a form of its own (a
 * table, a command to be copied) and is left, and so is a word that is longer than a line, such as a path.
 * @param columns undefined where nobody reads it on a terminal: then it stays as it is, one sentence a line, for scripts.
 */
export function fold(text: string, columns: number | undefined): string {
  if (!columns) return text;
  return text
    .split('\n')
    .map((line) => (line.length <= columns || line.startsWith(' ') ? line : foldLine(line, columns)))
    .join('\n');
}

function foldLine(line: string, columns: number): string {
  const rows: string[] = [];
  let row: string | undefined;
  // A blank at the end belongs to the last word: the cursor waits behind it.
  for (const word of line.split(/ (?!$)/)) {
    if (row !== undefined && row.length + 1 + word.length > columns) {
      rows.push(row);
      row = word;
    } else row = row === undefined ? word : `${row} ${word}`;
  }
  return [...rows, row].join('\n');
}
