/** What a paste holds, drawn for the person before anything is sent. Filter and brackets are the core's (src/mux/paste). */
import { filterPaste, needsConfirmation, pasteBytes, pasteEnd, showControls, summarizePaste } from '../../src/mux/paste.ts';

/** Columns of a line that the question draws. */
const SHOWN_COLUMNS = 120;

export interface PasteFindings {
  /** Filtered; pasteText filters once more on the way out. */
  readonly text: string;
  /** The first lines as they came, with what was taken out named where it stood. */
  readonly lines: readonly (readonly PastePart[])[];
  readonly moreLines: number;
  readonly lineCount: number;
  readonly removed: number;
  /** It held ESC[201~, which ends a bracketed paste early. */
  readonly endsEarly: boolean;
  /** The last line ends with a newline: a shell runs it at once. */
  readonly lastRuns: boolean;
}

/** Which panes get a paste, and how. */
export interface PasteReach {
  /** The pane itself takes a paste as one piece, and runs nothing of it by itself. */
  readonly whole: boolean;
  /** How many panes more get it. */
  readonly also: number;
  /** How many of those may run each line at once. */
  readonly alsoRun: number;
}

/** A paste that is asked about. */
export interface AskedPaste {
  readonly findings: PasteFindings;
  readonly reach: PasteReach;
  /** Once it has gone. */
  readonly done: () => void;
}

/** More may run now, or in more panes, than was said. */
export const reachesFurther = (now: PasteReach, said: PasteReach): boolean => (said.whole && !now.whole) || now.also > said.also || now.alsoRun > said.alsoRun;

export interface PastePart {
  readonly text: string;
  readonly control?: true;
}

export function inspectPaste(raw: string): PasteFindings {
  const { text, removed } = filterPaste(raw);
  const { lines, firstLines, moreLines } = summarizePaste(raw);
  const rawLines = raw.split(/\r\n|\r|\n/).slice(0, firstLines.length);
  return { text, lines: rawLines.map(parts), moreLines, lineCount: lines, removed, endsEarly: raw.includes(pasteEnd), lastRuns: /[\r\n]$/.test(text) };
}

function parts(line: string): readonly PastePart[] {
  const found: { text: string; control?: true }[] = [];
  for (const char of line.slice(0, SHOWN_COLUMNS)) {
    const control = filterPaste(char).removed > 0;
    const last = found.at(-1);
    const text = control ? showControls(char) : char;
    if (last && Boolean(last.control) === control) last.text += text;
    else found.push(control ? { text, control } : { text });
  }
  if (line.length > SHOWN_COLUMNS) found.push({ text: '…' });
  return found;
}

/** Asked about when it is more than one short line, or something was taken out. */
export const needsQuestion = (raw: string, pasted: PasteFindings): boolean => pasted.removed > 0 || needsConfirmation(raw);

export const pasteText = pasteBytes;
