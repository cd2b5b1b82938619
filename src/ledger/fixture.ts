/** Shared by tests: an installation with a key of its own, and a ledger in a temporary folder. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventTable } from './events.ts';
import { sealHeads } from './heads.ts';
import { ledgerOrigin, noteKey } from './note.ts';
import type { LedgerEntry, LedgerEvent } from './types.ts';
import type { InstallationSigner } from '../crypto/signer.ts';

export const INSTALLATION = 'w-0123456789ab';

export interface TestSigner extends InstallationSigner {
  /** The private key, PKCS #8 PEM: what a child process needs to be a second writer. */
  readonly pem: string;
}

function signerOf(pem: string, installation = INSTALLATION): TestSigner {
  const key = createPrivateKey(pem);
  const publicKey = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x!, 'base64url');
  return { installation, publicKey, pem, sign: async (bytes) => sign(null, bytes, key) };
}

/** @param pem of one that was made before, in another process; left out: a fresh one. */
export function testSigner(installation = INSTALLATION, pem = freshKey()): TestSigner {
  return signerOf(pem, installation);
}

function freshKey(): string {
  const { privateKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
    publicKeyEncoding: { format: 'pem', type: 'spki' },
  });
  return privateKey;
}

export function testLedgerOptions(signer = testSigner()) {
  const folder = join(mkdtempSync(join(tmpdir(), 'wardmux-ledger-')), 'ledger');
  return { folder, installation: signer.installation, signer, key: noteKey(ledgerOrigin(signer.installation), signer.publicKey) };
}

/** What a `recording.start` has beside its recording. */
export const startDetail = { recipients: [], policySha256: '0'.repeat(64), role: 'operator', class: 'nursing', reason: 'none' } as const;

/** An event that nobody's ledger has written. */
export function testEvent(seq: number, entry: LedgerEntry, time = '2026-11-22T00:00:00.000Z'): LedgerEvent {
  const { heads, ...rest } = entry;
  const sealed = heads && sealHeads(heads, '5a'.repeat(32));
  return {
    seq,
    time,
    monoUs: seq,
    installation: INSTALLATION,
    ...rest,
    aal: null,
    credential: null,
    ...(sealed && { detail: { heads: sealed.digests }, opened: sealed.opened }),
  };
}

/** One event of each row of the table, every field of it filled. @param person whose they are, where they have one */
export const everyEvent = (person: string): LedgerEvent[] =>
  eventTable.map(({ action, fields, ...row }) =>
    testEvent(7, {
      action,
      detail: Object.fromEntries(Object.keys(fields).map((name) => [name.replace(/\?$/, ''), 'A'.repeat(86)])),
      ...(row.person === 'none' ? {} : { person }),
      ...(row.outcome === 'none' ? {} : { outcome: 'failure' as const }),
    }),
  );

/** An entry that says how far one recording is. */
export const headEntry = (recording: string, size: number, root: string) => ({ action: 'recording.heads', heads: [{ recording, size, root }] }) as const;
