import { spawn } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as pty from 'node-pty';
import { afterEach, expect, test, vi } from 'vitest';
import { waitFor } from '../../test/support/wait-for.ts';
import { ForegroundWatch, foregroundOf, LOOK_MS, sshHost } from './programs.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
  vi.useRealTimers();
});

test('what has the terminal is the program in front, with its folder, and the shell again after it', async () => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'programs-')));
  const shell = pty.spawn('/bin/sh', ['-i'], { cwd: home, cols: 80, rows: 24, env: { ...process.env, PS1: '$ ', ENV: '' } });
  ends.push(
    () => shell.kill('SIGKILL'),
    () => rmSync(home, { recursive: true, force: true }),
  );
  await waitFor(() => expect(foregroundOf(shell.pid, home)?.program).toBe('sh'));
  expect(foregroundOf(shell.pid, home)?.folder).toBe('~');
  shell.write('mkdir feeds; cd feeds; cat\r');
  await waitFor(() => expect(foregroundOf(shell.pid, home)?.program).toBe('cat'));
  expect(foregroundOf(shell.pid, home)).toEqual({ program: 'cat', folder: '~/feeds' });
  shell.write('\x04');
  await waitFor(() => expect(foregroundOf(shell.pid, home)?.program).toBe('sh'));
});

test('a process that is gone says nothing', async () => {
  const child = spawn('true');
  await new Promise((resolve) => child.once('exit', resolve));
  expect(foregroundOf(child.pid!, '/home/x')).toBeUndefined();
});

test.each([
  [['ssh', 'lab-gw-02'], 'lab-gw-02'],
  [['ssh', '-p', '22', 'ops@db-04', 'uptime'], 'ops@db-04'],
  [['ssh', '-tp22', '-v', 'ops@db-04'], 'ops@db-04'],
  [['ssh', '-tp', '22', '-L', '8080:localhost:80', 'host'], 'host'],
  [['ssh', '--', 'host'], 'host'],
  [['ssh', '-V'], undefined],
])('the host of %j is %s', (argv, host) => {
  expect(sshHost(argv)).toBe(host);
});

test('much output is one look', async () => {
  vi.useFakeTimers();
  const look = vi.fn();
  const watch = new ForegroundWatch(look);
  for (let i = 0; i < 1000; i += 1) watch.output();
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  expect(look).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(10 * LOOK_MS);
  expect(look).toHaveBeenCalledTimes(1);
  watch.output();
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  expect(look).toHaveBeenCalledTimes(2);
});
