/** What a command may touch: streams and environment. Tests give their own. */
import { fold } from '../terminal/fold.ts';

export interface CliIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Data: stdout. Resolves when more may be written. */
  readonly out: (data: string | Uint8Array) => Promise<void>;
  /** Talk: stderr. */
  readonly talk: (line: string) => void;
  /** How far something is: one line of the terminal behind stderr, in the place of the one before; an empty one takes it away. Undefined where stderr is none. */
  readonly progress?: (line: string) => void;
  readonly stdoutIsTerminal: boolean;
  readonly now: () => number;
  /** Asked before anything is done in the installation. @throws where nobody was asked whether it may be */
  readonly beforeDeed?: () => void;
  /** Of the terminal behind stdout, in cells. */
  readonly terminalSize?: () => { readonly cols: number; readonly rows: number } | undefined;
  /**
   * Takes the keys of the terminal: none is echoed, or left for the shell. `end` on a signal that ends the program. Undefined
   * where there is no terminal to take them from.
   * @returns what gives them back.
   */
  readonly watch?: (heard: { readonly key: (bytes: Uint8Array) => void; readonly end: () => void }) => (() => void) | undefined;
  /** Waits for milliseconds: replay with timing. */
  readonly wait: (ms: number) => Promise<void>;
}

/** Text from a file, safe for a terminal: control characters (C0, DEL, C1) would act there. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}

/** Writes rows as columns, two spaces apart, without trailing spaces. */
export function columns(cells: readonly (readonly string[])[]): string {
  // A look at the whole row: of 100,000 rows hardly any has what must not be written.
  const rows = cells.map((row) => (/\p{Cc}/u.test(row.join('')) ? row.map(printable) : row));
  const widths = rows[0]?.map((_, i) => rows.reduce((most, row) => Math.max(most, row[i]!.length), 0)) ?? [];
  const line = (row: readonly string[]): string => row.reduce((text, cell, i) => (i === 0 ? '' : `${text}  `) + cell.padEnd(widths[i]!), '').trimEnd();
  return rows.map((row) => `${line(row)}\n`).join('');
}

/** A line of data that is a sentence: folded where a person reads it. */
export function outSentence(io: CliIo, text: string): Promise<void> {
  return io.out(`${fold(text, io.terminalSize?.()?.cols)}\n`);
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
