/** `wardmux host` against the real sshd: keys that nobody has seen, keys that have changed, jumps, and whatever a server says. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { nodeFlags } from '../../native/protect.ts';
import { acceptAsItStands } from '../../policy/force.fixture.ts';
import { openRecording } from '../../recording/reader.ts';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import { commandScript } from '../../../test/support/command.ts';
import { firstHome, firstWords, ownFolder } from '../../../test/support/first-home.ts';
import { runWith } from '../../../test/support/run-here.ts';
import { fingerprintOf, makeKey, noSshd, SshServer, wireTo } from '../../../test/support/ssh-server.ts';

const missing = noSshd();

let made = '';
let place = '';
let home = '';
let opener: AuditKeyOpener;
const server = new SshServer();

beforeAll(async () => {
  made = ownFolder();
  const { identity } = await firstHome(made);
  identity.destroy();
  opener = await AuditKeyOpener.fromFile(join(made, 'audit.json'));
  if (missing === undefined) await server.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  place = ownFolder();
  home = join(place, 'home');
  cpSync(join(made, 'home'), home, { recursive: true });
  mkdirSync(join(place, '.ssh'), { mode: 0o700 });
});

const configure = (text: string): void => writeFileSync(join(place, '.ssh/config'), text);
const wardmux = (args: readonly string[], ...passphrases: readonly string[]) => runWith(['host', ...args], { home, place }, passphrases);

interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** `wardmux host open` as a process: what it runs gets the input, and ends with it. */
function open(name: string, input = '', onOut: (text: string) => void = () => {}): Promise<Ran> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: place, WARDMUX_HOME: home, TERM: 'xterm', TMPDIR: process.env['TMPDIR'] ?? '/tmp' };
  const child = spawn(process.execPath, [...nodeFlags, commandScript, 'host', 'open', name], { env, cwd: '/' });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    // Of a flood the end is enough.
    out = (out + text).slice(-200_000);
    onOut(out);
  });
  child.stderr.setEncoding('latin1').on('data', (text: string) => (err += text));
  child.stdin.end(input);
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, out, err })));
}

