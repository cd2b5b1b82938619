/**
 * Which policy is in force. policy.json is a wish: in force is the policy whose digest the ledger entered last, after an
 * unlock by a person who may. Its bytes are kept in policies/SHA256.json, and count because they have that digest.
 */
import { hash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Decided } from '../ledger/certificate.ts';
import type { LedgerFacts } from '../ledger/facts.ts';
import type { Ledger, Together } from '../ledger/ledger.ts';
import { readSmall, writeAtomic } from '../disk/atomic.ts';
import { StorageFault } from '../disk/fault.ts';
import { listFolder, type Home } from '../storage/home.ts';
import { differenceText, ledgerChanges, policyDifferences, weakenings, type Difference } from './difference.ts';
import { parsePolicy, type LoadedPolicy } from './policy.ts';
import { sentenceOf } from '../types/sentence.ts';

/** A policy that is not the one in force. */
export type ChangedPolicy = Extract<Proposal, { kind: 'changed' }>;

/** What stands in policy.json where that is not the policy in force. */
export type Proposal =
  | {
      readonly kind: 'changed';
      readonly sha256: string;
      readonly loaded: LoadedPolicy;
      readonly bytes: Uint8Array;
      /** Of the policy in force. */
      readonly inForce: string;
      readonly differences: readonly Difference[];
      /** The version that it is the same as, where it is a policy that was in force before. */
      readonly rollbackTo: number | undefined;
    }
  | { readonly kind: 'malformed'; readonly sha256: string; readonly sentence: string }
  | { readonly kind: 'missing'; readonly sentence: string };

export interface PolicyInForce extends LoadedPolicy {
  /** Undefined where policy.json is the policy in force. */
  readonly proposal: Proposal | undefined;
}

const keptPath = (home: Home, sha256: string): string => join(home.policies, `${sha256}.json`);

/** The command that puts the policy in force back into policy.json. */
const putBack = (home: Home, inForce: string): string => `cp '${keptPath(home, inForce)}' '${home.policy}'`;

/** Keeps the bytes of a policy under their digest. Durable when it returns. @returns the digest. @throws StorageFault */
export function keepPolicy(home: Home, bytes: Uint8Array): string {
  mkdirSync(home.policies, { recursive: true, mode: 0o700 });
  const sha256 = hash('sha256', bytes, 'hex');
  writeAtomic(keptPath(home, sha256), Buffer.from(bytes));
  return sha256;
}

/** The bytes with this digest, from where they are kept or from policy.json. */
function bytesOf(home: Home, sha256: string, proposed: Uint8Array | undefined): Uint8Array | undefined {
  const fits = (bytes: Uint8Array | undefined): boolean => bytes !== undefined && hash('sha256', bytes, 'hex') === sha256;
  if (fits(proposed)) return proposed;
  let kept: Uint8Array | undefined;
  try {
    kept = readSmall(keptPath(home, sha256));
  } catch {
    // What cannot be read is not the policy.
  }
  return fits(kept) ? kept : undefined;
}

/** @throws StorageFault where the bytes of the policy in force are nowhere: nothing opens and nothing is recorded then. */
export function policyInForce(home: Home, facts: Pick<LedgerFacts, 'policy' | 'policies'>): PolicyInForce {
  const { policy: known } = facts;
  if (!known)
    throw new StorageFault('missing', home.policy, `The ledger has no policy in force. It is of another version of Wardmux, or not of this installation.`);
  let proposed: Uint8Array | undefined;
  let unreadable: string | undefined;
  try {
    proposed = readSmall(home.policy);
  } catch (error) {
    unreadable = sentenceOf(error);
  }
  const bytes = bytesOf(home, known.sha256, proposed);
  if (!bytes)
    throw new StorageFault(
      'missing',
      home.policy,
      `The policy in force has the SHA-256 ${known.sha256}, and neither ${home.policy} nor ${keptPath(home, known.sha256)} has it. Restore one of them from a backup: nothing opens and nothing is recorded without it.`,
    );
  const inForce = parsePolicy(bytes, home.policy);
  // Who can open recordings stands in the event too: the two are of one moment, or one of them is a lie.
  const kids = inForce.policy.auditKeys.map(({ kid }) => kid);
  if (kids.join() !== known.auditKeys.join())
    throw new StorageFault(
      'contradiction',
      home.policy,
      `The ledger's event ${known.seq} takes the policy with the SHA-256 ${known.sha256} into force with the audit keys ${known.auditKeys.join(', ') || 'of nobody'}, and that policy names ${kids.join(', ')}. Nothing opens and nothing is recorded with it. Keep a copy of ${home.folder} for the audit, and tell whoever audits this workstation.`,
    );
  if (bytes === proposed) {
    // An installation whose kept copy was removed gets it back while there is something to keep.
    if (!readableCopy(home, known.sha256)) keepPolicy(home, bytes);
    return { ...inForce, proposal: undefined };
  }
  return { ...inForce, proposal: propose(home, facts, inForce, proposed, unreadable) };
}

/** A policy that was in force, by its digest. @throws StorageFault where its bytes are nowhere. */
export function policyOnceInForce(home: Home, sha256: string): LoadedPolicy {
  const bytes = bytesOf(home, sha256, undefined);
  const path = keptPath(home, sha256);
  if (!bytes)
    throw new StorageFault(
      'missing',
      path,
      `The policy with the SHA-256 ${sha256} was in force once, and ${path} does not have it any more. Restore it from a backup: without it nobody can say which audit keys earlier recordings are sealed to.`,
    );
  return parsePolicy(bytes, path);
}

