/** An installation, opened for one deed: its folder, its ledger, what the ledger says, its trust facts. */
import { openLedger } from './open-ledger.ts';
import type { Trust } from '../../export/trust.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { LedgerFacts } from '../../ledger/facts.ts';
import { readFacts } from '../../ledger/view.ts';
import { installationNoteKey, type NoteKey } from '../../ledger/note.ts';
import type { LedgerEntry } from '../../ledger/types.ts';
import type { InstallationSigner } from '../../crypto/signer.ts';
import { StorageFault } from '../../disk/fault.ts';
import { policyInForce, type Policy, type PolicyInForce } from '../../policy/index.ts';
import { checkIdentity, homeFolder, homePaths, openHome, requireInstallation, type Home, type IdentityCheck, type Installation } from '../../storage/index.ts';
import { authorityOf } from '../../people/attempt.ts';
import { UnlockError } from '../../people/errors.ts';
import type { OpenIdentity } from '../../people/identity.ts';
import { sentenceOf } from '../../types/sentence.ts';
import { handOver } from './hand-over.ts';
import { revocationsOver } from '../policy/revocations.ts';
import { installationTrust } from './trust.ts';

export interface OpenInstallation {
  readonly home: Home;
  readonly installation: Installation;
  /** Raw Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly noteKey: NoteKey;
  /** Is installation.json what the Secret Service remembers of this folder? Where it is something else, nothing is opened. */
  readonly identity: IdentityCheck;
  readonly beforeDeed?: (() => void) | undefined;
}

/** @throws StorageFault with a sentence where there is none, it is damaged, or it is not the pinned one (code `identity`). */
export async function openInstallation(io: {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asked each time before its ledger is opened for writing; throws where it must not be. */
  readonly beforeDeed?: () => void;
}): Promise<OpenInstallation> {
  const folder = homeFolder(io.env);
  // First of all, because openHome makes what is missing: a look at an installation that is not there leaves no trace.
  const installation = requireInstallation(homePaths(folder));
  const home = openHome(folder);
  const publicKey = Buffer.from(installation.publicKey, 'base64url');
  const identity = await checkIdentity(home, installation);
  return { home, installation, publicKey, identity, noteKey: installationNoteKey(installation), beforeDeed: io.beforeDeed };
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

export interface DeedOptions {
  /** Who was let in by the passphrase: it stands behind what is entered. */
  readonly identity?: OpenIdentity | undefined;
  /** Where it is given, what was entered goes to the anchors at once. It takes a sentence where one of them did not take it. */
  readonly talk?: ((line: string) => void) | undefined;
}

/**
 * Asked of whoever was let in before a deed: between their passphrase and it somebody else may have been asked for theirs, for hours.
 * @throws UnlockError where a revocation list says by now that they are out, or none stands
 */
async function requireNotRevoked(home: Home, ledger: Ledger, { person, ways }: OpenIdentity): Promise<void> {
  const revocations = revocationsOver(home, ledger);
  await revocations.look();
  if (revocations.barred !== undefined) throw new UnlockError('unlisted', `${revocations.barred} Nothing was done.`);
  const { state, revokedSlots = [] } = ledger.facts.person(person.id) ?? {};
  const left = person.slots.filter((slot) => !revokedSlots.includes(slot.id) && !revocations.names(slot));
  if (state === 'revoked' || !ways.stand(left))
    throw new UnlockError('disabled', `A revocation list names ${person.id}, or what they came in by, since they gave their passphrase. Nothing was done.`);
}

/**
 * Runs `task` with the ledger open, and signs a checkpoint over what it appended.
 * @throws UnlockError where whoever was let in is revoked by now, and what `task` throws
 */
export async function withLedger<T>(
  { home, installation, beforeDeed }: OpenInstallation,
  task: (opened: OpenedLedger) => Promise<T>,
  { identity, talk }: DeedOptions = {},
): Promise<T> {
  beforeDeed?.();
  const { ledger, signer } = await openLedger(home, installation);
  const before = ledger.events;
  try {
    if (identity) {
      await requireNotRevoked(home, ledger, identity);
      ledger.standsOn(authorityOf('passphrase', identity.slot));
    }
    return await task({ ledger, signer });
  } finally {
    if (ledger.events !== before && !ledger.failure) {
      await ledger.checkpoint();
      // An anchor that cannot be asked undoes nothing of what was done.
      const late = talk && (await handOverAll(home, ledger, signer).catch(sentenceOf));
      if (late !== undefined) talk!(`note: ${late}`);
    }
    await ledger.close();
  }
}

/** Without a policy that can be read there is no anchor; who asks for it says so. */
async function handOverAll(home: Home, ledger: Ledger, signer: InstallationSigner): Promise<string | undefined> {
  let policy: Policy;
  try {
    ({ policy } = policyInForce(home, ledger.facts));
  } catch (error) {
    if (error instanceof StorageFault) return undefined;
    throw error;
  }
  return handOver({ home, policy, ledger, signer });
}

/** Appends one event, and signs for it. */
export function appendEvent(site: OpenInstallation, entry: LedgerEntry, options?: DeedOptions): Promise<void> {
  return withLedger(site, async ({ ledger }) => void (await ledger.append(entry)), options);
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
