/** A person's own configuration of tmux: taken when they say so, kept, done again at the next start, and never read by itself. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { temporary } from '../src/anchors/fixture.ts';
import type { Kept } from '../src/mux/state/kept.ts';
import type { ClientAction } from '../src/types/workspace-view.ts';
import type { Workspace } from './workspace/workspace.ts';
import { testWorkspace } from './workspace/workspace.fixture.ts';

let home: string;
let said: string[];
let kept: Kept | undefined;
/** Seconds that the lock was asked for, as they were told last. */
let lockAfter: number | undefined;
let spawned: (readonly string[])[];

/** A start, with what the one before has kept. */
function start(sessionClass?: string): Workspace {
  return testWorkspace({
    sessionClass,
    kept,
    spawn: ({ command }) => spawned.push(command),
    keep: (now) => (kept = now && (JSON.parse(JSON.stringify(now)) as Kept)),
    client: (action: ClientAction) => said.push(action.action === 'message' ? action.text : action.action),
    lockAfter: (seconds) => (lockAfter = seconds),
    env: { HOME: home, SHELL: '/bin/bash' },
  });
}
const write = (text: string | Buffer, name = '.tmux.conf'): void => writeFileSync(join(home, name), text);

beforeEach(() => {
  home = temporary();
  said = [];
  kept = undefined;
  lockAfter = undefined;
  spawned = [];
});

test('it is offered to who comes the first time, and not taken', () => {
  write('set -g prefix C-a\nset -g lock-after-time 60\n');
  const workspace = start();
  expect(said).toEqual(['There is a ~/.tmux.conf. To take its options and keys give this at the prompt: source-file ~/.tmux.conf']);
  expect([workspace.view?.options['prefix'], lockAfter]).toEqual(['C-b', 0]);
  // Who has windows that were kept has been told; in an emergency nobody is.
  said = [];
  start();
  kept = undefined;
  start('emergency');
  expect(said).toEqual([]);
});

test('taken when it is asked for, it counts at the next start as it was then, whatever the file says since', () => {
  write('set -g prefix C-a\nbind x split-window -h\nset -g lock-after-time 60\nrun evil\n');
  start().command('source-file', undefined);
  expect(said.at(-1)).toBe('~/.tmux.conf: 3 taken, 0 changed, 1 not taken. What differs, and why: wardmux config check ~/.tmux.conf');
  expect(lockAfter).toBe(60);
  write('set -g prefix C-z\nbind x kill-pane\n');
  lockAfter = undefined;
  const { view } = start();
  expect([view?.options['prefix'], view?.keys, lockAfter]).toEqual(['C-a', [{ table: 'prefix', key: 'x', line: 'split-window -h' }], 60]);
});

test('with the last window closed it is kept all the same', () => {
  write('set -g base-index 4\n');
  const workspace = start();
  workspace.command('source-file ; kill-session', undefined);
  expect(kept).toEqual({ sessions: [], attached: 0, configuration: [{ path: '~/.tmux.conf', text: 'set-option -g base-index 4\n' }] });
  expect(start().view?.windows.map(({ index }) => index)).toEqual([4]);
});

test('one that is broken changes nothing, and the line is said', () => {
  write('set -g prefix C-a\nbind x {\n');
  const workspace = start();
  workspace.command('source-file', undefined);
  expect(said.at(-1)).toBe('~/.tmux.conf:2: A { in this command has no closing }. Nothing of it was taken.');
  expect([workspace.view?.options['prefix'], kept?.configuration]).toEqual(['C-b', undefined]);
});

test.each(['/etc/passwd', '~/secret.conf', '~/.tmux/../secret.conf', '/proc/self/environ', '~/.config/tmux/plain', 'tmux.conf', ''])(
  'a file elsewhere is not read: %j',
  (path) => {
    write('set -g prefix C-a\n', 'secret.conf');
    const workspace = start();
    workspace.command(`source-file '${path}'`, undefined);
    expect(said.at(-1)).toContain('is no place of a configuration');
    expect(workspace.view?.options['prefix']).toBe('C-b');
  },
);

test('places of tmux’s own are read, and what is no text there is said', () => {
  mkdirSync(join(home, '.config/tmux'), { recursive: true });
  write('set -g prefix M-x\n', '.config/tmux/tmux.conf');
  const workspace = start();
  workspace.command('source ~/.config/tmux/tmux.conf', undefined);
  expect(workspace.view?.options['prefix']).toBe('M-x');
  workspace.command('source-file', undefined);
  expect(said.at(-1)).toBe('There is no ~/.tmux.conf.');
  execFileSync('mkfifo', [join(home, '.tmux.conf')]);
  workspace.command('source-file', undefined);
  expect(said.at(-1)).toContain('it is not a file');
});

test('no key of a file starts a program', async () => {
  write("bind x split-window 'evil'\nbind y new-window\n");
  const workspace = start();
  workspace.command('source-file', undefined);
  expect(workspace.view?.keys?.map(({ line }) => line)).toEqual(['new-window']);
  expect(spawned.flat()).not.toContain('evil');
});
