/** How much of a labelled corpus the recognisers find, and how much of what they find is somebody's. */
import type { Kind } from '../../src/redaction/index.ts';
import { LineScanner } from '../../src/redaction/line-scanner.ts';
import type { CorpusDocument } from './document.ts';

export interface KindFigures {
  /** Marked in the corpus, and of them withheld whole. */
  readonly gold: number;
  readonly withheld: number;
  /** Found by the row of this kind, and of them such as touch something that is marked. */
  readonly found: number;
  readonly right: number;
}

export const recallOf = ({ gold, withheld }: KindFigures): number => (gold === 0 ? Number.NaN : withheld / gold);
export const precisionOf = ({ found, right }: KindFigures): number => (found === 0 ? Number.NaN : right / found);

/** @param missed told what was not withheld. */
export function measure(
  documents: readonly CorpusDocument[],
  kinds: readonly Kind[],
  missed: (what: { readonly kind: string; readonly form: string; readonly line: string; readonly wrong: boolean }) => void = () => undefined,
): Map<string, KindFigures> {
  const figures = new Map<string, { gold: number; withheld: number; found: number; right: number }>();
  const of = (kind: string) => {
    let one = figures.get(kind);
    if (!one) figures.set(kind, (one = { gold: 0, withheld: 0, found: 0, right: 0 }));
    return one;
  };
  const scanner = new LineScanner(kinds);
  for (const { form, text, gold, beside = [] } of documents) {
    scanner.restart();
    const covered = new Uint8Array(text.length);
    const marked = new Uint8Array(text.length);
    for (const { start, end } of [...gold, ...beside]) marked.fill(1, start, end);
    const lineAt = (at: number): string => text.slice(text.lastIndexOf('\n', at - 1) + 1, (text.indexOf('\n', at) + text.length + 1) % (text.length + 1));
    let at = 0;
    for (const line of text.split('\n')) {
      for (const { kind, start, end } of scanner.line(line)) {
        covered.fill(1, at + start, at + end);
        const right = marked.subarray(at + start, at + end).includes(1);
        of(kind).found += 1;
        if (right) of(kind).right += 1;
        else missed({ kind, form, line, wrong: true });
      }
      at += line.length + 1;
    }
    for (const { kind, start, end } of gold) {
      of(kind).gold += 1;
      let whole = true;
      for (let i = start; i < end; i++) whole &&= covered[i] === 1 || text.charAt(i) === ' ';
      if (whole) of(kind).withheld += 1;
      else missed({ kind, form, line: lineAt(start), wrong: false });
    }
  }
  return figures;
}

/** @returns found in so many lines in which nothing is anybody's. */
export function falseHits(
  text: string,
  kinds: readonly Kind[],
  told: (kind: string, line: string) => void = () => undefined,
): { readonly lines: number; readonly hits: number } {
  const scanner = new LineScanner(kinds);
  const lines = text.split('\n').filter((line) => line !== '');
  let hits = 0;
  for (const line of lines)
    for (const { kind } of scanner.line(line)) {
      hits += 1;
      told(kind, line);
    }
  return { lines: lines.length, hits };
}
