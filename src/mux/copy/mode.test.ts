/** Copy mode with large counts: the same as one step after the other, and no more work than the text is large. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import '../../../test/support/properties.ts';
import { type CopyAction, type CopyKeys, copyRows } from '../keys/copy-table.ts';
import type { Grid } from './grid.ts';
import { CopyMode } from './mode.ts';

/** Lines of text; one that has a '\\' at its end goes on in the next. It counts the cells that are read. */
class Page implements Grid {
  readonly cols: number;
  readonly rows: number;
  readonly #lines: readonly string[];
  reads = 0;

  constructor(lines: readonly string[], cols: number, rows: number) {
    [this.#lines, this.cols, this.rows] = [lines, cols, rows];
  }

  get lines(): number {
    return Math.max(this.#lines.length, this.rows);
  }

  cell(x: number, y: number): string {
    this.reads += 1;
    return this.#line(y)[x] ?? ' ';
  }

  text(y: number): string {
    this.reads += this.cols;
    return this.#line(y).padEnd(this.cols);
  }

  used(y: number): number {
    this.reads += this.cols;
    return this.goesOn(y) ? this.cols : this.#line(y).length;
  }

  goesOn(y: number): boolean {
    return this.#lines[y]?.endsWith('\\') === true && y < this.#lines.length - 1;
  }

  prompts(): ReadonlySet<number> {
    return new Set();
  }

  #line(y: number): string {
    return (this.#lines[y] ?? '').replace(/\\$/, '').slice(0, this.cols);
  }
}

const MOST = 9999;
const cols = 80;

describe('a large count', () => {
  const full = (line: string): string => line.padEnd(cols, ' bed');
  /** Cells of all of it, so many times over. */
  const bound = (page: Page, rounds: number): number => rounds * page.lines * page.cols;

  test.each(['vi', 'emacs'] as const)('of a search with one hit looks through the text twice, %s', (keys) => {
    for (const back of [false, true]) {
      const page = new Page([...Array.from({ length: 500 }, () => full('nothing')), 'one ward', ...Array.from({ length: 500 }, () => full('here'))], cols, 24);
      const mode = new CopyMode(page, keys, { x: 0, y: 990 });
      expect(mode.search({ term: 'ward', caseSensitive: false }, back, MOST)).toBe(true);
      expect(mode.at.y).toBe(500);
      expect(page.reads).toBeLessThan(bound(page, 4));
    }
  });

  test.each([
    ['vi', 'next-matching-bracket', '(', 0],
    ['emacs', 'next-matching-bracket', '(', 0],
    ['vi', 'previous-matching-bracket', ')', 990],
    ['emacs', 'previous-matching-bracket', ')', 990],
  ] as const)('over a bracket that has no other, %s %s, reads the text once', (keys, action, bracket, y) => {
    const lines = Array.from({ length: 1000 }, (_, n) => (n === y ? `${bracket} lonely` : full('text')));
    const page = new Page(lines, cols, 24);
    const mode = new CopyMode(page, keys, { x: 0, y: 999 });
    mode.run(y === 0 ? 'history-top' : 'goto-line', { line: 0 });
    while (mode.at.y > y) mode.run('cursor-up');
    mode.run('start-of-line');
    page.reads = 0;
    mode.run(action, { count: MOST });
    expect(mode.at).toEqual({ x: 0, y });
    expect(page.reads).toBeLessThan(bound(page, 4));
  });

  test('or one word that fills the text: a search for the word here looks at each line with as much of it as a word may have', () => {
    const page = new Page(
      Array.from({ length: 1000 }, () => `${'w'.repeat(cols)}\\`),
      cols,
      24,
    );
    const mode = new CopyMode(page, 'vi', { x: 0, y: 999 });
    mode.run('history-top');
    page.reads = 0;
    const { term = '' } = mode.run('search-forward-word');
    expect(term).toMatch(/^w{100,600}$/);
    mode.search({ term, caseSensitive: false }, false, 1);
    expect(page.reads).toBeLessThan(bound(page, 20));
  });

  test('of brackets that belong together goes there and back', () => {
    for (const [count, x] of [
      [MOST, cols - 1],
      [MOST - 1, 0],
    ] as const) {
      const page = new Page([...Array.from({ length: 998 }, () => full('text')), '('.padEnd(cols, 'x'), ')'.padStart(cols, 'x')], cols, 24);
      const mode = new CopyMode(page, 'vi', { x: 0, y: 998 });
      mode.run('next-matching-bracket', { count });
      expect(mode.at.x).toBe(x);
      expect(page.reads).toBeLessThan(bound(page, 1));
    }
  });

  const repeated = (keys: CopyKeys): CopyAction[] => [
    ...new Set(
      copyRows
        .filter((row) => row.mode === keys)
        .map(({ action }) => action)
        .filter((action) => /^(?:cursor|next|previous|scroll-(?:up|down)|halfpage|page|jump-(?:again|reverse))/.test(action)),
    ),
  ];

  test.each(['vi', 'emacs'] as const)('of any motion of %s reads no more than some rounds of the text', (keys) => {
    for (const line of [full('a (b'), '', 'ward  ', `${'x'.repeat(cols)}\\`, full(')) ')]) {
      for (const action of repeated(keys)) {
        for (const y of [0, 100]) {
          const page = new Page(
            Array.from({ length: 200 }, () => line),
            cols,
            24,
          );
          const mode = new CopyMode(page, keys, { x: 3, y: 199 });
          mode.run('jump-forward', { character: 'b' });
          if (y === 0) mode.run('history-top');
          page.reads = 0;
          mode.run(action, { count: MOST });
          expect(page.reads, `${action} over ${JSON.stringify(line)}`).toBeLessThan(bound(page, 12));
        }
      }
    }
  });

  test('is what as many single steps are, wherever they begin and whatever is selected', () => {
    const word = fc.constantFrom('ward', '(a', 'b)', '[x]', '  ', '...', '{', '}', 'あ', 'bed-7');
    const line = fc
      .tuple(fc.array(word, { maxLength: 5 }), fc.boolean())
      .map(([words, goesOn]) => (goesOn ? `${words.join(' ').padEnd(16, '-').slice(0, 16)}\\` : words.join(' ').slice(0, 16)));
    const one = fc.constantFrom<CopyKeys>('vi', 'emacs').chain((keys) =>
      fc.record({
        keys: fc.constant(keys),
        lines: fc.array(line, { minLength: 1, maxLength: 14 }),
        before: fc.array(
          fc.constantFrom<CopyAction>(
            'begin-selection',
            'select-line',
            'rectangle-toggle',
            'other-end',
            'cursor-up',
            'next-word',
            'history-top',
            'end-of-line',
          ),
          {
            maxLength: 5,
          },
        ),
        character: fc.constantFrom('a', '(', '-'),
        action: fc.constantFrom(...repeated(keys)),
        count: fc.integer({ min: 2, max: 60 }),
      }),
    );
    fc.assert(
      fc.property(one, ({ keys, lines, before, character, action, count }) => {
        const [atOnce, inSteps] = [1, 2].map(() => {
          const mode = new CopyMode(new Page(lines, 16, 5), keys, { x: 2, y: lines.length - 1 });
          for (const each of before) mode.run(each);
          mode.run('jump-backward', { character });
          return mode;
        }) as [CopyMode, CopyMode];
        atOnce.run(action, { count });
        for (let left = count; left > 0; left -= 1) inSteps.run(action);
        const seen = ({ at, top, selected, text }: CopyMode): unknown => ({ at, top, selected, text });
        expect(seen(atOnce)).toEqual(seen(inSteps));
        const wanted = { term: character, caseSensitive: true };
        atOnce.search(wanted, count % 2 === 0, count);
        for (let left = count; left > 0; left -= 1) inSteps.search(wanted, count % 2 === 0);
        expect(seen(atOnce)).toEqual(seen(inSteps));
      }),
      { numRuns: 400 },
    );
  });
});

test('words end where the option says: between two signs that are none of its there is no word’s end', () => {
  const placeAfter = (action: CopyAction, separators?: string): number => {
    const mode = new CopyMode(new Page(['feed-adt in', ''], 20, 2), 'vi', { x: 0, y: 0 }, separators);
    mode.run('history-top');
    mode.run('start-of-line');
    mode.run(action);
    return mode.at.x;
  };
  expect([placeAfter('next-word'), placeAfter('next-word', ' _')]).toEqual([4, 9]);
  expect([placeAfter('next-word-end'), placeAfter('next-word-end', ' _')]).toEqual([3, 7]);
});
