/**
 * Small things of a person's that outlive the app, such as the names of windows, which can hold a patient's. Sealed under a key
 * of their own that comes from the vault key, so that only this person's open identity can read one, or make one: what is found on the
 * disk was written by it, or does not open.
 */
import { hkdfSync } from 'node:crypto';
import type { OpenIdentity } from './identity.ts';
import { seal, unseal, type Sealed } from '../crypto/seal.ts';

export type OwnPurpose = 'workspace' | 'look';

function withKey<T>(identity: OpenIdentity, purpose: OwnPurpose, use: (key: Uint8Array, aad: Uint8Array) => T): T {
  const label = `wardmux/v1/own/${purpose}`;
  const key = identity.withVaultKey((vaultKey) => new Uint8Array(hkdfSync('sha256', vaultKey, '', label, 32)));
  try {
    return use(key, Buffer.from(JSON.stringify([label, identity.person.id]), 'utf8'));
  } finally {
    key.fill(0);
  }
}

export function sealOwn(identity: OpenIdentity, purpose: OwnPurpose, text: string): Sealed {
  const plain = Buffer.from(text, 'utf8');
  try {
    return withKey(identity, purpose, (key, aad) => seal(key, plain, aad));
  } finally {
    plain.fill(0);
  }
}

/** Undefined where it is another person's, is for something else, or was changed. */
export function openOwn(identity: OpenIdentity, purpose: OwnPurpose, sealed: Sealed): string | undefined {
  const plain = withKey(identity, purpose, (key, aad) => unseal(key, sealed, aad));
  try {
    return plain?.toString('utf8');
  } finally {
    plain?.fill(0);
  }
}
