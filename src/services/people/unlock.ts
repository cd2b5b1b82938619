/**
 * How somebody gets in: what the window, the terminal and the command do alike. The attempt itself, charged and entered, is that
 * of people/attempt; where the identity is opened is the surface's own: the vault's process, or this one.
 */
import { grantOf, type Standing } from '../../access/index.ts';
import { failedTries } from '../../bridge/tries.ts';
import type { LedgerFacts } from '../../ledger/facts.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { attemptPassphrase, mayAttempt, type AttemptParts } from '../../people/attempt.ts';
import { followLedger, readBackoffKey } from '../../people/backoff-key.ts';
import { factorsByPassphrase } from '../../people/factors.ts';
import type { OpenIdentity } from '../../people/identity.ts';
import { dearest, type Cost } from '../../people/person.ts';
import { readPinned } from '../../people/pinned.ts';
import type { Person } from '../../people/types.ts';
import { policyInForce } from '../../policy/index.ts';
import { openSecretStore, pinFirstUse, type Home, type Installation } from '../../storage/index.ts';
import type { Admit, Enter } from '../deeds/admit.ts';
import { askSentence, auditKeysToAskFor } from '../policy/audit-key.ts';
import { changeSentences } from './changes.ts';
import { withLedger, type OpenInstallation } from '../installation/installation.ts';
import { choosePerson, meant, pinnedPerson, refusedEntry, requirePeople } from './person.ts';
import { revocationsOver } from '../policy/revocations.ts';
import { raiseCost } from './slots.ts';

/** Where somebody stands who has just given their passphrase. */
export const justUnlocked = (person: Person): Standing => ({ phase: 'open', grant: grantOf(person, 'passphrase') });

/** A folder that was moved or copied here is believed from the first unlock on, and that is an event. */
export async function believeFolder(home: Home, installation: Installation, person: string, enter: Enter): Promise<void> {
  if (await pinFirstUse(home, installation)) await enter({ action: 'installation.pin', person, detail: { how: 'first-use' } });
}

/** Who is asked for, by id: somebody, or the one among these whose passphrase it is then. */
export type Wanted = { readonly person: string } | { readonly among: () => readonly string[] };

/**
 * An attempt whose identity is opened in this process.
 * @param typed as it was typed; wiped here.
 * @param whole what a wrong one is to cost (`dearest`).
 * @param may whether it may do what it is opened for; where that throws, nothing stays open.
 * @param tell takes a sentence about tries that failed since the last unlock, where there were any: after this one nobody is told of them any more.
 * @returns the open identity, which the caller destroys. @throws UnlockError, LedgerError, StorageFault, and what `may` throws
 */
export async function unlockHere(
  parts: AttemptParts,
  wanted: Wanted,
  typed: Uint8Array,
  whole: Cost,
  may: (identity: OpenIdentity) => unknown,
  tell: (sentence: string) => void,
): Promise<OpenIdentity> {
  const id = 'person' in wanted ? wanted.person : '';
  const { identity, failures } = await attemptPassphrase(parts, id, typed, whole, 'among' in wanted ? wanted.among : undefined);
  if (failures > 0) tell(failedTries(failures));
  try {
    await may(identity);
    return identity;
  } catch (error) {
    identity.destroy();
    throw error;
  }
}

