/** What commands need of an installation: its folder, its ledger, its trust facts, and an unlocked person. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { grantOf, type Permission } from '../access/index.ts';
import type { Trust } from '../export/trust.ts';
import { openLedger } from '../anchors/index.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { LedgerFacts } from '../ledger/facts.ts';
import { readFacts } from '../ledger/view.ts';
import { installationNoteKey, type NoteKey } from '../ledger/note.ts';
import type { LedgerEntry } from '../ledger/types.ts';
import type { InstallationSigner } from '../crypto/signer.ts';
import { policyInForce, type PolicyInForce } from '../policy/index.ts';
import { RECORDING_ID } from '../types/ids.ts';
import {
  checkIdentity,
  homeFolder,
  homePaths,
  openHome,
  openSecretStore,
  pinFirstUse,
  requireInstallation,
  type Home,
  type IdentityCheck,
  type Installation,
} from '../storage/index.ts';
import { askSentence, auditKeysToAskFor } from '../services/audit-key.ts';
import { attemptPassphrase, authorityOf, mayAttempt } from '../people/attempt.ts';
import { followLedger, readBackoffKey } from '../people/backoff-key.ts';
import type { OpenIdentity } from '../people/identity.ts';
import { PersonRefused, readPinned } from '../people/pinned.ts';
import { installationTrust } from '../services/trust.ts';
import type { PersonRecord } from '../people/types.ts';
import { pass } from './door.ts';
import { CliError } from './exit.ts';
import type { CliIo } from './io.ts';
import { PassphraseInputError, promptPassphrase, readPassphraseFd } from './passphrase.ts';

export interface OpenInstallation {
  readonly home: Home;
  readonly installation: Installation;
  /** Raw Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly noteKey: NoteKey;
  /** Is installation.json what the Secret Service remembers of this folder? Where it is something else, nothing is opened. */
  readonly identity: IdentityCheck;
}

/** @throws StorageFault with a sentence where there is none, it is damaged, or it is not the pinned one (code `identity`). */
export async function openInstallation(io: Pick<CliIo, 'env'>): Promise<OpenInstallation> {
  const folder = homeFolder(io.env);
  // First of all, because openHome makes what is missing: a look at an installation that is not there leaves no trace.
  const installation = requireInstallation(homePaths(folder));
  const home = openHome(folder);
  const publicKey = Buffer.from(installation.publicKey, 'base64url');
  const identity = await checkIdentity(home, installation);
  return { home, installation, publicKey, identity, noteKey: installationNoteKey(installation) };
}

/**
 * For people. Where the keys are kept in files there may never have been a keyring: nobody is sent to open one then.
 * @param store where installation.json says that the keys are kept.
 */
export function identitySentence(check: Exclude<IdentityCheck, { state: 'pinned' }>, store: Installation['secretStore']): string {
  const reason = store === 'file' && check.state === 'unchecked' ? 'its keys are kept in files, and there is no keyring to ask here.' : check.reason;
  return `The identity of this installation could not be checked: ${reason} Whoever can write every file here could have replaced its key and its history. What shows that is a trust.json that was kept elsewhere (wardmux ledger verify --trust FILE), or an anchor.`;
}

export interface OpenedLedger {
  readonly ledger: Ledger;
  readonly signer: InstallationSigner;
}

/** Runs `task` with the ledger open, and signs a checkpoint over what it appended. @param identity who was let in by the passphrase: it stands behind what is entered. */
export async function withLedger<T>({ home, installation }: OpenInstallation, task: (opened: OpenedLedger) => Promise<T>, identity?: OpenIdentity): Promise<T> {
  const { ledger, signer } = await openLedger(home, installation);
  if (identity) ledger.standsOn(authorityOf('passphrase', identity.slot));
  const before = ledger.events;
  try {
    return await task({ ledger, signer });
  } finally {
    if (ledger.events !== before && !ledger.failure) await ledger.checkpoint();
    await ledger.close();
  }
}

/** Appends one event, and signs for it. */
export function appendEvent(site: OpenInstallation, entry: LedgerEntry, identity?: OpenIdentity): Promise<void> {
  return withLedger(site, async ({ ledger }) => void (await ledger.append(entry)), identity);
}

