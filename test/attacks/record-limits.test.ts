/** Another program of the account lowers limits of `wardmux record` while it runs: it is said, entered, and takes nothing from the command. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeFlags } from '../../src/native/protect.ts';
import { commandScript } from '../support/command.ts';
import { firstHome, ownFolder } from '../support/first-home.ts';
import { waitFor } from '../support/wait-for.ts';
import { eventsOf } from './commands.ts';

const prlimit = '/usr/bin/prlimit';

test('a limit that another program lowers is said and entered once, and the command runs on', async ({ skip }) => {
  skip(process.platform !== 'linux' || !existsSync(prlimit), 'it is /proc and prlimit(1) of Linux');
  const folder = ownFolder();
  const home = join(folder, 'home');
  (await firstHome(folder, { auditKeyPath: join(folder, 'audit-key.json') })).identity.destroy();
  const go = join(folder, 'go');
  const limited = (): unknown[] => eventsOf(home).flatMap(({ action, detail }) => (action === 'process.limited' ? [detail] : []));
  const command = ['record', '--', 'sh', '-c', `echo up; while [ ! -e '${go}' ]; do sleep 0.1; done; echo over`];
  const env = { PATH: process.env['PATH'], HOME: folder, WARDMUX_HOME: home, TERM: 'xterm' };
  const child = spawn(process.execPath, [...nodeFlags, commandScript, ...command], { env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text) => (out += String(text)));
  child.stderr.on('data', (text) => (err += String(text)));
  const ended = new Promise((resolve) => child.on('close', resolve));
  await waitFor(() => expect(out).toContain('up'));
  execFileSync(prlimit, ['--pid', String(child.pid), '--msgqueue=1000:1000']);
  await waitFor(() => expect(limited()).toHaveLength(1));
  execFileSync(prlimit, ['--pid', String(child.pid), '--msgqueue=0:0', '--sigpending=100:100']);
  await waitFor(() => expect(limited()).toHaveLength(2));
  writeFileSync(go, '');
  expect(await ended, err).toBe(0);
  expect(out).toContain('over');
  expect(err.match(/Another program has lowered a limit/g)).toHaveLength(2);
  expect(limited()).toEqual([
    { process: 'main', limit: 'msgqueue', to: 1000 },
    { process: 'main', limit: 'sigpending', to: 100 },
  ]);
});
