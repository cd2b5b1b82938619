import { expect, test } from 'vitest';
import { createState } from '../state/model.ts';
import { newWindow } from '../state/windows.ts';
import { absent } from './absent.ts';
import { commands, findCommand } from './index.ts';
import { runCommandLine } from './run.ts';

const state = newWindow(createState({ cols: 80, rows: 24 }), { program: 'sh' }).state;
const said = (line: string): string | undefined => runCommandLine(state, line, { program: 'sh', refused: () => undefined }).message;

test('what is true today is said of a command that only tmux has', () => {
  expect(said('source-file ~/.tmux.conf')).toBe(
    'tmux has source-file, Wardmux does not. No file is read: give commands at this prompt. Options are set with set-option, and last until Wardmux ends.',
  );
  expect(said('bind x kill-pane')).toContain('tmux has bind-key, Wardmux does not.');
  expect(said('find-window')).toBe('tmux has find-window, Wardmux does not.');
  expect(said('nonsense')).toBe('There is no command "nonsense".');
});

test('no command that there is, nor its alias, is called absent', () => {
  for (const { name, alias } of commands) expect([absent(name), alias && absent(alias)].filter(Boolean), name).toEqual([]);
  expect(findCommand('source-file').ok).toBe(false);
});
