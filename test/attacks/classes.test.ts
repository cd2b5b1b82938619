/**
 * Out of a class: what a shell in a class's sandbox sees of the account, of another class and of the network, and what a stranger's
 * bwrap is good for. Real bwrap, real shells in real terminals; what it is asked for is held by src/pty/confine.test.ts.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { inRoom, type Room } from '../../src/pty/confine.ts';
import { shellEnvironment } from '../../src/pty/shell.ts';
import { spawnUnixPty } from '../../src/pty/unix.ts';
import { classRoom } from '../../src/services/policy/class-room.ts';

const person = 'p-0123456789ab';
const policy = {
  workstation: { name: 'w', class: 'nursing' as const, banner: '' },
  classes: [
    { name: 'clinical', look: 'clinical' as const, first: true, to: [], sandbox: { kind: 'bubblewrap' as const, network: false } },
    { name: 'lab', look: 'plain' as const, to: [], sandbox: { kind: 'bubblewrap' as const, network: true } },
    { name: 'general', look: 'general' as const, to: [] },
  ],
};

let root: string;
let home: string;
let server: Server;
/** What X servers, buses and agents listen on: of no folder. */
let hidden: Server;
const HIDDEN = `wardmux-classes-${process.pid}`;
let port: number;
const room = (of: string): Room => classRoom(policy, person, of, { HOME: home });

/** Why no sandbox can be made here; undefined where one can. */
function noSandbox(): string | undefined {
  if (!existsSync('/usr/bin/bwrap')) return 'bubblewrap is not installed';
  const tried = spawnSync('/usr/bin/bwrap', ['--unshare-all', '--ro-bind', '/', '/', 'true'], { encoding: 'utf8' });
  return tried.status === 0 ? undefined : `no sandbox can be made here: ${tried.stderr.trim()}`;
}
const reason = noSandbox();

/** What a line prints in a shell of a class, in a terminal. */
async function inClass(of: string, line: string, extra: Record<string, string> = {}, shell: readonly string[] = ['/bin/bash', '-c']): Promise<string> {
  const env = shellEnvironment({ HOME: home, PATH: process.env['PATH'], SSH_AUTH_SOCK: join(root, 'agent'), ...extra }, home, 'xterm');
  const launch = inRoom({ command: [...shell, line], cwd: home, env }, room(of));
  let output = '';
  await new Promise<void>((resolve) =>
    spawnUnixPty({ ...launch, cols: 200, rows: 50 }, { data: (bytes) => void (output += Buffer.from(bytes).toString()), exit: () => resolve() }),
  );
  return output;
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'wardmux-classes-'));
  home = join(root, 'ada');
  mkdirSync(join(home, '.ssh'), { recursive: true });
  mkdirSync(join(home, '.local/share/wardmux'), { recursive: true });
  writeFileSync(join(home, '.ssh/id_ed25519'), 'KEY-OF-ADA');
  writeFileSync(join(home, '.bash_history'), 'HISTORY-OF-ADA');
  writeFileSync(join(home, '.local/share/wardmux/policy.json'), 'DATA-FOLDER');
  for (const of of ['clinical', 'lab', 'general'])
    for (const inside of ['home', 'history']) {
      mkdirSync(join(room(of).folder, inside), { recursive: true });
      writeFileSync(join(room(of).folder, inside, 'bash'), `SECRET-OF-${of}`);
    }
  server = createServer((socket) => socket.end('REACHED'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
  hidden = createServer((socket) => socket.end('DESKTOP'));
  await new Promise<void>((resolve) => hidden.listen({ path: `\0${HIDDEN}` }, resolve));
});
afterAll(() => {
  server.close();
  hidden.close();
  rmSync(root, { recursive: true, force: true });
});

test('a class without a sandbox has a history of its own, and the environment that Wardmux was started with', async () => {
  const print = 'echo "$HISTFILE|${TICKET-none}"';
  const [one, other] = [await inClass('general', print), await inClass('general', print, { TICKET: '4711' })];
  expect(one.trim()).toBe(`${room('general').folder}/history/bash|none`);
  // What main was started with is the person's own.
  expect(other.trim()).toBe(`${room('general').folder}/history/bash|4711`);
});

test('an interactive shell of one class writes its history where no other class reads it', async () => {
  await inClass('general', 'history -s "cat meier-4711"; history -a', {}, ['/bin/bash', '--norc', '-ic']);
  expect(readFileSync(join(room('general').folder, 'history', 'bash'), 'utf8')).toContain('cat meier-4711');
  expect(readFileSync(join(room('clinical').folder, 'history', 'bash'), 'utf8')).not.toContain('meier');
});

