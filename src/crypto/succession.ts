/** How a key of the installation names the one that comes after it: docs/format.md, "Rotation". */
import { ed25519SshKey, mldsa44SshKey, signAsInstallation, sshKeyText, verifyInstallation, type InstallationSshKey } from './sshsig.ts';
import type { InstallationSigner } from './signer.ts';

/** Namespace of the certificates: a signature made for another purpose is none. */
export const INSTALLATION_KEY_NAMESPACE = 'installation-key@wardmux.localhost';

/** The halves of a key, raw: Ed25519, 32 bytes, and ML-DSA-44, 1,312 bytes, where it has one. */
export interface KeyHalves {
  readonly publicKey: Uint8Array;
  readonly second?: Uint8Array | undefined;
}

/** A key as bundles and certificates are verified with it. */
export function sshKeysOf({ publicKey, second }: KeyHalves): InstallationSshKey {
  return { first: ed25519SshKey(publicKey), ...(second ? { second: mldsa44SshKey(second) } : {}) };
}

/** What is signed: the installation, and each half of the successor as OpenSSH writes it, a line each. */
export function certificateText(installation: string, successor: KeyHalves): Buffer {
  const { first, second } = sshKeysOf(successor);
  const lines = [first, ...(second ? [second] : [])].map(sshKeyText);
  return Buffer.from(`${[installation, ...lines].join('\n')}\n`, 'utf8');
}

/** @param signer the key that is replaced, with all of its halves. */
export function certifySuccessor(installation: string, successor: KeyHalves, signer: Omit<InstallationSigner, 'installation'>): Promise<string> {
  return signAsInstallation(certificateText(installation, successor), signer, INSTALLATION_KEY_NAMESPACE);
}

/** Whether a certificate is one of the key before, by all of its halves that this runtime can check; and who had two halves has no successor with one. */
export function isSuccessor(installation: string, before: KeyHalves, successor: KeyHalves, certificate: string): boolean {
  if (before.second && !successor.second) return false;
  return verifyInstallation(certificateText(installation, successor), certificate, [sshKeysOf(before)], INSTALLATION_KEY_NAMESPACE).verdict === 'good';
}
