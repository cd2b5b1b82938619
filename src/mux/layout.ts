/**
 * The layout of one window: a split tree that tiles a stage of integer cells, and pure functions that change it. Every
 * function returns a new layout; none knows a clock, a screen or a process. Where a rule is a matter of taste it is
 * tmux's: how sizes move (layout-cells.ts), which neighbour a direction means, where the space of a closed pane goes.
 */
import {
  type Cell,
  type Direction,
  type Geometry,
  type Node,
  adjust,
  find,
  fit,
  freeze,
  leaf,
  minimumAlong,
  moveEdge,
  proportion,
  proportionFits,
  sizeAlong,
  smallest,
  spare,
  thaw,
} from './layout-cells.ts';

export type { Cell, Direction, Geometry, PaneCell, SplitCell } from './layout-cells.ts';

/** A title row, one row of text and one to breathe; six columns of text between the paddings of two. */
export const wardmuxGeometry: Geometry = { gap: 0, minimumCols: 10, minimumRows: 3 };

export interface Layout {
  readonly geometry: Geometry;
  /** Its size is the stage's. */
  readonly root: Cell;
}

/** A rectangle in cells; (0, 0) is the stage's top left. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly cols: number;
  readonly rows: number;
}

export interface PaneRectangle extends Rectangle {
  readonly pane: number;
  /** Edges of the stage that it touches. */
  readonly edges: readonly ('l' | 'r' | 't' | 'b')[];
}

/** A changed value, or one sentence that says why not and what to do. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly sentence: string };

export type Side = 'up' | 'down' | 'left' | 'right';

export interface SplitOptions {
  /** Cells along the split for the new pane; half when undefined. */
  readonly size?: number;
  /** New pane left of or above the old one. */
  readonly before?: boolean;
  /** Split the whole stage, not the pane. */
  readonly full?: boolean;
}

/** A stage with one pane. */
export function createLayout(pane: number, cols: number, rows: number, geometry: Geometry = wardmuxGeometry): Layout {
  return { geometry, root: { pane, cols, rows } };
}

/** Pane ids in tmux's order: left to right, top to bottom along the tree. */
export function panesOf(layout: Layout): number[] {
  const walk = (cell: Cell): number[] => ('pane' in cell ? [cell.pane] : cell.cells.flatMap(walk));
  return walk(layout.root);
}

/** Where every pane is. With gap 0 the rectangles cover each cell of the stage exactly once. */
export function rectangles(layout: Layout): PaneRectangle[] {
  const { root, geometry } = layout;
  const out: PaneRectangle[] = [];
  const walk = (cell: Cell, x: number, y: number): void => {
    if ('pane' in cell) {
      out.push({ pane: cell.pane, x, y, cols: cell.cols, rows: cell.rows, edges: edgesOf({ x, y, cols: cell.cols, rows: cell.rows }, root) });
      return;
    }
    for (const child of cell.cells) {
      walk(child, x, y);
      if (cell.split === 'left-right') x += child.cols + geometry.gap;
      else y += child.rows + geometry.gap;
    }
  };
  walk(root, 0, 0);
  return out;
}

/** Which edges of a stage a rectangle touches. */
export function edgesOf(rectangle: Rectangle, stage: { readonly cols: number; readonly rows: number }): ('l' | 'r' | 't' | 'b')[] {
  const edges: ('l' | 'r' | 't' | 'b')[] = [];
  if (rectangle.x === 0) edges.push('l');
  if (rectangle.x + rectangle.cols === stage.cols) edges.push('r');
  if (rectangle.y === 0) edges.push('t');
  if (rectangle.y + rectangle.rows === stage.rows) edges.push('b');
  return edges;
}

/** Rectangle of one pane. Throws RangeError when it is not in the layout: the caller mixed up windows. */
export function rectangleOf(layout: Layout, pane: number): PaneRectangle {
  const rectangle = rectangles(layout).find((candidate) => candidate.pane === pane);
  if (!rectangle) throw new RangeError(`pane %${pane} is not in this layout`);
  return rectangle;
}

