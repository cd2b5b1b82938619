/** The look at a host's key: only a server that has the private key passes it, whatever it says. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startLiar } from '../../test/support/ssh-liar.ts';
import { makeKey, noSshd, SshServer } from '../../test/support/ssh-server.ts';
import { boundKey } from './agent.ts';
import { lookAtKey } from './ask-ssh.ts';
import { SSH, type HostRules } from './command.ts';
import { hostKeyOf } from './key.ts';

const rules: HostRules = { newKeys: 'ask', passwords: false, ciphers: undefined, kexAlgorithms: undefined, macs: undefined };
const hopTo = (port: number) => ({ id: 'lab', address: '127.0.0.1', port, account: 'ops', identities: [], certificates: [], identitiesOnly: false });
const shownBy = (key: string): string => readFileSync(`${key}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
const noted = 'x\ndebug1: kex: server->client cipher: chosen-by-server \ndebug1: SSH2_MSG_NEWKEYS received\ndebug1: y';

beforeEach((context) => {
  if (!existsSync(SSH)) context.skip(`${SSH} is not installed: apt-get install openssh-client`);
});

test.each([
  ['a key of its kind that is pinned', 'ssh-ed25519' as const],
  ['a key that nobody has pinned', undefined],
])('a server that shows %s, and cannot sign with it, shows no key, whatever it says', async (_, type) => {
  const [, base64 = ''] = shownBy(makeKey()).split(' ');
  const liar = await startLiar(Buffer.from(base64, 'base64'), noted);
  try {
    await expect(lookAtKey([], hopTo(liar.port), rules, type, process.env)).rejects.toThrow(/lab does not answer as a host does.*incorrect signature/);
  } finally {
    liar.stop();
  }
});

test('a look that is ended while a server is silent says so', async () => {
  const ending = new AbortController();
  const silent = createServer((socket) => {
    socket.on('error', () => undefined);
    ending.abort();
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  try {
    const looked = lookAtKey([], hopTo((silent.address() as AddressInfo).port), rules, undefined, process.env, ending.signal);
    await expect(looked).rejects.toThrow('lab does not answer as a host does, so nothing was opened: it took too long.');
  } finally {
    silent.close();
  }
});

test.each([
  ['nothing', ''],
  ['another request', '0b'],
  ['another extension', `1b${'00000003'}616263`],
  ['half a message', `1b${'00000018'}73657373`],
])('%s names no host', (_, hex) => {
  expect(boundKey(Buffer.from(hex, 'hex'))).toBeUndefined();
});

const missing = noSshd();
const server = new SshServer();

beforeAll(async () => {
  if (missing === undefined) await server.start();
});
afterAll(() => server.stop());

test('the key of a host that has it is shown, with the cipher, and no account is named to it', async (context) => {
  if (missing !== undefined) context.skip(missing);
  const looked = await lookAtKey([], { ...hopTo(server.port), account: 'never-named' }, rules, 'ssh-ed25519', process.env);
  expect(looked!.key).toEqual(hostKeyOf(Buffer.from(shownBy(server.hostKey).split(' ')[1]!, 'base64')));
  expect(looked!.cipher).toMatch(/^(chacha20|aes)/);
  expect(server.log).not.toContain('never-named');
});

test('a folder for the account whose path is too long for a socket is passed over', async (context) => {
  if (missing !== undefined) context.skip(missing);
  const deep = join(mkdtempSync(join(tmpdir(), 'deep-')), 'd'.repeat(90));
  mkdirSync(deep);
  const looked = await lookAtKey([], hopTo(server.port), rules, 'ssh-ed25519', { ...process.env, XDG_RUNTIME_DIR: deep });
  expect(looked!.key).toEqual(hostKeyOf(Buffer.from(shownBy(server.hostKey).split(' ')[1]!, 'base64')));
});
