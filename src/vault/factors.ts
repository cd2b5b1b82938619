/** Opens an identity by what a person typed or touched. Whether it may be tried at all main has asked before (main/unlock/unlock.ts): it holds the ledger, which counts attempts. */
import { StorageFault } from '../disk/fault.ts';
import type { OpenIdentity } from '../people/identity.ts';
import { normalisePassphrase } from '../people/passphrase.ts';
import type { CredentialKind } from '../people/passkey.ts';
import { saveUse } from '../people/pinned.ts';
import type { Person } from '../people/types.ts';
import { Refusal } from '../types/refusal.ts';
import type { Holder } from './holder.ts';
import type { Secrets } from './page.ts';
import type { VaultInput } from './service.ts';

export const kindOf = (withPassphrase: boolean | undefined): CredentialKind => (withPassphrase ? 'passphrase-key' : 'passkey-prf');
export const uvOf = ({ uv }: OpenIdentity): { readonly uv?: boolean } => (uv === undefined ? {} : { uv });

/** @throws Refusal where none has come */
export function typedOf({ passphrase }: Pick<Secrets, 'passphrase'>): Buffer {
  if (!passphrase) throw new Refusal('wrong-passphrase', 'No passphrase arrived. Type it again.');
  return passphrase;
}

/** Lends the form that is hashed. */
export async function withHashed<T>(passphrase: Buffer, use: (typed: Buffer) => Promise<T>): Promise<T> {
  const typed = Buffer.from(normalisePassphrase(passphrase.toString('utf8')), 'utf8');
  try {
    return await use(typed);
  } finally {
    typed.fill(0);
  }
}

/** By a passkey or, `withPassphrase`, by a key that is touched and the passphrase. Its counter is kept. */
export async function openByCredential(
  holder: Holder,
  person: Person | undefined,
  { response, withPassphrase }: Pick<VaultInput<'unlockPasskey'>, 'response' | 'withPassphrase'>,
  secrets: Secrets,
): Promise<OpenIdentity> {
  const { home, passkeys } = holder.ready();
  const result = secrets.prf.at(-1);
  const identity = await (withPassphrase
    ? withHashed(typedOf(secrets), (typed) => passkeys.unlock(person, response, result, typed))
    : passkeys.unlock(person, response, result));
  try {
    await saveUse(home, identity.person);
  } catch (error) {
    // On a full or read-only disk the old counter stays: people must get in to see what is wrong.
    if (error instanceof StorageFault && (error.code === 'disk-full' || error.code === 'read-only')) return identity;
    identity.destroy();
    throw error;
  }
  return identity;
}
