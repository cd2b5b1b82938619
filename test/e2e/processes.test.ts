/**
 * What a program of the same account can do to the app's processes: the shipped app in a real window, run by an ordinary
 * account out of an environment that means harm, and attacked by that account. Root, which runs these tests, may do
 * everything, and so would prove nothing.
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { socketPath } from '../../src/control/ask.ts';
import { processTree } from '../../src/browser/processes.ts';
import { missingPrograms } from '../support/display.ts';
import { installForNobody, noOtherAccount, type Installed } from '../support/other-account.ts';
import { openRealApp, type RealApp } from './real-window.ts';
import { until } from './support.ts';

const missing = missingPrograms('Xvfb', 'xdotool', 'cc');
const obstacle = noOtherAccount() ?? (missing.length > 0 ? `not installed: ${missing.join(', ')}` : undefined);

/** What only /proc's owner sees, read by root. */
const environment = (pid: number): string[] => readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
const maps = (pid: number): string => readFileSync(`/proc/${pid}/maps`, 'latin1');
const command = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
const startOf = (pid: number): string | undefined => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ')[19];
const coreLimits = (pid: number | string): string[] => /^Max core file size +(\S+) +(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'latin1'))!.slice(1);

/** Inodes of listening TCP sockets of an account (proc(5): local address, remote address, state, …, uid, timeout, inode). */
function listening(uid: number): string[] {
  return ['tcp', 'tcp6'].flatMap((name) =>
    readFileSync(`/proc/net/${name}`, 'latin1')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , owner]) => state === '0A' && owner === String(uid))
      .map((fields) => fields[9]!),
  );
}

