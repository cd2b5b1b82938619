/** The key of a credential's slot, out of what its authenticator gives and what else it takes. */
import { deriveFromBoth, deriveFromPassphrase, deriveFromPrf, deriveFromStored, type ScryptParameters } from '../crypto/kdf.ts';
import type { CredentialSlot } from './slot.ts';

/**
 * Of a passkey, of a passphrase and a key, or of a handle and what is stored.
 * @param prf the PRF result or the handle, 32 bytes. @param passphrase UTF-8 of the NFC form. @param half what the secret store keeps. None is wiped here.
 * @returns 32 bytes that the caller wipes.
 */
export async function kekOf(
  slot: Pick<CredentialSlot, 'prfSalt'> & { readonly kdf?: ScryptParameters },
  prf: Uint8Array,
  { passphrase, half }: { readonly passphrase: Uint8Array | undefined; readonly half: Uint8Array | undefined },
): Promise<Buffer> {
  const salt = Buffer.from(slot.prfSalt, 'base64url');
  if (half) return deriveFromStored(half, prf, salt);
  if (!slot.kdf || !passphrase) return deriveFromPrf(prf, salt);
  const derived = await deriveFromPassphrase(passphrase, slot.kdf);
  try {
    return deriveFromBoth(derived, prf, salt);
  } finally {
    derived.fill(0);
  }
}
