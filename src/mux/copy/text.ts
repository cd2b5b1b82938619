/** The text of a selection, as tmux copies it. */
import type { CopyKeys } from '../keys/copy-table.ts';
import type { Grid, Hit, Measured, Point } from './grid.ts';

/** What is selected: all from one place to another, or the same columns of each line. */
export type Range =
  | { readonly kind: 'text'; readonly from: Point; readonly to: Point }
  | { readonly kind: 'rectangle'; readonly from: number; readonly to: number; readonly left: number; readonly right: number };

/** What the cursor stands on belongs to vi's selection, and not to emacs'. The columns of a rectangle say so themselves. */
export function textOf(grid: Measured, range: Range, keys: CopyKeys): string {
  const [first, last] = range.kind === 'text' ? [range.from.y, range.to.y] : [range.from, range.to];
  const length = grid.length(last);
  const end = range.kind === 'text' ? Math.min(range.to.x, length) + (keys === 'vi' ? 1 : 0) : range.right;
  let text = '';
  for (let y = first; y <= last; y += 1) {
    const from = range.kind === 'rectangle' ? range.left : y === first ? range.from.x : 0;
    text += lineOf(grid, y, from, y === last ? end : range.kind === 'rectangle' ? range.right : grid.cols);
  }
  // The end of the last line belongs to it only where vi's cursor stood behind the text.
  const ends = text.endsWith('\n') && (keys === 'emacs' || end <= length) && (!grid.goesOn(last) || end !== length);
  return ends ? text.slice(0, -1) : text;
}

/** A hit, which goes over ends of lines that go on. */
export function textOfHit(grid: Grid, { x, y, cells }: Hit): string {
  let text = '';
  for (let at = x; at < x + cells; at += 1) text += grid.cell(at % grid.cols, y + Math.floor(at / grid.cols));
  return text;
}

function lineOf(grid: Measured, y: number, from: number, to: number): string {
  if (from > to) return '';
  // A line that goes on has spaces at its end that belong to it.
  const goesOn = grid.goesOn(y);
  const length = goesOn ? grid.used(y) : grid.length(y);
  const end = Math.min(to, length);
  let text = '';
  for (let x = Math.min(from, length); x < end; x += 1) text += grid.cell(x, y);
  return goesOn && end === length ? text : `${text}\n`;
}
