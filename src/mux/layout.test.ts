import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Direction,
  type Geometry,
  type Layout,
  borderAt,
  close,
  createLayout,
  dragBorder,
  neighbour,
  panesOf,
  rectangleOf,
  rectangles,
  resize,
  resizeStage,
  resizeTo,
  rotate,
  split,
  spreadOut,
  swap,
  wardmuxGeometry,
} from './layout.ts';
import { applyPreset, presetNames } from './layout-presets.ts';

const tmuxGeometry: Geometry = { gap: 1, minimumCols: 1, minimumRows: 1 };

function must<T>(result: { ok: true; value: T } | { ok: false; sentence: string }): T {
  if (!result.ok) throw new Error(result.sentence);
  return result.value;
}

/** Fails unless the panes cover each cell once (but the gaps) and keep their minimum. */
function expectTiling(layout: Layout): void {
  const { root, geometry } = layout;
  const cells = new Uint8Array(root.cols * root.rows);
  const all = rectangles(layout);
  expect(new Set(all.map((r) => r.pane)).size).toBe(all.length);
  let area = 0;
  for (const r of all) {
    if (all.length > 1 && (r.cols < geometry.minimumCols || r.rows < geometry.minimumRows)) throw new Error(`pane ${r.pane} is ${r.cols}x${r.rows}`);
    if (r.x < 0 || r.y < 0 || r.x + r.cols > root.cols || r.y + r.rows > root.rows) throw new Error(`pane ${r.pane} leaves the stage`);
    area += r.cols * r.rows;
    for (let y = r.y; y < r.y + r.rows; y += 1) {
      for (let x = r.x; x < r.x + r.cols; x += 1) {
        if (cells[y * root.cols + x]) throw new Error(`cell ${x},${y} is covered twice`);
        cells[y * root.cols + x] = 1;
      }
    }
    expect(r.edges.includes('l')).toBe(r.x === 0);
    expect(r.edges.includes('r')).toBe(r.x + r.cols === root.cols);
    expect(r.edges.includes('t')).toBe(r.y === 0);
    expect(r.edges.includes('b')).toBe(r.y + r.rows === root.rows);
  }
  if (geometry.gap === 0) expect(area).toBe(root.cols * root.rows);
  expectSums(layout.root, geometry.gap);
}

function expectSums(cell: Layout['root'], gap: number): void {
  if ('pane' in cell) return;
  expect(cell.cells.length).toBeGreaterThan(1);
  const along = (c: { cols: number; rows: number }): number => (cell.split === 'left-right' ? c.cols : c.rows);
  const across = (c: { cols: number; rows: number }): number => (cell.split === 'left-right' ? c.rows : c.cols);
  expect(cell.cells.reduce((sum, child) => sum + along(child), gap * (cell.cells.length - 1))).toBe(along(cell));
  for (const child of cell.cells) {
    expect(across(child)).toBe(across(cell));
    expectSums(child, gap);
  }
}

type Op =
  | { op: 'split'; at: number; direction: Direction; size: number | undefined; before: boolean; full: boolean }
  | { op: 'close' | 'spread'; at: number }
  | { op: 'resize' | 'resizeTo'; at: number; direction: Direction; change: number }
  | { op: 'swap'; at: number; other: number }
  | { op: 'rotate'; way: 'up' | 'down' }
  | { op: 'preset'; index: number }
  | { op: 'drag'; x: number; y: number; change: number }
  | { op: 'stage'; cols: number; rows: number };

const direction = fc.constantFrom<Direction>('left-right', 'top-bottom');
const at = fc.nat(50);
const opArbitrary: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant('split' as const),
      at,
      direction,
      size: fc.option(fc.integer({ min: 1, max: 80 }), { nil: undefined }),
      before: fc.boolean(),
      full: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constantFrom('close' as const, 'spread' as const), at }) },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constantFrom('resize' as const, 'resizeTo' as const), at, direction, change: fc.integer({ min: -60, max: 90 }) }),
  },
  fc.record({ op: fc.constant('swap' as const), at, other: at }),
  fc.record({ op: fc.constant('rotate' as const), way: fc.constantFrom('up' as const, 'down' as const) }),
  fc.record({ op: fc.constant('preset' as const), index: fc.nat(4) }),
  fc.record({ op: fc.constant('drag' as const), x: fc.nat(200), y: fc.nat(80), change: fc.integer({ min: -40, max: 40 }) }),
  fc.record({ op: fc.constant('stage' as const), cols: fc.integer({ min: 20, max: 260 }), rows: fc.integer({ min: 4, max: 90 }) }),
);