function readableCopy(home: Home, sha256: string): boolean {
  try {
    const kept = readSmall(keptPath(home, sha256));
    return kept !== undefined && hash('sha256', kept, 'hex') === sha256;
  } catch {
    return false;
  }
}

function propose(
  home: Home,
  facts: Pick<LedgerFacts, 'policies'>,
  inForce: LoadedPolicy,
  proposed: Uint8Array | undefined,
  unreadable: string | undefined,
): Proposal {
  const stays = `The policy in force stays the one before. To have the file back: ${putBack(home, inForce.sha256)}`;
  if (unreadable !== undefined) return { kind: 'malformed', sha256: '0'.repeat(64), sentence: `${unreadable} ${stays}` };
  if (!proposed) return { kind: 'missing', sentence: `There is no policy at ${home.policy}. ${stays}` };
  try {
    return changed(facts, inForce, proposed, home.policy);
  } catch (error) {
    return { kind: 'malformed', sha256: hash('sha256', proposed, 'hex'), sentence: `${sentenceOf(error)} ${stays}` };
  }
}

/** @throws StorageFault where the bytes are no policy. */
function changed({ policies }: Pick<LedgerFacts, 'policies'>, inForce: LoadedPolicy, bytes: Uint8Array, path: string): ChangedPolicy {
  const loaded = parsePolicy(bytes, path);
  const before = policies.indexOf(loaded.sha256);
  return {
    kind: 'changed',
    sha256: loaded.sha256,
    loaded,
    bytes,
    inForce: inForce.sha256,
    differences: policyDifferences(inForce.policy, loaded.policy),
    rollbackTo: before < 0 || loaded.sha256 === inForce.sha256 ? undefined : before + 1,
  };
}

/** A file that somebody names, as a wish. @returns undefined where it is the policy in force, byte by byte. @throws StorageFault */
export function proposeFile(facts: Pick<LedgerFacts, 'policies'>, inForce: LoadedPolicy, path: string): ChangedPolicy | undefined {
  const bytes = readSmall(path);
  if (!bytes) throw new StorageFault('missing', path, `There is no file at ${path}.`);
  const proposal = changed(facts, inForce, bytes, path);
  return proposal.sha256 === inForce.sha256 ? undefined : proposal;
}

/** One sentence for people: what differs, and what to do. */
export function proposalSentence(home: Home, proposal: Proposal): string {
  if (proposal.kind !== 'changed') return proposal.sentence;
  const list = proposal.differences.map(differenceText).join('; ') || 'only in how it is written';
  const how = proposal.rollbackTo === undefined ? 'was changed' : `is version ${proposal.rollbackTo}, which was in force before,`;
  return `${home.policy} ${how} and is not in force: ${list}. To take it into force: wardmux policy accept. Where nobody here meant that, tell whoever audits this workstation. To have the file back: ${putBack(home, proposal.inForce)}`;
}

/** What has come into force, for people: a weakening first, with both values. */
export function changeSentence(version: number, differences: readonly Difference[]): string {
  const weaker = weakenings(differences);
  const told = weaker.length > 0 ? weaker : differences;
  const others = differences.length - told.length;
  const rest = others > 0 ? `; and ${others} other ${others === 1 ? 'change' : 'changes'}` : '';
  const what = told.map(differenceText).join('; ') || 'only in how it is written';
  return `${weaker.length > 0 ? 'A weaker policy' : 'Another policy'} came into force, version ${version}: ${what}${rest}. Who accepted it: wardmux policy history`;
}

/** What the ledger is told about a proposal. */
export function proposalEvent(proposal: Proposal): {
  readonly action: 'policy.refused';
  readonly detail: { readonly reason: Proposal['kind']; readonly sha256?: string };
} {
  return { action: 'policy.refused', detail: { reason: proposal.kind, ...(proposal.kind === 'missing' ? {} : { sha256: proposal.sha256 }) } };
}

/**
 * Takes a changed policy into force. The caller has asked whether the person may, with their identity open.
 * @param proposal what the person was shown: these bytes, whatever stands in the file meanwhile.
 * @param agreed who agreed to it, where that took two (src/services/policy/change.ts).
 * @param together what is asked once more where it is entered.
 * @returns its version. @throws LedgerError, StorageFault; nothing has changed then.
 */
export async function acceptPolicy(
  home: Home,
  ledger: Pick<Ledger, 'append' | 'facts'>,
  proposal: ChangedPolicy,
  person: string,
  agreed?: Decided,
  together?: Together,
): Promise<number> {
  const { facts } = ledger;
  const before = policyInForce(home, facts);
  const version = facts.policies.length + 1;
  const { sha256, loaded, rollbackTo } = proposal;
  // The bytes first: an event whose policy nobody has would close everything.
  keepPolicy(home, proposal.bytes);
  const detail = {
    sha256,
    previousSha256: before.sha256,
    auditKeys: loaded.policy.auditKeys.map(({ kid }) => kid),
    version,
    ...(rollbackTo === undefined ? {} : { rollbackTo }),
    changes: ledgerChanges(before.policy, loaded.policy),
    ...agreed,
  };
  await ledger.append({ action: 'policy.change', person, detail }, together);
  return version;
}

/** Every policy that can be read here, whether in force or not: for those who only get stricter by more of them. */
export function everyPolicy(home: Home): LoadedPolicy[] {
  const paths = [home.policy, ...listFolderIfThere(home.policies).map((name) => join(home.policies, name))];
  return paths.flatMap((path) => {
    try {
      const bytes = readSmall(path);
      return bytes ? [parsePolicy(bytes, path)] : [];
    } catch {
      return [];
    }
  });
}

function listFolderIfThere(folder: string): string[] {
  try {
    return listFolder(folder, '.json');
  } catch {
    return [];
  }
}