/** Splits `target` (or the stage, with `full`) and puts `pane` into the new half. Refused where a pane would fall below the minimum. */
export function split(layout: Layout, target: number, pane: number, direction: Direction, options: SplitOptions = {}): Result<Layout> {
  const { geometry } = layout;
  let root = thaw(layout.root);
  if (find(root, pane)) throw new RangeError(`pane %${pane} is in this layout already`);
  const cell = options.full ? root : need(root, target);
  const saved = sizeAlong(cell, direction);
  const minimum = minimumAlong(geometry, direction);
  const kept = options.full ? smallest(cell, direction, geometry) : minimum;
  if (saved < minimum + kept + geometry.gap) return refuse(noSpace(direction, minimum));

  // size2 is what comes to lie right or below.
  let size2 = Math.floor((saved + geometry.gap) / 2) - geometry.gap;
  if (options.size !== undefined) size2 = options.before ? saved - options.size - geometry.gap : options.size;
  size2 = Math.max(minimum, Math.min(size2, saved - geometry.gap - minimum));
  const size1 = saved - geometry.gap - size2;
  const oldSize = options.before ? size2 : size1;
  const newSize = options.before ? size1 : size2;
  if (options.full && !proportionFits(cell, direction, oldSize, geometry)) return refuse(noSpace(direction, minimum));

  const fresh = leaf(pane, cell.cols, cell.rows);
  const parent = cell.parent;
  if (parent?.split === direction) {
    fresh.parent = parent;
    parent.cells.splice(parent.cells.indexOf(cell) + (options.before ? 0 : 1), 0, fresh);
    setSize(cell, direction, oldSize);
  } else if (options.full && cell.split === direction) {
    setSize(cell, direction, oldSize);
    proportion(cell, geometry);
    setSize(cell, direction, saved);
    fresh.parent = cell;
    cell.cells.splice(options.before ? 0 : cell.cells.length, 0, fresh);
  } else {
    const node: Node = { pane: undefined, split: direction, cols: cell.cols, rows: cell.rows, cells: options.before ? [fresh, cell] : [cell, fresh], parent };
    if (parent) parent.cells[parent.cells.indexOf(cell)] = node;
    else root = node;
    cell.parent = node;
    fresh.parent = node;
    setSize(cell, direction, oldSize);
    if (options.full) proportion(cell, geometry);
  }
  setSize(fresh, direction, newSize);
  return { ok: true, value: { geometry, root: freeze(root) } };
}

/** Takes a pane out; its space goes to the one before it, or after it when it was the first. Undefined when it was the only one. */
export function close(layout: Layout, pane: number): Layout | undefined {
  const { geometry } = layout;
  let root = thaw(layout.root);
  const cell = need(root, pane);
  const parent = cell.parent;
  if (!parent?.split) return undefined;
  const at = parent.cells.indexOf(cell);
  const heir = parent.cells[at === 0 ? 1 : at - 1];
  if (heir) adjust(heir, parent.split, sizeAlong(cell, parent.split) + geometry.gap, geometry);
  parent.cells.splice(at, 1);
  const only = parent.cells[0];
  if (parent.cells.length === 1 && only) {
    only.parent = parent.parent;
    if (parent.parent) parent.parent.cells[parent.parent.cells.indexOf(parent)] = only;
    else root = only;
  }
  return { geometry, root: freeze(root) };
}

/** Moves the pane's right (left-right) or lower (top-bottom) border by `change` cells; the border before it when it is the last. As far as the minimums allow. */
export function resize(layout: Layout, pane: number, direction: Direction, change: number): Layout {
  const root = thaw(layout.root);
  const cell = cellAlong(need(root, pane), direction);
  if (!cell?.parent) return layout;
  const cells = cell.parent.cells;
  const moved = cells.at(-1) === cell ? cells.at(-2) : cell;
  if (moved) moveEdge(moved, direction, change, true, layout.geometry);
  return { geometry: layout.geometry, root: freeze(root) };
}

