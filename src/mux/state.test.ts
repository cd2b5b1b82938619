import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WorkspaceView } from '../types/workspace-view.ts';
import { type CommandOutcome, usage } from './commands/command.ts';
import { commands, findCommand } from './commands/index.ts';
import { runCommandLine } from './commands/run.ts';
import { panesOf } from './layout.ts';
import { alerted } from './state/alerts.ts';
import type { Effect } from './state/effects.ts';
import { type State, createState } from './state/model.ts';
import { closePane, paneExited, paneFailed, paneStarted } from './state/panes.ts';
import { activePane, activeWindow, findPane, sessionOf } from './state/query.ts';
import { terminalSizes } from './state/sizes.ts';
import { newWindow, setStage } from './state/windows.ts';
import { defaultOptions, optionRows, setOption } from './options.ts';
import { toView } from './view.ts';

const context = { program: 'bash', refused: () => undefined };

function fresh(cols = 120, rows = 40): State {
  return newWindow(createState({ cols, rows }, { session: 'main' }), { program: 'bash' }).state;
}

/** Runs a line that must not be refused. */
function run(state: State, line: string, pane?: number): { state: State; effects: readonly Effect[] } {
  const outcome = runCommandLine(state, line, { ...context, pane });
  if (outcome.failed) throw new Error(`${line}: ${outcome.message}`);
  return outcome;
}

function refusal(state: State, line: string): string {
  const outcome = runCommandLine(state, line, context);
  expect(outcome.failed, line).toBe(true);
  expect(outcome.effects).toEqual([]);
  expect(outcome.state).toBe(state);
  return outcome.message ?? '';
}

const lineOf = (state: State): string =>
  toView(state)
    .windows.map((w) => `${w.index}:${w.name}${w.active ? '*' : w.last ? '-' : ''}`)
    .join(' ');