/** The folder of a recording. @throws CliError 'noRecording' */
export function recordingFolder(home: Home, id: string): string {
  const folder = join(home.recordings, id);
  if (RECORDING_ID.test(id) && lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw new CliError('noRecording', `There is no recording ${JSON.stringify(id.slice(0, 60))} in ${home.recordings}. See: wardmux list`);
}

/** Trust facts of this installation: what an auditor pins. @param without digests of replaced keys to leave out. */
export async function trustOf(site: OpenInstallation, without: readonly string[] = []): Promise<Trust> {
  // An auditor believes it for years: what lies beside the ledger has no say in it.
  return installationTrust(site.home, site.installation, await readFacts(site.home.ledger, site.noteKey, 'events'), without);
}

/** What the ledger says about people, policy and attempts. @throws LedgerError */
export function factsOf({ home, noteKey }: OpenInstallation): Promise<LedgerFacts> {
  return readFacts(home.ledger, noteKey);
}

/** The policy in force. @throws StorageFault, LedgerError */
export async function policyOf(site: OpenInstallation): Promise<PolicyInForce> {
  return policyInForce(site.home, await factsOf(site));
}

export interface PersonOptions {
  readonly person?: string;
  readonly passphraseFd?: number;
}

/** The person whom a command acts for: the one that was named, or the only one there is. */
function choosePerson(home: Home, facts: LedgerFacts, wanted: string | undefined): PersonRecord {
  const ids = facts.people();
  const id = wanted ?? (ids.length === 1 ? ids[0] : undefined);
  if (id === undefined)
    throw new CliError('usage', `This installation has ${ids.length} people. Say who you are: --person ID, one of ${ids.join(', ') || 'none'}.`);
  const person = readPinned(home, facts, id);
  if (!person) throw new CliError('usage', `There is no person ${JSON.stringify(id.slice(0, 40))} here.`);
  return person;
}

/**
 * Unlocks a person with the passphrase, from the descriptor or the terminal. Attempts are counted and slowed down as on the
 * lock screen, and each is an event. The caller destroys the identity.
 * @param needs what it is opened for: whoever may not do that gets nothing.
 * @throws UnlockError, StorageFault, PassphraseInputError, CliError
 */
export async function unlockPerson(site: OpenInstallation, options: PersonOptions, needs: Permission, io: Pick<CliIo, 'talk' | 'now'>): Promise<OpenIdentity> {
  const { home, installation } = site;
  let person: PersonRecord;
  try {
    person = choosePerson(home, await factsOf(site), options.person);
  } catch (error) {
    if (error instanceof PersonRefused) await appendEvent(site, { action: 'person.refused', person: error.person, detail: { reason: error.reason } });
    throw error;
  }
  const key = await readBackoffKey(openSecretStore(installation.secretStore, home, installation.id));
  try {
    return await withLedger(site, async ({ ledger }) => {
      const parts = { backoff: followLedger(home, key, ledger), ledger };
      await mayAttempt(parts, { id: person.id, record: person }, 'passphrase');
      const typed =
        options.passphraseFd === undefined ? await promptPassphrase(`Passphrase of ${person.name}: `) : await readPassphraseFd(options.passphraseFd);
      if (typed.length === 0) throw new PassphraseInputError('empty', 'No passphrase was given. Nothing was tried.');
      const identity = await attemptPassphrase(parts, person, typed);
      try {
        await pass(needs, { phase: 'open', grant: grantOf(identity.person, 'passphrase') }, (entry) => ledger.append(entry));
      } catch (error) {
        identity.destroy();
        throw error;
      }
      // A folder that was moved or copied here is believed from the first unlock on.
      if (await pinFirstUse(home, installation)) await ledger.append({ action: 'installation.pin', person: person.id, detail: { how: 'first-use' } });
      // A script has nobody whom one could ask; and who is just proving it needs no asking.
      if (options.passphraseFd === undefined && needs !== 'audit-key.prove') await askForAuditKeys(ledger, person.id, io);
      return identity;
    });
  } finally {
    key.fill(0);
  }
}

/** Once a day, as the ledger counts it, until somebody has shown that an audit key lies elsewhere. */
async function askForAuditKeys(ledger: Ledger, person: string, io: Pick<CliIo, 'talk' | 'now'>): Promise<void> {
  for (const key of auditKeysToAskFor(ledger.facts, io.now())) {
    await ledger.append({ action: 'audit-key.asked', person, detail: { key } });
    io.talk(`note: ${askSentence(key)}`);
  }
}