/** Makes the pane `size` cells wide (left-right) or high (top-bottom), as near as its neighbours allow. */
export function resizeTo(layout: Layout, pane: number, direction: Direction, size: number): Layout {
  const cell = cellAlong(need(thaw(layout.root), pane), direction);
  if (!cell?.parent) return layout;
  const change = size - sizeAlong(cell, direction);
  return resize(layout, pane, direction, cell.parent.cells.at(-1) === cell ? -change : change);
}

/** A border that can be dragged: between child `index` and the next one of the split reached by `path`. */
export interface Border {
  readonly direction: Direction;
  readonly path: readonly number[];
  readonly index: number;
}

/**
 * The border under a cell of the stage. With a gap it is the gap. Without one it is, between panes side by side, the
 * column on either side of the line; between panes one above the other, the title row of the lower.
 */
export function borderAt(layout: Layout, x: number, y: number): Border | undefined {
  const { gap } = layout.geometry;
  const walk = (cell: Cell, left: number, top: number, path: readonly number[]): Border | undefined => {
    if ('pane' in cell) return undefined;
    for (const [index, child] of cell.cells.entries()) {
      const sideBySide = cell.split === 'left-right';
      const start = sideBySide ? left : top;
      const end = start + sizeAlong(child, cell.split);
      const at = sideBySide ? x : y;
      const first = gap === 0 && sideBySide ? end - 1 : end;
      const inside = sideBySide ? y >= top && y < top + cell.rows : x >= left && x < left + cell.cols;
      if (index < cell.cells.length - 1 && inside && at >= first && at <= end + Math.max(0, gap - 1)) return { direction: cell.split, path, index };
      const within = sideBySide ? x >= left && x < end && y >= top && y < top + cell.rows : y >= top && y < end && x >= left && x < left + cell.cols;
      if (within) return walk(child, left, top, [...path, index]);
      if (sideBySide) left = end + gap;
      else top = end + gap;
    }
    return undefined;
  };
  return walk(layout.root, 0, 0, []);
}

/** Moves a border by `change` cells, as far as the minimums allow. */
export function dragBorder(layout: Layout, border: Border, change: number): Layout {
  const root = thaw(layout.root);
  let node: Node | undefined = root;
  for (const step of border.path) node = node?.cells[step];
  const cell = node?.cells[border.index];
  if (node?.split !== border.direction || !cell) return layout;
  moveEdge(cell, border.direction, change, false, layout.geometry);
  return { geometry: layout.geometry, root: freeze(root) };
}

/** The neighbour on a side, round the corner of the stage if need be; among several the most recently used (`used`: higher is later). */
export function neighbour(layout: Layout, pane: number, side: Side, used: (pane: number) => number): number | undefined {
  const { gap } = layout.geometry;
  const all = rectangles(layout);
  const own = rectangleOf(layout, pane);
  const alongX = side === 'left' || side === 'right';
  const start = (r: Rectangle): number => (alongX ? r.x : r.y);
  const length = (r: Rectangle): number => (alongX ? r.cols : r.rows);
  const crossStart = (r: Rectangle): number => (alongX ? r.y : r.x);
  const crossLength = (r: Rectangle): number => (alongX ? r.rows : r.cols);
  const stage = alongX ? layout.root.cols : layout.root.rows;
  const back = side === 'left' || side === 'up';
  let edge = back ? start(own) : start(own) + length(own) + gap;
  if (back && edge === 0) edge = stage + gap;
  if (!back && edge >= stage) edge = 0;
  const from = crossStart(own);
  // tmux counts the border after the pane as overlapping it.
  const to = from + crossLength(own) - 1 + gap;
  let best: PaneRectangle | undefined;
  for (const candidate of all) {
    if (candidate.pane === pane) continue;
    if ((back ? start(candidate) + length(candidate) + gap : start(candidate)) !== edge) continue;
    const first = crossStart(candidate);
    const last = first + crossLength(candidate) - 1;
    const overlaps = (first < from && last > to) || (first >= from && first <= to) || (last >= from && last <= to);
    if (overlaps && (!best || used(candidate.pane) > used(best.pane))) best = candidate;
  }
  return best?.pane;
}

