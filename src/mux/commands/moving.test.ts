/** Panes and windows that are marked, moved, exchanged and found; what may not leave its class does not. */
import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import '../../../test/support/properties.ts';
import { panesOf, rectangles } from '../layout.ts';
import { createState, type State } from '../state/model.ts';
import { alerted } from '../state/alerts.ts';
import { activePane, activeWindow, classOfPane, sessionOf } from '../state/query.ts';
import { newWindow } from '../state/windows.ts';
import { toView } from '../view.ts';
import type { Context } from './command.ts';
import { runCommandLine } from './run.ts';

const context: Context = { program: 'bash', refused: () => undefined, classes: { names: ['general', 'clinical'], first: 'general', lets: () => true } };
const fresh = newWindow(createState({ cols: 120, rows: 40 }, { session: 'main' }), { program: 'bash' }).state;
const run = (state: State, ...lines: string[]): State =>
  lines.reduce((now, line) => {
    const outcome = runCommandLine(now, line, context);
    if (outcome.failed) throw new Error(`${line}: ${outcome.message}`);
    return outcome.state;
  }, state);
const said = (state: State, line: string): string => runCommandLine(state, line, context).message ?? '';
const windows = (state: State): string[] => sessionOf(state).windows.map(({ index, layout }) => `${index}: ${panesOf(layout).join(' ')}`);

test('a pane is marked, shown as that, named by its mark, and the mark taken away', () => {
  const state = run(fresh, 'split-window -h', 'select-pane -m -t %0');
  const marked = (at: State): number[] => toView(at).windows.flatMap(({ panes }) => panes.flatMap((pane) => (pane.marked ? [pane.pane] : [])));
  expect([marked(state), activePane(state)]).toEqual([[0], 1]);
  expect(activePane(run(state, 'select-pane -t {marked}'))).toBe(0);
  expect(activePane(run(state, 'select-pane -t "\\~"'))).toBe(0);
  for (const line of ['select-pane -M', 'select-pane -m -t %0', 'kill-pane -t %0']) expect(marked(run(state, line)), line).toEqual([]);
  expect(marked(run(state, 'select-pane -m'))).toEqual([1]);
  expect(said(fresh, 'select-pane -t {marked}')).toContain('No pane is marked');
  expect(said(run(state, 'kill-pane -t %0'), 'select-window -t {marked}')).toContain('No pane is marked');
});

test('the marked pane comes, its program and recording as they are', () => {
  const state = run(fresh, 'new-window', 'split-window', 'select-pane -m', 'select-window -t :0', 'join-pane -h');
  expect(windows(state)).toEqual(['0: 0 2', '1: 1']);
  expect([activePane(state), sessionOf(state).active]).toEqual([2, 0]);
  const effects = runCommandLine(run(fresh, 'new-window'), 'join-pane -d -s %0 -t %1', context).effects;
  expect(effects.map(({ kind }) => kind)).toEqual(['resize', 'resize']);
  // A window that has lost its last pane is gone.
  expect(windows(run(fresh, 'new-window', 'move-pane -s %0'))).toEqual(['1: 1 0']);
});

test('no command takes a pane into another class', () => {
  const two = run(fresh, 'split-window', 'new-session -C clinical');
  const clinical = activePane(two)!;
  for (const line of [`join-pane -s %0`, 'move-pane -s %0 -d', 'swap-pane -s %0', `join-pane -s %${clinical} -t %0`]) {
    const outcome = runCommandLine(two, line, context);
    expect([line, outcome.failed, outcome.state === two]).toEqual([line, true, true]);
    expect(outcome.message).toContain('A pane stays in its class');
  }
  const lines = fc.constantFrom(
    ...[
      'join-pane',
      'swap-pane',
      'break-pane',
      'move-window -t 3',
      'swap-window -t :+',
      'move-window -r',
      'select-pane -m',
      'new-window',
      'split-window',
      'switch-client -n',
      'join-pane -s %0',
      'swap-pane -s %1',
      'swap-window -s %0',
      'move-window -s %1 -t 9',
      'move-window -a -s %0',
    ],
  );
  fc.assert(
    fc.property(fc.array(lines, { maxLength: 15 }), (given) => {
      const before = new Map([0, 1, clinical].map((pane) => [pane, classOfPane(two, pane)]));
      const after = given.reduce((now, line) => runCommandLine(now, line, context).state, two);
      for (const [pane, of] of before) expect(classOfPane(after, pane)).toBe(of);
      for (const { windows: all } of after.server.sessions)
        for (const { layout, panes, active } of all) {
          expect(panesOf(layout).toSorted()).toEqual(panes.map(({ id }) => id).toSorted());
          expect(panes.some(({ id }) => id === active)).toBe(true);
        }
    }),
    { numRuns: 400 },
  );
});

