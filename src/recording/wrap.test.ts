import { spawnSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint, CompactEncrypt, importJWK } from 'jose';
import { afterAll, describe, expect, it } from 'vitest';
import { newFolder, removeFolders } from '../../test/support/recording.ts';
import { AuditKeyOpener, generateAuditKey, newSegmentSecret, openSecret, thumbprint, wrapSecret } from './wrap.ts';

afterAll(removeFolders);
const audit = generateAuditKey();
const owner = generateAuditKey();
const privateKey = createPrivateKey({ key: { ...audit.file.jwk }, format: 'jwk' });
const stockJose = !spawnSync('jose', ['alg']).error;

describe('wrapped secrets', () => {
  it('open for each recipient and nobody else', async () => {
    const secret = newSegmentSecret();
    const jwe = await wrapSecret(secret, audit.recipient);
    expect(await openSecret(jwe, privateKey)).toEqual(secret);
    expect(await AuditKeyOpener.fromJson(audit.file).open(jwe)).toEqual(secret);
    await expect(AuditKeyOpener.fromJson(owner.file).open(jwe)).rejects.toThrow();
  });

  it('name algorithm, encryption and recipient in the clear header', async () => {
    const jwe = await wrapSecret(newSegmentSecret(), audit.recipient);
    expect(JSON.parse(Buffer.from(jwe.split('.')[0]!, 'base64url').toString())).toMatchObject({ alg: 'ECDH-ES', enc: 'A256GCM', kid: audit.recipient.kid });
  });

  it('refuse each changed character', async () => {
    const jwe = await wrapSecret(newSegmentSecret(), audit.recipient);
    for (let at = 0; at < jwe.length; at += 5) {
      const other = jwe[at] === 'A' ? 'E' : 'A';
      const changed = jwe.slice(0, at) + other + jwe.slice(at + 1);
      // The last character of a base64url part may have bits that mean nothing; those decode to the same bytes.
      if (changed.split('.').every((part, i) => Buffer.from(part, 'base64url').equals(Buffer.from(jwe.split('.')[i]!, 'base64url')))) continue;
      await expect(openSecret(changed, privateKey), `character ${at}`).rejects.toThrow();
    }
  });

  it('refuse another algorithm and another length', async () => {
    const key = await importJWK({ ...audit.recipient.jwk }, 'ECDH-ES+A256KW');
    const other = await new CompactEncrypt(newSegmentSecret()).setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM' }).encrypt(key);
    await expect(openSecret(other, privateKey)).rejects.toThrow();
    await expect(openSecret(await wrapSecret(Buffer.alloc(31), audit.recipient), privateKey)).rejects.toThrow(/32 bytes/);
  });

  it('are not made for a key under a wrong name or off the curve', async () => {
    await expect(wrapSecret(newSegmentSecret(), { ...audit.recipient, kid: owner.recipient.kid })).rejects.toThrow(/does not match its name/);
    const jwk = { ...audit.recipient.jwk, x: owner.recipient.jwk.x };
    await expect(wrapSecret(newSegmentSecret(), { kid: thumbprint(jwk), role: 'audit', jwk })).rejects.toThrow();
  });

  it('open with a stock tool', async ({ skip }) => {
    skip(!stockJose, 'the jose command is not installed (apt install jose)');
    const secret = newSegmentSecret();
    const folder = newFolder();
    writeFileSync(join(folder, 'key.jwk'), JSON.stringify(audit.file.jwk), { mode: 0o600 });
    writeFileSync(join(folder, 'secret.jwe'), await wrapSecret(secret, audit.recipient));
    const { stdout, status, stderr } = spawnSync('jose', ['jwe', 'dec', '-i', join(folder, 'secret.jwe'), '-k', join(folder, 'key.jwk')]);
    expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toEqual(secret);
  });
});

it('thumbprints are those of RFC 7638', async () => {
  expect(thumbprint(audit.recipient.jwk)).toBe(await calculateJwkThumbprint({ ...audit.recipient.jwk }, 'sha256'));
  expect(audit.file.kid).toBe(audit.recipient.kid);
});

describe('the recovery file', () => {
  const save = (content: string): string => {
    const path = join(newFolder(), 'audit-key.json');
    writeFileSync(path, content);
    return path;
  };

  it('opens from disk', async () => {
    const opener = await AuditKeyOpener.fromFile(save(JSON.stringify(audit.file)));
    const secret = newSegmentSecret();
    expect(opener.kid).toBe(audit.recipient.kid);
    expect(await opener.open(await wrapSecret(secret, audit.recipient))).toEqual(secret);
  });

  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ format: 'jwk' });
  it.each([
    ['not JSON', '{'],
    ['empty', ''],
    ['of another format', JSON.stringify({ ...audit.file, format: 'x' })],
    ['of a later version', JSON.stringify({ ...audit.file, version: 2 })],
    ['under a wrong name', JSON.stringify({ ...audit.file, kid: owner.file.kid })],
    ['with a public key only', JSON.stringify({ ...audit.file, jwk: audit.recipient.jwk })],
    ['with a private half of another key', JSON.stringify({ ...audit.file, jwk: { ...audit.file.jwk, d: 'A'.repeat(43) } })],
    ['on another curve', JSON.stringify({ ...audit.file, jwk: p384 })],
    ['too long', ' '.repeat(20_000)],
  ])('is refused when %s, with its path and none of its content', async (_, content) => {
    const path = save(content);
    const error = (await AuditKeyOpener.fromFile(path).catch((reason: unknown) => reason)) as Error & { code: string };
    expect(error.code).toBe('bad-key-file');
    expect(error.message).toContain(path);
    expect(error.message).not.toContain(audit.file.jwk.d);
  });

  it('is refused when missing', async () => {
    // Neither a device without an end nor a pipe that nobody writes into.
    const pipe = join(newFolder(), 'pipe');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    for (const other of ['/dev/zero', pipe])
      await expect(AuditKeyOpener.fromFile(other)).rejects.toMatchObject({
        code: 'bad-key-file',
        message: expect.stringContaining('not a plain file') as string,
      });
    await expect(AuditKeyOpener.fromFile('/nowhere/key.json')).rejects.toMatchObject({
      code: 'bad-key-file',
      message: expect.stringContaining('/nowhere/key.json') as string,
    });
  });
});
