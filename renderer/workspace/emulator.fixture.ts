/** An emulator for the tests of copy mode. */
import headless, { type IMarker } from '@xterm/headless';
import type { Readable } from './copy-mode.ts';
import { PromptMarks } from './prompt-marks.ts';

export interface Emulator extends Readable {
  readonly shownFrom: () => number;
  readonly getSelection: () => string;
  readonly print: (output: string) => Promise<void>;
  readonly prompts: () => ReadonlySet<number>;
  /** How many of the marks that copy mode has put into it are left. */
  readonly marks: () => number;
}

/** The emulator without a window, which has no selection, and a selection as the one with a window has it. */
export async function emulator(output: string, cols = 20, rows = 5, scrollback = 1000): Promise<Emulator> {
  const terminal = new headless.Terminal({ cols, rows, allowProposedApi: true, convertEol: true, scrollback });
  const marks = new PromptMarks(terminal as never);
  const print = (text: string): Promise<void> => new Promise((resolve) => terminal.write(text, resolve));
  await print(output);
  const copyMarks: IMarker[] = [];
  let selection: { readonly start: number; readonly length: number } | undefined;
  const place = (at: number): { x: number; y: number } => ({ x: at % cols, y: Math.floor(at / cols) });
  return {
    get buffer() {
      return terminal.buffer;
    },
    cols,
    rows,
    select: (x: number, y: number, length: number) => void (selection = { start: y * cols + x, length }),
    clearSelection: () => void (selection = undefined),
    getSelectionPosition: () => selection && { start: place(selection.start), end: place(selection.start + selection.length) },
    getSelection: () => {
      if (!selection) return '';
      const { start, end } = { start: place(selection.start), end: place(selection.start + selection.length - 1) };
      const lines: string[] = [];
      for (let y = start.y; y <= end.y; y += 1) {
        const line = terminal.buffer.active.getLine(y)!.translateToString(false);
        lines.push(line.slice(y === start.y ? start.x : 0, y === end.y ? end.x + 1 : cols).trimEnd());
      }
      return lines.join('\n');
    },
    registerMarker: (offset: number) => {
      const marker = terminal.registerMarker(offset);
      if (marker) copyMarks.push(marker);
      return marker;
    },
    marks: () => copyMarks.filter(({ isDisposed }) => !isDisposed).length,
    print,
    prompts: () => marks.lines(),
    scrollToLine: (line: number) => terminal.scrollToLine(line),
    scrollToBottom: () => terminal.scrollToBottom(),
    shownFrom: () => terminal.buffer.active.viewportY,
  } as unknown as Emulator;
}
