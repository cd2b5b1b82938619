/** The terminal-only job asks for the policy's text before it starts a shell: in a real terminal, with real keys. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Tmux } from '../support/tmux.ts';
import { distFolder, entered, passphrase, root } from './support.ts';

let folder: string;
let terminal: Tmux | undefined;
const env = (): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: folder,
  WARDMUX_HOME: join(folder, 'home'),
  SHELL: '/bin/bash',
  LANG: 'C.UTF-8',
  TMPDIR: folder,
});
const accepted = (): number => entered({ home: join(folder, 'home') }, 'consent.accepted').length;
const recordings = (): string[] => readdirSync(join(folder, 'home', 'recordings'));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wc-'));
  writeFileSync(join(folder, '.bashrc'), "PS1='ready> '\n");
  const init = '"$0" init --name "Mara Ueda" --preset remote --passphrase-fd 3 --audit-key-out "$1" 3<<<"$2"';
  const done = spawnSync('bash', ['-c', init, join(root, 'bin', 'wardmux'), join(folder, 'audit.json'), passphrase], { env: env(), encoding: 'utf8' });
  expect(done.status, done.stderr).toBe(0);
});
afterEach(() => {
  terminal?.stop();
  // The recording is closed while the folder goes.
  rmSync(folder, { recursive: true, force: true, maxRetries: 40, retryDelay: 100 });
});

/** Starts the job, and gives the passphrase. */
async function start(): Promise<Tmux> {
  terminal = new Tmux(folder, `"${process.execPath}" "${join(distFolder, 'start.mjs')}"`, { env: env() });
  await terminal.sees('Passphrase of Mara Ueda');
  terminal.type(passphrase);
  terminal.press('Enter');
  return terminal;
}

test('whoever does not accept gets no shell; whoever does gets one, and is not asked again', async () => {
  const refusing = await start();
  await refusing.sees('Type accept to go on');
  expect(refusing.everything()).toContain('This workstation opens systems that hold patient information.');
  refusing.type('yes');
  refusing.press('Enter');
  await refusing.sees('not accepted. No shell was started.');
  expect([accepted(), recordings()]).toEqual([0, []]);
  refusing.stop();

  const accepting = await start();
  await accepting.sees('Type accept to go on');
  accepting.type('accept');
  accepting.press('Enter');
  await accepting.sees(/ready>$/m);
  expect(accepted()).toBe(1);
  accepting.type('exit');
  accepting.press('Enter');
  await accepting.sees('the recording is sealed');
  accepting.stop();

  const again = await start();
  await again.sees(/ready>$/m);
  expect(again.everything()).not.toContain('Type accept');
  expect([accepted(), recordings().length]).toEqual([1, 2]);
});
