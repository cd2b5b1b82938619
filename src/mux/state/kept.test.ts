/** What is kept of a workspace gives the same windows again, whatever the stage, and nothing of what ran in them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runCommandLine } from '../commands/run.ts';
import { toView } from '../view.ts';
import { keep, restore } from './kept.ts';
import { createState, type State } from './model.ts';
import { paneOpens, paneRuns, paneStarted } from './panes.ts';
import { activePane } from './query.ts';
import { newWindow, setStage } from './windows.ts';

const classes = { names: ['general', 'clinical'], first: 'general', lets: () => false };
const stage = { cols: 160, rows: 48 };
const fresh = (): State => newWindow(createState(stage, { session: 'main' }), { program: 'bash' }).state;
const run = (state: State, line: string): State =>
  runCommandLine(state, line, { program: 'bash', refused: () => undefined, classes, pane: activePane(state) }).state;

/** What a person sees of the arrangement: names, places, flags. */
const seen = (state: State): unknown => {
  const { session, class: of, windows, sessions } = toView(state);
  return [
    session,
    of,
    sessions.map(({ name, class: each, windows: many }) => [name, each, many]),
    windows.map(({ index, name, active, last, zoomed, activePane, panes }) => [
      index,
      name,
      active,
      last,
      zoomed,
      panes.map(({ pane, x, y, cols, rows, visible }) => [pane === activePane, x, y, cols, rows, visible]),
    ]),
  ];
};

/** Of every session, by id. */
const panesOf = (state: State): number[] =>
  state.server.sessions.flatMap(({ windows }) => windows.flatMap(({ panes }) => panes.map(({ id }) => id))).toSorted((one, other) => one - other);

const line = fc.constantFrom(
  'new-window',
  'new-session -C clinical',
  'new-session -s feeds',
  'new-session -d',
  'switch-client -n',
  'switch-client -l',
  'kill-session',
  'new-window -n "bed 12"',
  'split-window -h',
  'split-window -v',
  'split-window -h -l 30',
  'rename-window "Müller, A."',
  'rename-session ward-3',
  'resize-pane -Z',
  'resize-pane -L 7',
  'resize-pane -D 3',
  'select-layout tiled',
  'select-layout main-vertical',
  'select-pane -t :.+',
  'last-window',
  'previous-window',
  'kill-pane',
  'kill-window',
  'swap-pane -D',
  'rotate-window',
  'break-pane',
);

test('the same windows, names, splits and sizes come back, with a shell in each pane', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 25 }), (lines) => {
      const after = lines.reduce(run, fresh());
      // A session that was left without a window is not kept: the next start is in another one.
      const before = activePane(after) === undefined ? run(after, 'switch-client -n') : after;
      const kept = keep(before);
      if (!kept) {
        expect(toView(before).windows).toEqual([]);
        return;
      }
      const { state, effects } = restore(stage, JSON.parse(JSON.stringify(kept)), 'bash');
      expect(seen(state)).toEqual(seen(before));
      expect(keep(state)).toEqual(kept);
      // Each pane has a program, at the size that it has, and what is opened next has another id.
      const panes = panesOf(state);
      const spawns = effects.toSorted((one, other) => ('pane' in one && 'pane' in other ? one.pane - other.pane : 0));
      expect(spawns.map((effect) => effect.kind === 'spawn' && [effect.pane, effect.command, effect.cwd])).toEqual(panes.map((pane) => [pane, [], undefined]));
      const next = panesOf(run(state, 'new-window'));
      expect(new Set(next).size).toBe(panes.length + 1);
      // On another stage it is what the old state would be there.
      const other = { cols: 101, rows: 31 };
      expect(seen(restore(other, kept, 'bash').state)).toEqual(seen(setStage(before, other).state));
    }),
    { numRuns: 300 },
  );
});

test('of what ran nothing is kept', () => {
  let state = run(run(fresh(), 'split-window -h'), 'new-window -n vitals');
  const pane = activePane(state)!;
  state = paneStarted(state, pane, '20261128-090000-00000000');
  state = paneRuns(state, pane, { program: 'mysql-meier', folder: '~/meier', host: 'db.example' });
  const text = JSON.stringify(keep(state));
  expect(text).toContain('vitals');
  expect(text).not.toMatch(/meier|20261128|db\.example/);
});

test('a name that follows its program is not kept', () => {
  const state = fresh();
  expect(keep(paneRuns(state, activePane(state)!, { program: 'meier.sh' }))!.sessions[0]!.windows[0]!.name).toBeNull();
});

test('the name of a host is not kept: what starts there is a shell of this machine', () => {
  const state = run(fresh(), 'new-window -n lab-gw');
  expect(JSON.stringify(keep(paneOpens(state, activePane(state)!, 'lab-gw')))).not.toContain('lab-gw');
});
