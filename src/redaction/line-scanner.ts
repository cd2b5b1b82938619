/** What the chosen recognisers find in lines, one after the other. */
import { rowOf } from './table.ts';
import type { Found, Kind, LinePattern, StructureReader, StructureRow } from './recogniser.ts';

/** Without one of these no row finds anything: most lines of a log are looked at no further. */
const SOMETHING = /[0-9@":=|*-]/;

export class LineScanner {
  readonly #rows: readonly StructureRow[];
  readonly #patterns: readonly (readonly [kind: Kind, pattern: LinePattern])[];
  #readers: readonly StructureReader[] = [];

  constructor(kinds: readonly Kind[]) {
    const rows = kinds.map(rowOf);
    this.#rows = rows.flatMap((row) => ('reader' in row ? [row] : []));
    this.#patterns = rows.flatMap((row) => ('patterns' in row ? row.patterns.map((pattern) => [row.kind, pattern] as const) : []));
    this.restart();
  }

  /** Another text begins: what lines before said counts no more. */
  restart(): void {
    this.#readers = this.#rows.map((row) => row.reader());
  }

  /** The next line, without its end. */
  line(text: string): Found[] {
    const found = this.#readers.flatMap((reader) => reader.line(text));
    return SOMETHING.test(text) ? [...found, ...this.#shapes(text)] : found;
  }

  /** A line that stands alone, whatever came before it. */
  alone(text: string): Found[] {
    return SOMETHING.test(text) ? [...this.#rows.flatMap((row) => row.reader().line(text)), ...this.#shapes(text)] : [];
  }

  #shapes(text: string): Found[] {
    const found: Found[] = [];
    for (const [kind, { expression, grouped, gate, check }] of this.#patterns) {
      if (!gate.test(text)) continue;
      const matcher = expression.matcher(text);
      for (let from = 0; from <= text.length && matcher.find(from);) {
        const start = matcher.start(grouped ? 1 : 0);
        const end = matcher.end(grouped ? 1 : 0);
        const good = start >= 0 && (check === undefined || check(text.slice(start, end), { text, start, end }));
        if (good) found.push({ kind, start, end });
        // What has the shape and is none may hide one that begins in it.
        from = good ? Math.max(end, matcher.start() + 1) : matcher.start() + 1;
      }
    }
    return found;
  }
}
