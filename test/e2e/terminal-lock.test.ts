/** The terminal-only job locks: in a real terminal, with real keys, looked at as a passer-by would. */
import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Tmux } from '../support/tmux.ts';
import { waitFor } from '../support/wait-for.ts';
import { initialise } from './initialised.ts';
import { distFolder, entered, passphrase, root, type Entered } from './support.ts';

let folder: string;
let terminal: Tmux;
const env = (): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: folder,
  WARDMUX_HOME: join(folder, 'home'),
  SHELL: '/bin/bash',
  LANG: 'C.UTF-8',
  TMPDIR: folder,
});
const wardmux = (...args: string[]): SpawnSyncReturns<string> => spawnSync(join(root, 'bin', 'wardmux'), args, { env: env(), encoding: 'utf8' });
const events = (action: string): Entered[] => entered({ home: join(folder, 'home') }, action);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wl-'));
  writeFileSync(join(folder, '.bashrc'), "PS1='ready> '\n");
  initialise(folder);
  terminal = new Tmux(folder, `"${process.execPath}" "${join(distFolder, 'start.mjs')}"`, { env: env() });
  await terminal.sees('Passphrase of Mara Ueda');
  terminal.type(passphrase);
  terminal.press('Enter');
  await terminal.sees(/ready>$/m);
});
afterEach(() => {
  terminal.stop();
  // The recording is closed while the folder goes.
  rmSync(folder, { recursive: true, force: true, maxRetries: 40, retryDelay: 100 });
});

const lockByKeys = async (): Promise<void> => {
  terminal.press('C-l', 'C-l', 'C-l');
  await terminal.sees('Wardmux is locked');
  await terminal.sees('Passphrase of M. U.');
};
const unlock = async (sees: RegExp | string): Promise<void> => {
  terminal.type(passphrase);
  terminal.press('Enter');
  await terminal.sees(sees);
};

test('says at the start how it locks', () => {
  expect(terminal.everything()).toMatch(/locks after 5 minutes without a key, or at once when you\s+press ctrl-l three times/);
});

test('the hotkey takes screen, scrollback, title and modes away; the passphrase brings them back', async () => {
  terminal.type(`printf '\\033]2;patient 4711\\007\\033[?1002;1006h\\033[?2004h'; seq 60`);
  terminal.press('Enter');
  await terminal.sees(/^60$/m);
  const before = terminal.everything();
  expect(terminal.ask('#{mouse_button_flag}#{mouse_sgr_flag} #{pane_title}')).toBe('11 patient 4711');
  await lockByKeys();
  expect(terminal.everything()).not.toMatch(/ready|seq|^\d+$/m);
  expect(terminal.ask('#{mouse_any_flag}#{mouse_sgr_flag} #{pane_title} #{history_size}')).toBe('00 Wardmux is locked 0');
  await unlock(/^60\n/m);
  // ctrl-l is the shell's as well: it may have drawn its prompt anew.
  expect(terminal.everything()).toContain(before.slice(before.indexOf('ready> printf'), before.lastIndexOf('60') + 2));
  expect(terminal.ask('#{mouse_button_flag}#{mouse_sgr_flag} #{pane_title}')).toBe('11 patient 4711');
  expect(events('lock')).toEqual([expect.objectContaining({ detail: { cause: 'hotkey', visible: 'gone' } })]);
  expect(wardmux('ledger', 'verify').status).toBe(0);
});

test('nothing typed at the lock reaches the program, and nothing typed before is left', async () => {
  terminal.type('cat > typed');
  terminal.press('Enter');
  // What is typed before bash has put the terminal back from its own line reaches cat too, and the kernel echoes nothing of it, locked or not.
  await waitFor(() => expect(existsSync(join(folder, 'typed'))).toBe(true));
  terminal.type('echo before');
  await terminal.sees(/^echo before$/m);
  await lockByKeys();
  expect(terminal.everything()).not.toContain('echo before');
  terminal.type('rm -rf important');
  terminal.press('Enter', 'Up', 'F3', 'C-c');
  await terminal.sees('That did not open it');
  await unlock('One failed try since the last unlock.');
  // Told where nothing else stands, and nothing but Enter leaves it.
  terminal.type('ls; rm -rf important');
  expect(terminal.everything()).not.toContain('echo before');
  terminal.press('Enter');
  await terminal.sees('echo before');
  expect(terminal.everything()).not.toContain('failed try');
  terminal.press('Enter', 'C-d');
  await terminal.sees(/ready>$/m);
  // The line's own ctrl-l, then nothing.
  expect(readFileSync(join(folder, 'typed'), 'latin1').replaceAll('\f', '')).toBe('echo before\n');
  expect(events('unlock').filter(({ outcome }) => outcome === 'failure')).toHaveLength(1);
});

test('the program runs on while locked, is recorded, and its output is there afterwards', async () => {
  terminal.type('for i in 1 2 3; do sleep 0.4; echo round $i; done; echo all $((40+2))');
  terminal.press('Enter');
  await terminal.sees(/^round 1/m);
  await lockByKeys();
  await waitFor(() => {
    const status = JSON.parse(wardmux('status', '--json').stdout) as Record<string, unknown>;
    expect(status).toMatchObject({ state: 'locked', locked: true, since: expect.stringMatching(/^\d{4}-.*Z$/) as string, visible: 'gone' });
    expect(readdirSync(join(folder, 'home', 'recordings'))).toHaveLength(1);
  });
  expect(terminal.everything()).not.toContain('round');
  terminal.resize(60, 18);
  await unlock('all 42');
  for (const round of [1, 2, 3]) expect(terminal.everything()).toContain(`round ${round}`);
  terminal.type('stty size');
  terminal.press('Enter');
  await terminal.sees('18 60');
});