test('a bwrap that stands first in the PATH is not asked, and one that others can change starts no shell', async () => {
  const bin = join(root, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'bwrap'), '#!/bin/sh\necho NO-SANDBOX\n', { mode: 0o755 });
  const env = { HOME: home, PATH: `${bin}:/usr/bin:/bin`, TERM: 'xterm' };
  const launch = { command: ['/bin/true'], cwd: home, env };
  if (existsSync('/usr/bin/bwrap'))
    expect(inRoom(launch, room('clinical')).command.slice(0, 6)).toEqual(expect.arrayContaining(['/usr/bin/bash', '/usr/bin/bwrap']));
  else expect(() => inRoom(launch, room('clinical'))).toThrow('no shell is started without it');
  const loose = join(root, 'bwrap');
  copyFileSync('/bin/true', loose);
  chmodSync(loose, 0o777);
  expect(() => inRoom(launch, room('clinical'), loose)).toThrow('can be changed by others than root');
});

beforeEach((context) => {
  if (context.task.name.startsWith('in the sandbox')) context.skip(reason !== undefined, reason);
});

test('in the sandbox nothing of the account and of another class can be read', async () => {
  const tried = [
    join(home, '.ssh/id_ed25519'),
    join(home, '.bash_history'),
    join(home, '.local/share/wardmux/policy.json'),
    join(room('general').folder, 'history/bash'),
    join(room('lab').folder, 'home/bash'),
    // Its own place, by the name that it has outside.
    join(room('clinical').folder, 'history/bash'),
    `/proc/${process.pid}/environ`,
    '/proc/1/root/home',
  ];
  const said = await inClass('clinical', `for each in ${tried.join(' ')}; do cat "$each" 2>&1; done; ls -A /home /root /var /run /tmp 2>&1; echo END`);
  expect(said).toContain('END');
  expect(said).not.toMatch(/KEY-OF|HISTORY-OF|DATA-FOLDER|SECRET-OF|PATH=/);
  // All of them are there to be read without a sandbox.
  const open = await inClass('general', `for each in ${tried.slice(0, -1).join(' ')}; do cat "$each" | tr '\\0' '\\n' | cut -c1-150 2>&1; done`);
  for (const each of ['KEY-OF', 'HISTORY-OF', 'DATA-FOLDER', 'SECRET-OF-general', 'SECRET-OF-lab', 'SECRET-OF-clinical', 'PATH=']) expect(open).toContain(each);
  // What is its own is there, and what it writes is there the next time.
  expect(await inClass('clinical', 'cat ~/bash; echo MINE > ~/kept')).toContain('SECRET-OF-clinical');
  expect(await inClass('clinical', 'cat ~/kept')).toContain('MINE');
  expect(existsSync(join(home, 'kept'))).toBe(false);
});

test('in the sandbox nothing of the system can be written, no capability is left, and no other process is seen', async () => {
  const said = await inClass(
    'clinical',
    'touch /etc/x /usr/x /x 2>&1; grep -c . /proc/self/status > /dev/null; grep CapEff /proc/self/status; ls -d /proc/[0-9]* | wc -l; echo END',
  );
  expect(said.match(/Read-only file system|Permission denied/g)).toHaveLength(3);
  expect(said).toMatch(/CapEff:\s+0000000000000000/);
  // Its own init, shell, and what that starts.
  expect(Number(/^(\d+)\r?$/m.exec(said)?.[1])).toBeLessThan(8);
  expect(said).toContain('END');
});

test('in the sandbox there is the network where the class says so, and else none, not even this machine', async () => {
  const line = `cat < /dev/tcp/127.0.0.1/${port} 2>&1; tail -n +3 /proc/net/dev | wc -l`;
  expect(await inClass('lab', line)).toContain('REACHED');
  const without = await inClass('clinical', line);
  expect(without).not.toContain('REACHED');
  expect(without).toMatch(/refused|unreachable/i);
  expect(without.trim().split('\n').at(-1)).toBe('1');
});

test('in the sandbox an agent’s socket and what would change what is loaded are not in the environment', async () => {
  const extra = { BASH_ENV: join(root, 'rc'), TICKET: '4711', XDG_RUNTIME_DIR: root };
  const said = await inClass('clinical', 'env; echo END', extra);
  expect(said).toContain('END');
  const withheld = ['SSH_AUTH_SOCK', ...Object.keys(extra)];
  for (const name of withheld) expect(said).not.toContain(name);
  // All of them reach a shell without a sandbox.
  const open = await inClass('general', 'env', extra);
  for (const name of withheld) expect(open).toContain(`${name}=`);
  expect(said).toContain(`HOME=${home}`);
});