interface Event {
  readonly action: string;
  readonly person?: string;
  readonly detail: Readonly<Record<string, unknown>>;
}
const events = (): Event[] =>
  readFileSync(join(home, 'ledger/events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event)
    .filter(({ action }) => action.startsWith('host.'));
const actions = (): string[] => events().map(({ action }) => action);
const pin = (name: string, key: string): Promise<Ran> => wardmux(['pin', name, '--key', fingerprintOf(key)], firstWords);

describe('profiles', () => {
  test('are added, listed with the names of ~/.ssh/config, and taken away; what may not be said there is not followed', async () => {
    mkdirSync(join(place, '.ssh/more.d'));
    writeFileSync(join(place, '.ssh/more.d/one'), 'Host far-*\n  User x\nHost included\n  HostName 10.0.0.9\n');
    configure(
      'Include more.d/*\nHost lab-gw lab-gw-2 *.example\n  HostName 10.0.0.1\n  ForwardAgent yes\n  ProxyCommand nc %h %p\nMatch exec "touch /tmp/x"\n  User evil\n',
    );
    expect(await wardmux(['add', 'ours', '--address', '10.0.0.2', '--account', 'ops', '--port', '2222', '--jump', 'lab-gw'])).toMatchObject({ status: 0 });
    const listed = await wardmux(['list', '--json']);
    const { hosts, leftOut } = JSON.parse(listed.out) as { hosts: { name: string; from: string }[]; leftOut: { keyword: string; line: number }[] };
    expect(hosts.map(({ name, from }) => `${name} ${from}`)).toEqual(['ours wardmux', 'lab-gw config', 'lab-gw-2 config', 'included config']);
    expect(leftOut.map(({ keyword, line }) => `${line} ${keyword}`)).toEqual(['4 forwardagent', '5 proxycommand', '6 Match']);
    expect(await wardmux(['add', 'ours', '--address', '10.0.0.3'])).toMatchObject({
      status: 1,
      err: expect.stringContaining('There is a profile ours already'),
    });
    expect(await wardmux(['remove', 'ours'])).toMatchObject({ status: 0, out: 'ours\tremoved\n' });
    expect(await wardmux(['remove', 'ours'])).toMatchObject({ status: 1, err: expect.stringContaining('There is no profile of that name') });
  });

  test.each([['-oProxyCommand=x'], ['a\u001b[2J'], ['a b'], ['']])('no host is called %j', async (name) => {
    configure('');
    const added = await wardmux(['add', '--address', '10.0.0.1', '--', name]);
    expect(added.status).not.toBe(0);
    expect(added.err).toMatch(/no name of a host/);
  });

  test('a profile that holds an option is not read', async () => {
    writeFileSync(join(home, 'hosts.json'), JSON.stringify({ format: 'wardmux-hosts', version: 1, hosts: [{ name: 'a', address: 'b', options: ['x'] }] }));
    expect(await wardmux(['list'])).toMatchObject({ status: 1, err: expect.stringMatching(/hosts\.json is not valid at hosts\.0/) });
  });
});

describe('with the real sshd', () => {
  beforeEach((context) => {
    if (missing !== undefined) context.skip(missing);
  });

  test('a key that nobody has pinned opens nothing; pinned, it does, and all of it is on the record', async () => {
    configure(server.block('lab'));
    const first = await open('lab');
    expect(first.status).toBe(125);
    expect(first.err).toContain(fingerprintOf(server.hostKey));
    expect(first.err).toContain('No password and no key of yours was sent to it.\n');
    expect(first.err).toContain('/etc/ssh/ssh_host_ed25519_key.pub\n');
    expect(first.err).toMatch(/\+-+\[ED25519 256\]-+\+|\|[ -~]{17}\|/);
    expect(events()).toEqual([]);
    // Another fingerprint than it shows is not pinned.
    const other = await pin('lab', makeKey());
    expect(other).toMatchObject({ status: 1, err: expect.stringContaining('is not the one that lab shows') });
    expect(other.err).not.toContain(fingerprintOf(server.hostKey));
    expect(events()).toEqual([]);
    expect(await pin('lab', server.hostKey)).toMatchObject({ status: 0, out: 'lab\tpinned\n' });
    const opened = await open('lab', 'echo in-$((40+2)); exit 7\n');
    expect(opened.out).toContain('in-42');
    expect(opened.status).toBe(7);
    const [key, opening, closing] = events();
    expect(actions()).toEqual(['host.key', 'host.open', 'host.close']);
    expect(opening!.detail).toEqual({
      recording: closing!.detail['recording'],
      host: 'lab',
      address: '127.0.0.1',
      port: server.port,
      account: userInfo().username,
      type: 'ssh-ed25519',
      key: key!.detail['key'],
      cipher: expect.stringMatching(/^(chacha20|aes)/),
    });
    expect(closing!.detail).toMatchObject({ host: 'lab', code: 7, signal: 0 });
    const reader = await openRecording(join(home, 'recordings', String(opening!.detail['recording'])));
    let text = '';
    for await (const record of reader.records(opener))
      for (const { event } of record.events) if (event.code === 'o') text += Buffer.from(event.data).toString();
    expect(text).toContain('in-42');
    expect(await wardmux(['pin', 'lab', '--key', fingerprintOf(server.hostKey)], firstWords)).toMatchObject({ err: expect.stringContaining('pinned already') });
  });

  test('a changed key is a stop with both fingerprints and an event, until a security admin takes the old one back', async () => {
    configure(server.block('lab'));
    await pin('lab', server.hostKey);
    const other = new SshServer();
    await other.start();
    try {
      configure(other.block('lab'));
      const stopped = await open('lab', 'echo never\n');
      expect(stopped.status).toBe(125);
      expect(stopped.err).toContain(fingerprintOf(server.hostKey));
      expect(stopped.err).toContain(fingerprintOf(other.hostKey));
      expect(stopped.err).toContain('Nothing was opened');
      expect(actions()).toEqual(['host.key', 'host.changed']);
      expect(await pin('lab', other.hostKey)).toMatchObject({ status: 1, err: expect.stringContaining('does not show the key that is pinned') });
      expect(other.log).not.toContain('Accepted');
      expect(await wardmux(['forget', 'lab'], firstWords)).toMatchObject({ status: 0, out: 'lab\tforgotten\n' });
      expect(await pin('lab', other.hostKey)).toMatchObject({ status: 0 });
      expect((await open('lab', 'echo in-$((40+3)); exit\n')).out).toContain('in-43');
    } finally {
      await other.stop();
    }
  });

  test('a key of another kind than the pinned one is a changed key', async () => {
    configure(server.block('lab'));
    await pin('lab', server.hostKey);
    const other = new SshServer();
    other.hostKey = makeKey('ecdsa');
    await other.start();
    try {
      configure(other.block('lab'));
      const stopped = await open('lab');
      expect(stopped.err).toContain(`${fingerprintOf(other.hostKey)} (ecdsa-sha2-nistp256)`);
      expect(events().at(-1)!.detail).toMatchObject({ type: 'ssh-ed25519', offeredType: 'ecdsa-sha2-nistp256' });
    } finally {
      await other.stop();
    }
  });

  test('the policy can let nobody pin a key', async () => {
    configure(server.block('lab'));
    const path = join(home, 'policy.json');
    const policy = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...policy, hosts: { newKeys: 'refuse' } }));
    await acceptAsItStands(home);
    expect(await pin('lab', server.hostKey)).toMatchObject({ status: 1, err: expect.stringContaining('lets nobody pin one') });
    expect((await open('lab')).status).toBe(125);
    expect(actions()).toEqual(['host.unpinned', 'host.unpinned']);
  });

  test('nothing of a configuration weakens it: no program of it runs, no agent and no port is forwarded', async () => {
    const ran = join(place, 'ran');
    configure(
      [
        `Match exec "touch ${ran}-exec"`,
        'Host *',
        `  ProxyCommand touch ${ran}-proxy`,
        `  LocalCommand touch ${ran}-local`,
        `  KnownHostsCommand /usr/bin/touch ${ran}-known`,
        '  PermitLocalCommand yes',
        '  StrictHostKeyChecking no',
        '  UserKnownHostsFile /dev/null',
        '  RemoteCommand echo remote-command',
        '  ForwardAgent yes',
        `  LocalForward ${place}/socket 127.0.0.1:1`,
        '  ControlMaster yes',
        `  ControlPath ${place}/control`,
        server.block('lab'),
      ].join('\n'),
    );
    expect((await open('lab')).status).toBe(125);
    await pin('lab', server.hostKey);
    const opened = await open('lab', `ls ${place}; ls ${place}/.ssh; exit\n`);
    expect(opened.out).toContain('config');
    expect(opened.out).not.toMatch(/ran-|socket|control|remote-command/);
  });

  test('whoever is not let in there is told by ssh, and that is on the record', async () => {
    configure(server.block('lab', ['User nobody-here']).replaceAll(server.userKey, makeKey()));
    await pin('lab', server.hostKey);
    const refused = await open('lab');
    expect(refused.status).toBe(255);
    expect(refused.out).toContain('Permission denied (publickey)');
    expect(events().at(-1)!.detail).toMatchObject({ host: 'lab', code: 255 });
  });

  test('a host behind another one: each key is asked about, the first one first, and both are held to', async () => {
    const behind = new SshServer();
    await behind.start();
    try {
      configure(`${server.block('bastion')}${behind.block('lab', ['ProxyJump bastion'])}`);
      expect((await open('lab')).err).toContain('key of bastion');
      expect(await pin('lab', server.hostKey)).toMatchObject({ status: 0, out: 'bastion\tpinned\n' });
      expect((await open('lab')).err).toMatch(/key of lab .*sent to it\. To look at it, bastion was logged in to\.\n/);
      expect(await pin('lab', behind.hostKey)).toMatchObject({ status: 0, out: 'lab\tpinned\n' });
      expect((await open('lab', 'echo in-$((40+4)); exit\n')).out).toContain('in-44');
      expect(events().find(({ action }) => action === 'host.open')!.detail).toMatchObject({ host: 'lab', jumps: ['bastion'], port: behind.port });
      expect(server.log).toMatch(/Accepted publickey/);
      // A jump that is another one by now.
      configure(`${behind.block('bastion')}${behind.block('lab', ['ProxyJump bastion'])}`);
      const stopped = await open('lab');
      expect(stopped.status).toBe(125);
      expect(stopped.err).toContain('bastion (127.0.0.1');
    } finally {
      await behind.stop();
    }
  });

  test('a jump host that is dead, and jumps in a circle', async () => {
    configure(`Host bastion\n  HostName 127.0.0.1\n  Port 1\n${server.block('lab', ['ProxyJump bastion'])}Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n`);
    const dead = await open('lab');
    expect(dead).toMatchObject({ status: 125, err: expect.stringMatching(/bastion does not answer.*Connection refused/s) });
    expect(await open('a')).toMatchObject({ status: 125, err: expect.stringContaining('in a circle') });
  });

  test('a name with a capital letter is opened, beside criteria of Match with =, and is one host with the name in small letters', async () => {
    configure(`Match host=other\n  User evil\n${server.block('Lab')}`);
    expect(await pin('Lab', server.hostKey)).toMatchObject({ status: 0, out: 'lab\tpinned\n' });
    expect((await open('Lab', 'echo in-$((40+5)); exit\n')).out).toContain('in-45');
    const listed = JSON.parse((await wardmux(['list', '--json'])).out) as { hosts: { name: string; fingerprint: string }[] };
    expect(listed.hosts).toMatchObject([{ name: 'Lab', fingerprint: fingerprintOf(server.hostKey) }]);
    expect(await wardmux(['forget', 'LAB'], firstWords)).toMatchObject({ status: 0 });
  });

  test('a banner with control sequences does nothing: ssh writes them as text', async () => {
    server.banner = 'hello \u001b]0;owned\u0007\u001b[2J\u001b[31mred\n';
    await server.stop();
    await server.start();
    try {
      configure(server.block('lab'));
      const first = await open('lab');
      expect(first.err).not.toMatch(/\u001b|owned/);
      await pin('lab', server.hostKey);
      const opened = await open('lab', 'exit\n');
      expect(opened.out).toContain('hello');
      expect(opened.out).not.toContain('\u001b]0;owned');
    } finally {
      server.banner = undefined;
      await server.stop();
      await server.start();
    }
  });

  test('a server that dies in a flood: the pane ends with what came, and it is entered', async () => {
    const wire = await wireTo(server.port);
    try {
      configure(server.block('lab').replace(`Port ${server.port}`, `Port ${wire.port}`));
      await pin('lab', server.hostKey);
      const opened = await open('lab', 'yes flood\n', (text) => {
        if (text.includes('flood\r\nflood\r\nflood')) wire.cut();
      });
      expect(opened.status).toBe(255);
      expect(events().at(-1)).toMatchObject({ action: 'host.close', detail: { host: 'lab', code: 255 } });
    } finally {
      wire.cut();
    }
  });
});

