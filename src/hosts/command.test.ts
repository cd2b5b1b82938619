/** The command line of a host: what ssh itself makes of it, jumps and quotes too. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openCommand, SSH, type HostRules, type KnownHop } from './command.ts';
import { hostKeyOf } from './key.ts';
import { jumpOf, readResolved, requireName, routeTo } from './route.ts';

const rules: HostRules = { newKeys: 'ask', passwords: false, ciphers: undefined, kexAlgorithms: undefined, macs: undefined };
const key = hostKeyOf(Buffer.from('AAAAC3NzaC1lZDI1NTE5AAAAIDTQkUFIFnaY5ujJMVAUW2Fk0DDQJBb2yEIlbuyVGxxe', 'base64'))!;
const hop = (id: string, more: Partial<KnownHop['hop']> = {}): KnownHop => ({
  hop: { id, address: `${id}.example`, port: 22, account: 'ops', identities: [], certificates: [], identitiesOnly: false, ...more },
  key,
});

test('ssh takes every option, and what it would do is what the policy says', (context) => {
  if (!existsSync(SSH)) context.skip(`${SSH} is not installed: apt-get install openssh-client`);
  const argv = openCommand([hop('lab', { port: 2222, identities: ['~/my key'] })], rules);
  const at = argv.indexOf(SSH);
  const { stdout, status, stderr } = spawnSync(argv[0]!, [...argv.slice(1, at + 1), '-G', ...argv.slice(at + 1)], { encoding: 'utf8' });
  expect(stderr).toMatch(/^(?:Pseudo-terminal will not be allocated because stdin is not a terminal\.\s*)?$/);
  expect(status).toBe(0);
  const lines = stdout.toLowerCase().split('\n');
  for (const line of [
    'hostname lab.example',
    'port 2222',
    'user ops',
    'stricthostkeychecking true',
    'passwordauthentication no',
    'kbdinteractiveauthentication no',
    'forwardagent no',
    'forwardx11 no',
    'clearallforwardings yes',
    'controlmaster false',
    'permitlocalcommand no',
    'preferredauthentications publickey',
    'escapechar none',
    'updatehostkeys false',
    'userknownhostsfile /dev/null',
    'globalknownhostsfile /dev/null',
    'hostkeyalgorithms ssh-ed25519',
    'identityfile ~/my key',
  ])
    expect(lines).toContain(line);
  expect(stdout).toContain(`knownhostscommand /bin/echo lab ssh-ed25519 ${key.base64}`);
});

test('of the environment ssh gets what is named, and no program in it', () => {
  const argv = openCommand([hop('lab')], rules);
  const printing = [...argv.slice(1, argv.indexOf(SSH)), '/usr/bin/env'];
  const env = {
    HOME: '/home/a b',
    TERM: 'xterm',
    SSH_AUTH_SOCK: "/run/a'gent",
    SSH_ASKPASS: '/tmp/x',
    SSH_ASKPASS_REQUIRE: 'force',
    SSH_SK_PROVIDER: '/tmp/y.so',
  };
  const { stdout } = spawnSync(argv[0]!, printing, { encoding: 'utf8', env: { ...env, SSH_PKCS11_HELPER: '/tmp/z', DISPLAY: ':0', PATH: '/tmp' } });
  expect(stdout.trim().split('\n').toSorted()).toEqual(
    ['HOME=/home/a b', 'LANG=C.UTF-8', 'PATH=/usr/bin:/bin', 'SHELL=/bin/sh', "SSH_AUTH_SOCK=/run/a'gent", 'TERM=xterm'].toSorted(),
  );
});

test('a jump is a command of its own with all of that, whatever its files are called', () => {
  const argv = openCommand([hop('first', { identities: ["~/o'my %h key"] }), hop('second'), hop('lab')], rules);
  const proxy = argv.find((word) => word.startsWith('ProxyCommand='))!;
  // As ssh hands it to the shell, and that to the next ssh: %% is %.
  const once = (text: string): string => text.replaceAll('%%', '%');
  const words = (line: string): string[] =>
    spawnSync('/bin/sh', ['-c', `for w in ${line}; do printf '%s\\0' "$w"; done`], { encoding: 'latin1' })
      .stdout.split('\0')
      .slice(0, -1);
  const second = words(once(proxy.slice('ProxyCommand='.length)));
  expect(second.slice(0, 3)).toEqual([SSH, '-F', 'none']);
  expect(second.slice(-4)).toEqual(['-W', '[lab.example]:22', '--', 'second']);
  const first = words(once(second.find((word) => word.startsWith('ProxyCommand='))!.slice('ProxyCommand='.length)));
  expect(first.slice(-4)).toEqual(['-W', '[second.example]:22', '--', 'first']);
  expect(first).toContain(`IdentityFile="~/o'my %h key"`);
  expect(first).toContain('ProxyCommand=none');
  for (const command of [first, second]) {
    expect(command).toContain('StrictHostKeyChecking=yes');
    expect(command).toContain('PasswordAuthentication=no');
    expect(command).toContain('ForwardAgent=no');
  }
});

test.each([['-x'], ['a b'], ["a'b"], ['a;b'], ['$(x)'], ['a\u0007'], ['']])('%j is neither a name nor a jump', (name) => {
  expect(() => requireName(name)).toThrow(/no name of a host/);
  expect(() => jumpOf(name)).toThrow(/not named as/);
});

test.each([
  ['hostname -x\nuser a\nport 22', 'address'],
  ['hostname a`b\nuser a\nport 22', 'address'],
  ['hostname a\nuser -l\nport 22', 'account'],
  ['hostname a\nuser a\nport 0', 'port'],
  ['hostname a\nuser a\nport 22\nidentityfile "x', 'file of keys'],
  ["hostname a\nuser a\nport 22\nidentityfile o'x", 'file of keys'],
])('%j is put on no command line', (printed, what) => {
  expect(() => readResolved(printed, { name: 'lab' })).toThrow(`The ${what} of lab`);
});

test('a way has five hosts at most, and no circle', async () => {
  const named = (next: (name: string) => string) => async (jump: { readonly name: string }) =>
    readResolved(`hostname ${jump.name}\nuser a\nport 22\nproxyjump ${next(jump.name)}`, jump);
  await expect(
    routeTo(
      'a',
      named((name) => `${name}x`),
    ),
  ).rejects.toThrow(/more than 4 jump hosts/);
  await expect(
    routeTo(
      'a',
      named((name) => (name === 'a' ? 'b' : 'a')),
    ),
  ).rejects.toThrow(/in a circle/);
  // By their number, and nobody is asked where each of them is.
  const asked: string[] = [];
  const many = routeTo('lab', async (jump) => {
    asked.push(jump.name);
    return readResolved(`hostname a\nuser a\nport 22\nproxyjump ${Array.from({ length: 20_000 }, (_, n) => `j${n}`).join(',')}`, jump);
  });
  await expect(many).rejects.toThrow(/more than 4 jump hosts/);
  expect(asked).toEqual(['lab']);
  const way = await routeTo(
    'lab',
    named((name) => (name === 'lab' ? 'one,ada@two:2222' : 'none')),
  );
  expect(way.map(({ id, account, port }) => `${account}@${id} ${port}`)).toEqual(['a@one 22', 'ada@two:2222 2222', 'a@lab 22']);
});

test('a name is one host, however its letters are written', async () => {
  const [lab] = await routeTo('Lab', async (jump) => readResolved('hostname 10.0.0.1\nuser a\nport 22', jump));
  expect(lab!.id).toBe('lab');
});

test.each(['', 'AAAA', 'AAAAB3NzaC1kc3MAAA', key.base64.slice(0, 16)])('%j is no key of a host', (base64) => {
  expect(hostKeyOf(Buffer.from(base64, 'base64'))).toBeUndefined();
});
