/** Keys that somebody binds, lists and unbinds. */
import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import '../../../test/support/properties.ts';
import { runCommandLine } from '../commands/run.ts';
import { allLive } from '../state/live.fixture.ts';
import { createState, type State } from '../state/model.ts';
import { newWindow } from '../state/windows.ts';
import { toView } from '../view.ts';
import { bindings, changedRows, copyActionOf, tableNames } from './tables.ts';
import { keyRows } from './table.ts';

const context = { program: 'bash', refused: () => undefined };
const fresh = newWindow(createState({ cols: 120, rows: 40 }), { program: 'bash' }).state;
const run = (state: State, ...lines: string[]): State =>
  lines.reduce((now, line) => {
    const outcome = runCommandLine(now, line, context);
    if (outcome.failed) throw new Error(`${line}: ${outcome.message}`);
    return outcome.state;
  }, state);
const said = (state: State, line: string): string => runCommandLine(state, line, context).message ?? '';
const listed = (state: State, table: string): string[] => said(state, `list-keys -T ${table}`).split('\n');

test('a key is bound, listed as it is bound, and unbound', () => {
  const state = run(fresh, `bind-key -r -N 'wider' | resize-pane -R 5`, 'bind -n M-Left select-pane -L', 'unbind C-o');
  expect(listed(state, 'prefix')).toContain("bind-key -r -T prefix '|' resize-pane -R 5");
  expect(listed(state, 'root')).toContain('bind-key -T root M-Left select-pane -L');
  expect(said(state, 'list-keys C-o')).toBe('C-o is not bound.');
  expect(changedRows(state.client.keys).find(({ key }) => key === '|')).toEqual({
    table: 'prefix',
    key: '|',
    line: 'resize-pane -R 5',
    label: 'wider',
    group: 'Yours',
    repeat: true,
  });
  expect(toView(state).keys).toHaveLength(3);
  expect(toView(run(state, 'unbind |', 'unbind -n M-Left', 'bind C-o rotate-window')).keys).toBeUndefined();
});

test('every key that is listed can be bound again as it is listed, and then nothing has changed', () => {
  for (const table of tableNames) {
    const lines = listed(fresh, table).filter((line) => !/ (?:C-S-[lcv]) /.test(line));
    expect(lines.length).toBeGreaterThan(table === 'root' ? 3 : 30);
    // Keys that are bound anew with the words that they stand for are the default ones.
    expect(run(fresh, ...lines).client.keys).toEqual([]);
  }
});

test('copy mode has its own two tables', () => {
  const state = run(fresh, 'bind -T copy-mode-vi x send-keys -X cancel', 'unbind -T copy-mode-vi q');
  const once = { action: 'cancel', count: 1 };
  expect([copyActionOf('vi', 'x', state.client.keys), copyActionOf('vi', 'q', state.client.keys), copyActionOf('emacs', 'q', state.client.keys)]).toEqual([
    once,
    undefined,
    once,
  ]);
  // As configurations write it: a count, a program that is not run, a prompt around what asks itself.
  for (const [key, line, bound] of [
    ['J', 'send-keys -X -N 5 cursor-down', { action: 'cursor-down', count: 5 }],
    ['y', "send -X copy-pipe 'xclip -i'", { action: 'copy-selection', count: 1 }],
    ['Y', 'send -X copy-pipe-end-of-line-and-cancel xclip', { action: 'copy-end-of-line-and-cancel', count: 1 }],
    ['/', `command-prompt -p search "send -X search-forward-incremental '%%'"`, { action: 'search-forward', count: 1 }],
    ['f', `command-prompt -p jump "send -X jump-forward '%%'"`, { action: 'jump-forward', count: 1 }],
  ] as const)
    expect(copyActionOf('vi', key, run(fresh, `bind -T copy-mode-vi ${key} ${line}`).client.keys), line).toEqual(bound);
  expect(copyActionOf('vi', 'x', run(state, 'unbind -a -T copy-mode-vi').client.keys)).toBeUndefined();
});

it.each([
  ['bind-key C-S-l kill-pane', 'cannot be bound'],
  ['bind-key -n C-S-v kill-pane', 'cannot be bound'],
  ['bind-key -n a kill-pane', 'from every program'],
  ['bind-key -n Enter kill-pane', 'from every program'],
  ['bind-key nokey kill-pane', 'There is no key "nokey"'],
  ['bind-key -n MouseDown1Pane kill-pane', 'mouse'],
  ['bind-key x', 'is missing'],
  ['bind-key x nonsense', 'There is no command "nonsense"'],
  ['bind-key x split-window -q', 'there is no flag -q'],
  ['bind-key x run-shell ls', 'tmux has run-shell'],
  ['bind-key x if true', 'tmux has if-shell'],
  ['bind-key x ""', 'no command to bind'],
  ["bind-key x 'select-pane -L ; '\\''", 'not closed'],
  ['bind-key -T mine x kill-pane', 'There is no key table "mine"'],
  ['bind-key -T copy-mode x kill-pane', 'send-keys -X'],
  ['bind-key -T copy-mode x send -X -N 0 cursor-up', 'no number of times'],
  [`bind-key -T copy-mode x command-prompt "new-window '%%'"`, 'send-keys -X'],
  [`bind-key -T copy-mode x command-prompt "send -X cancel '%%'"`, 'takes nothing behind it'],
  ['send-keys -N 2000 x', 'up to 1000'],
  ['bind-key -T copy-mode x send -X nonsense', 'Copy mode has no "nonsense"'],
  ['unbind-key nokey', 'There is no key'],
  ['unbind-key', 'There is no key'],
  ['send-keys -X cancel', 'bind-key -T copy-mode-vi'],
  ['list-keys -T mine', 'There is no key table'],
])('%s is refused', (line, sentence) => {
  const outcome = runCommandLine(fresh, line, context);
  expect([outcome.failed, outcome.state === fresh]).toEqual([true, true]);
  expect(outcome.message).toContain(sentence);
});