describe('a server that is none', () => {
  /** Says something to whoever comes, and nothing more. */
  async function speaker(says: (write: (text: string) => void) => void): Promise<{ readonly port: number; readonly server: Server }> {
    const speaking = createServer((socket) => {
      socket.on('error', () => undefined);
      says((text) => void socket.write(text));
    });
    await new Promise<void>((resolve) => speaking.listen(0, '127.0.0.1', resolve));
    return { port: (speaking.address() as AddressInfo).port, server: speaking };
  }

  test.each<readonly [string, (write: (text: string) => void) => void]>([
    ['says something else', (write) => write('220 mail ready \u001b[2J\r\n'.repeat(3) + 'x'.repeat(70_000))],
    ['never comes to its version', (write) => write('debug1: SSH2_MSG_NEWKEYS received\r\n'.repeat(2000))],
  ])('one that %s opens nothing', async (_, says) => {
    const { port, server: speaking } = await speaker(says);
    try {
      configure(`Host lab\n  HostName 127.0.0.1\n  Port ${port}\n`);
      const opened = await open('lab');
      expect(opened.status).toBe(125);
      expect(opened.err).toMatch(/lab does not answer as a host does/);
      // eslint-disable-next-line no-control-regex
      expect(opened.err).not.toMatch(/\u001b/);
      expect(events()).toEqual([]);
    } finally {
      speaking.close();
    }
  });
});