test('in the sandbox a shell has job control, and ends with its terminal', async () => {
  const said = await inClass('clinical', 'sleep 30 & jobs; kill %1; tty; echo END', {}, ['/bin/bash', '--norc', '-ic']);
  expect(said).toContain('END');
  expect(said).not.toContain('no job control');
  expect(said).toMatch(/Running\s+sleep 30/);
});

/** Says what each attempt at a socket comes to; in Python, as no shell makes other sockets than those of the Internet. */
const SOCKETS = `python3 - <<'END'
import ctypes, socket
def tried(what, attempt):
    try: print(what, attempt())
    except OSError as error: print(what, error.errno)
def desktop():
    s = socket.socket(socket.AF_UNIX)
    s.connect(chr(0) + '${HIDDEN}')
    return s.recv(9)
call = ctypes.CDLL(None, use_errno=True).syscall
def raw(*numbers):
    given = call(*numbers)
    return ctypes.get_errno() if given < 0 else 'MADE'
tried('desktop', desktop)
tried('vsock', lambda: socket.socket(40, socket.SOCK_STREAM) and 'MADE')
tried('ring', lambda: raw(425, 1, 0))
tried('other-processor', lambda: raw(0x40000000 | 41, 1, 1, 0))
tried('half', lambda: raw(${process.arch === 'arm64' ? 198 : 41}, ctypes.c_ulong(0x100000001), 1, 0))
tried('pair', lambda: socket.socketpair() and 'MADE')
tried('six', lambda: socket.socket(socket.AF_INET6) and 'MADE')
END
`;

test('in the sandbox with the network no socket of the desktop is reached, though no folder hides it, and the network is', async (context) => {
  context.skip(spawnSync('python3', ['-c', '']).status !== 0, 'python3 is not installed');
  // Without a sandbox the same words reach it.
  expect(await inClass('general', SOCKETS)).toContain("desktop b'DESKTOP'");
  const said = await inClass('lab', `${SOCKETS} cat < /dev/tcp/127.0.0.1/${port}; echo files-$(ls /proc/self/fd | wc -w); echo END`);
  expect(said).toContain('END');
  // EAFNOSUPPORT and ENOSYS.
  expect(said).toMatch(/desktop 97\s+vsock 97\s+ring 38\s+other-processor 38\s+half 97\s+pair MADE\s+six MADE/);
  expect(said).toContain('REACHED');
  // Its terminal, and what ls itself has open: nothing of how the filter came in.
  expect(said).toContain('files-4');
  expect(await inClass('clinical', SOCKETS)).toMatch(/desktop 111/);
});

test('in the sandbox there is no keyring, which all shells of the account would share', async (context) => {
  context.skip(spawnSync('python3', ['-c', '']).status !== 0, 'python3 is not installed');
  // keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, create), add_key(2), request_key(2).
  const [add, request, control] = process.arch === 'arm64' ? [217, 218, 219] : [248, 249, 250];
  const tried = `python3 -c "
import ctypes
call = ctypes.CDLL(None, use_errno=True).syscall
for each in ((${control}, 0, -3, 1), (${add}, b'user', b'a', b'b', 1, -3), (${request}, b'user', b'a', 0, -3)):
    print('key', call(*each) < 0 and ctypes.get_errno())
"; cat /proc/keys 2>&1 | grep -c keyring; echo END`;
  for (const of of ['clinical', 'lab']) expect(await inClass(of, tried), of).toMatch(/^key 38\s+key 38\s+key 38\s+0\s+END/);
  expect(await inClass('general', tried)).toMatch(/^key False/);
});

test('in the sandbox of a class whose home somebody has made a link to the account’s home nothing is started', async () => {
  const place = join(room('lab').folder, 'home');
  rmSync(place, { recursive: true });
  symlinkSync(home, place);
  await expect(inClass('lab', 'cat ~/.ssh/id_ed25519')).rejects.toThrow(`${place} is a link`);
  rmSync(place);
  expect(await inClass('lab', 'cat ~/.ssh/id_ed25519; echo END')).toMatch(/No such file or directory\s+END/);
});

test('in the sandbox nobody begins whose home is another name of a folder of the system', async () => {
  const launch = { command: ['/bin/true'], cwd: '/', env: { HOME: '/tmp/../etc' } };
  expect(() => inRoom(launch, room('clinical'))).toThrow('A sandbox needs a home of its own, by its plain path');
});