test('text of a key stays in the class that it was bound in', () => {
  const rules = (allowed: boolean) => ({ ...context, classes: { names: ['clinical', 'general'], first: 'clinical', lets: () => allowed } });
  const clinical = newWindow(createState({ cols: 120, rows: 40 }, { class: 'clinical' }), { program: 'bash' }).state;
  const lines = ["bind-key x send-keys -l 'Patient Miller has X'", "bind y confirm-before 'rename-window Miller'", 'bind z send-keys C-l Enter'];
  const home = lines.reduce((now, each) => runCommandLine(now, each, rules(false)).state, clinical);
  const away = runCommandLine(home, 'new-session -C general', rules(false)).state;
  const [x, y, z] = changedRows(away.client.keys).flatMap(({ group, line }) => (group === 'Yours' ? [line] : []));
  const press = (state: State, line: string | undefined, allowed = false) => runCommandLine(allLive(state), line!, rules(allowed));
  expect(press(away, x)).toMatchObject({ failed: true, effects: [{ kind: 'crossing', from: 'clinical', to: 'general', allowed: false }] });
  expect(press(away, x).message).toContain('lets nothing of it into the class general');
  expect(press(away, x, true).effects).toMatchObject([{ kind: 'crossing', allowed: true }, { kind: 'client' }]);
  // What it asks has its class too.
  expect(press(away, y).effects).toMatchObject([{ action: { action: 'open', from: ['general', 'clinical'] } }]);
  // Keys are no text, and at home the key types.
  expect(press(away, z).effects).toMatchObject([{ kind: 'client' }]);
  expect(press(home, x).effects).toMatchObject([{ kind: 'client', action: { action: 'send-keys' } }]);
  expect(toView(away).keys?.map((key) => 'from' in key)).toEqual([false, false, false]);
});

test('at the prompt a key may start a program and type: whoever gives it sees it', () => {
  const state = run(fresh, "bind h split-window -h 'htop'", 'bind y send-keys ls Enter');
  expect(listed(state, 'prefix')).toContain('bind-key -T prefix h split-window -h htop');
});

test('what a key does, in words', () => {
  expect([said(fresh, 'list-keys -1N C-o'), said(fresh, 'list-keys -N ^o')]).toEqual(Array(2).fill('ctrl-o: rotate the panes (rotate-window)'));
  expect(said(fresh, 'list-keys -1N C-y')).toBe('C-y is not bound.');
});

test('options: toggled, brought back, left where they are set, shown', () => {
  const state = run(fresh, 'set -g mouse', 'setw -g mode-keys vi', 'set -q nonsense 1', 'set -oq base-index 3', 'set -oq base-index 4');
  expect([said(state, 'show -gv mouse'), said(state, 'showw mode-keys'), said(state, 'show base-index'), said(state, 'show -q nonsense')]).toEqual([
    'off',
    'mode-keys vi',
    'base-index 3',
    '',
  ]);
  expect(said(run(state, 'set -gu mouse'), 'show mouse')).toBe('mouse on');
  for (const [line, sentence] of [
    ['set -o base-index 4', 'set already'],
    ['set -a base-index 4', 'nothing to append'],
    ['set base-index', 'needs a value'],
    ['set nonsense 1', 'There is no option'],
  ] as const)
    expect(said(state, line)).toContain(sentence);
});

test('the second prefix', () => {
  const state = run(fresh, 'set -g prefix2 C-a');
  expect(runCommandLine(state, 'send-prefix -2', context).effects).toMatchObject([{ action: { keys: ['C-a'] } }]);
  expect(said(fresh, 'send-prefix -2')).toBe('There is no second prefix.');
  expect(run(state, 'set -g prefix2 None').client.options.session.prefix2).toBe('None');
  expect(said(fresh, 'set -g prefix None')).toContain('must be a key');
});

test('whatever is bound and unbound, each key of a table is there once, and one that is unbound not at all', () => {
  const table = fc.constantFrom(...tableNames.slice(0, 2));
  const key = fc.constantFrom('C-o', 'M-x', 'C-x', 'F5', 'M-Up');
  const change = fc.oneof(
    fc.tuple(table, key, fc.constantFrom('kill-pane', 'last-pane')).map(([of, name, line]) => [of, name, `bind-key -T ${of} ${name} ${line}`, line] as const),
    fc.tuple(table, key).map(([of, name]) => [of, name, `unbind-key -T ${of} ${name}`, undefined] as const),
  );
  fc.assert(
    fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
      const state = run(fresh, ...changes.map(([, , line]) => line));
      const now = bindings(state.client.keys);
      const names = now.map(({ table: of, key: name }) => `${of} ${name}`);
      expect(new Set(names).size).toBe(names.length);
      for (const [at, [of, name, , line]] of changes.entries()) {
        if (changes.slice(at + 1).some(([otherOf, otherName]) => otherOf === of && otherName === name)) continue;
        expect(now.find((row) => row.table === of && row.key === name)?.line).toBe(line);
      }
      expect(changedRows([])).toBe(keyRows);
    }),
  );
});
