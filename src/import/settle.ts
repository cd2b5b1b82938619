/**
 * From what a file says to what a recording may hold: times that never go back, sizes that a terminal can have, one size where hundreds follow each
 * other with nothing between them, and a count of everything that was changed or left out. Pure: whoever writes it says so.
 */
import { notTheFormat, tooMuch } from './errors.ts';
import type { ImportedHead, Reading, Size } from './types.ts';

/** Of a terminal: docs/format.md, "Events". */
const MAX_CELLS = 2000;
const USUAL: Size = { cols: 80, rows: 24 };
/** A session longer than this (us) is a clock that went wrong: ten years. */
const MAX_US = 10 * 366 * 86_400 * 1_000_000;
/** Moments that a file may claim to have begun at: 1970 to 9999. */
const MAX_MS = Date.parse('9999-12-31T23:59:59.999Z');
/** Of a word that a file has at a place, in UTF-16. */
const MAX_WORDS = 1024;
/** Output of one time is given together, up to so many bytes. */
const TOGETHER = 32 * 1024;

/** What was changed, left out, or is known to be missing. Counts. */
export interface Tally {
  /** Bytes of output. */
  output: number;
  /** Times that were smaller than the one before, and were set to it. */
  backwards: number;
  /** Sizes that no terminal has. */
  sizes: number;
  /** Bytes or characters that were typed: they are left out, as the policy never records what is typed. */
  typed: number;
  /** Bytes of output that the file has no time for. */
  untimed: number;
  /** Messages that the file shows to be missing. */
  missing: number;
  /** Events of kinds that are not known. */
  unknown: number;
  /** Bytes that the end of the file lacks, or has too many. */
  torn: number;
}

/** What the recording begins with. */
export interface SettledHead {
  readonly code: 'head';
  readonly kind: ImportedHead['kind'];
  readonly size: Size;
  readonly term: string | undefined;
  readonly command: string | undefined;
  readonly title: string | undefined;
  /** ISO 8601 UTC, where the file says a moment that there is. */
  readonly claimed: string | undefined;
}

export type SettledEvent =
  | { readonly code: 'o'; readonly us: number; readonly data: Uint8Array }
  | { readonly code: 'r'; readonly us: number; readonly size: Size }
  | { readonly code: 'm'; readonly us: number; readonly text: string }
  /** The last one: an end before it stands as a word. */
  | { readonly code: 'x'; readonly us: number; readonly exit: number };

export const emptyTally = (): Tally => ({ output: 0, backwards: 0, sizes: 0, typed: 0, untimed: 0, missing: 0, unknown: 0, torn: 0 });

/** @param tally is counted up while it is read. @throws ImportError */
export function* settled(reading: Reading, tally: Tally): Generator<SettledHead | SettledEvent, void, undefined> {
  let us = 0;
  const at = (given: number): number => {
    const whole = Math.round(given);
    // Not a number is larger than nothing.
    if (!(whole <= MAX_US)) throw tooMuch('The file has a time that is more than ten years behind its beginning');
    if (whole < us) tally.backwards++;
    return (us = Math.max(us, whole));
  };
  let size: Size | undefined;
  let wanted: Size | undefined;
  let exit: number | undefined;
  let held: Buffer[] = [];
  let heldBytes = 0;
  let heldUs = 0;
  function* flush(): Generator<SettledEvent, void, undefined> {
    if (heldBytes === 0) return;
    const data = held.length === 1 ? held[0]! : Buffer.concat(held, heldBytes);
    held = [];
    heldBytes = 0;
    tally.output += data.length;
    yield { code: 'o', us: heldUs, data };
  }
  /** A size counts once something is seen in it. */
  function* resize(): Generator<SettledEvent, void, undefined> {
    const next = wanted;
    wanted = undefined;
    if (!next || (next.cols === size?.cols && next.rows === size.rows)) return;
    yield* flush();
    size = next;
    yield { code: 'r', us, size: next };
  }
  /** A program that had ended goes on: of its end is left what it was. */
  function* goesOn(): Generator<SettledEvent, void, undefined> {
    if (exit === undefined) return;
    yield* flush();
    yield { code: 'm', us, text: `exit ${exit}` };
    exit = undefined;
  }
  for (const read of reading) {
    switch (read.code) {
      case 'head': {
        if (size) throw notTheFormat('one recording', 'the file', 'has two beginnings');
        const { size: said, beganMs } = read;
        const fits = said !== undefined && isSize(said);
        if (said !== undefined && !fits) tally.sizes++;
        size = fits ? { cols: said.cols, rows: said.rows } : USUAL;
        const claimed = beganMs !== undefined && beganMs >= 0 && beganMs <= MAX_MS ? new Date(beganMs).toISOString() : undefined;
        yield { code: 'head', kind: read.kind, size, term: words(read.term), command: words(read.command), title: words(read.title), claimed };
        break;
      }
      case 'o': {
        if (read.data.length === 0) break;
        const next = at(read.us);
        yield* goesOn();
        yield* resize();
        if (heldBytes > 0 && (next !== heldUs || heldBytes + read.data.length > TOGETHER)) yield* flush();
        heldUs = next;
        held.push(Buffer.from(read.data));
        heldBytes += read.data.length;
        break;
      }
      case 'r':
        at(read.us);
        if (isSize(read.size)) wanted = read.size;
        else tally.sizes++;
        break;
      case 'm':
        yield* flush();
        at(read.us);
        yield* goesOn();
        yield { code: 'm', us, text: words(read.text) ?? '' };
        break;
      case 'x':
        at(read.us);
        yield* goesOn();
        exit = read.exit;
        break;
      case 'i':
        at(read.us);
        tally.typed += read.count;
        break;
      case 'untimed':
      case 'torn':
        tally[read.code] += read.bytes;
        break;
      default:
        tally[read.code] += read.count;
    }
  }
  yield* resize();
  yield* flush();
  if (exit !== undefined) yield { code: 'x', us, exit };
}

const isSize = ({ cols, rows }: Size): boolean => isCells(cols) && isCells(rows);
const isCells = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= MAX_CELLS;

/** Text of a file that is kept as a word: well formed, and not too long. */
function words(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const whole = text.toWellFormed();
  return whole.length <= MAX_WORDS ? whole : `${whole.slice(0, MAX_WORDS).toWellFormed()}…`;
}
