/** installation.json: who this workstation's Wardmux is, and where its secrets are. Public; written at the first run, and replaced when its key is. */
import { INSTALLATION_ID, PERSON_ID } from '../types/ids.ts';
import { hash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { createNew, writeAtomic } from '../disk/atomic.ts';
import { ed25519Verify } from '../crypto/ed25519.ts';
import { StorageFault } from '../disk/fault.ts';
import type { Home } from './home.ts';
import { readJson, toJson } from '../disk/json.ts';
import { MLDSA44, mldsa44Verify } from '../crypto/mldsa.ts';
import { isSuccessor } from '../crypto/succession.ts';

const ed25519Key = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const mldsa44Key = z.string().regex(/^[A-Za-z0-9_-]{1750}$/);
/** SSH signatures by each half of the key before (docs/format.md, "Rotation"). */
const certificate = z.string().max(16_384);

/** One a year outlives a workstation. */
export const MOST_FORMER_KEYS = 31;

/** A key that another one replaced. */
const formerKey = z.strictObject({
  publicKey: ed25519Key,
  secondKey: mldsa44Key.optional(),
  certificate: certificate.optional(),
  /** Events of the ledger when it was replaced: what it signs for more of them than that is not the installation's. */
  until: z.int().min(0),
  /** Root of the tree over them, lower-case hex. */
  root: z.string().regex(/^[0-9a-f]{64}$/),
  /** When, and who did it. */
  replaced: z.iso.datetime(),
  by: z.string().regex(PERSON_ID),
  /** Ed25519 signature of the key that came after it, over vouchText, which is all of the above: nobody adds a key of their own to the past. */
  vouched: z.base64().length(88),
  /** The same by its second half, where it has one: ML-DSA-44. */
  vouchedSecond: z
    .base64()
    .length(4 * Math.ceil(MLDSA44.signature / 3))
    .optional(),
});
export type FormerKey = z.infer<typeof formerKey>;

export const installationSchema = z.strictObject({
  format: z.literal('wardmux-installation'),
  version: z.literal(1),
  id: z.string().regex(INSTALLATION_ID),
  /** ISO 8601 UTC. */
  created: z.iso.datetime(),
  /** Raw Ed25519 public key, base64url, 32 bytes. */
  publicKey: ed25519Key,
  /** Raw ML-DSA-44 public key, base64url, 1,312 bytes: the second half. Left out where the first run could not make one. */
  secondKey: mldsa44Key.optional(),
  /** The key before certified this one. Left out where there was none. */
  certificate: certificate.optional(),
  /** Oldest first. */
  formerKeys: z.array(formerKey).min(1).max(MOST_FORMER_KEYS).optional(),
  secretStore: z.enum(['secret-service', 'file']),
});
export type Installation = z.infer<typeof installationSchema>;

export const newInstallationId = (): string => `w-${randomBytes(6).toString('hex')}`;

/** Names a key in the ledger: SHA-256 over its halves, lower-case hex. */
export function keyDigest(halves: Pick<Installation, 'publicKey' | 'secondKey'>): string {
  const { publicKey, second = Buffer.alloc(0) } = installationHalves(halves);
  return hash('sha256', Buffer.concat([publicKey, second]), 'hex');
}

/** What a key signs for the one that it replaced, and for the ledger as it was then. */
export function vouchText(
  installation: string,
  { publicKey, secondKey = '', certificate = '', until, root, replaced, by }: Omit<FormerKey, 'vouched' | 'vouchedSecond'>,
): Buffer {
  const lines = [installation, publicKey, secondKey, hash('sha256', certificate, 'hex'), until, root, replaced, by];
  return Buffer.from(`wardmux/v1/former-key\n${lines.join('\n')}\n`, 'utf8');
}

/** Whether a key vouches for the one that it replaced, with every half that it has. */
export function isVouched(installation: string, successor: Pick<Installation, 'publicKey' | 'secondKey'>, former: FormerKey): boolean {
  const { publicKey, second } = installationHalves(successor);
  const text = vouchText(installation, former);
  if (!ed25519Verify(publicKey, text, Buffer.from(former.vouched, 'base64')) || (second === undefined) !== (former.vouchedSecond === undefined)) return false;
  return second === undefined || mldsa44Verify(second, text, Buffer.from(former.vouchedSecond!, 'base64')) !== 'bad';
}

/**
 * Whether each key that was replaced is vouched for by the one that came after it, and has certified it by all of its own halves: neither a key
 * that somebody made, nor one that was stolen before it was replaced, gets into the row by what it says of itself.
 */
function isChain(installation: Installation): boolean {
  const keys = [...(installation.formerKeys ?? []), installation];
  return keys.every((key, n) => {
    const former = installation.formerKeys?.[n - 1];
    if (!former) return key.certificate === undefined;
    if (key.certificate === undefined || !isVouched(installation.id, key, former)) return false;
    return isSuccessor(installation.id, installationHalves(former), installationHalves(key), key.certificate);
  });
}

/** Undefined where the first run has not been. @throws StorageFault */
export function readInstallation(home: Home): Installation | undefined {
  const installation = readJson(installationSchema, home.installation, 'Restore it from a backup; without it the ledger cannot be continued.');
  if (installation && !isChain(installation))
    throw new StorageFault(
      'identity',
      home.installation,
      `${home.installation} names a key that was replaced, and it and the key that came after do not vouch for each other: somebody has changed that file. Nothing was signed or entered. Keep a copy of the folder for the audit, and restore installation.json from a backup.`,
    );
  return installation;
}

/** The halves of the key that signs for it, raw. */
export function installationHalves({ publicKey, secondKey }: Pick<Installation, 'publicKey' | 'secondKey'>): {
  readonly publicKey: Uint8Array;
  readonly second?: Uint8Array;
} {
  return {
    publicKey: Buffer.from(publicKey, 'base64url'),
    ...(secondKey === undefined ? {} : { second: Buffer.from(secondKey, 'base64url') }),
  };
}

/** The key that signs for it: raw Ed25519, 32 bytes; undefined where the first run has not been. @throws StorageFault */
export function installationKey(home: Home): Uint8Array | undefined {
  const installation = readInstallation(home);
  return installation && Buffer.from(installation.publicKey, 'base64url');
}

/** @throws StorageFault with code `not-initialised` where the first run has not been. */
export function requireInstallation(home: Home): Installation {
  const installation = readInstallation(home);
  if (installation) return installation;
  throw new StorageFault(
    'not-initialised',
    home.installation,
    `There is no Wardmux in ${home.folder} yet. Start the app for the first run, or run: wardmux init --name "Your Name" --audit-key-out FILE`,
  );
}

/** Takes the place of the one that is there, at once or not at all. @throws StorageFault */
export function replaceInstallation(home: Home, installation: Installation): void {
  writeAtomic(home.installation, toJson(installationSchema.parse(installation)));
}

/** Written last at the first run: from then on the installation exists. @throws StorageFault with code `exists` */
export function createInstallation(home: Home, installation: Installation): void {
  createNew(home.installation, toJson(installationSchema.parse(installation)));
}
