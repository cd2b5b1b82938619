/** A runtime that cannot use ML-DSA-44: everything else works, and what was not checked is said. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { forge, honest, insiderKeys, writeFiles } from '../../test/attacks/forge.ts';
import { BUNDLE } from './bundle-files.ts';

const runtime = vi.hoisted(() => ({ lacksMldsa: false }));
const keys = insiderKeys('no-second');
const whole = forge(honest(keys), keys);
const seed = randomBytes(32);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardmux-second-'));
  // What was forged above could use it.
  runtime.lacksMldsa = true;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

vi.mock('node:crypto', async (load) => {
  const crypto = await load<typeof import('node:crypto')>();
  return {
    ...crypto,
    // As a library without the algorithm answers: the key cannot be read.
    createPrivateKey: (input: { key?: unknown }) => {
      if (runtime.lacksMldsa && Buffer.isBuffer(input.key) && input.key.includes(Buffer.from('608648016503040311', 'hex')))
        throw Object.assign(new Error('unsupported'), { code: 'ERR_OSSL_UNSUPPORTED' });
      return crypto.createPrivateKey(input as never);
    },
  };
});

test('a bundle of two halves is good, and that the second was not checked is said; a missing one is found all the same', async () => {
  const { canMldsa44 } = await import('../crypto/mldsa.ts');
  const { verifyBundle } = await import('./verify.ts');
  expect(canMldsa44()).toBe(false);
  const verdict = verifyBundle(writeFiles(join(folder, 'whole'), whole), keys.trustText);
  expect(verdict).toMatchObject({ good: true, facts: { secondSignatures: 'unchecked' } });
  expect(verdict.notes.join()).toContain('this verifier cannot check them');
  const half = new Map(whole).set(
    BUNDLE.installationSignature,
    Buffer.from(
      whole
        .get(BUNDLE.installationSignature)!
        .toString('latin1')
        .split(/(?<=END SSH SIGNATURE-----\n)/)[0]!,
    ),
  );
  expect(verifyBundle(writeFiles(join(folder, 'half'), half), keys.trustText)).toMatchObject({ code: 'half-signature', status: 44 });
});

test('a first run there makes a key of one half, and a key of two halves signs with the first', async () => {
  const { newSigningSecret, publicHalves, signerOf } = await import('../storage/signer.ts');
  const secret = newSigningSecret();
  expect(secret.length).toBe(48);
  expect(publicHalves(signerOf('w-0123456789ab', secret))).not.toHaveProperty('secondKey');
  const signer = signerOf('w-0123456789ab', Buffer.concat([secret, seed]));
  expect(signer.second).toBeUndefined();
  expect(await signer.sign(Buffer.from('x'))).toHaveLength(64);
});

test('an export there says at once that nothing could come of it, and writes nothing', async () => {
  const { writeBundle } = await import('./bundle.ts');
  const target = join(folder, 'export');
  const options = { recordingFolder: join(folder, 'none'), target, trust: keys.trust, notes: folder } as unknown as Parameters<typeof writeBundle>[0];
  await expect(writeBundle(options)).rejects.toMatchObject({
    code: 'half-key',
    message: expect.stringContaining('cannot sign with the second one (ML-DSA-44)'),
  });
  expect(existsSync(target)).toBe(false);
  // An installation of one half is not refused for that: what it lacks here comes next.
  const one = insiderKeys('one-half', false, 1);
  await expect(writeBundle({ ...options, trust: one.trust })).rejects.not.toMatchObject({ code: 'half-key' });
});
