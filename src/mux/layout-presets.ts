/** tmux's preset layouts (layout-set.c), in the order that next-layout goes through them. */
import { type Geometry, type Node, adjust, freeze, leaf } from './layout-cells.ts';
import { type Layout, type Result, panesOf, rectangles, spread } from './layout.ts';

export const presetNames = [
  'even-horizontal',
  'even-vertical',
  'main-horizontal',
  'main-horizontal-mirrored',
  'main-vertical',
  'main-vertical-mirrored',
  'tiled',
] as const;
export type LayoutPreset = (typeof presetNames)[number];

export interface MainPaneSize {
  readonly cols: number;
  readonly rows: number;
}

/** tmux's main-pane-width and main-pane-height. */
const defaultMainPane: MainPaneSize = { cols: 80, rows: 24 };

/** Arranges the panes, in their order, in a preset. Refused when one would fall below the minimum. One pane alone stays as it is. */
export function applyPreset(layout: Layout, preset: LayoutPreset, main: MainPaneSize = defaultMainPane): Result<Layout> {
  const panes = panesOf(layout);
  const { geometry } = layout;
  const { cols, rows } = layout.root;
  if (panes.length < 2) return { ok: true, value: layout };
  const value: Layout = { geometry, root: freeze(builders[preset](panes, cols, rows, geometry, main)) };
  const exact = rectangles(value).every(
    (r) => r.cols >= geometry.minimumCols && r.rows >= geometry.minimumRows && r.x + r.cols <= cols && r.y + r.rows <= rows,
  );
  if (!exact)
    return {
      ok: false,
      sentence: `The layout ${preset} does not fit: ${panes.length} panes would be smaller than ${geometry.minimumCols} by ${geometry.minimumRows} cells. Close a pane or make the window larger.`,
    };
  return { ok: true, value };
}

type Builder = (panes: readonly number[], cols: number, rows: number, geometry: Geometry, main: MainPaneSize) => Node;

const builders: Record<LayoutPreset, Builder> = {
  'even-horizontal': (panes, cols, rows, geometry) => even(panes, cols, rows, 'left-right', geometry),
  'even-vertical': (panes, cols, rows, geometry) => even(panes, cols, rows, 'top-bottom', geometry),
  'main-horizontal-mirrored': (...how) => mirrored(builders['main-horizontal'](...how)),
  'main-vertical-mirrored': (...how) => mirrored(builders['main-vertical'](...how)),
  'main-horizontal': (panes, cols, rows, geometry, main) => {
    const space = rows - geometry.gap;
    const mainRows = main.rows + geometry.minimumRows >= space ? Math.max(geometry.minimumRows, space - geometry.minimumRows) : main.rows;
    const rest = panes.slice(1);
    return node('top-bottom', cols, rows, [
      leaf(panes[0] ?? 0, cols, mainRows),
      rest.length === 1 ? leaf(rest[0] ?? 0, cols, space - mainRows) : even(rest, cols, space - mainRows, 'left-right', geometry),
    ]);
  },
  'main-vertical': (panes, cols, rows, geometry, main) => {
    const space = cols - geometry.gap;
    const mainCols = main.cols + geometry.minimumCols >= space ? Math.max(geometry.minimumCols, space - geometry.minimumCols) : main.cols;
    const rest = panes.slice(1);
    return node('left-right', cols, rows, [
      leaf(panes[0] ?? 0, mainCols, rows),
      rest.length === 1 ? leaf(rest[0] ?? 0, space - mainCols, rows) : even(rest, space - mainCols, rows, 'top-bottom', geometry),
    ]);
  },
  tiled: (panes, cols, rows, geometry) => {
    let lines = 1;
    let columns = 1;
    while (lines * columns < panes.length) {
      lines += 1;
      if (lines * columns < panes.length) columns += 1;
    }
    const width = Math.max(geometry.minimumCols, Math.floor((cols - geometry.gap * (columns - 1)) / columns));
    const height = Math.max(geometry.minimumRows, Math.floor((rows - geometry.gap * (lines - 1)) / lines));
    const cells: Node[] = [];
    for (let at = 0; at < panes.length; at += columns) {
      const line = panes.slice(at, at + columns);
      if (line.length === 1) {
        cells.push(leaf(line[0] ?? 0, cols, height));
        continue;
      }
      const row = node(
        'left-right',
        cols,
        height,
        line.map((pane) => leaf(pane, width, height)),
      );
      const used = line.length * (width + geometry.gap) - geometry.gap;
      const last = row.cells.at(-1);
      if (cols > used && last) adjust(last, 'left-right', cols - used, geometry);
      cells.push(row);
    }
    const used = cells.length * (height + geometry.gap) - geometry.gap;
    const last = cells.at(-1);
    if (rows > used && last) adjust(last, 'top-bottom', rows - used, geometry);
    return node('top-bottom', cols, rows, cells);
  },
};

/** The main pane at the other side. */
function mirrored(root: Node): Node {
  root.cells.reverse();
  return root;
}

function even(panes: readonly number[], cols: number, rows: number, split: 'left-right' | 'top-bottom', geometry: Geometry): Node {
  const out = node(
    split,
    cols,
    rows,
    panes.map((pane) => leaf(pane, split === 'left-right' ? geometry.minimumCols : cols, split === 'top-bottom' ? geometry.minimumRows : rows)),
  );
  spread(out, geometry);
  return out;
}

function node(split: 'left-right' | 'top-bottom', cols: number, rows: number, cells: Node[]): Node {
  const out: Node = { pane: undefined, split, cols, rows, cells, parent: undefined };
  for (const cell of cells) cell.parent = out;
  return out;
}