function apply(layout: Layout, op: Op, fresh: number): Layout {
  const panes = panesOf(layout);
  const pick = (index: number): number => panes[index % panes.length] ?? 0;
  const orSame = (result: { ok: true; value: Layout } | { ok: false; sentence: string }): Layout => {
    if (result.ok) return result.value;
    expect(result.sentence).toMatch(/^[A-Z].*\.$/);
    return layout;
  };
  switch (op.op) {
    case 'split':
      return orSame(split(layout, pick(op.at), fresh, op.direction, { before: op.before, full: op.full, ...(op.size === undefined ? {} : { size: op.size }) }));
    case 'close':
      return close(layout, pick(op.at)) ?? layout;
    case 'spread':
      return spreadOut(layout, pick(op.at));
    case 'resize':
      return resize(layout, pick(op.at), op.direction, op.change);
    case 'resizeTo':
      return resizeTo(layout, pick(op.at), op.direction, Math.max(1, op.change));
    case 'swap':
      return swap(layout, pick(op.at), pick(op.other));
    case 'rotate':
      return rotate(layout, op.way);
    case 'preset':
      return orSame(applyPreset(layout, presetNames[op.index] ?? 'tiled'));
    case 'drag': {
      const border = borderAt(layout, op.x % layout.root.cols, op.y % layout.root.rows);
      return border ? dragBorder(layout, border, op.change) : layout;
    }
    case 'stage':
      return orSame(resizeStage(layout, op.cols, op.rows));
  }
}

describe('layout properties', () => {
  it.each([
    ['Wardmux', wardmuxGeometry],
    ['tmux', tmuxGeometry],
  ])('%s: every sequence of operations leaves an exact tiling', (_, geometry) => {
    let most = 0;
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 200 }), fc.integer({ min: 12, max: 60 }), fc.array(opArbitrary, { maxLength: 25 }), (cols, rows, ops) => {
        let layout = createLayout(0, cols, rows, geometry);
        ops.forEach((op, index) => {
          const before = panesOf(layout);
          layout = apply(layout, op, index + 1);
          expectTiling(layout);
          const after = new Set(panesOf(layout));
          if (op.op !== 'close' && op.op !== 'split') expect([...after].sort()).toEqual([...before].sort());
        });
        most = Math.max(most, panesOf(layout).length);
      }),
      { numRuns: 400 },
    );
    expect(most).toBeGreaterThan(5);
  });

  it('closing the new pane after a split restores the layout', () => {
    let restored = 0;
    fc.assert(
      fc.property(fc.array(opArbitrary, { maxLength: 12 }), at, direction, (ops, index, way) => {
        let layout = createLayout(0, 180, 50);
        ops.forEach((op, i) => (layout = apply(layout, op, i + 1)));
        const panes = panesOf(layout);
        const after = split(layout, panes[index % panes.length] ?? 0, 999, way);
        if (after.ok) {
          expect(rectangles(must({ ok: true, value: close(after.value, 999) ?? after.value }))).toEqual(rectangles(layout));
          restored += 1;
        }
      }),
    );
    expect(restored).toBeGreaterThan(20);
  });

  it('keeps proportions: a larger stage and back is as before', () => {
    fc.assert(
      fc.property(fc.array(opArbitrary, { maxLength: 10 }), fc.integer({ min: 2, max: 4 }), (ops, factor) => {
        let layout = createLayout(0, 120, 40);
        ops.filter((op) => op.op !== 'stage').forEach((op, i) => (layout = apply(layout, op, i + 1)));
        const large = must(resizeStage(layout, 120 * factor, 40 * factor));
        expect(rectangles(large).map((r) => [r.x, r.y, r.cols, r.rows])).toEqual(
          rectangles(layout).map((r) => [r.x * factor, r.y * factor, r.cols * factor, r.rows * factor]),
        );
        expect(rectangles(must(resizeStage(large, 120, 40)))).toEqual(rectangles(layout));
      }),
    );
  });

  it('a neighbour touches the side, or the far edge where there is none', () => {
    fc.assert(
      fc.property(fc.array(opArbitrary, { maxLength: 15 }), at, (ops, index) => {
        let layout = createLayout(0, 160, 48);
        ops.forEach((op, i) => (layout = apply(layout, op, i + 1)));
        const panes = panesOf(layout);
        const pane = panes[index % panes.length] ?? 0;
        const own = rectangleOf(layout, pane);
        const right = neighbour(layout, pane, 'right', (id) => id);
        if (right !== undefined) {
          const r = rectangleOf(layout, right);
          expect(r.x).toBe(own.x + own.cols === layout.root.cols ? 0 : own.x + own.cols);
          expect(r.y < own.y + own.rows && r.y + r.rows > own.y).toBe(true);
        }
      }),
    );
  });
});

