/**
 * Integer arithmetic of the split tree, on mutable nodes that live only inside one call of layout.ts. The rules are
 * tmux's (layout.c), so that sizes come out as tmux users expect: space is taken from and given to neighbours one cell
 * at a time, and no size is ever stored as a ratio.
 */

/** How the children of a split lie: `left-right` is tmux's `split-window -h` (key %), `top-bottom` is `-v` (key "). */
export type Direction = 'left-right' | 'top-bottom';

export interface PaneCell {
  readonly pane: number;
  readonly cols: number;
  readonly rows: number;
}

export interface SplitCell {
  readonly split: Direction;
  readonly cols: number;
  readonly rows: number;
  /** Two or more. */
  readonly cells: readonly Cell[];
}

/** One node of the tree. Sizes are whole cells of the stage; positions follow from them. */
export type Cell = PaneCell | SplitCell;

export interface Geometry {
  /** Cells between two neighbours: 0 in Wardmux (a pane's title row is its border), 1 in tmux. */
  readonly gap: number;
  /** No operation makes a pane narrower than this. */
  readonly minimumCols: number;
  /** No operation makes a pane lower than this. */
  readonly minimumRows: number;
}

/** A node while it is being changed. */
export interface Node {
  pane: number | undefined;
  split: Direction | undefined;
  cols: number;
  rows: number;
  cells: Node[];
  parent: Node | undefined;
}

export function thaw(cell: Cell, parent?: Node): Node {
  const node: Node = { pane: undefined, split: undefined, cols: cell.cols, rows: cell.rows, cells: [], parent };
  if ('pane' in cell) node.pane = cell.pane;
  else {
    node.split = cell.split;
    node.cells = cell.cells.map((child) => thaw(child, node));
  }
  return node;
}

export function freeze(node: Node): Cell {
  if (node.split) return { split: node.split, cols: node.cols, rows: node.rows, cells: node.cells.map(freeze) };
  return { pane: node.pane ?? -1, cols: node.cols, rows: node.rows };
}

export function leaf(pane: number, cols: number, rows: number, parent?: Node): Node {
  return { pane, split: undefined, cols, rows, cells: [], parent };
}

export function find(node: Node, pane: number): Node | undefined {
  if (node.pane === pane) return node;
  for (const child of node.cells) {
    const found = find(child, pane);
    if (found) return found;
  }
  return undefined;
}

export function sizeAlong(node: { cols: number; rows: number }, direction: Direction): number {
  return direction === 'left-right' ? node.cols : node.rows;
}

function setAlong(node: Node, direction: Direction, size: number): void {
  if (direction === 'left-right') node.cols = size;
  else node.rows = size;
}

export function minimumAlong(geometry: Geometry, direction: Direction): number {
  return direction === 'left-right' ? geometry.minimumCols : geometry.minimumRows;
}

/** Smallest size along `direction` at which every pane inside keeps its minimum. */
export function smallest(node: Node, direction: Direction, geometry: Geometry): number {
  if (!node.split) return minimumAlong(geometry, direction);
  const sizes = node.cells.map((child) => smallest(child, direction, geometry));
  if (node.split !== direction) return Math.max(...sizes);
  return sizes.reduce((sum, size) => sum + size, geometry.gap * (sizes.length - 1));
}

/** How many cells the node can give up along `direction`. */
export function spare(node: Node, direction: Direction, geometry: Geometry): number {
  if (!node.split) return Math.max(0, sizeAlong(node, direction) - minimumAlong(geometry, direction));
  const spares = node.cells.map((child) => spare(child, direction, geometry));
  return node.split === direction ? spares.reduce((sum, value) => sum + value, 0) : Math.min(...spares);
}

/** Grows or shrinks a node by `change`, spread evenly over its children. A shrink must not exceed `spare`. */
export function adjust(node: Node, direction: Direction, change: number, geometry: Geometry): void {
  setAlong(node, direction, sizeAlong(node, direction) + change);
  if (!node.split) return;
  if (node.split !== direction) {
    for (const child of node.cells) adjust(child, direction, change, geometry);
    return;
  }
  let left = change;
  while (left !== 0) {
    const before = left;
    for (const child of node.cells) {
      if (left === 0) break;
      if (left > 0) {
        adjust(child, direction, 1, geometry);
        left -= 1;
      } else if (spare(child, direction, geometry) > 0) {
        adjust(child, direction, -1, geometry);
        left += 1;
      }
    }
    // A caller that asks for more than there is would otherwise turn here for ever.
    if (left === before) throw new RangeError('no space left to take');
  }
}

/** Moves the edge between `node` and what follows it by up to `change` cells; `opposite` lets it take from before it too. */
export function moveEdge(node: Node, direction: Direction, change: number, opposite: boolean, geometry: Geometry): void {
  let needed = change;
  while (needed !== 0) {
    const moved = change > 0 ? grow(node, direction, needed, opposite, geometry) : shrink(node, direction, -needed, geometry);
    if (moved === 0) return;
    needed += change > 0 ? -moved : moved;
  }
}

