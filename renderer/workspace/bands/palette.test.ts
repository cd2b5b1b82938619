import { expect, test } from 'vitest';
import type { Permission } from '../../../src/access/index.ts';
import { commands } from '../../../src/mux/commands/index.ts';
import { helpRows } from './key-help.ts';
import { changedRows } from '../../../src/mux/keys/tables.ts';
import { isCommand, offers } from './palette.ts';

const all = (): boolean => true;
const lines = (typed: string): string[] => offers(typed, 'ctrl-b', all).map((row) => row.line);

test('without a word it offers every command and every bound line, none twice', () => {
  const every = lines('');
  expect(new Set(every).size).toBe(every.length);
  for (const command of commands)
    expect(
      every.some((line) => line === command.name || line.startsWith(`${command.name} `)),
      command.name,
    ).toBe(true);
});

test('what begins with the word comes before what holds it', () => {
  const found = lines('split');
  expect(found.slice(0, 2)).toEqual(['split-window -h', 'split-window -v']);
  const held = lines('zoom');
  expect(held).toContain('resize-pane -Z');
  expect(lines('no such thing')).toEqual([]);
});

test('what somebody may not do is not offered: a security admin without a shell has what shows, changes the look, and locks', () => {
  const may = (needs: Permission): boolean => ['command.give', 'evidence.read', 'app.lock', 'vault.slot.change'].includes(needs);
  const found = offers('', 'ctrl-b', may).map(({ line }) => line);
  expect(found).toEqual(expect.arrayContaining(['people', 'key-slots', 'posture', 'show-messages', 'list-keys', 'lock-server', 'theme dark']));
  for (const line of ['new-window', 'split-window -h', 'kill-pane', 'export-pane', 'copy-mode']) expect(found, line).not.toContain(line);
  expect(offers('', 'ctrl-b', () => false)).toEqual([]);
});

test('a bound command shows its keys, with the prefix that the person has', () => {
  expect(offers('split-window -h', 'ctrl-a', all)[0]).toMatchObject({ key: 'ctrl-a %', help: 'split left and right' });
  expect(offers('show-options', 'ctrl-b', all).find((row) => row.line === 'show-options')?.key).toBe('');
});

test('a command that needs a word is offered with each of a few, and else says that one is missing', () => {
  expect(lines('dark')).toEqual(['theme dark', 'theme light', 'theme system']);
  expect(offers('theme l', 'ctrl-b', all)).toMatchObject([{ line: 'theme light' }]);
  expect(offers('rename-window', 'ctrl-b', all)[0]).toMatchObject({ line: 'rename-window', lacks: true });
  expect(offers('show-options', 'ctrl-b', all)[0]?.lacks).toBeUndefined();
});

test('what was typed is meant where a command is called so, by its beginning too, and where it is known why there is none', () => {
  for (const line of ['split-window -h', 'splitw', 'theme nope', 'kill-p', 'source-file ~/x', 'next;last-pane']) expect(isCommand(line), line).toBe(true);
  for (const line of ['dark', 'scrollback', 'no such thing', '']) expect(isCommand(line), line).toBe(false);
});

test('keys of one meaning share a row of the help', () => {
  expect(helpRows('prefix', 'Windows')).toContainEqual({ keys: '0…9', label: 'go to window' });
  expect(helpRows('prefix', 'Panes')).toContainEqual({ keys: '←↑↓→', label: 'go to a pane' });
  expect(helpRows('prefix', 'Size and layout')).toContainEqual({ keys: 'ctrl-←↑↓→', label: 'move border by 1' });
});

test('keys that somebody bound are offered, and those that they unbound are not', () => {
  const rows = changedRows([
    { table: 'prefix', key: '|', line: 'split-window -h' },
    { table: 'prefix', key: '%', line: null },
  ]);
  const keys = offers('split-window -h', 'ctrl-b', () => true, rows).map(({ key }) => key);
  expect(keys).toContain('ctrl-b |');
  expect(keys).not.toContain('ctrl-b %');
});
