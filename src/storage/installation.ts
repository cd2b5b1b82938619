/** installation.json: who this workstation's Wardmux is, and where its secrets are. Public; written once. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { createNew } from './atomic.ts';
import { StorageFault } from './fault.ts';
import type { Home } from './home.ts';
import { readJson, toJson } from './json.ts';

export const installationSchema = z.strictObject({
  format: z.literal('wardmux-installation'),
  version: z.literal(1),
  id: z.string().regex(/^w-[0-9a-f]{12}$/),
  /** ISO 8601 UTC. */
  created: z.iso.datetime(),
  /** Raw Ed25519 public key, base64url, 32 bytes. */
  publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  /** Raw ML-DSA-44 public key, base64url, 1,312 bytes: the second half. Left out where the first run could not make one. */
  secondKey: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1750}$/)
    .optional(),
  secretStore: z.enum(['secret-service', 'file']),
});
export type Installation = z.infer<typeof installationSchema>;

export const newInstallationId = (): string => `w-${randomBytes(6).toString('hex')}`;

/** Undefined where the first run has not been. @throws StorageFault */
export function readInstallation(home: Home): Installation | undefined {
  return readJson(installationSchema, home.installation, 'Restore it from a backup; without it the ledger cannot be continued.');
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

/** Written last at the first run: from then on the installation exists. @throws StorageFault with code `exists` */
export function createInstallation(home: Home, installation: Installation): void {
  createNew(home.installation, toJson(installationSchema.parse(installation)));
}
