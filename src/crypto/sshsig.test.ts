import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ed25519SshKey, EXPORT_NAMESPACE, p256SshKey, parseSshKey, sshKeyText, sshSign, sshVerify, type SshSigner } from './sshsig.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardmux-sshsig-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function ed25519(): SshSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { publicKey: ed25519SshKey(Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url')), sign: async (bytes) => sign(null, bytes, privateKey) };
}

function p256(): SshSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    publicKey: p256SshKey(publicKey.export({ format: 'jwk' }) as { x: string; y: string }),
    sign: async (bytes) => sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
  };
}

const message = Buffer.from('the sums of a bundle\n');

for (const [name, make] of [
  ['Ed25519', ed25519],
  ['ECDSA P-256', p256],
] as const) {
  test(`${name}: ssh-keygen -Y verify accepts our signature, and only over these bytes`, async () => {
    // Several keys, because an integer with a leading zero or a high bit is written differently.
    for (let round = 0; round < 8; round++) {
      const signer = make();
      const armored = await sshSign(message, signer, EXPORT_NAMESPACE);
      writeFileSync(join(folder, 'allowed'), `someone ${sshKeyText(signer.publicKey)}\n`);
      writeFileSync(join(folder, 'sig'), armored);
      const run = (input: Buffer, namespace = EXPORT_NAMESPACE) =>
        execFileSync('ssh-keygen', ['-Y', 'verify', '-f', join(folder, 'allowed'), '-I', 'someone', '-n', namespace, '-s', join(folder, 'sig')], {
          input,
          stdio: 'pipe',
        }).toString();
      expect(run(message)).toContain('Good');
      expect(() => run(Buffer.from('other'))).toThrow();
      expect(() => run(message, 'file')).toThrow();
      expect(sshVerify(message, armored, signer.publicKey, EXPORT_NAMESPACE)).toBe('good');
      expect(sshVerify(Buffer.from('other'), armored, signer.publicKey, EXPORT_NAMESPACE)).toBe('bad');
      expect(sshVerify(message, armored, signer.publicKey, 'file')).toBe('malformed');
      expect(sshVerify(message, armored, make().publicKey, EXPORT_NAMESPACE)).toBe('other-key');
    }
  });

  test(`${name}: every changed character of the signature is refused`, async () => {
    const signer = make();
    const armored = await sshSign(message, signer, EXPORT_NAMESPACE);
    for (let at = 0; at < armored.length; at++) {
      const changed = armored.slice(0, at) + (armored[at] === 'A' ? 'B' : 'A') + armored.slice(at + 1);
      expect(sshVerify(message, changed, signer.publicKey, EXPORT_NAMESPACE), `character ${at}`).not.toBe('good');
    }
  });
}

for (const type of ['ed25519', 'ecdsa']) {
  test(`a signature that ssh-keygen made with ${type} verifies here`, () => {
    const key = join(folder, `key-${type}`);
    execFileSync('ssh-keygen', ['-q', '-t', type, ...(type === 'ecdsa' ? ['-b', '256'] : []), '-N', '', '-f', key]);
    const armored = execFileSync('ssh-keygen', ['-Y', 'sign', '-f', key, '-n', EXPORT_NAMESPACE], {
      input: message,
      stdio: ['pipe', 'pipe', 'ignore'],
    }).toString();
    const publicKey = parseSshKey(readFileSync(`${key}.pub`, 'utf8').split(' ').slice(0, 2).join(' '))!;
    expect(sshVerify(message, armored, publicKey, EXPORT_NAMESPACE)).toBe('good');
  });
}

test('a key text that is not canonical, or not of a type we know, is refused', () => {
  const text = sshKeyText(ed25519().publicKey);
  expect(parseSshKey(text)).toBeDefined();
  expect(parseSshKey(`${text} comment`)).toBeUndefined();
  expect(parseSshKey(text.replace('ssh-ed25519', 'ssh-rsa'))).toBeUndefined();
  expect(parseSshKey(text.slice(0, -8))).toBeUndefined();
});