test('windows have other numbers', () => {
  const three = run(fresh, 'new-window', 'new-window');
  expect(windows(run(three, 'move-window -t 7'))).toEqual(['0: 0', '1: 1', '7: 2']);
  expect(windows(run(three, 'move-window -s :0'))).toEqual(['1: 1', '2: 2', '3: 0']);
  expect(windows(run(three, 'move-window -k -t :0'))).toEqual(['0: 2', '1: 1']);
  expect(windows(run(three, 'move-window -t 7', 'move-window -r'))).toEqual(['0: 0', '1: 1', '2: 2']);
  expect(said(three, 'move-window -t 0')).toBe('There is a window 0 already.');
  expect(said(three, 'move-window -t x')).toContain('window number');
  expect(windows(run(three, 'swap-window -t :0'))).toEqual(['0: 2', '1: 1', '2: 0']);
  expect(windows(run(three, 'kill-window -t :0'))).toEqual(['1: 1', '2: 2']);
  expect(windows(run(three, 'set -g renumber-windows on', 'kill-window -t :0'))).toEqual(['0: 1', '1: 2']);
});

test('a window is found by its name or its program', () => {
  const state = run(fresh, 'new-window -n logs', 'new-window -n feeds-a', 'new-window -n feeds-b');
  expect(activeWindow(run(state, 'find-window log'))?.name).toBe('logs');
  expect(activeWindow(run(state, 'find-window -i LOGS'))?.name).toBe('logs');
  expect(said(state, 'find-window feeds')).toBe('Several windows have "feeds": 2 feeds-a, 3 feeds-b.');
  expect(said(state, 'find-window LOGS')).toContain('No window here has');
});

test('next-window -a goes to windows that the line marks', () => {
  const state = run(fresh, 'new-window -d', 'new-window -d', 'new-window -d');
  expect(said(state, 'next-window -a')).toContain('No window is marked');
  const rung = alerted(alerted(state, 2, 'bell'), 3, 'bell');
  expect([activePane(run(rung, 'next-window -a')), activePane(run(rung, 'previous-window -a'))]).toEqual([2, 3]);
});

it.each(['main-horizontal-mirrored', 'main-vertical-mirrored'])('%s has its main pane last, with the size that it has', (name) => {
  const state = run(fresh, 'set -g main-pane-width 70', 'set -g main-pane-height 20', 'split-window', 'split-window', `select-layout ${name}`);
  const { layout } = activeWindow(state)!;
  expect(panesOf(layout)).toEqual([1, 2, 0]);
  const main = rectangles(layout).find(({ pane }) => pane === 0)!;
  expect(name.includes('horizontal') ? [main.y, main.rows] : [main.x, main.cols]).toEqual(name.includes('horizontal') ? [20, 20] : [50, 70]);
});

test('a layout is written, and taken again, here and by its checksum', () => {
  const state = run(fresh, 'split-window -h', 'split-window -v');
  const { effects } = runCommandLine(state, "display-message '#{window_layout}'", context);
  const text = effects.flatMap((effect) => (effect.kind === 'client' && effect.action.action === 'message' ? [effect.action.text] : []))[0]!;
  const other = run(state, 'select-layout even-vertical', `select-layout '${text}'`);
  expect(activeWindow(other)?.layout).toEqual(activeWindow(state)?.layout);
  expect(said(state, `select-layout '${text.replace(/^..../, '0000')}'`)).toContain('checksum');
  expect(said(state, 'select-layout main')).toContain('is not one layout');
});
