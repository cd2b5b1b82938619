/** Lists, formats, and commands as a command line gives them. */
import { beforeEach, expect, test } from 'vitest';
import type { Permission } from '../../access/permissions.ts';
import { type State, createState } from '../state/model.ts';
import { newWindow } from '../state/windows.ts';
import type { Context } from './command.ts';
import { commands } from './index.ts';
import { runCommandLine, runWords } from './run.ts';

let state: State;
/** Whether text of the class clinical may go into general. */
let both: boolean;
const context: Context = {
  program: 'sh',
  refused: () => undefined,
  classes: { names: ['clinical', 'general'], first: 'clinical', lets: (from) => both || from === 'general' },
};
const at = (...words: string[]) => {
  const outcome = runWords(state, words, context);
  state = outcome.state;
  return outcome;
};
const lines = (...words: string[]): string => {
  const { failed, notes, output } = at(...words);
  expect([failed, notes]).toEqual([undefined, []]);
  return output;
};

beforeEach(() => {
  both = true;
  state = newWindow(createState({ cols: 120, rows: 40 }, { session: 'main', class: 'clinical' }), { program: 'sh' }).state;
});

test('sessions, windows and panes are listed as tmux lists them, in the order of names, those of -f alone', () => {
  at('rename-window', 'notes', ';', 'split-window', '-h', ';', 'new-window', '-d', '-n', 'feeds');
  at('new-session', '-d', '-C', 'general', '-s', 'infra');
  expect(lines('list-sessions')).toBe('infra: 1 windows (general)\nmain: 2 windows (clinical) (attached)\n');
  expect(lines('ls', '-F', '#S', '-f', '#{session_attached}')).toBe('main\n');
  expect(lines('list-windows', '-F', '#I:#W#{window_raw_flags} #{window_panes}')).toBe('0:notes* 2\n1:feeds 1\n');
  expect(lines('list-windows', '-a', '-F', '#{session_name}')).toBe('infra\nmain\nmain\n');
  expect(lines('list-windows', '-t', 'infra', '-F', '#{window_active}#{session_name}')).toBe('1infra\n');
  expect(lines('list-windows')).toMatch(/^0: notes\* \(2 panes\) \[120x40\] \[layout [0-9a-f]{4},120x40,0,0\{[^\]]+\}\] @0 \(active\)\n1: feeds \(1 panes\) /);
  expect(lines('list-panes')).toBe('1: [60x40] %0\n2: [60x40] %1 (active)\n');
  expect(lines('list-panes', '-s', '-F', '#I.#P #{pane_left},#{pane_top} #{pane_right},#{pane_bottom}')).toBe(
    '0.1 0,0 59,39\n0.2 60,0 119,39\n1.1 0,0 119,39\n',
  );
  expect(lines('list-panes', '-a', '-f', '#{==:#{session_class},general}', '-F', '#{session_name} #D')).toBe('infra %3\n');
  at('resize-pane', '-Z');
  expect(lines('list-panes', '-F', '#D #{pane_width} #{window_zoomed_flag}')).toBe('%0 60 1\n%1 120 1\n');
  expect(lines('list-clients')).toBe('window: main [120x40]\n');
});

test('a list that nothing is in prints nothing, and at the prompt says nothing', () => {
  expect(lines('list-panes', '-f', '0')).toBe('');
  expect(runCommandLine(state, 'list-panes -f 0', context)).toEqual({ state, effects: [] });
  expect(runCommandLine(state, "list-panes -F '#D'", context).message).toBe('%0');
});

test('has-session answers by failing', () => {
  expect(at('has-session', '-t', 'main').failed).toBeUndefined();
  expect(at('has', '-t', 'none')).toMatchObject({ failed: true, output: '', notes: [expect.stringContaining('There is no session "none"')] });
});

test('list-commands has each command once, as its usage says it', () => {
  expect(lines('list-commands', '-F', '#{command_list_name}').trimEnd().split('\n')).toEqual(commands.map(({ name }) => name));
  expect(lines('lscm', 'lsp')).toBe('list-panes (lsp) [-as] [-F format] [-f filter] [-t target-window]\n');
});

test('a message is a format, and what has no value in it stands for nothing, also in a key of several commands', () => {
  const said = (line: string): unknown => runCommandLine(state, line, context).effects.find(({ kind }) => kind === 'client');
  expect(said(`display-message "#{window_panes} of #{session_name}#{nothing}, #{?pane_active,yes,no}"`)).toMatchObject({ action: { text: '1 of main, yes' } });
  at('bind-key', 'S', 'set-option', 'mouse', '\\;', 'display-message', '#{?pane_marked,marked,not marked}');
  const line = state.client.keys.find(({ key }) => key === 'S')!.line!;
  expect(said(line)).toMatchObject({ action: { action: 'message', text: 'not marked' } });
  expect(lines('display-message', '-p', '#S:#I.#P')).toBe('main:0.1\n');
});