describe('a program of the same account', () => {
  let folder: string;
  let installed: Installed;
  let attacker: string;
  let app: RealApp;
  let control: ChildProcess;
  /** Loaded by NODE_OPTIONS and by LD_PRELOAD of whoever starts the app. */
  let required: string;
  let preloaded: string;

  /** The three processes of ours that there are now. */
  function ours(): { main: number; pty: number; vault: number } {
    const pids = processTree(app.child.pid!);
    const find = (name: string): number => pids.find((pid) => command(pid).includes(name))!;
    return { main: app.child.pid!, pty: find('pty-host.mjs'), vault: find('vault-host.mjs') };
  }
  const shell = (): number => processTree(ours().pty).find((pid) => command(pid).startsWith('/bin/bash'))!;

  /** Runs the attacks as the app's account: each one's name, and `ok` or the error's number. */
  function attack(pid: number): Record<string, string> {
    const { stdout, status } = spawnSync(attacker, [String(pid)], { uid: installed.uid, gid: installed.gid, cwd: '/', encoding: 'utf8' });
    expect(status).toBe(0);
    return Object.fromEntries(
      stdout
        .trim()
        .split('\n')
        .map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]),
    );
  }

  function expectRefused(name: string, pid: number): void {
    const results = attack(pid);
    expect(Object.keys(results).length, name).toBe(13);
    // EPERM or EACCES, as the kernel has it.
    for (const [what, result] of Object.entries(results)) expect(['1', '13'], `${what} of ${name}: ${result}`).toContain(result);
  }

  /** SIGUSR1 as the app's account sends it. */
  const signal = (pid: number): void => void execFileSync('sh', ['-c', 'kill -USR1 "$0"', String(pid)], { uid: installed.uid, gid: installed.gid, cwd: '/' });

  /** A Node without our flag, in the same environment: what the attacks do where nothing is in their way. */
  function plainNode(): ChildProcess {
    return spawn(installed.node, ['--inspect-port=0', '-e', 'console.log("up"); setInterval(() => {}, 1000)'], {
      env: { PATH: process.env['PATH'], NODE_OPTIONS: `--require=${required}`, LD_PRELOAD: preloaded },
      uid: installed.uid,
      gid: installed.gid,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  beforeEach(({ skip }) => skip(obstacle !== undefined, obstacle));
  beforeAll(async () => {
    if (obstacle !== undefined) return;
    folder = mkdtempSync(join(tmpdir(), 'attack-'));
    chmodSync(folder, 0o755);
    installed = installForNobody();
    attacker = join(folder, 'same-account');
    execFileSync('cc', ['-O1', '-o', attacker, join(import.meta.dirname, 'same-account.c')]);
    required = join(folder, 'required.cjs');
    writeFileSync(required, '');
    preloaded = join(folder, 'preloaded.so');
    execFileSync('cc', ['-shared', '-fPIC', '-o', preloaded, '-x', 'c', '-'], { input: 'int preloaded_for_a_test;\n' });
    control = plainNode();
    await new Promise((resolve) => control.stdout!.once('data', resolve));
    app = await openRealApp({
      as: installed,
      starter: {
        NODE_OPTIONS: `--require=${required} --inspect-port=0`,
        NODE_PATH: folder,
        LD_PRELOAD: preloaded,
        LD_LIBRARY_PATH: folder,
        ELECTRON_RUN_AS_NODE: '1',
        OPENSSL_CONF: '/dev/null',
      },
    });
    await app.unlock();
  });
  afterAll(async () => {
    control?.kill();
    await app?.stop();
    installed?.remove();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  test('the attacks work on a process that nothing protects, so that the tests below can fail', () => {
    expect(new Set(Object.values(attack(control.pid!)))).toEqual(new Set(['ok']));
    expect(environment(control.pid!).some((line) => line.startsWith('LD_PRELOAD='))).toBe(true);
    expect(maps(control.pid!)).toContain(preloaded);
  });

  test('nothing of the starter acts in a process of ours', () => {
    for (const [name, pid] of Object.entries(ours())) {
      expect(
        environment(pid).filter((line) => /^(NODE_|LD_|ELECTRON_|OPENSSL_)/.test(line) && !line.startsWith('NODE_CHANNEL_')),
        name,
      ).toEqual([]);
      expect(maps(pid), name).not.toContain(preloaded);
      expect(command(pid), name).toContain(' --disable-sigusr1 ');
    }
    // Nor in the shell, which has its environment from main: its class alone names a place for the history of Node's prompt.
    const shells = environment(shell()).filter((line) => /^(NODE_|LD_|ELECTRON_|OPENSSL_)/.test(line));
    expect(shells.filter((line) => !/^NODE_REPL_HISTORY=.*\/wardmux-classes\//.test(line))).toEqual([]);
  });

  test('unlocked: nobody traces them, reads their memory or takes a descriptor', () => {
    for (const [name, pid] of Object.entries(ours())) expectRefused(name, pid);
  });

  test('a shell is an ordinary process again, with the core limit of whoever started the app', () => {
    expect(new Set(Object.values(attack(shell())))).toEqual(new Set(['ok']));
    expect(coreLimits(shell())).toEqual(coreLimits('self'));
    const withheld = (pid: number): boolean => ['0', '1'].includes(coreLimits(pid)[0]!);
    for (const [name, pid] of Object.entries(ours())) expect(withheld(pid), name).toBe(true);
    const browser = processTree(app.child.pid!).filter((pid) => /--type=renderer|--remote-debugging-pipe/.test(command(pid)));
    expect(browser.length).toBeGreaterThan(1);
    for (const pid of browser) expect(withheld(pid), command(pid)).toBe(true);
  });

  async function expectNoDebugger(): Promise<void> {
    const processes = ours();
    const before = Object.values(processes).map((pid) => [pid, startOf(pid)]);
    const known = new Set(listening(installed.uid));
    for (const pid of Object.values(processes)) signal(pid);
    // The control is signalled last: when it listens, ours would have, too.
    const other = plainNode();
    let text = '';
    other.stderr!.on('data', (chunk: Buffer) => (text += chunk.toString()));
    try {
      await new Promise((resolve) => other.stdout!.once('data', resolve));
      signal(other.pid!);
      await until(() => text.includes('Debugger listening'), 'the debugger of a plain Node');
      const fresh = listening(installed.uid).filter((inode) => !known.has(inode));
      expect(fresh.length).toBe(1);
    } finally {
      other.kill();
    }
    expect(Object.values(ours()).map((pid) => [pid, startOf(pid)])).toEqual(before);
    expect(app.said()).not.toContain('Debugger');
  }

  test('unlocked: SIGUSR1 opens no debugger, and everything goes on', async () => {
    await expectNoDebugger();
    await app.run(`echo on > ${join(app.folder, 'on')}`);
  });

  test('locked: the same for main, the pty host and the new vault host', async () => {
    const { vault: before } = ours();
    app.wardmux('lock');
    await until(() => ![undefined, before].includes(ours().vault), 'the vault host of the lock page');
    // A process that has begun belongs to its account in /proc, one that is protected to root. The moment before is not defended.
    await until(() => statSync(`/proc/${ours().vault}/environ`).uid === 0, 'the vault host to be protected');
    for (const [name, pid] of Object.entries(ours())) expectRefused(name, pid);
    await expectNoDebugger();
    expect(app.status().state).toBe('locked');
    await app.unlock();
  });

  test('another account that gets past the modes of the socket is refused, with an event', async () => {
    const path = socketPath(app.home);
    // Root gets in anywhere: only the question who it is keeps it out.
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = createConnection(path, () => socket.write(`{"command":"lock","nonce":"${'0'.repeat(64)}"}\n`));
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(text));
    });
    expect(answer).toBe('');
    expect(app.status().state).toBe('unlocked');
    const refused = /"action":"bridge\.refused"[^\n]*"peer":"socket"[^\n]*"code":"wrong-peer"|"code":"wrong-peer"[^\n]*"peer":"socket"/;
    await until(() => refused.test(readFileSync(join(app.home, 'ledger', 'events.jsonl'), 'utf8')), 'the event');
  });

  test('where the program file of Node has the setgid bit, there is no moment before: as ssh-agent has it', async ({ skip }) => {
    /** Attacks a process in its first moment: spawn returns when the new program has begun. */
    const atOnce = (): Set<string> => {
      const child = spawn(installed.node, ['-e', 'setInterval(() => {}, 1000)'], { uid: installed.uid, gid: installed.gid, cwd: '/', stdio: 'ignore' });
      const results = new Set(Object.values(attack(child.pid!)));
      child.kill('SIGKILL');
      return results;
    };
    expect(atOnce()).toEqual(new Set(['ok']));
    // The running app is not touched: chown of its file is, but nothing is started of it meanwhile.
    const mounted = execFileSync('findmnt', ['-no', 'OPTIONS', '-T', installed.install], { encoding: 'utf8' });
    skip(mounted.includes('nosuid'), 'the temporary folder is mounted nosuid');
    const group = 65533;
    chownSync(installed.node, 0, group);
    chmodSync(installed.node, 0o2755);
    try {
      for (const result of atOnce()) expect(['1', '13']).toContain(result);
      // The command works so, and what it starts does not have the group.
      const groups = app.wardmux('record', '--', 'sh', '-c', 'id -g; id -G; grep ^Gid /proc/self/status');
      expect(groups).toMatch(new RegExp(`^${installed.gid}\\r\\n${installed.gid}\\r\\n`));
      expect(groups).not.toContain(String(group));
    } finally {
      chownSync(installed.node, 0, 0);
      chmodSync(installed.node, 0o755);
    }
  });
});
