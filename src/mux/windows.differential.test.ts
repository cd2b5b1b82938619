/** Windows that are moved, exchanged, joined and broken up: the same commands to tmux and to us give the same windows, panes, sizes and what is in front. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_TMUX, tmuxVersion } from '../../test/support/tmux.ts';
import { runCommandLine } from './commands/run.ts';
import { rectangles } from './layout.ts';
import { layoutString } from './layout-strings.ts';
import { type State, createState } from './state/model.ts';
import { findPane, sessionOf } from './state/query.ts';
import { newWindow } from './state/windows.ts';

const cols = 120;
const rows = 40;

const version = tmuxVersion();

let folder = '';
/** Another server for each sequence: one that ends still answers for a moment. */
let socket = 0;
function tmux(...args: string[]): { readonly status: number | null; readonly out: string } {
  const { status, stdout } = spawnSync('tmux', ['-S', join(folder, `socket-${socket}`), '-f', '/dev/null', ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8' },
  });
  return { status, out: stdout };
}

/** A place among the panes, or the windows, that there are when it is run. */
const place = fc.nat(9);
const command = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('new-window -d', 'split-window -h', 'split-window -v') },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('', ' -d'), place, place).map(([d, one, other]) => `swap-window${d} -s :W${one} -t :W${other}`) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom('', ' -d'), place, fc.integer({ min: 0, max: 12 })).map(([d, one, to]) => `move-window${d} -s :W${one} -t :${to}`),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom('-a', '-b', '-a -d'), place, place).map(([how, one, other]) => `move-window ${how} -s :W${one} -t :W${other}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('move-window -r', 'last-window', 'next-window', 'previous-window', 'last-pane', 'set-option -g renumber-windows on'),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom('', ' -h', ' -b', ' -d', ' -h -f', ' -l 10'), place, place)
      .map(([how, one, other]) => `join-pane${how} -s P${one} -t P${other}`),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('', ' -d'), place, place).map(([how, one, other]) => `swap-pane${how} -s P${one} -t P${other}`) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('', ' -d'), place).map(([how, one]) => `break-pane${how} -s P${one}`) },
  { weight: 1, arbitrary: place.map((one) => `select-window -t :W${one}`) },
  { weight: 1, arbitrary: place.map((one) => `kill-window -t :W${one}`) },
  // A mark goes with its pane here; tmux forgets the one of a pane that was moved.
  {
    weight: 1,
    arbitrary: fc
      .tuple(place, fc.constantFrom('join-pane', 'swap-window', 'swap-pane', 'swap-window -d'))
      .map(([one, line]) => `select-pane -m -t P${one} ; ${line} ; select-pane -M`),
  },
);

/** Windows by number, each with its panes by place; and which are in front. */
function ours(state: State): string[] {
  const session = sessionOf(state);
  return session.windows.flatMap((window) =>
    rectangles(window.layout).map(
      (r) => `${window.index}${window.id === session.active ? '*' : ''} %${r.pane}${r.pane === window.active ? '*' : ''} ${r.x},${r.y} ${r.cols}x${r.rows}`,
    ),
  );
}
const format = '#{window_index}#{?window_active,*,} #{pane_id}#{?pane_active,*,} #{pane_left},#{pane_top} #{pane_width}x#{pane_height}';

describe(`against ${version ?? 'tmux'}`, () => {
  beforeAll(() => {
    if (version) folder = mkdtempSync(join(tmpdir(), 'win-'));
  });
  afterAll(() => {
    if (!folder) return;
    tmux('kill-server');
    rmSync(folder, { recursive: true, force: true });
  });

  it('has the same windows and panes after every command', ({ skip }) => {
    if (!version) skip(NO_TMUX);
    let compared = 0;
    fc.assert(
      fc.property(fc.array(command, { minLength: 3, maxLength: 14, size: 'max' }), (lines) => {
        tmux('kill-server');
        socket += 1;
        tmux(
          'new-session',
          '-d',
          '-x',
          String(cols),
          '-y',
          String(rows),
          'exec cat',
          ';',
          'set',
          '-g',
          'status',
          'off',
          ';',
          'set',
          '-g',
          'default-command',
          'exec cat',
        );
        let state = newWindow(createState({ cols, rows }, { geometry: { gap: 1, minimumCols: 1, minimumRows: 1 }, options: { 'pane-base-index': 0 } }), {
          program: 'cat',
        }).state;
        for (const template of lines) {
          const { windows } = sessionOf(state);
          const panes = windows.flatMap((window) => rectangles(window.layout).map(({ pane }) => pane));
          const line = template
            .replace(/W(\d+)/g, (_, at: string) => String(windows[Number(at) % windows.length]!.index))
            .replace(/P(\d+)/g, (_, at: string) => `%${panes[Number(at) % panes.length]}`);
          if (windows.length === 1 && line.startsWith('kill-window')) continue;
          // Within one window tmux has the keyboard back where it was when both turns of -d are taken; here it stays in its place.
          const [one, other] = [...line.matchAll(/%(\d+)/g)].map(([, id]) => findPane(state, Number(id))?.window);
          if (line.startsWith('swap-pane -d') && one === other) continue;
          const outcome = runCommandLine(state, line, { program: 'cat', refused: () => undefined });
          // What we refuse tmux refuses too, or does nothing.
          if (outcome.failed) continue;
          state = outcome.state;
          tmux(...line.split(' '));
          compared += 1;
          // Sorted: where a pane is joined along the whole window tmux counts it behind the target, and we in its place.
          expect({ line, windows: ours(state).toSorted() }).toEqual({
            line,
            windows: tmux('list-panes', '-s', '-F', format).out.trimEnd().split('\n').toSorted(),
          });
        }
        // tmux reads the layouts that we write, and we those that it writes.
        for (const window of sessionOf(state).windows)
          expect(layoutString(window.layout)).toBe(tmux('display-message', '-p', '-t', `:${window.index}`, '#{window_layout}').out.trim());
      }),
      { numRuns: 40, seed: Number(process.env['MUX_SEED'] ?? 20261129) },
    );
    expect(compared).toBeGreaterThan(100);
  }, 120_000);
});
