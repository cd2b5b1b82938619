/**
 * Pasted text is hostile until proven dull: a web page can put control characters, a forged end of paste or invisible
 * letters on the clipboard. What is left after this filter cannot end a bracketed paste, drive the terminal, or look
 * different from what it is.
 */

/** Above this many bytes a paste asks first, even on one line. */
export const confirmBytes = 2000;
/** Lines that the confirmation shows. */
const summaryLines = 5;
/** Characters of a line that the confirmation shows. */
const summaryColumns = 120;

/** Bracketed paste (xterm, DEC private mode 2004). */
export const pasteStart = '\x1b[200~';
export const pasteEnd = '\x1b[201~';

/**
 * C0 but TAB, LF and CR; DEL and C1; line and paragraph separators, annotations, halves of surrogate pairs; and what
 * Unicode calls default ignorable: bidi marks, embeddings, overrides and isolates, zero width characters, soft hyphen,
 * variation selectors, tags. Joiners and selectors shape emoji and some scripts; in a shell they are letters that nobody
 * sees, and so they go too.
 */
const unwanted =
  // eslint-disable-next-line no-control-regex -- control characters are what this is about.
  /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufff9-\ufffb\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

export interface Filtered {
  readonly text: string;
  /** Characters taken out. */
  readonly removed: number;
}

/** Takes out what a paste must not hold. A second pass takes out nothing. */
export function filterPaste(text: string): Filtered {
  let removed = 0;
  const clean = text.replace(unwanted, () => {
    removed += 1;
    return '';
  });
  return { text: clean, removed };
}

/** True for more than one line or more than `limitBytes` bytes of UTF-8: the person is asked first. */
export function needsConfirmation(text: string, limitBytes: number = confirmBytes): boolean {
  return /[\r\n]/.test(text) || utf8Length(text) > limitBytes;
}

export interface PasteSummary {
  readonly lines: number;
  readonly bytes: number;
  /** First lines of the text as it was on the clipboard, with control characters shown as ^[ or <U+200B>. */
  readonly firstLines: readonly string[];
  readonly moreLines: number;
  /** Characters that the filter takes out. */
  readonly removed: number;
  readonly sentence: string;
}

/** What the confirmation shows, from the text as it was on the clipboard. A trailing line end is a line end, not one more line. */
export function summarizePaste(text: string): PasteSummary {
  const { text: clean, removed } = filterPaste(text);
  const all = text.replace(/(?:\r\n|\r|\n)$/, '').split(/\r\n|\r|\n/);
  const lines = all.length;
  const firstLines = all.slice(0, summaryLines).map((line) => {
    const shown = showControls(line.slice(0, summaryColumns));
    return line.length > summaryColumns ? `${shown}…` : shown;
  });
  const taken = removed === 0 ? '' : ` ${removed} hidden or control ${removed === 1 ? 'character is' : 'characters are'} taken out.`;
  const bytes = utf8Length(clean);
  const sentence = `Paste ${lines} ${lines === 1 ? 'line' : 'lines'}, ${bytes} ${bytes === 1 ? 'byte' : 'bytes'}?${taken}`;
  return { lines, bytes, firstLines, moreLines: Math.max(0, lines - summaryLines), removed, sentence };
}

/** Makes every character visible that the filter would take out: ^[ for ESC, <U+202E> for an override. */
export function showControls(text: string): string {
  return text.replace(unwanted, (char) => {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`;
    if (code === 0x7f) return '^?';
    return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
  });
}

/**
 * What to send to the program: line ends as CR, as typed, and the marks around it when the program asked for bracketed
 * paste (`bracketed`, the terminal's mode). Filters again: this is the last gate, whoever calls it.
 */
export function pasteBytes(text: string, bracketed: boolean): string {
  const body = filterPaste(text).text.replace(/\r\n|\n/g, '\r');
  return bracketed ? pasteStart + body + pasteEnd : body;
}

function utf8Length(text: string): number {
  let length = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return length;
}
