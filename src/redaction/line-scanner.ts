/** What the chosen recognisers find in lines, one after the other. */
import { plainOf } from './look-alikes.ts';
import { Prefilter, Tables } from './prefilter.ts';
import { rowOf } from './table.ts';
import { NOTHING, type Found, type Kind, type LinePattern, type StructureReader, type StructureRow } from './recogniser.ts';

/** What is the same for every scanner that looks for the same kinds. */
interface Plan {
  readonly rows: readonly StructureRow[];
  readonly patterns: readonly (readonly [kind: Kind, pattern: LinePattern])[];
  /** The rows first, then the patterns. */
  readonly tables: Tables;
}

/** The plan made last: one recording is looked at with the same kinds throughout. */
let last: { readonly name: string; readonly plan: Plan } | undefined;

function planOf(kinds: readonly Kind[]): Plan {
  const name = kinds.join();
  if (last?.name === name) return last.plan;
  const all = kinds.map(rowOf);
  const rows = all.flatMap((row) => ('reader' in row ? [row] : []));
  const patterns = all.flatMap((row) => ('patterns' in row ? row.patterns.map((pattern) => [row.kind, pattern] as const) : []));
  const plan = { rows, patterns, tables: new Tables([...rows, ...patterns.map(([, pattern]) => pattern)].map(({ needs }) => needs)) };
  last = { name, plan };
  return plan;
}

/** The long s and the sign of the kelvin: to an expression that takes letters in either case they are s and k, to a gate and to what a row needs they are not. */
const FOLDED = /[\u017f\u212a]/;

export class LineScanner {
  readonly #rows: Plan['rows'];
  readonly #patterns: Plan['patterns'];
  readonly #prefilter: Prefilter;
  #readers: readonly StructureReader[] = [];

  constructor(kinds: readonly Kind[]) {
    const { rows, patterns, tables } = planOf(kinds);
    this.#rows = rows;
    this.#patterns = patterns;
    this.#prefilter = new Prefilter(tables);
    this.restart();
  }

  /** Another text begins: what lines before said counts no more. */
  restart(): void {
    this.#readers = this.#rows.map((row) => row.reader());
  }

  /** The next line, without its end. */
  line(text: string): readonly Found[] {
    this.#prefilter.look(text);
    return joined(this.#read(text), this.#shapes(text));
  }

  /** A line that stands alone, whatever came before it. */
  alone(text: string): readonly Found[] {
    this.#prefilter.look(text);
    return this.#prefilter.any || !this.#prefilter.ascii ? joined(this.#readAlone(text), this.#shapes(text)) : NOTHING;
  }

  /** The next line, which stands alone too: as `line` and `alone`, at the cost of one. */
  both(text: string): readonly Found[] {
    this.#prefilter.look(text);
    // Readers that remember nothing find the same again.
    const others = this.#readers.map((reader) => !reader.fresh);
    const read = this.#read(text);
    if (!this.#prefilter.any && this.#prefilter.ascii) return read;
    return joined(others.includes(true) ? joined(read, this.#readAlone(text, others)) : read, this.#shapes(text));
  }

  #read(text: string): readonly Found[] {
    let found = NOTHING;
    for (let i = 0; i < this.#readers.length; i++) found = joined(found, this.#readers[i]!.line(text, this.#prefilter.has(i)));
    return found;
  }

  #readAlone(text: string, others?: readonly boolean[]): readonly Found[] {
    let found = NOTHING;
    for (let i = 0; i < this.#rows.length; i++)
      if (this.#prefilter.has(i) && others?.[i] !== false) found = joined(found, this.#rows[i]!.reader().line(text, true));
    return found;
  }

  /** In the text as it is, and as it looks where that is something else. */
  #shapes(text: string): readonly Found[] {
    const found = this.#shapesAsIs(text);
    const plain = this.#prefilter.ascii ? undefined : plainOf(text);
    if (!plain) return found;
    this.#prefilter.look(plain.text);
    const { places } = plain;
    return joined(
      found,
      this.#shapesAsIs(plain.text).map(({ kind, start, end }) => ({ kind, start: places[start]!, end: places[end]! })),
    );
  }

  #shapesAsIs(text: string): readonly Found[] {
    if (!this.#prefilter.ascii && FOLDED.test(text)) return this.#patterns.flatMap(([kind, pattern]) => foundBy(kind, pattern, text));
    if (!this.#prefilter.any) return NOTHING;
    let found: Found[] | undefined;
    for (const i of this.#prefilter.from(this.#rows.length)) {
      const [kind, pattern] = this.#patterns[i]!;
      if (pattern.gate.test(text)) (found ??= []).push(...foundBy(kind, pattern, text));
    }
    return found ?? NOTHING;
  }
}

/** What a pattern finds in a text, whatever its gate says. */
export function foundBy(kind: Kind, { expression, grouped, check }: LinePattern, text: string): Found[] {
  const found: Found[] = [];
  const matcher = expression.matcher(text);
  for (let from = 0; from <= text.length && matcher.find(from);) {
    const start = matcher.start(grouped ? 1 : 0);
    const end = matcher.end(grouped ? 1 : 0);
    const good = start >= 0 && (check === undefined || check(text.slice(start, end), { text, start, end }));
    if (good) found.push({ kind, start, end });
    // What has the shape and is none may hide one that begins in it.
    from = good ? Math.max(end, matcher.start() + 1) : matcher.start() + 1;
  }
  return found;
}

const joined = (some: readonly Found[], more: readonly Found[]): readonly Found[] => (more.length === 0 ? some : some.length === 0 ? more : [...some, ...more]);