test('a try of somebody else is told of at the next start too, by the words of the window', async () => {
  terminal.type('exit');
  terminal.press('Enter');
  await terminal.sees('status 0');
  const guess = '"$0" policy accept --passphrase-fd 3 3<<<"not it"';
  writeFileSync(
    join(folder, 'home', 'policy.json'),
    readFileSync(join(folder, 'home', 'policy.json'), 'utf8').replace('"idleSeconds": 300', '"idleSeconds": 299'),
  );
  expect(spawnSync('bash', ['-c', guess, join(root, 'bin', 'wardmux')], { env: env(), encoding: 'utf8' }).status).toBe(4);
  terminal.stop();
  terminal = new Tmux(folder, `"${process.execPath}" "${join(distFolder, 'start.mjs')}"`, { env: env() });
  await terminal.sees('Passphrase of Mara Ueda');
  terminal.type(passphrase);
  terminal.press('Enter');
  await terminal.sees('One failed try since the last unlock.');
  await terminal.sees(/ready>$/m);
});

test('a program of the same account takes its limit of open files away (prlimit): it locks, and enters that while nothing can be opened', async () => {
  terminal.type('echo secret');
  terminal.press('Enter');
  await terminal.sees(/^secret$/m);
  const { pid } = JSON.parse(wardmux('status', '--json').stdout) as { pid: number };
  const limit = (which: string): unknown => execFileSync('prlimit', ['--pid', String(pid), which]);
  limit('--nofile=3:4096');
  try {
    await terminal.sees('Another program has lowered a limit of Wardmux (open files)');
    expect(terminal.everything()).not.toContain('secret');
    await waitFor(() => expect(events('lock')).toEqual([expect.objectContaining({ detail: { cause: 'lowered', visible: 'gone' } })]));
    expect(events('process.limited').map(({ detail }) => detail)).toEqual([{ process: 'main', limit: 'nofile', to: 3 }]);
  } finally {
    limit('--nofile=4096:4096');
  }
});

test('a full-screen program is where it was, with the size that the terminal has now', async () => {
  terminal.type('seq 100 | less');
  terminal.press('Enter');
  await terminal.sees(/^23$/m);
  terminal.press('Space');
  await terminal.sees(/^46$/m);
  await lockByKeys();
  expect(terminal.other()).toBe('');
  terminal.resize(100, 30);
  terminal.resize(80, 24);
  await unlock(/^46$/m);
  expect(terminal.ask('#{alternate_on}')).toBe('1');
  terminal.press('q');
  await terminal.sees(/ready>$/m);
  expect(terminal.ask('#{alternate_on}')).toBe('0');
  expect(terminal.screen()).toContain('seq 100 | less');
});

test('wardmux lock locks it, and says so only when the terminal says that it is empty', async () => {
  terminal.type('echo secret');
  terminal.press('Enter');
  await terminal.sees(/^secret$/m);
  const { status, stderr } = wardmux('lock');
  expect([status, stderr]).toEqual([0, 'Locked.\n']);
  expect(terminal.everything()).not.toContain('secret');
  expect(wardmux('lock').status).toBe(0);
  await unlock(/^secret$/m);
});

test('a shell that ends at the lock gives the terminal to nobody', async () => {
  terminal.type('until [ -e end ]; do sleep 0.1; done; exit 7');
  terminal.press('Enter');
  await lockByKeys();
  writeFileSync(join(folder, 'end'), '');
  await terminal.sees('Your shell has ended');
  terminal.press('C-c', 'C-d', 'C-z', 'Enter');
  await terminal.sees('Passphrase of M. U.');
  expect(terminal.screen()).not.toContain('status');
  await unlock('status 7');
});

test('back-off holds here too', async () => {
  await lockByKeys();
  for (let i = 0; i < 6; i++) {
    terminal.type(`guess number ${i}`);
    terminal.press('Enter');
    await waitFor(() => expect(events('unlock').length).toBe(i + 2));
    await terminal.sees('Passphrase of M. U.');
  }
  await terminal.sees(/Too many attempts\. Wait \d+ seconds/);
  terminal.type(passphrase);
  terminal.press('Enter');
  await waitFor(() => expect(events('unlock').length).toBe(8));
  await terminal.sees(/Too many attempts/);
  expect(terminal.everything()).not.toContain('ready>');
});

test('nobody touches a key for as long as the policy says: it locks by itself', { timeout: 150_000 }, async () => {
  const path = join(folder, 'home', 'policy.json');
  const policy = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...policy, lock: { idleSeconds: 30, warnSeconds: 5 } }));
  const accept = '"$0" policy accept --passphrase-fd 3 3<<<"$1"';
  const accepted = spawnSync('bash', ['-c', accept, join(root, 'bin', 'wardmux'), passphrase], { env: env(), encoding: 'utf8' });
  expect(accepted.status, accepted.stderr).toBe(0);
  // The accepted time counts from the next unlock on; the program goes on printing, which is no key.
  terminal.type('while :; do echo tick; sleep 1; done');
  terminal.press('Enter');
  await lockByKeys();
  await unlock('tick');
  const pressed = Date.now();
  await waitFor(() => expect(terminal.screen()).toContain('Wardmux is locked'), 90_000);
  // Not before its time, by the ledger's own word too; how much later is the machine's business.
  expect(Date.now() - pressed).toBeGreaterThan(25_000);
  expect(terminal.everything()).not.toContain('tick');
  const causes = (): unknown[] => events('lock').map(({ detail }) => detail!['cause']);
  await waitFor(() => expect(causes()).toEqual(['hotkey', 'idle']));
  await unlock('tick');
});
