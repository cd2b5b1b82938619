/**
 * Which policy is in force. policy.json is a wish: in force is the policy whose digest the ledger entered last, after an
 * unlock by a person who may. Its bytes are kept in policies/SHA256.json, and count because they have that digest.
 */
import { hash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LedgerFacts } from '../ledger/facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { readSmall, writeAtomic } from '../disk/atomic.ts';
import { StorageFault } from '../disk/fault.ts';
import { listFolder, type Home } from '../storage/home.ts';
import { policyDifferences, type Difference } from './difference.ts';
import { parsePolicy, type LoadedPolicy } from './policy.ts';
import { sentenceOf } from '../types/sentence.ts';

/** What stands in policy.json where that is not the policy in force. */
export type Proposal =
  | {
      readonly kind: 'changed';
      readonly sha256: string;
      readonly loaded: LoadedPolicy;
      readonly bytes: Uint8Array;
      readonly differences: readonly Difference[];
    }
  | { readonly kind: 'malformed'; readonly sha256: string; readonly sentence: string }
  | { readonly kind: 'missing'; readonly sentence: string };

export interface PolicyInForce extends LoadedPolicy {
  /** Undefined where policy.json is the policy in force. */
  readonly proposal: Proposal | undefined;
}

const keptPath = (home: Home, sha256: string): string => join(home.policies, `${sha256}.json`);

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
export function policyInForce(home: Home, facts: Pick<LedgerFacts, 'policy'>): PolicyInForce {
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
  return { ...inForce, proposal: propose(home, inForce, proposed, unreadable) };
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

function propose(home: Home, inForce: LoadedPolicy, proposed: Uint8Array | undefined, unreadable: string | undefined): Proposal {
  const stays = 'The policy in force stays the one before.';
  if (unreadable !== undefined) return { kind: 'malformed', sha256: '0'.repeat(64), sentence: `${unreadable} ${stays}` };
  if (!proposed)
    return {
      kind: 'missing',
      sentence: `There is no policy at ${home.policy}. ${stays} To have the file back: cp '${keptPath(home, inForce.sha256)}' '${home.policy}'`,
    };
  const sha256 = hash('sha256', proposed, 'hex');
  try {
    const loaded = parsePolicy(proposed, home.policy);
    return { kind: 'changed', sha256, loaded, bytes: proposed, differences: policyDifferences(inForce.policy, loaded.policy) };
  } catch (error) {
    return { kind: 'malformed', sha256, sentence: `${sentenceOf(error)} ${stays}` };
  }
}

/** One sentence for people: what differs, and what to do. */
export function proposalSentence(home: Home, proposal: Proposal): string {
  if (proposal.kind !== 'changed') return proposal.sentence;
  const list = proposal.differences.map(differenceText).join('; ') || 'only in how it is written';
  return `${home.policy} was changed and is not in force: ${list}. To take it into force: wardmux policy accept`;
}

export function differenceText({ path, before, after }: Difference): string {
  return `${path}: ${before ?? 'nothing'} -> ${after ?? 'nothing'}`;
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
 * @throws LedgerError, StorageFault; nothing has changed then.
 */
export async function acceptPolicy(
  home: Home,
  ledger: Pick<Ledger, 'append' | 'facts'>,
  proposal: Extract<Proposal, { kind: 'changed' }>,
  person: string,
): Promise<void> {
  const previousSha256 = ledger.facts.policy?.sha256;
  // The bytes first: an event whose policy nobody has would close everything.
  keepPolicy(home, proposal.bytes);
  await ledger.append({
    action: 'policy.change',
    person,
    detail: {
      sha256: proposal.sha256,
      ...(previousSha256 === undefined ? {} : { previousSha256 }),
      auditKeys: proposal.loaded.policy.auditKeys.map(({ kid }) => kid),
    },
  });
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
