/**
 * Layouts as tmux writes them (layout-custom.c): a checksum and the tree, `b25d,80x24,0,0{40x24,0,0,0,39x24,41,0,1}`. One that was written elsewhere is
 * laid over the stage that there is: its sizes are proportions here, where tmux gives the window its size.
 */
import { type Cell, type Direction, type Geometry, type Node, fit, freeze, leaf, sizeAlong, smallest, thaw } from './layout-cells.ts';
import { type Layout, type Result, panesOf, rectangles } from './layout.ts';

/** Splits within splits, and panes. */
const MOST_NESTED = 40;
const MOST_PANES = 500;

/** tmux's checksum: 16 bits, rotated by one and added to. */
export function layoutChecksum(text: string): number {
  let sum = 0;
  for (let at = 0; at < text.length; at += 1) sum = (((sum >> 1) | ((sum & 1) << 15)) + text.charCodeAt(at)) & 0xffff;
  return sum;
}

/** A layout as a string that `applyLayoutString` and tmux read. */
export function layoutString(layout: Layout): string {
  const places = new Map(rectangles(layout).map((place) => [place.pane, place]));
  const write = (cell: Cell): string => {
    const [first] = 'pane' in cell ? [cell.pane] : panesOf({ ...layout, root: cell });
    const { x = 0, y = 0 } = places.get(first!) ?? {};
    const size = `${cell.cols}x${cell.rows},${x},${y}`;
    if ('pane' in cell) return `${size},${cell.pane}`;
    const [open, close] = cell.split === 'left-right' ? '{}' : '[]';
    return `${size}${open}${cell.cells.map(write).join(',')}${close}`;
  };
  const text = write(layout.root);
  return `${layoutChecksum(text).toString(16).padStart(4, '0')},${text}`;
}

/** Whether a word is meant as one. */
export const isLayoutString = (word: string): boolean => /^[0-9a-f]{4},\d+x\d+,/.test(word);

/** Arranges the panes of a layout, in their order, as a string has it. With fewer panes than it has, those at its end are left out. */
export function applyLayoutString(layout: Layout, text: string): Result<Layout> {
  const no = (why: string): Result<Layout> => ({ ok: false, sentence: `"${text.length > 60 ? `${text.slice(0, 59)}…` : text}" is no layout here: ${why}` });
  if (layoutChecksum(text.slice(5)) !== Number.parseInt(text.slice(0, 4), 16)) return no('its checksum is not that of its text.');
  let root: Node | undefined = parse(text.slice(5));
  if (!root) return no('it cannot be read.');
  if (!holds(root, 0) && !holds(root, 1)) return no('its sizes do not fit together.');
  const panes = panesOf(layout);
  const cells = leaves(root).length;
  if (panes.length > cells) return no(`it has ${cells} panes, and this window has ${panes.length}.`);
  for (let left = cells; left > panes.length; left -= 1) root = withoutLast(root);
  leaves(root).forEach((cell, index) => (cell.pane = panes[index]));
  const { geometry } = layout;
  const { cols, rows } = layout.root;
  // Placeholders are panes by now, and the tree is one that layout.ts knows.
  const tree = thaw(freeze(root));
  if (!fits(tree, cols, rows, geometry)) return no(`${panes.length} panes would be smaller than ${geometry.minimumCols} by ${geometry.minimumRows} cells.`);
  fit(tree, cols, rows, geometry);
  return { ok: true, value: { geometry, root: freeze(tree) } };
}

const fits = (root: Node, cols: number, rows: number, geometry: Geometry): boolean =>
  !root.split || (smallest(root, 'left-right', geometry) <= cols && smallest(root, 'top-bottom', geometry) <= rows);

/** Sizes along a split sum to its own with `gap` between, and across it all are its own. */
function holds(node: Node, gap: number): boolean {
  const { split } = node;
  if (!split) return true;
  const other: Direction = split === 'left-right' ? 'top-bottom' : 'left-right';
  const sum = node.cells.reduce((all, child) => all + sizeAlong(child, split) + gap, -gap);
  return sum === sizeAlong(node, split) && node.cells.every((child) => sizeAlong(child, other) === sizeAlong(node, other) && holds(child, gap));
}

const leaves = (node: Node): Node[] => (node.split ? node.cells.flatMap(leaves) : [node]);

/** Without the cell at the bottom right; what was beside it has the place of a split that has one cell left. */
function withoutLast(root: Node): Node {
  let last = root;
  while (last.split) last = last.cells.at(-1)!;
  const { parent } = last;
  if (!parent) return root;
  parent.cells.pop();
  if (parent.cells.length > 1) return root;
  const only = parent.cells[0]!;
  only.cols = parent.cols;
  only.rows = parent.rows;
  only.parent = parent.parent;
  if (!parent.parent) return only;
  parent.parent.cells[parent.parent.cells.indexOf(parent)] = only;
  return root;
}

function parse(text: string): Node | undefined {
  let at = 0;
  let count = 0;
  const cell = (parent: Node | undefined, depth: number): Node | undefined => {
    // A pane's id is there or not; what follows a comma and has an x is the next cell.
    const size = /(\d{1,5})x(\d{1,5}),\d{1,5},\d{1,5}(?:,\d{1,9}(?!\d*x))?/y;
    size.lastIndex = at;
    const found = size.exec(text);
    count += 1;
    if (!found || depth > MOST_NESTED || count > MOST_PANES) return undefined;
    at = size.lastIndex;
    const node = leaf(count, Number(found[1]), Number(found[2]), parent);
    if (node.cols === 0 || node.rows === 0) return undefined;
    const open = text[at];
    if (open !== '{' && open !== '[') return node;
    node.pane = undefined;
    node.split = open === '{' ? 'left-right' : 'top-bottom';
    do {
      at += 1;
      const child = cell(node, depth + 1);
      if (!child) return undefined;
      node.cells.push(child);
    } while (text[at] === ',');
    if (text[at] !== (open === '{' ? '}' : ']') || node.cells.length < 2) return undefined;
    at += 1;
    return node;
  };
  const root = cell(undefined, 0);
  return root && at === text.length ? root : undefined;
}