function grow(node: Node, direction: Direction, needed: number, opposite: boolean, geometry: Geometry): number {
  const cells = node.parent?.cells ?? [];
  const at = cells.indexOf(node);
  let giver = cells.slice(at + 1).find((cell) => spare(cell, direction, geometry) > 0);
  if (!giver && opposite) giver = cells.slice(0, at).findLast((cell) => spare(cell, direction, geometry) > 0);
  if (!giver) return 0;
  const size = Math.min(needed, spare(giver, direction, geometry));
  adjust(node, direction, size, geometry);
  adjust(giver, direction, -size, geometry);
  return size;
}

function shrink(node: Node, direction: Direction, needed: number, geometry: Geometry): number {
  const cells = node.parent?.cells ?? [];
  const at = cells.indexOf(node);
  const giver = cells.slice(0, at + 1).findLast((cell) => spare(cell, direction, geometry) > 0);
  const taker = cells[at + 1];
  if (!giver || !taker) return 0;
  const size = Math.min(needed, spare(giver, direction, geometry));
  adjust(taker, direction, size, geometry);
  adjust(giver, direction, -size, geometry);
  return size;
}

/** Gives a split's children sizes in proportion to the ones they have, after the split itself has been given its size. */
export function proportion(node: Node, geometry: Geometry): void {
  const direction = node.split;
  if (!direction) return;
  const size = sizeAlong(node, direction);
  const previous = node.cells.reduce((sum, child) => sum + sizeAlong(child, direction), geometry.gap * (node.cells.length - 1));
  let left = size;
  node.cells.forEach((child, index) => {
    // Where nothing changes along the split every child keeps its size: tmux's limits (below) could take rows from one that has none to give.
    const share =
      size === previous ? sizeAlong(child, direction) : proportionalShare(child, direction, size, previous, node.cells.length - index, left, geometry);
    left -= share + geometry.gap;
    setAlong(child, direction, share);
    setAlong(child, across(direction), sizeAlong(node, across(direction)));
    proportion(child, geometry);
  });
}

/** True when `proportion` at this size keeps every pane at its minimum. */
export function proportionFits(node: Node, direction: Direction, size: number, geometry: Geometry): boolean {
  if (!node.split) return size >= minimumAlong(geometry, direction);
  if (node.split !== direction) return node.cells.every((child) => proportionFits(child, direction, size, geometry));
  const previous = sizeAlong(node, direction);
  let left = size;
  return node.cells.every((child, index) => {
    const last = index === node.cells.length - 1;
    const share = proportionalShare(child, direction, size, previous, node.cells.length - index, left, geometry);
    left -= share + (last ? 0 : geometry.gap);
    return left >= 0 && proportionFits(child, direction, share, geometry);
  });
}

function proportionalShare(child: Node, direction: Direction, size: number, previous: number, countLeft: number, left: number, geometry: Geometry): number {
  if (countLeft === 1) return left;
  const minimum = minimumAlong(geometry, direction);
  const own = sizeAlong(child, direction);
  const reserve = Math.max((minimum + geometry.gap) * (countLeft - 1), own - spare(child, direction, geometry));
  return Math.max(minimum, Math.min(Math.floor((own * size) / previous), left - reserve));
}

function across(direction: Direction): Direction {
  return direction === 'left-right' ? 'top-bottom' : 'left-right';
}

/**
 * Gives the whole tree a new size, keeping proportions and every minimum. Unlike tmux, which adds and takes one cell a
 * pane in turn, a third stays a third when a window is maximised. The caller has checked `smallest` in both directions.
 */
export function fit(node: Node, cols: number, rows: number, geometry: Geometry): void {
  node.cols = cols;
  node.rows = rows;
  const direction = node.split;
  if (!direction) return;
  const shares = distribute(
    sizeAlong(node, direction) - geometry.gap * (node.cells.length - 1),
    node.cells.map((child) => sizeAlong(child, direction)),
    node.cells.map((child) => smallest(child, direction, geometry)),
  );
  node.cells.forEach((child, index) => {
    const share = shares[index] ?? 0;
    fit(child, direction === 'left-right' ? share : cols, direction === 'left-right' ? rows : share, geometry);
  });
}

/** Splits `total` by weight into integers that sum to it, none below its minimum; what is left by rounding goes to the largest remainders. */
function distribute(total: number, weights: readonly number[], minimums: readonly number[]): number[] {
  const fixed = new Set<number>();
  for (;;) {
    const free = weights.map((_, index) => index).filter((index) => !fixed.has(index));
    const space = total - [...fixed].reduce((sum, index) => sum + (minimums[index] ?? 0), 0);
    const weight = free.reduce((sum, index) => sum + (weights[index] ?? 0), 0);
    const ideal = (index: number): number => (space * (weights[index] ?? 0)) / weight;
    const short = free.filter((index) => ideal(index) < (minimums[index] ?? 0));
    if (short.length > 0) {
      for (const index of short) fixed.add(index);
      continue;
    }
    const result = weights.map((_, index) => (fixed.has(index) ? (minimums[index] ?? 0) : Math.floor(ideal(index))));
    const byRemainder = [...free].sort((a, b) => ideal(b) - Math.floor(ideal(b)) - (ideal(a) - Math.floor(ideal(a))) || a - b);
    const rest = total - result.reduce((sum, value) => sum + value, 0);
    for (let i = 0; i < rest; i += 1) {
      const index = byRemainder[i % byRemainder.length] ?? 0;
      result[index] = (result[index] ?? 0) + 1;
    }
    return result;
  }
}
