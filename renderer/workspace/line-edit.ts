/** The keys by which readline, and tmux in its prompt, edit a line. Pure: a field's text and selection come in, and go out. */

export interface EditedLine {
  readonly text: string;
  /** Where the cursor stands: UTF-16 units. */
  readonly at: number;
}

/** What is selected is `start` to `end`; where nothing is, both are the cursor. */
type Edit = (text: string, start: number, end: number) => EditedLine;

/** `unix-word-rubout`: back over spaces, and then over all that is none. */
const wordStart = (text: string, at: number): number => text.slice(0, at).replace(/\S*\s*$/u, '').length;

/** By the letter that is pressed with ctrl. */
const edits: ReadonlyMap<string, Edit> = new Map(
  Object.entries<Edit>({
    a: (text) => ({ text, at: 0 }),
    e: (text) => ({ text, at: text.length }),
    u: (text, _, end) => ({ text: text.slice(end), at: 0 }),
    k: (text, start) => ({ text: text.slice(0, start), at: start }),
    w: (text, start, end) => {
      const from = wordStart(text, start);
      return { text: text.slice(0, from) + text.slice(end), at: from };
    },
  }),
);

/** @returns the line after ctrl with `key`; undefined where that edits nothing */
export const editLine = (key: string, text: string, start: number, end: number): EditedLine | undefined => edits.get(key)?.(text, start, end);
