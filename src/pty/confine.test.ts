/** What bwrap is asked for, and what a shell of a class gets. The sandbox itself is tried where there is one: test/attacks/classes.test.ts. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { classEnvironment, confined, inRoom } from './confine.ts';

const root = mkdtempSync(join(tmpdir(), 'wardmux-confine-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const launch = {
  command: ['/bin/bash', '-c', 'true'],
  cwd: '/home/ada/ward-3',
  env: {
    HOME: '/home/ada',
    PATH: '/usr/bin',
    LC_ALL: 'C.UTF-8',
    TERM: 'xterm-256color',
    WARDMUX: '1',
    SSH_AUTH_SOCK: '/run/agent',
    LD_PRELOAD: '/tmp/x.so',
    TICKET: '4711',
  },
};
const room = { class: 'clinical', folder: '/state/p-1/clinical', withhold: ['TICKET'], sandbox: { network: false } };

/** The words behind each flag of that name. */
const after = (args: readonly string[], flag: string, words: number): string[][] =>
  args.flatMap((arg, i) => (arg === flag ? [args.slice(i + 1, i + 1 + words)] : []));

test('nothing of the account is in the sandbox but the class’s own home, the system is read only, and there is no network', () => {
  const { command, cwd, env } = confined(launch, room);
  const args = command.slice(command.indexOf('/usr/bin/bwrap') + 1, command.indexOf('--'));
  // Bash hands the filter to bwrap, and becomes it.
  expect(command.slice(0, 3)).toEqual(['/usr/bin/bash', '-p', '-c']);
  expect(command[5]).toBe('/usr/bin/bwrap');
  expect(after(args, '--seccomp', 1)).toEqual([['3']]);
  expect(command.slice(command.indexOf('--') + 1)).toEqual(launch.command);
  expect(cwd).toBe('/');
  expect(after(args, '--bind', 2)).toEqual([['/state/p-1/clinical/home', '/home/ada']]);
  // Of what is read nothing is where people keep things.
  for (const [from, to] of after(args, '--ro-bind-try', 2)) {
    if (from === '/dev/null') continue;
    expect(to).toBe(from);
    expect(from).not.toMatch(/^\/(?:home|root|var|srv|mnt|media|tmp|run|proc|sys|dev|state)?(?:\/|$)/);
  }
  expect(args).toEqual(expect.arrayContaining(['--unshare-all', '--die-with-parent']));
  expect(args).not.toContain('--share-net');
  expect(after(args, '--cap-drop', 1)).toEqual([['ALL']]);
  expect(after(args, '--tmpfs', 1).flat()).toEqual(['/tmp', '/run', '/var/tmp']);
  // What is mounted last is what holds: the home comes after /tmp, in which it may lie.
  expect(args.indexOf('--bind')).toBeGreaterThan(args.lastIndexOf('--tmpfs'));
  expect(args.indexOf('--remount-ro')).toBeGreaterThan(args.indexOf('--bind'));
  expect(env).toEqual({ HOME: '/home/ada', PWD: '/home/ada', PATH: '/usr/bin', LC_ALL: 'C.UTF-8', TERM: 'xterm-256color', WARDMUX: '1' });
});

test('with the network there is all of it', () => {
  const { command } = confined(launch, { ...room, sandbox: { network: true } });
  expect(command).toContain('--share-net');
  // And a longer filter, of sockets too.
  expect(command[4]!.length).toBeGreaterThan(confined(launch, room).command[4]!.length);
  expect(() => confined(launch, { ...room, sandbox: { network: true } }, '/usr/bin/bwrap', 'mips')).toThrow('there is none for the processor mips');
  expect(after(command, '--ro-bind-try', 2)).toContainEqual(['/run/systemd/resolve', '/run/systemd/resolve']);
});

test.each(['', '/', 'relative', '/usr/local/home', '/etc', '/proc/1', '/tmp', '/tmp/../etc', '/home//ada', '/home/./ada', '/run/user/1', '/sys'])(
  'a HOME of %j makes no sandbox, and so no shell',
  (home) => {
    expect(() => confined({ ...launch, env: { ...launch.env, HOME: home } }, room)).toThrow('No shell is started.');
  },
);