export interface UnlockRequest {
  /** An id or a name; undefined for the only person there is, or for the one whose passphrase it is. */
  readonly person?: string | undefined;
  /** The same as somebody typed it who is asked who they are: one that nobody has costs what a wrong passphrase costs, and is answered alike. */
  readonly typed?: string;
  /** Asks for the passphrase, once it is known that a try may be made. Never empty. @param person undefined where it may be anybody's */
  readonly ask: (person: Person | undefined) => Promise<Buffer>;
  /** The door of what it is opened for. */
  readonly admit: Admit;
  /** It is for what opens recordings, shells or key slots: where the policy asks for two factors, a passphrase alone does not do. */
  readonly sealed: boolean;
  /** It is for what lifts a stop: let in while the station is stopped. */
  readonly whileStopped?: AttemptParts['whileStopped'];
  /** Where whoever gave their passphrase stands; as after any unlock, unless given. */
  readonly standing?: ((person: Person) => Standing) | undefined;
  /** Takes a sentence about tries that failed since the last unlock. */
  readonly tell: (sentence: string) => void;
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
export async function unlockPerson(
  site: OpenInstallation,
  { person: given, typed: name, ask, admit, sealed, whileStopped, standing = justUnlocked, tell, remind, now }: UnlockRequest,
): Promise<OpenIdentity> {
  const { home, installation } = site;
  const key = await readBackoffKey(openSecretStore(installation.secretStore, home, installation.id));
  try {
    return await withLedger(site, async ({ ledger }) => {
      const revocations = revocationsOver(home, ledger);
      // First of all: who can come in, and so who is meant where nobody is named, is another question after it.
      await revocations.look();
      const enter: Enter = (entry) => ledger.append(entry);
      const chosen = name === undefined ? await choose(home, ledger.facts, given, enter) : undefined;
      const id = name === undefined ? chosen?.id : meant(home, ledger.facts, name);
      const parts: AttemptParts = {
        backoff: followLedger(home, key, ledger),
        ledger,
        whileStopped,
        revocations,
        factors: sealed ? () => factorsByPassphrase(policyInForce(home, ledger.facts).policy.unlock, sealed) : undefined,
        read: (id) => readPinned(home, ledger.facts, id),
      };
      await mayAttempt(parts, { id: id ?? '' }, 'passphrase');
      const typed = await ask(chosen);
      const wanted: Wanted = id !== undefined ? { person: id } : { among: () => ledger.facts.active() };
      const untold = new Map(ledger.facts.active().map((each) => [each, ledger.facts.untold(each)]));
      const kept = Buffer.from(typed);
      const may = async (identity: OpenIdentity): Promise<void> => {
        const { person } = identity;
        await admit(standing(parts.read(person.id) ?? person), enter);
        // After the door: whoever gets nothing here is told of it where they do.
        const { since, failures } = untold.get(person.id) ?? { since: -1, failures: 0 };
        if (failures > 0) tell(failedTries(failures));
        if (since >= 0) for (const sentence of changeSentences(home, ledger.facts, person.id, since)) tell(sentence);
        await believeFolder(home, installation, person.id, enter);
        if (remind) await askForAuditKeys(ledger, person.id, now(), remind);
        await raiseCost(home, ledger, identity, kept, new Date(now()));
      };
      try {
        return await unlockHere(parts, wanted, typed, dearest(home), may, tell);
      } finally {
        kept.fill(0);
      }
    });
  } finally {
    key.fill(0);
  }
}

/** Who is meant by `--person`, or by leaving it out: undefined where it may be anybody. */
async function choose(home: Home, facts: LedgerFacts, given: string | undefined, enter: Enter): Promise<Person | undefined> {
  requirePeople(home, facts);
  const ids = facts.active();
  if (given !== undefined || ids.length === 1) return choosePerson(home, facts, given, enter);
  // A record that is not the ledger's is said before anybody types.
  let [found, refused]: [boolean, unknown] = [false, undefined];
  for (const id of ids) {
    try {
      found = (await pinnedPerson(home, facts, id, enter)) !== undefined || found;
    } catch (error) {
      // Whose record that is cannot come in, and everybody else can.
      if (!refusedEntry(error, id)) throw error;
      refused = error;
    }
  }
  if (!found && refused !== undefined) throw refused;
  return undefined;
}

/** Once a day, as the ledger counts it, until somebody has shown that an audit key lies elsewhere. */
async function askForAuditKeys(ledger: Ledger, person: string, now: number, remind: (sentence: string) => void): Promise<void> {
  for (const key of auditKeysToAskFor(ledger.facts, now)) {
    await ledger.append({ action: 'audit-key.asked', person, detail: { key } });
    remind(askSentence(key));
  }
}
