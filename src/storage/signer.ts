/** The installation's signing key: Ed25519 (RFC 8032), and ML-DSA-44 (FIPS 204) where the runtime has it. Both sign ledger checkpoints and exports. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { canMldsa44, MLDSA44, openMldsa44 } from '../crypto/mldsa.ts';
import type { InstallationSigner } from '../crypto/signer.ts';
import { StorageFault } from '../disk/fault.ts';
import type { Home } from './home.ts';
import { requireInstallation, type Installation } from './installation.ts';
import { openSecretStore, type SecretStore } from './secret-store.ts';

/** Name of the secret: PKCS #8 DER of the Ed25519 private key; behind it, where there is a second half, the seed of ML-DSA-44. */
export const signingKeySecret = 'signing-key';
/** Name of the secret of the key that is about to take over. */
export const nextKeySecret = 'signing-key-next';
/** Bytes of such a DER (RFC 8410). */
const ED25519_DER = 48;

/** Raw Ed25519 public key, 32 bytes. */
function rawPublicKey(key: KeyObject): Uint8Array {
  const { x } = key.export({ format: 'jwk' });
  return new Uint8Array(Buffer.from(x ?? '', 'base64url'));
}

/** A signer from its secret. @throws where the secret is none. */
export function signerOf(installation: string, secret: Buffer): InstallationSigner {
  if (secret.length !== ED25519_DER && secret.length !== ED25519_DER + MLDSA44.seed) throw new Error('not a signing key');
  const key = createPrivateKey({ key: secret.subarray(0, ED25519_DER), format: 'der', type: 'pkcs8' });
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('not an Ed25519 key');
  const seed = secret.subarray(ED25519_DER);
  const second = seed.length > 0 && canMldsa44() ? openMldsa44(seed) : undefined;
  return {
    installation,
    publicKey: rawPublicKey(createPublicKey(key)),
    sign: async (bytes) => new Uint8Array(sign(null, bytes, key)),
    ...(second ? { second: { publicKey: second.publicKey, sign: async (bytes) => second.sign(bytes) } } : {}),
  };
}

/** A fresh secret: of both halves where this runtime can sign with the second. The caller wipes it. */
export function newSigningSecret(): Buffer {
  const der = generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' });
  const seed = canMldsa44() ? randomBytes(MLDSA44.seed) : Buffer.alloc(0);
  const secret = Buffer.concat([der, seed]);
  der.fill(0);
  seed.fill(0);
  return secret;
}

/** Makes the key, keeps it in the store, and returns its public halves as installation.json has them. @throws StorageFault */
export async function createSigningKey(store: SecretStore): Promise<Pick<Installation, 'publicKey' | 'secondKey'>> {
  const secret = newSigningSecret();
  try {
    await store.set(signingKeySecret, secret);
    return publicHalves(signerOf('', secret));
  } finally {
    secret.fill(0);
  }
}

/** As installation.json has them. */
export function publicHalves({ publicKey, second }: Pick<InstallationSigner, 'publicKey' | 'second'>): Pick<Installation, 'publicKey' | 'secondKey'> {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  return { publicKey: text(publicKey), ...(second ? { secondKey: text(second.publicKey) } : {}) };
}

/**
 * Opens the installation's signer from its secret store.
 * @param store the store that installation.json names, when left out.
 * @throws StorageFault: not initialised, no such store here, no key in it, or a key that is not the installation's.
 */
export async function openSigner(home: Home, installation: Installation = requireInstallation(home), store?: SecretStore): Promise<InstallationSigner> {
  const from = store ?? openSecretStore(installation.secretStore, home, installation.id);
  const restore = 'Restore it from a backup; nothing is signed with another key silently.';
  const corrupt = (sentence: string): StorageFault => new StorageFault('corrupt', home.installation, `${sentence} ${restore}`);
  const where = `of ${installation.id} in its secret store (${installation.secretStore})`;
  const secret = await from.get(signingKeySecret);
  if (!secret)
    throw new StorageFault(
      'secret-store',
      home.installation,
      `The signing key of ${installation.id} is not in its secret store (${installation.secretStore}). ${restore}`,
    );
  try {
    const signer = signerOf(installation.id, secret);
    if (isOf(signer, installation)) return signer;
  } catch {
    throw corrupt(`The signing key ${where} is damaged.`);
  } finally {
    secret.fill(0);
  }
  const successor = await takeSuccessor(from, installation);
  if (successor) return successor;
  throw corrupt(`The signing key in the secret store is not the one that ${home.installation} names.`);
}

/** A runtime that cannot use the second half signs with the first, and says so; a half that is another's is none. */
function isOf(signer: InstallationSigner, installation: Installation): boolean {
  const { publicKey, secondKey } = publicHalves(signer);
  return publicKey === installation.publicKey && (secondKey === installation.secondKey || (secondKey === undefined && !canMldsa44()));
}

/** A rotation that was cut after installation.json named the new key: it is done to its end here. */
async function takeSuccessor(store: SecretStore, installation: Installation): Promise<InstallationSigner | undefined> {
  const secret = await store.get(nextKeySecret);
  if (!secret) return undefined;
  try {
    const signer = signerOf(installation.id, secret);
    if (!isOf(signer, installation)) return undefined;
    await settleSecrets(store, secret);
    return signer;
  } finally {
    secret.fill(0);
  }
}

/** The new key takes the place of the old one, which is gone then. @throws StorageFault */
export async function settleSecrets(store: SecretStore, secret: Uint8Array): Promise<void> {
  await store.set(signingKeySecret, secret);
  await store.delete(nextKeySecret);
}