test('without a sandbox a class has a history of its own, and not what is withheld', () => {
  const env = classEnvironment(launch.env, { ...room, sandbox: null }, '/bin/bash');
  expect(env).toMatchObject({
    HISTFILE: '/state/p-1/clinical/history/bash',
    PSQL_HISTORY: '/state/p-1/clinical/history/psql',
    fish_history: 'wardmux_clinical',
    HOME: '/home/ada',
  });
  expect(env).not.toHaveProperty('TICKET');
  const other = classEnvironment(launch.env, { ...room, folder: '/state/p-1/general', sandbox: null }, '/bin/bash');
  for (const [name, value] of Object.entries(env)) if (!(name in launch.env)) expect(other[name], name).not.toBe(value);
  expect(classEnvironment(launch.env, { ...room, withhold: ['HISTFILE'], sandbox: null }, '/bin/bash')).not.toHaveProperty('HISTFILE');
});

test('where bwrap is not there, or anybody could have changed it, no shell is started', () => {
  const folder = join(root, 'wardmux-classes', 'p-1', 'clinical');
  expect(() => inRoom(launch, { ...room, folder }, join(root, 'bwrap'))).toThrow(
    `${join(root, 'bwrap')} is not there. The policy has a sandbox for this class, and no shell is started without it.`,
  );
  writeFileSync(join(root, 'bwrap'), '#!/bin/sh\nshift $#\nexec bash\n', { mode: 0o777 });
  chmodSync(join(root, 'bwrap'), 0o777);
  expect(() => inRoom(launch, { ...room, folder }, join(root, 'bwrap'))).toThrow('can be changed by others than root');
  // Without a sandbox nobody asks for it.
  expect(inRoom(launch, { ...room, folder, sandbox: null }).command).toEqual(launch.command);
  expect(existsSync(join(folder, 'history'))).toBe(true);
});

test('a folder of a class that is a link, no folder, or anybody’s to write starts no shell', () => {
  const state = join(root, 'state');
  const elsewhere = join(root, 'elsewhere');
  mkdirSync(join(elsewhere, 'p-1', 'clinical', 'history'), { recursive: true });
  const folder = join(state, 'wardmux-classes', 'p-1', 'clinical');
  const levels = [dirname(dirname(folder)), dirname(folder), folder, join(folder, 'history')];
  const targets = [elsewhere, join(elsewhere, 'p-1'), join(elsewhere, 'p-1', 'clinical'), join(elsewhere, 'p-1', 'clinical', 'history')];
  const begin = (): unknown => inRoom(launch, { ...room, folder, sandbox: null });
  for (const [i, level] of levels.entries()) {
    rmSync(state, { recursive: true, force: true });
    mkdirSync(dirname(level), { recursive: true });
    symlinkSync(targets[i]!, level);
    expect(begin, level).toThrow(`${level} is a link, and a class of sessions keeps what is its own there. Take it away. No shell is started.`);
    rmSync(level);
    writeFileSync(level, '');
    expect(begin, level).toThrow(`${level} is no folder`);
    rmSync(level);
    expect(begin()).toBeDefined();
    expect(statSync(level).mode & 0o777).toBe(0o700);
  }
  chmodSync(levels[1]!, 0o777);
  expect(begin).toThrow('can be written by other accounts');
  chmodSync(levels[1]!, 0o700);
  // Inside, a shell gives its own home the modes that it likes.
  chmodSync(levels[3]!, 0o777);
  expect(begin()).toBeDefined();
  // Whoever breaks the glass gets a shell all the same, and one that keeps nothing.
  rmSync(state, { recursive: true });
  writeFileSync(state, '');
  expect(begin).toThrow('The folder of this class cannot be made (EEXIST)');
  expect(inRoom(launch, { ...room, class: 'emergency', folder, sandbox: null }).env).toMatchObject({ HISTFILE: '/dev/null', PSQL_HISTORY: '/dev/null' });
});
