/** One attempt to unlock with a passphrase, as every surface makes it: charged before it is made, given back after a success. */
import type { Backoff } from './backoff.ts';
import type { OpenIdentity } from './identity.ts';
import { normalisePassphrase } from './passphrase.ts';
import { unlockWithPassphrase } from './person.ts';
import type { PersonRecord } from './types.ts';

/**
 * @param typed UTF-8 as it was typed; wiped here.
 * @returns the open identity, which the caller destroys, and the failures in a row before it.
 * @throws UnlockError
 */
export async function attemptPassphrase(backoff: Backoff, person: PersonRecord, typed: Uint8Array): Promise<{ identity: OpenIdentity; failures: number }> {
  const normal = Buffer.from(normalisePassphrase(Buffer.from(typed.buffer, typed.byteOffset, typed.byteLength).toString('utf8')), 'utf8');
  typed.fill(0);
  try {
    backoff.begin(person.id, 'passphrase');
    const identity = await unlockWithPassphrase(person, normal);
    return { identity, failures: backoff.succeeded(person.id, 'passphrase') };
  } finally {
    normal.fill(0);
  }
}
