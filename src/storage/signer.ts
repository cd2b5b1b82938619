/** The installation's Ed25519 signing key (RFC 8032): signs ledger checkpoints and exports. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { InstallationSigner } from '../ledger/types.ts';
import { StorageFault } from './fault.ts';
import type { Home } from './home.ts';
import { requireInstallation, type Installation } from './installation.ts';
import { openSecretStore, type SecretStore } from './secret-store.ts';

/** Name of the secret: PKCS #8 DER of the private key. */
export const signingKeySecret = 'signing-key';

/** Raw Ed25519 public key, 32 bytes. */
function rawPublicKey(key: KeyObject): Uint8Array {
  const { x } = key.export({ format: 'jwk' });
  return new Uint8Array(Buffer.from(x ?? '', 'base64url'));
}

function signerOf(installation: string, key: KeyObject): InstallationSigner {
  const publicKey = rawPublicKey(createPublicKey(key));
  return { installation, publicKey, sign: async (bytes) => new Uint8Array(sign(null, bytes, key)) };
}

/** Makes the key, keeps it in the store, and returns its raw public key. @throws StorageFault */
export async function createSigningKey(store: SecretStore): Promise<Uint8Array> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  try {
    await store.set(signingKeySecret, der);
  } finally {
    der.fill(0);
  }
  return rawPublicKey(publicKey);
}

/**
 * Opens the installation's signer from its secret store.
 * @param store the store that installation.json names, when left out.
 * @throws StorageFault: not initialised, no such store here, no key in it, or a key that is not the installation's.
 */
export async function openSigner(home: Home, installation: Installation = requireInstallation(home), store?: SecretStore): Promise<InstallationSigner> {
  const from = store ?? openSecretStore(installation.secretStore, home, installation.id);
  const der = await from.get(signingKeySecret);
  const restore = 'Restore it from a backup; nothing is signed with another key silently.';
  if (!der) {
    throw new StorageFault(
      'secret-store',
      home.installation,
      `The signing key of ${installation.id} is not in its secret store (${installation.secretStore}). ${restore}`,
    );
  }
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } catch {
    throw new StorageFault(
      'corrupt',
      home.installation,
      `The signing key of ${installation.id} in its secret store (${installation.secretStore}) is damaged. ${restore}`,
    );
  } finally {
    der.fill(0);
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new StorageFault('corrupt', home.installation, `The signing key of ${installation.id} is not an Ed25519 key. ${restore}`);
  }
  const signer = signerOf(installation.id, key);
  if (Buffer.from(signer.publicKey).toString('base64url') !== installation.publicKey) {
    throw new StorageFault('corrupt', home.installation, `The signing key in the secret store is not the one that ${home.installation} names. ${restore}`);
  }
  return signer;
}