/** Exchanges two panes' places. */
export function swap(layout: Layout, one: number, other: number): Layout {
  return rename(layout, (pane) => (pane === one ? other : pane === other ? one : pane));
}

/** Moves every pane one place on: `up` brings the second pane to the first place, as tmux's rotate-window -U. */
export function rotate(layout: Layout, way: 'up' | 'down'): Layout {
  const before = panesOf(layout);
  const after = way === 'up' ? [...before.slice(1), ...before.slice(0, 1)] : [...before.slice(-1), ...before.slice(0, -1)];
  const places = new Map(before.map((pane, index) => [pane, after[index] ?? pane]));
  return rename(layout, (pane) => places.get(pane) ?? pane);
}

/** Gives the stage a new size, keeping proportions. Refused when the panes do not fit: the caller then shows one pane at a time. */
export function resizeStage(layout: Layout, cols: number, rows: number): Result<Layout> {
  const root = thaw(layout.root);
  const needCols = smallest(root, 'left-right', layout.geometry);
  const needRows = smallest(root, 'top-bottom', layout.geometry);
  if (panesOf(layout).length > 1 && (cols < needCols || rows < needRows))
    return refuse(`These panes need ${needCols} columns and ${needRows} rows, and the window has ${cols} and ${rows}. Make the window larger.`);
  fit(root, cols, rows, layout.geometry);
  return { ok: true, value: { geometry: layout.geometry, root: freeze(root) } };
}

/** Gives the panes of the pane's split equal sizes, or of the next split outwards that can change (tmux's select-layout -E). */
export function spreadOut(layout: Layout, pane: number): Layout {
  const root = thaw(layout.root);
  for (let node = need(root, pane).parent; node; node = node.parent) {
    if (spread(node, layout.geometry)) return { geometry: layout.geometry, root: freeze(root) };
  }
  return layout;
}

/** Equal sizes for the children of a split; the last takes what division leaves. False when nothing changed or it does not fit. */
export function spread(node: Node, geometry: Geometry): boolean {
  const direction = node.split;
  if (!direction || node.cells.length < 2) return false;
  const size = sizeAlong(node, direction);
  const count = node.cells.length;
  const each = Math.floor((size - geometry.gap * (count - 1)) / count);
  const changes = node.cells.map((child, index) => (index === count - 1 ? size - (each + geometry.gap) * (count - 1) : each) - sizeAlong(child, direction));
  if (changes.every((change) => change === 0)) return false;
  if (node.cells.some((child, index) => spare(child, direction, geometry) < -(changes[index] ?? 0))) return false;
  node.cells.forEach((child, index) => adjust(child, direction, changes[index] ?? 0, geometry));
  return true;
}

function rename(layout: Layout, to: (pane: number) => number): Layout {
  const walk = (cell: Cell): Cell => ('pane' in cell ? { ...cell, pane: to(cell.pane) } : { ...cell, cells: cell.cells.map(walk) });
  return { geometry: layout.geometry, root: walk(layout.root) };
}

function setSize(node: Node, direction: Direction, size: number): void {
  if (direction === 'left-right') node.cols = size;
  else node.rows = size;
}

function cellAlong(cell: Node, direction: Direction): Node | undefined {
  let node: Node | undefined = cell;
  while (node?.parent && node.parent.split !== direction) node = node.parent;
  return node?.parent ? node : undefined;
}

function need(root: Node, pane: number): Node {
  const cell = find(root, pane);
  if (!cell) throw new RangeError(`pane %${pane} is not in this layout`);
  return cell;
}

function noSpace(direction: Direction, minimum: number): string {
  const side = direction === 'left-right' ? `${minimum} columns wide` : `${minimum} rows high`;
  return `No space for another pane here: each must be at least ${side}. Close a pane, make this one larger, or open a window.`;
}

function refuse<T>(sentence: string): Result<T> {
  return { ok: false, sentence };
}
