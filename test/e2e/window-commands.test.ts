/** `wardmux CMD` to a real window: given with a passphrase, seen in the window, refused while it is locked, on the record. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRealApp, type RealApp } from './real-window.ts';
import { entered, passphrase, root, until } from './support.ts';

let app: RealApp;
beforeAll(async () => {
  app = await openRealApp();
});
afterAll(() => app.stop());

interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Own options stand right behind the command's name. */
function give([name, ...words]: readonly string[], secret = passphrase): Ran {
  const env = { PATH: process.env['PATH'], HOME: app.folder, WARDMUX_HOME: app.home, TMPDIR: app.folder, LANG: 'C.UTF-8' };
  const args = ['-c', '"$0" "$@" 3<<<"$PASS"', join(root, 'bin', 'wardmux'), name!, '--passphrase-fd', '3', ...words];
  const { status, stdout, stderr } = spawnSync('bash', args, { env: { ...env, PASS: secret }, encoding: 'utf8' });
  return { status, out: stdout, err: stderr };
}

test('commands reach the unlocked window with the passphrase of whoever is in, and with nothing else', async () => {
  // Locked: nobody is asked for anything.
  await app.lockPage();
  expect(give(['list-windows'])).toMatchObject({
    status: 69,
    out: '',
    err: expect.stringContaining('Wardmux is locked. Unlock it in its window first. Nothing was done.'),
  });
  expect(entered(app, 'unlock.attempt')).toEqual([]);
  await app.unlock();

  expect(give(['new-window', '-n', 'feeds'])).toEqual({ status: 0, out: '', err: '' });
  await until(async () => (await app.facts()).shells === 2, 'the shell of the new window');
  expect(give(['list-windows', '-F', '#I #W#{window_raw_flags}'])).toEqual({ status: 0, out: '0 bash-\n1 feeds*\n', err: '' });
  expect(give(['split-window', '-h', ';', 'list-panes', '-F', '#P #{pane_active}']).out).toBe('1 0\n2 1\n');
  await until(async () => (await app.facts()).shells === 3, 'the shell of the new pane');

  // Statuses as tmux has them; nothing of a refusal is on stdout.
  expect(give(['has-session', '-t', 'none'])).toMatchObject({ status: 1, out: '', err: expect.stringContaining('There is no session "none"') });
  expect(give(['select-window', '-t', ':9'])).toMatchObject({ status: 1, out: '' });
  expect(give(['capture-pane', '-p'])).toMatchObject({ status: 1, out: '', err: expect.stringContaining('tmux has capture-pane, Wardmux does not.') });
  expect(give(['send-keys', 'touch ~/typed', 'Enter'])).toMatchObject({ status: 1, err: expect.stringContaining('no sealed way') });
  // Another passphrase is none.
  expect(give(['kill-session'], 'not the passphrase')).toMatchObject({ status: 4, out: '' });
  expect((await app.facts()).shells).toBe(3);

  expect(give(['kill-window', '-t', ':1']).status).toBe(0);
  await until(async () => (await app.facts()).shells === 1, 'the end of the shells');
  await until(() => entered(app, 'command.given').length >= 8, 'the event of the last command');
  const given = entered<{ command: string }>(app, 'command.given').map(({ outcome, detail }) => [detail?.command, outcome]);
  expect(given).toEqual([
    ['new-window', 'success'],
    ['list-windows', 'success'],
    ['split-window', 'success'],
    ['list-panes', 'success'],
    ['has-session', 'failure'],
    ['select-window', 'failure'],
    ['send-keys', 'failure'],
    ['kill-window', 'success'],
  ]);
  expect(readFileSync(join(app.home, 'ledger', 'events.jsonl'), 'utf8')).not.toContain('feeds');

  app.wardmux('lock');
  expect(give(['new-window'])).toMatchObject({ status: 69, out: '' });
});
