/** What somebody is told to type at a host: it prints the key of that type, of those that sshd has by its own set-up. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownFolder } from '../../test/support/first-home.ts';
import { hostKeyOf } from '../hosts/key.ts';
import { comparing, sentBy } from './host-words.ts';
import { fingerprintText, hostKeyTypes, type HostKeyType } from './hosts.ts';

const KEYGEN = '/usr/bin/ssh-keygen';
const made: Partial<Record<string, HostKeyType>> = { ed25519: 'ssh-ed25519', ecdsa: 'ecdsa-sha2-nistp256', rsa: 'ssh-rsa' };

test('for each type of key there is one file, and the command is of that one', () => {
  const files = Object.fromEntries(hostKeyTypes.map((type) => [type, comparing('lab', type).command.replace('ssh-keygen -lvf ', '')]));
  expect(files).toEqual({
    'ssh-ed25519': '/etc/ssh/ssh_host_ed25519_key.pub',
    'ecdsa-sha2-nistp256': '/etc/ssh/ssh_host_ecdsa_key.pub',
    'ecdsa-sha2-nistp384': '/etc/ssh/ssh_host_ecdsa_key.pub',
    'ecdsa-sha2-nistp521': '/etc/ssh/ssh_host_ecdsa_key.pub',
    'ssh-rsa': '/etc/ssh/ssh_host_rsa_key.pub',
  });
});

test('with the keys that ssh-keygen -A makes for an sshd, each command prints the fingerprint and the picture of its key', (context) => {
  if (!existsSync(KEYGEN)) context.skip(`${KEYGEN} is not installed: apt-get install openssh-client`);
  const folder = ownFolder();
  mkdirSync(join(folder, 'etc/ssh'), { recursive: true });
  expect(spawnSync(KEYGEN, ['-A', '-f', folder]).status).toBe(0);
  for (const [word, type] of Object.entries(made)) {
    const [, ...args] = comparing('lab', type!).command.replace('/etc/ssh', `${folder}/etc/ssh`).split(' ');
    const { status, stdout } = spawnSync(KEYGEN, args, { encoding: 'utf8' });
    expect(status, word).toBe(0);
    const key = hostKeyOf(Buffer.from(readFileSync(join(folder, `etc/ssh/ssh_host_${word}_key.pub`), 'utf8').split(' ')[1]!, 'base64'));
    expect(key?.type).toBe(type);
    expect(stdout).toContain(fingerprintText(key!.sha256));
    expect(stdout).toMatch(/^\+-+\[[A-Z0-9 ]+\]-+\+$/m);
  }
});

test('jumps that were logged in to are named', () => {
  expect(sentBy([])).toBe('No password and no key of yours was sent to it.');
  expect(sentBy(['bastion'])).toBe('No password and no key of yours was sent to it. To look at it, bastion was logged in to.');
  expect(sentBy(['one', 'two'])).toContain('To look at it, one and two were logged in to.');
});