describe('layout', () => {
  it('splits in halves; the odd cell stays with the old pane', () => {
    const layout = must(split(createLayout(0, 81, 24), 0, 1, 'left-right'));
    expect(rectangles(layout).map((r) => [r.pane, r.x, r.cols])).toEqual([
      [0, 0, 41],
      [1, 41, 40],
    ]);
  });

  it('refuses a split below the minimum with a sentence', () => {
    expect(split(createLayout(0, 19, 24), 0, 1, 'left-right')).toEqual({
      ok: false,
      sentence: 'No space for another pane here: each must be at least 10 columns wide. Close a pane, make this one larger, or open a window.',
    });
    expect(split(createLayout(0, 80, 5), 0, 1, 'top-bottom').ok).toBe(false);
    expect(split(createLayout(0, 20, 6), 0, 1, 'left-right').ok).toBe(true);
  });

  it('refuses a stage that is too small and a preset that does not fit', () => {
    const layout = must(split(must(split(createLayout(0, 60, 20), 0, 1, 'left-right')), 1, 2, 'left-right'));
    expect(resizeStage(layout, 29, 20)).toEqual({
      ok: false,
      sentence: 'These panes need 30 columns and 3 rows, and the window has 29 and 20. Make the window larger.',
    });
    expect(applyPreset(createLayout(0, 60, 8), 'even-vertical').ok).toBe(true);
    const three = must(resizeStage(layout, 60, 8));
    expect(applyPreset(three, 'even-vertical').ok).toBe(false);
  });

  it('finds and drags borders', () => {
    const layout = must(split(must(split(createLayout(0, 80, 24), 0, 1, 'left-right')), 1, 2, 'top-bottom'));
    expect(borderAt(layout, 39, 3)).toEqual({ direction: 'left-right', path: [], index: 0 });
    expect(borderAt(layout, 40, 3)).toEqual({ direction: 'left-right', path: [], index: 0 });
    expect(borderAt(layout, 60, 12)).toEqual({ direction: 'top-bottom', path: [1], index: 0 });
    expect(borderAt(layout, 60, 5)).toBeUndefined();
    expect(borderAt(layout, 10, 12)).toBeUndefined();
    const border = borderAt(layout, 60, 12);
    if (!border) throw new Error('no border');
    expect(rectangleOf(dragBorder(layout, border, -5), 2)).toMatchObject({ y: 7, rows: 17 });
    expect(rectangleOf(dragBorder(layout, border, -50), 2)).toMatchObject({ y: 3, rows: 21 });
  });

  it('goes to the most recently used of several neighbours', () => {
    const layout = must(split(must(split(createLayout(0, 80, 24), 0, 1, 'left-right')), 1, 2, 'top-bottom'));
    expect(neighbour(layout, 0, 'right', (pane) => pane)).toBe(2);
    expect(neighbour(layout, 0, 'right', (pane) => -pane)).toBe(1);
    expect(neighbour(layout, 0, 'left', (pane) => -pane)).toBe(1);
    expect(neighbour(layout, 0, 'up', () => 0)).toBeUndefined();
  });
});
