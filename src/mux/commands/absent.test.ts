import { expect, test } from 'vitest';
import { createState } from '../state/model.ts';
import { newWindow } from '../state/windows.ts';
import { absentCommand } from './absent.ts';
import { commands, findCommand } from './index.ts';
import { runCommandLine } from './run.ts';

const state = newWindow(createState({ cols: 80, rows: 24 }), { program: 'sh' }).state;
const said = (line: string): string | undefined => runCommandLine(state, line, { program: 'sh', refused: () => undefined }).message;

test('what is true today is said of a command that only tmux has', () => {
  expect(said('run-shell ls')).toBe('tmux has run-shell, Wardmux does not. It runs a program that nobody sees and no recording has.');
  expect(said('if true')).toContain('tmux has if-shell, Wardmux does not.');
  expect(said('display-pop')).toBe('tmux has display-popup, Wardmux does not.');
  expect(said('saveb /tmp/x')).toBe('tmux has save-buffer, Wardmux does not. A buffer is in the window alone, and never on a disk.');
  expect(said('nonsense')).toBe('There is no command "nonsense".');
});

test('no command that there is, nor its alias, is called absent', () => {
  for (const { name, alias } of commands) expect([absentCommand(name), alias && absentCommand(alias)].filter(Boolean), name).toEqual([]);
  expect(findCommand('run-shell').ok).toBe(false);
});