describe('state and commands', () => {
  it('marks a window that nobody looks at, once, where it is asked for, until somebody looks', () => {
    let state = run(run(fresh(), 'new-window -d').state, 'new-window -d').state;
    const marks = (): (readonly string[])[] => toView(state).windows.map(({ alerts = [] }) => alerts);
    state = alerted(alerted(state, 1, 'bell'), 0, 'bell');
    expect(marks()).toEqual([[], ['bell'], []]);
    expect(alerted(state, 1, 'bell')).toBe(state);
    expect(alerted(state, 2, 'activity')).toBe(state);
    expect(alerted(state, 99, 'bell')).toBe(state);
    state = alerted(run(state, 'set-option monitor-activity on').state, 1, 'activity');
    state = alerted(state, 2, 'activity');
    expect(marks()).toEqual([[], ['bell', 'activity'], ['activity']]);
    state = run(state, 'select-window -t :=1').state;
    expect(marks()).toEqual([[], [], ['activity']]);
    // Closing the window in front shows another one, and that is seen too.
    state = run(run(state, 'select-window -t :=0').state, 'select-window -t :=2').state;
    state = alerted(state, 1, 'bell');
    expect(marks()).toEqual([[], ['bell'], []]);
    state = run(run(state, 'kill-window -t :=0').state, 'kill-window').state;
    expect(marks()).toEqual([[]]);
  });

  it('opens, splits, zooms and closes, with sizes of terminals in the effects', () => {
    const first = newWindow(createState({ cols: 120, rows: 40 }), { program: 'bash' });
    expect(first.effects).toEqual([{ kind: 'spawn', pane: 0, class: 'general', cols: 116, rows: 39, command: [] }]);
    const split = run(first.state, 'split-window -h');
    expect(split.effects).toEqual([
      { kind: 'spawn', pane: 1, class: 'general', cols: 56, rows: 39, command: [], cwdFrom: 0 },
      { kind: 'resize', pane: 0, cols: 56, rows: 39 },
    ]);
    const zoomed = run(split.state, 'resize-pane -Z');
    expect(zoomed.effects).toEqual([{ kind: 'resize', pane: 1, cols: 116, rows: 39 }]);
    expect(toView(zoomed.state).windows[0]).toMatchObject({
      zoomed: true,
      activePane: 1,
      panes: [
        { pane: 0, visible: false, cols: 60 },
        { pane: 1, visible: true, x: 0, cols: 120, edges: ['l', 'r', 't', 'b'] },
      ],
    });
    const closed = run(zoomed.state, 'kill-pane');
    expect(closed.effects).toEqual([
      { kind: 'kill', pane: 1 },
      { kind: 'resize', pane: 0, cols: 116, rows: 39 },
    ]);
    expect(run(closed.state, 'kill-pane').effects).toEqual([{ kind: 'kill', pane: 0 }, { kind: 'empty' }]);
  });

  it('never uses an id twice', () => {
    let state = fresh();
    const seen = new Set([0]);
    for (let i = 0; i < 20; i += 1) {
      const outcome = run(state, i % 3 ? 'split-window -h' : 'new-window');
      for (const effect of outcome.effects) {
        if (effect.kind !== 'spawn') continue;
        expect(seen.has(effect.pane)).toBe(false);
        seen.add(effect.pane);
      }
      state = run(outcome.state, 'kill-pane').state;
    }
    expect(seen.size).toBe(21);
  });

  it('keeps window numbers as tmux does', () => {
    let state = fresh();
    state = run(state, 'new-window -n logs ; new-window').state;
    expect(lineOf(state)).toBe('0:bash 1:logs- 2:bash*');
    state = run(state, 'kill-window -t :1').state;
    expect(lineOf(state)).toBe('0:bash- 2:bash*');
    state = run(state, 'new-window htop').state;
    expect(lineOf(state)).toBe('0:bash 1:htop* 2:bash-');
    state = run(state, 'last-window').state;
    expect(lineOf(state)).toBe('0:bash 1:htop- 2:bash*');
    state = run(state, 'next-window').state;
    expect(lineOf(state)).toBe('0:bash* 1:htop 2:bash-');
    state = run(state, 'previous-window; kill-window').state;
    expect(lineOf(state)).toBe('0:bash* 1:htop-');
    expect(lineOf(run(state, 'new-window -d -t :7').state)).toBe('0:bash* 1:htop- 7:bash');
    expect(refusal(state, 'new-window -t :1')).toBe('There is a window 1 already.');
  });

  it('names windows after the active program until a person names them', () => {
    let state = run(fresh(), 'split-window htop').state;
    expect(toView(state).windows[0]?.name).toBe('htop');
    state = run(state, 'last-pane').state;
    expect(toView(state).windows[0]?.name).toBe('bash');
    state = run(state, "rename-window 'night  shift\u202e' ; last-pane").state;
    expect(toView(state).windows[0]?.name).toBe('night shift');
    expect(refusal(state, "rename-window ' '")).toMatch(/empty/);
    expect(refusal(state, `rename-window ${'x'.repeat(61)}`)).toMatch(/too long/);
  });

  it('resolves targets', () => {
    let state = run(fresh(), 'split-window -h ; split-window -v ; new-window -n logs ; new-window -n lab').state;
    const at = (line: string): string => {
      const next = run(state, line).state;
      return `${activeWindow(next)?.index}.%${activePane(next)}`;
    };
    expect(at('select-window -t :0')).toBe('0.%2');
    expect(at('select-window -t :=1')).toBe('1.%3');
    expect(at('select-window -t log')).toBe('1.%3');
    expect(at('select-window -t main:lab')).toBe('2.%4');
    expect(at('select-window -t !')).toBe('1.%3');
    expect(at('select-window -t +')).toBe('0.%2');
    expect(at('select-window -t @1')).toBe('1.%3');
    expect(at('select-window -t ^')).toBe('0.%2');
    expect(refusal(state, 'select-window -t l')).toBe('Several windows begin with "l": 1 logs, 2 lab.');
    expect(refusal(state, 'select-window -t :9')).toBe('There is no window "9". The windows are 0 bash, 1 logs, 2 lab.');
    expect(refusal(state, 'select-window -t ward:0')).toBe('There is no session "ward" here. This is "main".');
    state = run(state, 'select-window -t :0').state;
    expect(at('select-pane -t .1')).toBe('0.%0');
    expect(at('select-pane -t :.+')).toBe('0.%0');
    expect(at('select-pane -t :.-')).toBe('0.%1');
    expect(at('select-pane -t %1')).toBe('0.%1');
    expect(at('select-pane -t 2')).toBe('0.%1');
    expect(at('select-pane -t {last}')).toBe('0.%1');
    expect(at("select-pane -t '{up-of}'")).toBe('0.%1');
    expect(at("select-pane -t '{top-left}'")).toBe('0.%0');
    expect(refusal(state, 'select-pane -t .4')).toBe('There is no pane 4 in this window: its panes are 1 to 3.');
    expect(refusal(state, 'kill-pane -t %99')).toBe('There is no pane %99.');
    // Where the command was given counts, and a pane that is gone counts as the active one.
    expect(run(state, 'kill-pane', 0).effects[0]).toEqual({ kind: 'kill', pane: 0 });
    expect(run(state, 'kill-pane', 77).effects[0]).toEqual({ kind: 'kill', pane: 2 });
  });

  it('swaps, rotates, breaks out and arranges', () => {
    let state = run(fresh(), 'split-window -h ; split-window -h').state;
    const order = (s: State): string => panesOf(activeWindow(s)?.layout ?? { geometry: s.client.geometry, root: { pane: 0, cols: 0, rows: 0 } }).join(' ');
    expect(order(run(state, 'swap-pane -U').state)).toBe('0 2 1');
    expect(order(run(state, 'swap-pane -s .1 -t .2').state)).toBe('1 0 2');
    expect(order(run(state, 'rotate-window').state)).toBe('1 2 0');
    expect(activePane(run(state, 'rotate-window').state)).toBe(0);
    expect(order(run(state, 'rotate-window -D').state)).toBe('2 0 1');
    const broken = run(state, 'break-pane');
    expect(lineOf(broken.state)).toBe('0:bash- 1:bash*');
    expect(broken.effects.every((effect) => effect.kind === 'resize')).toBe(true);
    expect(refusal(broken.state, 'break-pane')).toMatch(/own already/);
    expect(run(state, 'select-layout even-v').state.server.sessions[0]?.windows[0]?.preset).toBe('even-vertical');
    expect(refusal(state, 'select-layout even')).toMatch(/^"even" is not one layout/);
    state = run(state, 'next-layout ; next-layout').state;
    expect(activeWindow(state)?.preset).toBe('even-vertical');
  });

  it('shows one pane at a time while the stage is too small, and all again as they were', () => {
    const state = run(fresh(), 'split-window -h ; split-window -h ; resize-pane -L 7').state;
    const small = setStage(state, { cols: 25, rows: 10 }).state;
    expect(toView(small).windows[0]).toMatchObject({ zoomed: true, panes: [{ visible: false }, { visible: false }, { visible: true, cols: 25, rows: 10 }] });
    expect(refusal(small, 'split-window')).toMatch(/too small/);
    expect(refusal(small, 'resize-pane -L')).toMatch(/too small/);
    const back = setStage(small, { cols: 120, rows: 40 });
    expect(toView(back.state)).toEqual(toView(state));
    expect(toView(setStage(setStage(state, { cols: 77, rows: 21 }).state, { cols: 120, rows: 40 }).state)).toEqual(toView(state));
  });

  it('follows a pane from start to end', () => {
    let state = paneStarted(fresh(), 0, '20260101-000000-00000000');
    expect(toView(state).windows[0]?.panes[0]).toMatchObject({ state: 'live', recording: '20260101-000000-00000000' });
    expect(refusal(state, 'respawn-pane')).toMatch(/still running/);
    state = paneExited(state, 0, 'The program ended with status 1.');
    expect(toView(state).windows[0]?.panes[0]).toMatchObject({ state: 'exited', sentence: 'The program ended with status 1.' });
    const again = run(state, 'respawn-pane');
    expect(again.effects).toEqual([{ kind: 'spawn', pane: 0, class: 'general', cols: 116, rows: 39, command: [] }]);
    expect(toView(again.state).windows[0]?.panes[0]).toMatchObject({ state: 'starting', recording: null });
    expect(toView(again.state).windows[0]?.panes[0]).not.toHaveProperty('sentence');
    expect(toView(paneFailed(again.state, 0, 'No such program.')).windows[0]?.panes[0]).toMatchObject({ state: 'failed' });
    expect(paneStarted(state, 99, 'x')).toBe(state);
    expect(closePane(state, 99)).toEqual({ state, effects: [] });
  });

  it('hands to the page and to the core what is theirs', () => {
    const state = paneStarted(fresh(), 0, 'r');
    const effect = (line: string): Effect | undefined => run(state, line).effects[0];
    expect(effect('copy-mode -u')).toEqual({ kind: 'client', action: { action: 'copy-mode', pane: 0, pageUp: true } });
    expect(effect('paste-buffer')).toEqual({ kind: 'client', action: { action: 'paste', pane: 0 } });
    expect(effect('send-prefix')).toEqual({ kind: 'client', action: { action: 'send-keys', pane: 0, keys: ['C-b'], literal: false } });
    expect(effect('send-keys ls Enter ^c "a\\ex"')).toEqual({
      kind: 'client',
      action: { action: 'send-keys', pane: 0, keys: ['ls', 'Enter', 'C-c', 'ax'], literal: false },
    });
    expect(effect('confirm-before -p "Close #P of #W in #{session_name}?" kill-pane -t .1')).toEqual({
      kind: 'client',
      action: { action: 'open', band: 'confirm', words: { prompt: 'Close 1 of bash in main?', command: 'kill-pane -t .1' }, from: ['general'] },
    });
    expect(effect(`command-prompt -I "#W" "rename-window -- '%%'"`)).toEqual({
      kind: 'client',
      action: { action: 'open', band: 'prompt', words: { prompt: 'rename-window', initial: 'bash', template: "rename-window -- '%%'" }, from: ['general'] },
    });
    expect([effect('lock'), effect('detach'), effect('export-pane'), effect('verify-pane')]).toEqual([
      { kind: 'lock' },
      { kind: 'detach' },
      { kind: 'client', action: { action: 'open', band: 'export', pane: 0 } },
      { kind: 'client', action: { action: 'verify', pane: 0 } },
    ]);
    expect(effect('split-window -l 30% -c /srv "tail -f x"')).toMatchObject({ kind: 'spawn', command: ['/bin/sh', '-c', 'tail -f x'], cwd: '/srv', rows: 11 });
    expect(effect('split-window -- tail -f x')).toMatchObject({ command: ['tail', '-f', 'x'] });
  });

  it('reads names, aliases and clear beginnings, and refuses in sentences', () => {
    const found = (word: string): string => {
      const command = findCommand(word);
      return command.ok ? command.value.name : command.sentence;
    };
    expect([found('splitw'), found('next'), found('kill-p'), found('lock')]).toEqual(['split-window', 'next-window', 'kill-pane', 'lock-server']);
    expect(found('rename-')).toBe('"rename-" could be rename-session, rename-window. Write more of it.');
    expect(found('emacs')).toBe('There is no command "emacs".');
    const state = fresh();
    expect(refusal(state, 'split-window -q')).toBe(
      `split-window: there is no flag -q. Usage: ${usage(commands.find((c) => c.name === 'split-window') as (typeof commands)[number])}`,
    );
    expect(refusal(state, 'rename-window')).toMatch(/new-name is missing/);
    expect(refusal(state, 'next-window x')).toMatch(/"x" is one word too many/);
    expect(refusal(state, 'split-window -l')).toMatch(/-l needs a size/);
    expect(refusal(state, 'resize-pane -L many')).toMatch(/whole number from 1/);
    // A line that cannot be read does nothing at all; one that is refused ends there, and what went before stays.
    expect(refusal(state, 'split-window ; bogus')).toBe('There is no command "bogus".');
    const half = runCommandLine(state, 'split-window ; select-pane -t .9 ; kill-pane', context);
    expect(half).toMatchObject({ failed: true, effects: [{ kind: 'spawn' }, { kind: 'resize' }] });
    expect(activeWindow(half.state)?.panes).toHaveLength(2);
  });

  it('has a table that can be read: names, help and examples that run', () => {
    const words = commands.flatMap((command) => [command.name, command.alias].filter((word) => word !== undefined));
    expect(new Set(words).size).toBe(words.length);
    expect(commands.map((command) => command.name)).toEqual(commands.map((command) => command.name).sort());
    const ready = paneStarted(run(fresh(), 'split-window -h ; split-window -v ; new-window -n logs ; new-window').state, 4, 'r');
    for (const command of commands) {
      expect(command.help, command.name).toMatch(/^[A-Z].*\.$/);
      expect(command.examples.length).toBeGreaterThan(0);
      for (const example of command.examples)
        expect(runCommandLine(ready, example, context).message ?? '', example).not.toMatch(/Usage|There is no command|quote/);
    }
  });

  it('sets options within their range', () => {
    expect(setOption(defaultOptions, 'prefix', 'c-A')).toMatchObject({ ok: true, value: { session: { prefix: 'C-a' } } });
    expect(setOption(defaultOptions, 'prefix', 'a').ok).toBe(false);
    expect(setOption(defaultOptions, 'repeat', '0')).toMatchObject({ ok: true, value: { session: { 'repeat-time': 0 } } });
    expect(setOption(defaultOptions, 'history-limit', '999999999')).toEqual({
      ok: false,
      sentence: 'history-limit must be a whole number from 0 to 10000, not "999999999".',
    });
    expect(setOption(defaultOptions, 'mouse', 'off')).toMatchObject({ ok: true, value: { session: { mouse: false } } });
    expect(setOption(defaultOptions, 'mode-keys', 'vi')).toMatchObject({ ok: true, value: { window: { 'mode-keys': 'vi' } } });
    expect(setOption(defaultOptions, 'mode-keys', 'nano').ok).toBe(false);
    expect(setOption(defaultOptions, 'lock-command', 'x').ok).toBe(false);
    // The page is told of every one of them.
    expect(Object.keys(toView(fresh()).options).toSorted()).toEqual(optionRows.map(({ name }) => name).toSorted());
    expect(runCommandLine(fresh(), 'show-options mouse', context).message).toBe('mouse on');
    expect(toView(run(fresh(), 'set -g prefix C-a').state).options).toMatchObject({ prefix: 'C-a', 'repeat-time': 500, mouse: true });
  });
});

