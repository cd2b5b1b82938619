/**
 * How somebody gets in: what the window, the terminal and the command do alike. The attempt itself, charged and entered, is that
 * of people/attempt; where the identity is opened is the surface's own: the vault's process, or this one.
 */
import { grantOf, type Standing } from '../access/index.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { attemptPassphrase, mayAttempt, type AttemptParts } from '../people/attempt.ts';
import { followLedger, readBackoffKey } from '../people/backoff-key.ts';
import type { OpenIdentity } from '../people/identity.ts';
import type { PersonRecord } from '../people/types.ts';
import { openSecretStore, pinFirstUse, type Home, type Installation } from '../storage/index.ts';
import type { Admit, Enter } from './admit.ts';
import { askSentence, auditKeysToAskFor } from './audit-key.ts';
import { appendEvent, factsOf, withLedger, type OpenInstallation } from './installation.ts';
import { choosePerson } from './person.ts';

/** Where somebody stands who has just given their passphrase. */
export const justUnlocked = (person: PersonRecord): Standing => ({ phase: 'open', grant: grantOf(person, 'passphrase') });

/** A folder that was moved or copied here is believed from the first unlock on, and that is an event. */
export async function believeFolder(home: Home, installation: Installation, person: string, enter: Enter): Promise<void> {
  if (await pinFirstUse(home, installation)) await enter({ action: 'installation.pin', person, detail: { how: 'first-use' } });
}

/**
 * An attempt whose identity is opened in this process.
 * @param typed as it was typed; wiped here.
 * @param may whether it may do what it is opened for; where that throws, nothing stays open.
 * @returns the open identity, which the caller destroys. @throws UnlockError, LedgerError, StorageFault, and what `may` throws
 */
export async function unlockHere(
  parts: AttemptParts,
  person: PersonRecord,
  typed: Uint8Array,
  may: (identity: OpenIdentity) => unknown,
): Promise<OpenIdentity> {
  const identity = await attemptPassphrase(parts, person, typed);
  try {
    await may(identity);
    return identity;
  } catch (error) {
    identity.destroy();
    throw error;
  }
}

export interface UnlockRequest {
  /** An id; undefined for the only person there is. */
  readonly person: string | undefined;
  /** Asks for the passphrase, once it is known that a try may be made. Never empty. */
  readonly ask: (person: PersonRecord) => Promise<Buffer>;
  /** The door of what it is opened for. */
  readonly admit: Admit;
  /** Takes a sentence about an audit key that nobody has moved away. Undefined where nobody could do anything about it. */
  readonly remind?: ((sentence: string) => void) | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Unlocks a person for one deed. Attempts are counted and slowed down as on the lock screen, and each is an event. The caller
 * destroys the identity.
 * @throws UnlockError, StorageFault, LedgerError, UnknownPerson, and what `ask` and `admit` throw
 */
export async function unlockPerson(site: OpenInstallation, { person: wanted, ask, admit, remind, now }: UnlockRequest): Promise<OpenIdentity> {
  const { home, installation } = site;
  const person = await choosePerson(home, await factsOf(site), wanted, (entry) => appendEvent(site, entry));
  const key = await readBackoffKey(openSecretStore(installation.secretStore, home, installation.id));
  try {
    return await withLedger(site, async ({ ledger }) => {
      const parts = { backoff: followLedger(home, key, ledger), ledger };
      const enter: Enter = (entry) => ledger.append(entry);
      await mayAttempt(parts, { id: person.id, record: person }, 'passphrase');
      return unlockHere(parts, person, await ask(person), async (identity) => {
        await admit(justUnlocked(identity.person), enter);
        await believeFolder(home, installation, person.id, enter);
        if (remind) await askForAuditKeys(ledger, person.id, now(), remind);
      });
    });
  } finally {
    key.fill(0);
  }
}

/** Once a day, as the ledger counts it, until somebody has shown that an audit key lies elsewhere. */
async function askForAuditKeys(ledger: Ledger, person: string, now: number, remind: (sentence: string) => void): Promise<void> {
  for (const key of auditKeysToAskFor(ledger.facts, now)) {
    await ledger.append({ action: 'audit-key.asked', person, detail: { key } });
    remind(askSentence(key));
  }
}