test('keys and options are printed where the window would show its list of them', () => {
  expect(lines('list-keys').split('\n').length).toBeGreaterThan(100);
  expect(lines('list-keys')).toContain('bind-key -T prefix % split-window -h\n');
  expect(lines('show-options', '-gv', 'mode-keys')).toBe('emacs\n');
  expect(runCommandLine(state, 'list-keys', context).effects).toHaveLength(1);
});

test('a shell’s words are taken as they are: quotes, blanks and semicolons in one are text', () => {
  at('rename-window', "it's $HOME; ~ #{x}");
  expect(lines('list-windows', '-F', '#W')).toBe("it's $HOME; ~ #{x}\n");
  // One that cannot be read is refused with all of them, as in tmux.
  expect(at('rename-window', 'one', ';', 'rename-window').notes[0]).toContain('is missing');
  expect(lines('list-windows', '-F', '#W')).toBe("it's $HOME; ~ #{x}\n");
});

test('of several the first that is refused ends it, and each is told by its own name, with nothing of its words', () => {
  const outcome = at('neww', '-d', '-n', 'secret', ';', 'kill-window', '-t', ':9', ';', 'kill-session');
  expect(outcome.commands).toEqual([
    { command: 'new-window', outcome: 'success' },
    { command: 'kill-window', outcome: 'failure' },
  ]);
  expect(state.server.sessions[0]?.windows).toHaveLength(2);
  for (const words of [['nonsense'], ['neww', ';', 'run-shell', 'ls'], [';'], ['']]) expect(at(...words)).toMatchObject({ failed: true, commands: [] });
});

test('what is typed or copied is refused, whatever carries it: alone, behind others, in a question, in a prompt, in a key', () => {
  const before = state;
  for (const words of [
    ['send-keys', 'ls', 'Enter'],
    ['send', '-l', 'x'],
    ['new-window', ';', 'send-prefix'],
    ['set-buffer', 'x'],
    ['show-buffer'],
    ['paste-buffer'],
    ['list-buffers'],
    ['confirm-before', 'send-keys ls Enter'],
    ['confirm-before', 'confirm-before "send-keys ls"'],
    ['command-prompt', "send-keys '%%'"],
    ['bind-key', 'x', 'send-keys', 'ls'],
    ['bind-key', '-n', 'F5', 'new-window ; paste-buffer'],
    ['bind-key', 'x', 'bind-key y send-prefix'],
  ]) {
    const { failed, effects, output, notes } = at(...words);
    expect([failed, effects, output], words.join(' ')).toEqual([true, [], '']);
    expect(notes[0], words.join(' ')).toContain('a command line has no sealed way to the window');
    expect(state).toBe(before);
  }
  // Every command that reaches the keyboard, a buffer or the clipboard says that it does.
  const touching = commands.filter(({ name }) => /buffer|send-/.test(name) && name !== 'delete-buffer');
  expect(touching.filter(({ content }) => !content).map(({ name }) => name)).toEqual([]);
  expect(at('bind-key', '-T', 'copy-mode-vi', 'v', 'send-keys', '-X', 'begin-selection').failed).toBeUndefined();
});

test('nobody knows in which class the words were written: they go into none that the policy does not let any class of them into', () => {
  at('new-session', '-d', '-C', 'general', '-s', 'infra', ';', 'switch-client', '-t', 'infra');
  both = false;
  const refused = at('rename-session', 'Meier');
  expect(refused).toMatchObject({ failed: true, notes: [expect.stringContaining('lets nothing of it into the class general')] });
  expect(refused.effects).toEqual([{ kind: 'crossing', from: 'clinical', to: 'general', way: 'command', allowed: false }]);
  expect(at('switch-client', '-t', 'main', ';', 'rename-session', 'notes').failed).toBeUndefined();
});

test('whoever may not is refused, command by command', () => {
  const refused = (needs: Permission): string | undefined => (needs === 'session.open' ? 'Not you.' : undefined);
  const outcome = runWords(state, ['list-panes', ';', 'new-window'], { ...context, refused });
  expect(outcome).toMatchObject({ failed: true, notes: ['Not you.'], output: expect.stringContaining('%0') });
});

test('what ends a word is signs, is shown as it is set again, and is refused as anything else', () => {
  expect(lines('show-options', '-gv', 'word-separators')).toBe('!"#$%&\'()*+,-./:;<=>?@[\\]^`{|}~\n');
  at('set-option', '-g', 'word-separators', ' -_@$');
  const shown = lines('show-options', 'word-separators').trimEnd();
  expect(shown).toBe("word-separators ' -_@$'");
  at('set-option', '-u', 'word-separators');
  runCommandLine(state, `set-option ${shown}`, context);
  expect(runCommandLine(state, `set-option ${shown} ; show-options -v word-separators`, context).message).toBe(' -_@$');
  for (const text of ['patient', 'a-', '7', '\t', '-'.repeat(65)]) expect(at('set-option', 'word-separators', text).notes[0], text).toContain('signs at most');
});