/** Every fact of a view that must hold whatever was done. */
function expectView(state: State, view: WorkspaceView): void {
  expect(view.windows.filter((window) => window.active)).toHaveLength(view.windows.length > 0 ? 1 : 0);
  expect(new Set(view.windows.map((window) => window.index)).size).toBe(view.windows.length);
  const ids = view.windows.flatMap((window) => window.panes.map((pane) => pane.pane));
  expect(new Set(ids).size).toBe(ids.length);
  for (const window of view.windows) {
    expect(window.panes.some((pane) => pane.pane === window.activePane && pane.visible)).toBe(true);
    expect(window.panes.map((pane) => pane.number)).toEqual(window.panes.map((_, index) => index + 1));
    const visible = window.panes.filter((pane) => pane.visible);
    expect(visible.reduce((sum, pane) => sum + pane.cols * pane.rows, 0)).toBe(view.stage.cols * view.stage.rows);
    if (window.zoomed) expect(visible).toHaveLength(1);
    expect(findPane(state, window.activePane)?.window.id).toBe(window.id);
  }
}

describe('random command lines', () => {
  const flags = fc.constantFrom(
    '',
    ' -h',
    ' -v',
    ' -d',
    ' -U',
    ' -D',
    ' -L 3',
    ' -R 9',
    ' -Z',
    ' -l 20%',
    ' -f',
    ' -b',
    ' -a',
    ' -n',
    ' -p',
    ' -E',
    ' -t .1',
    ' -t .2',
    ' -t :1',
    ' -t +',
    ' tiled',
    ' x',
    ' -x 30',
  );
  const anyLine = fc
    .tuple(fc.constantFrom(...commands.map((command) => command.name), 'split-window', 'split-window', 'new-window'), flags, flags)
    .map((parts) => parts.join(''));
  const step = fc.oneof(
    { weight: 12, arbitrary: anyLine },
    { weight: 4, arbitrary: fc.constantFrom('split-window -h', 'split-window -v', 'select-layout tiled', 'new-window') },
    { weight: 1, arbitrary: fc.record({ cols: fc.integer({ min: 20, max: 250 }), rows: fc.integer({ min: 4, max: 80 }) }) },
  );

  it('keep every view whole, and the effects tell every pane and size', () => {
    let most = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
        let state = fresh();
        // What a core that carries out the effects knows: the panes that run and their sizes.
        const running = new Map<number, string>([...terminalSizes(state)].map(([pane, size]) => [pane, `${size.cols}x${size.rows}`]));
        for (const what of steps) {
          if (sessionOf(state).windows.length === 0) break;
          const outcome = typeof what === 'string' ? runCommandLine(state, what, context) : setStage(state, what);
          if (typeof what === 'string' && 'failed' in outcome) expect((outcome as CommandOutcome).message).toMatch(/\S/);
          state = outcome.state;
          for (const effect of outcome.effects) {
            if (effect.kind === 'spawn' || effect.kind === 'resize') running.set(effect.pane, `${effect.cols}x${effect.rows}`);
            if (effect.kind === 'kill') expect(running.delete(effect.pane)).toBe(true);
          }
          expectView(state, toView(state));
          expect(Object.fromEntries(running)).toEqual(Object.fromEntries([...terminalSizes(state)].map(([pane, size]) => [pane, `${size.cols}x${size.rows}`])));
          most = Math.max(most, running.size);
        }
      }),
      { numRuns: 300 },
    );
    expect(most).toBeGreaterThan(8);
  });
});
