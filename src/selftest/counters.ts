/** The counters of failures of the people here, against what the ledger has: one that was tampered with is entered there. */
import type { Ledger } from '../ledger/ledger.ts';
import type { Tampering } from '../people/backoff.ts';
import { followLedger, readBackoffKey } from '../people/backoff-key.ts';
import { openSecretStore, type Home, type Installation } from '../storage/index.ts';

/** @returns who has one that is not what was written, and how. @throws StorageFault where the key of the counters cannot be had */
export async function lookAtCounters(
  home: Home,
  installation: Installation,
  ledger: Pick<Ledger, 'facts' | 'enter'>,
): Promise<{ readonly person: string; readonly how: Tampering }[]> {
  const key = await readBackoffKey(openSecretStore(installation.secretStore, home, installation.id));
  const found: { person: string; how: Tampering }[] = [];
  try {
    const counters = followLedger(home, key, ledger, (person, how) => void found.push({ person: person ?? 'nobody', how }));
    for (const person of ledger.facts.active()) counters.status(person, 'passphrase');
  } finally {
    key.fill(0);
  }
  return found;
}
