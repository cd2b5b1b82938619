/** Shared by tests: an installation with a key of its own, and a ledger in a temporary folder. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ledgerOrigin, noteKey } from './note.ts';
import type { InstallationSigner } from './types.ts';

export const INSTALLATION = 'w-0123456789ab';

export function testSigner(installation = INSTALLATION): InstallationSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { installation, publicKey: Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url'), sign: async (bytes) => sign(null, bytes, privateKey) };
}

export function testLedgerOptions(signer = testSigner()) {
  const folder = join(mkdtempSync(join(tmpdir(), 'wardmux-ledger-')), 'ledger');
  return { folder, installation: signer.installation, signer, key: noteKey(ledgerOrigin(signer.installation), signer.publicKey) };
}
