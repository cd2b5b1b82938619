/** One attempt to unlock with a passphrase, as every surface without a vault process makes it: charged and entered before it is made. */
import type { AuditEntry } from '../ledger/events.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Backoff } from './backoff.ts';
import { UnlockError } from './errors.ts';
import type { OpenIdentity } from './identity.ts';
import { normalisePassphrase } from './passphrase.ts';
import { unlockWithPassphrase } from './person.ts';
import type { PersonRecord } from './types.ts';

export interface AttemptParts {
  readonly backoff: Backoff;
  readonly ledger: Pick<Ledger, 'append' | 'refresh'>;
}

/** True where a person has another way in than the passphrase. */
export const hasOtherWay = (person: PersonRecord): boolean => person.slots.some(({ type }) => type !== 'passphrase');

/**
 * @param typed UTF-8 as it was typed; wiped here.
 * @returns the open identity, which the caller destroys, and the failures in a row before it.
 * @throws UnlockError, LedgerError: what cannot be entered is not tried.
 */
export async function attemptPassphrase(
  { backoff, ledger }: AttemptParts,
  person: PersonRecord,
  typed: Uint8Array,
): Promise<{ identity: OpenIdentity; failures: number }> {
  const normal = Buffer.from(normalisePassphrase(Buffer.from(typed.buffer, typed.byteOffset, typed.byteLength).toString('utf8')), 'utf8');
  typed.fill(0);
  const enter = (outcome: 'success' | 'failure', detail: Extract<AuditEntry, { action: 'unlock' }>['detail']): Promise<unknown> =>
    ledger.append({ action: 'unlock', person: person.id, outcome, detail: { method: 'passphrase', ...detail } });
  try {
    // Another process may have seen attempts too.
    await ledger.refresh();
    const failures = backoff.begin(person.id, 'passphrase', hasOtherWay(person));
    await ledger.append({ action: 'unlock.attempt', person: person.id, detail: { method: 'passphrase' } });
    const identity = await unlockWithPassphrase(person, normal);
    try {
      await enter('success', { failures });
      backoff.succeeded(person.id);
    } catch (error) {
      identity.destroy();
      throw error;
    }
    return { identity, failures };
  } catch (error) {
    if (error instanceof UnlockError) await enter('failure', { reason: error.code });
    throw error;
  } finally {
    normal.fill(0);
  }
}
