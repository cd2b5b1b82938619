/** `wardmux CMD` beside tmux: the same words to both give the same lines and the same exit status, where both have the command. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_TMUX, tmuxVersion } from '../../test/support/tmux.ts';
import { runWords } from './commands/run.ts';
import { type State, createState } from './state/model.ts';
import { newWindow } from './state/windows.ts';

const [cols, rows] = [120, 40];
const version = tmuxVersion();
let folder = '';
/** Another server for each sequence: one that ends still answers for a moment. */
let socket = 0;

interface Came {
  readonly failed: boolean;
  readonly out: string;
}

function tmux(...words: string[]): Came {
  const { status, stdout } = spawnSync('tmux', ['-S', join(folder, `socket-${socket}`), '-f', '/dev/null', ...words], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8' },
  });
  return { failed: status !== 0, out: stdout };
}

const variables = [
  'session_name',
  'session_windows',
  'window_index',
  'window_name',
  'window_panes',
  'window_active',
  'window_last_flag',
  'window_zoomed_flag',
  'window_width',
  'window_height',
  'pane_index',
  'pane_active',
  'pane_width',
  'pane_height',
  'pane_left',
  'pane_top',
  'pane_right',
  'pane_bottom',
  'pane_at_left',
  'pane_at_bottom',
  'pane_marked',
  'nothing',
];
const name = fc.constantFrom(...variables);
const format = fc.oneof(
  name.map((each) => `#{${each}}`),
  fc.tuple(name, name).map(([one, other]) => `#{?${one},#{${other}},no} #I.#P`),
  fc.tuple(name, name).map(([one, other]) => `#{==:#{${one}},#{${other}}}#{=3:${one}}`),
);
const filter = fc.option(
  fc.constantFrom('#{window_active}', '#{pane_active}', '#{==:#{window_index},1}', '0', '#{&&:#{window_active},#{pane_active}}', '#{m:a*,#{window_name}}'),
  { nil: undefined },
);
const list = fc
  .tuple(
    fc.constantFrom(['list-windows'], ['lsw', '-a'], ['list-panes'], ['list-panes', '-s'], ['lsp', '-a'], ['list-panes', '-t', ':1'], ['ls']),
    format,
    filter,
  )
  .map(([words, form, which]) => [...words, '-F', form, ...(which === undefined ? [] : ['-f', which])]);
const change = fc.constantFrom(
  ['new-window', '-n', 'alpha'],
  ['new-window', '-d', '-n', 'beta'],
  ['split-window', '-h'],
  ['split-window', '-v', '-t', ':0'],
  ['select-window', '-t', ':1'],
  ['last-window'],
  ['resize-pane', '-Z'],
  ['select-pane', '-m'],
  ['rename-window', 'a b'],
  ['kill-pane'],
  ['kill-window', '-t', ':1'],
  ['has-session', '-t', 'run'],
  ['has-session', '-t', '=none'],
  ['display-message', '-p', '#S #I #W #P #{window_panes}'],
  ['show-options', '-gv', 'base-index'],
  ['rename-window', 'one', ';', 'list-windows', '-F', '#W'],
  ['list-windows', '-F', '#I;', 'list-panes', '-F', '#P'],
  ['next-window'],
  ['previous-window'],
  ['last-pane'],
  ['select-pane', '-L'],
  ['select-pane', '-t', ':.+'],
  ['swap-pane', '-U'],
  ['rotate-window'],
  ['break-pane', '-d'],
  ['join-pane', '-s', ':1.0', '-t', ':0.0'],
  ['swap-window', '-s', ':0', '-t', ':1'],
  ['move-window', '-t', ':5'],
  ['move-window', '-r'],
  ['select-layout', 'even-horizontal'],
  ['next-layout'],
  ['set-option', '-g', 'base-index', '0'],
  ['set-option', '-g', 'nothing-there', '1'],
  ['set-option', '-g', 'base-index', 'x'],
  ['set-window-option', '-g', 'mode-keys', 'vi'],
  ['bind-key', 'S', 'new-window'],
  ['unbind-key', 'S'],
  ['rename-session', 'run'],
  ['resize-pane', '-L', '3'],
  ['resize-pane', '-x', '30'],
  ['split-window', '-t', '%99'],
  ['kill-pane', '-t', ':.9'],
  ['nonsense'],
  ['split-window', '-Q'],
  ['select-window', '-t', ':77'],
);
const sequences = 25;

describe(`against ${version ?? 'tmux'}`, () => {
  beforeAll(() => void (folder = version ? mkdtempSync(join(tmpdir(), 'lists-')) : ''));
  afterAll(() => {
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('gives the same lines and the same exit status', ({ skip }) => {
    if (!version) skip(NO_TMUX);
    let printed = 0;
    let refused = 0;
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 3, arbitrary: change }, { weight: 4, arbitrary: list }), { minLength: 6, maxLength: 24, size: 'max' }),
        (sequence) => {
          socket += 1;
          tmux('new-session', '-d', '-s', 'run', '-n', 'first', '-x', String(cols), '-y', String(rows), 'exec cat');
          try {
            tmux('set-option', '-g', 'status', 'off', ';', 'set-option', '-g', 'default-command', 'exec cat', ';', 'resize-window', '-x', '120', '-y', '40');
            const begun = createState(
              { cols, rows },
              { session: 'run', geometry: { gap: 1, minimumCols: 1, minimumRows: 1 }, options: { 'pane-base-index': 0 } },
            );
            let state: State = newWindow(begun, { program: 'cat' }, { name: 'first' }).state;
            for (const [step, words] of sequence.entries()) {
              // The end of the last window is the end of the server there.
              const { windows } = state.server.sessions[0]!;
              if (windows.length === 1 && (words[0] === 'kill-window' || (words[0] === 'kill-pane' && windows[0]!.panes.length === 1))) continue;
              // A pane that is alone in its window has nothing to leave here; tmux gives it another number.
              if (words[0] === 'break-pane' && windows.find(({ id }) => id === state.server.sessions[0]!.active)!.panes.length === 1) continue;
              const ours = runWords(state, words, { program: 'cat', refused: () => undefined });
              const theirs = tmux(...words);
              state = ours.state;
              expect({ step, words, failed: ours.failed ?? false, out: ours.output }).toEqual({ step, words, ...theirs });
              printed += ours.output === '' ? 0 : 1;
              refused += ours.failed ? 1 : 0;
            }
          } finally {
            tmux('kill-server');
          }
        },
      ),
      // A fixed seed: this compares two programs, and must not fail one day on a whim of the other. MUX_SEED tries others.
      { numRuns: sequences, seed: Number(process.env['MUX_SEED'] ?? 20261129) },
    );
    // Sequences in which nothing was printed, or nothing refused, would compare nothing.
    expect(printed).toBeGreaterThan(sequences * 3);
    expect(refused).toBeGreaterThan(sequences / 2);
  }, 240_000);
});
