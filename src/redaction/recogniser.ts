/** What a row of the table of recognisers is. */
import { RE2JS } from 're2js';
import { recogniserKinds } from '../types/words.ts';
import type { Needs } from './prefilter.ts';

/** Why a piece is withheld, in the words that evidence.jsonl has (docs/format.md). */
export type RedactionReason = 'patient-data' | 'personal-data' | 'secret';

/** Where something was found in a text: UTF-16 units, `end` is the first one behind it. */
export interface Found {
  readonly kind: Kind;
  readonly start: number;
  readonly end: number;
}

/** Names of the kinds, as `--redact` takes them. */
export const kinds = recogniserKinds;
export type Kind = (typeof kinds)[number];

interface Row {
  readonly kind: Kind;
  /** One sentence: what it finds, and what it asks for around it. */
  readonly help: string;
  readonly reason: RedactionReason;
  /** Whether `--redact default` has it. */
  readonly standard: boolean;
  readonly examples: {
    /** Texts with the part that is found between « and ». */
    readonly found: readonly string[];
    /** Texts of which nothing is found by this row. */
    readonly left: readonly string[];
  };
}

/** Finds a shape in a line. */
export interface PatternRow extends Row {
  readonly patterns: readonly LinePattern[];
}

/** Reads a format in which the place says what a value is: a line at a time, with what the lines before it said. */
export interface StructureRow extends Row {
  readonly reader: () => StructureReader;
  /** What a line has that a reader which remembers nothing finds something in. */
  readonly needs: Needs;
}

export interface StructureReader {
  /** It remembers nothing of lines before: it would read the next one as one that was just made. */
  readonly fresh: boolean;
  /**
   * @param likely whether the line has what the row needs: where it has not, only what lines before it said can make anything of it.
   * @returns what of this line is to be withheld.
   */
  line(text: string, likely: boolean): readonly Found[];
}

/** Nothing was found: one array for all lines in which nothing is. */
export const NOTHING: readonly Found[] = [];

export type RecogniserRow = PatternRow | StructureRow;

export interface LineGate {
  test(text: string): boolean;
}

export interface LinePattern {
  /** Linear in its input, whatever that is. Its group 1 is the value, or all of it where it has none. */
  readonly expression: RE2JS;
  /** Whether there is a group. */
  readonly grouped: boolean;
  /**
   * A line without this has nothing that the expression finds, whatever the line is: the engine need not look at it. An expression here has literals and shapes of a fixed length only, so that the runtime's own
   * engine is linear over it too (a test holds it to that).
   */
  readonly gate: LineGate;
  /** What stands before the gate, and costs less: the line is looked at once for all rows. */
  readonly needs: Needs;
  /** Whether what was found is one. @param around the line, and where it stands in it. */
  readonly check?: (value: string, around: { readonly text: string; readonly start: number; readonly end: number }) => boolean;
}

/** A gate of two that may stand anywhere: what is of any length between them is no gate's to look at. */
export const both = (one: RegExp, other: RegExp): LineGate & { readonly parts: readonly RegExp[] } => ({
  parts: [one, other],
  test: (text) => one.test(text) && other.test(text),
});

/** @param flags `i` where letters may be large or small. */
export function pattern(source: string, flags: '' | 'i', needs: Needs, gate: LineGate, check?: LinePattern['check']): LinePattern {
  let compiled: RE2JS | undefined;
  // At the first line that passes a gate: all of the table takes a fifth of a second, and the vault has it with it at every start.
  const expression = (): RE2JS => (compiled ??= RE2JS.compile(source, flags === 'i' ? RE2JS.CASE_INSENSITIVE : 0));
  return {
    get expression() {
      return expression();
    },
    get grouped() {
      return expression().groupCount() > 0;
    },
    needs,
    gate,
    ...(check ? { check } : {}),
  };
}
