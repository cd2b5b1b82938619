/** Commands of the paste buffers: what the page is told, and what it is not. The buffers themselves are in the page alone. */
import { expect, it, test } from 'vitest';
import { allLive } from '../state/live.fixture.ts';
import { createState } from '../state/model.ts';
import { newSession } from '../state/sessions.ts';
import { newWindow } from '../state/windows.ts';
import type { Context } from './command.ts';
import { runCommandLine } from './run.ts';

const context: Context = { program: 'bash', refused: () => undefined };
const fresh = newWindow(createState({ cols: 120, rows: 40 }), { program: 'bash' }).state;
const actions = (line: string, state = allLive(fresh)): unknown[] =>
  runCommandLine(state, line, context).effects.flatMap((effect) => (effect.kind === 'client' ? [effect.action] : []));

it.each([
  ['paste-buffer', { action: 'paste', pane: 0 }],
  ['pasteb -dp -b mine -s ,', { action: 'paste', pane: 0, buffer: 'mine', separator: ',', deletes: true }],
  ["set-buffer 'df -h'", { action: 'buffer', deed: 'set', text: 'df -h' }],
  ['setb -a -b mine more', { action: 'buffer', deed: 'append', text: 'more', buffer: 'mine' }],
  ['set-buffer -b buffer0 -n mine', { action: 'buffer', deed: 'rename', text: 'mine', buffer: 'buffer0' }],
  ['delete-buffer', { action: 'buffer', deed: 'delete' }],
  ['deleteb -b mine', { action: 'buffer', deed: 'delete', buffer: 'mine' }],
  ['showb -b mine', { action: 'buffer', deed: 'show', buffer: 'mine' }],
  ['choose-buffer -Z', { action: 'open', band: 'buffers', pane: 0 }],
  ['list-buffers', { action: 'open', band: 'buffers', pane: 0 }],
])('%s', (line, action) => expect(actions(line)).toEqual([action]));

it.each([
  ['set-buffer', 'either text, or -n'],
  ['set-buffer -n one two', 'either text, or -n'],
  ["set-buffer ''", 'no text in it'],
  ["set-buffer -b 'a b' x", 'A name of a buffer'],
  ['set-buffer -b -x y', 'A name of a buffer'],
  ['paste-buffer -b', 'needs a buffer-name'],
])('%s is refused', (line, sentence) => {
  const outcome = runCommandLine(allLive(fresh), line, context);
  expect([outcome.failed, outcome.effects]).toEqual([true, []]);
  expect(outcome.message).toContain(sentence);
});

test('nothing is pasted into a pane without a program', () => {
  expect(runCommandLine(fresh, 'paste-buffer', context)).toMatchObject({ failed: true, effects: [] });
});

test('control characters are taken out of what is set', () => {
  expect(actions('set-buffer "a\\033[31mb"')).toEqual([{ action: 'buffer', deed: 'set', text: 'a[31mb' }]);
});

test('text of one class is put into no buffer of another, where the policy does not let it', () => {
  const two = newSession(fresh, { program: 'bash' }, { class: 'clinical' }).state;
  const rules = (lets: boolean) => ({ ...context, from: ['general'], classes: { names: ['general', 'clinical'], first: 'general', lets: () => lets } });
  expect(runCommandLine(allLive(two), 'set-buffer secret', rules(false))).toMatchObject({ failed: true, effects: [{ kind: 'crossing', allowed: false }] });
  expect(runCommandLine(allLive(two), 'set-buffer secret', rules(true)).effects).toMatchObject([{ kind: 'crossing', allowed: true }, { kind: 'client' }]);
});

it.each([
  ['set synchronize-panes on', { action: 'synchronize', on: true }],
  ['setw -g sync off', { action: 'synchronize', on: false }],
  ['setw synchronize-panes', { action: 'synchronize' }],
  ['set -u synchronize-panes', { action: 'synchronize', on: false }],
])('%s is for the page, which asks', (line, action) => expect(actions(line)).toEqual([action]));

test('synchronize-panes is on or off', () => {
  expect(runCommandLine(fresh, 'set synchronize-panes perhaps', context)).toMatchObject({ failed: true });
});
