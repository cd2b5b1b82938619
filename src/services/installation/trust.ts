/** What an auditor pins of this installation. */
import { ZodError } from 'zod';
import { makeTrust, type Trust, type TrustFacts } from '../../export/trust.ts';
import { verifierSha256 } from '../../export/verifier.ts';
import type { LedgerFacts } from '../../ledger/facts.ts';
import { policyInForce, policyOnceInForce } from '../../policy/force.ts';
import type { LoadedPolicy } from '../../policy/policy.ts';
import { StorageFault } from '../../disk/fault.ts';
import type { Home } from '../../storage/home.ts';
import { installationHalves, keyDigest, type Installation } from '../../storage/installation.ts';
import { readPinned } from '../../people/pinned.ts';

/**
 * The people whom the ledger knows, with the keys that it has of them, and the audit keys of every policy that
 * was in force, with the events between which they were: no file says that one was.
 * @param without digests (`keyDigest`) of keys that were replaced and are no longer to be trusted. Whoever pins the file trusts the
 * next key without their word, so that one stands in it without a certificate.
 * @throws PersonRefused where a record is not the ledger's; StorageFault where it or the policy cannot be read.
 */
export function installationTrust(home: Home, installation: Installation, facts: LedgerFacts, without: readonly string[] = []): Trust {
  const known = new Set(facts.keys.keys);
  const present = [...(installation.formerKeys ?? []), installation];
  // Opening the ledger has compared the chains; a rotation that was cut is helped on by the next command that writes.
  if (present.length > 1 && !present.every((key) => known.has(keyDigest(key))))
    throw new StorageFault(
      'identity',
      home.installation,
      `The ledger does not say yet that the key of ${installation.id} was replaced. Run a command that records or unlocks, which enters it, and then this one again.`,
    );
  const persons = facts.people().flatMap((id) => {
    const person = readPinned(home, facts, id);
    return person ? [{ ...person, former: facts.person(id)!.former }] : [];
  });
  const trust = {
    installation: installation.id,
    keys: present.flatMap(({ certificate, ...halves }, n, all) => {
      if (without.includes(keyDigest(halves))) return [];
      const before = all[n - 1];
      const isCertified = before && !without.includes(keyDigest(before));
      return [{ ...installationHalves(halves), ...(isCertified ? { certificate } : {}) }];
    }),
    persons,
    auditKeys: auditKeysOf(home, facts),
    verifierSha256: verifierSha256(),
  };
  try {
    return makeTrust(trust);
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    throw new StorageFault(
      'identity',
      home.installation,
      `What ${home.installation} and people/ say makes no trust file (${error.issues[0]?.path.join('.') ?? 'unknown'}): a certificate by the key before is not good, or somebody has changed these files. Keep a copy of ${home.folder} for the audit, and restore them from a backup.`,
    );
  }
}

function auditKeysOf(home: Home, facts: LedgerFacts): TrustFacts['auditKeys'] {
  // First of all, so that a policy in force that contradicts its event is told as that.
  const present = policyInForce(home, facts);
  const policies = new Map<string, LoadedPolicy>([[present.sha256, present]]);
  return facts.auditKeys().map(({ kid, policy, inForce }) => {
    const loaded = policies.get(policy) ?? policyOnceInForce(home, policy);
    policies.set(policy, loaded);
    const found = loaded.policy.auditKeys.find((key) => key.kid === kid);
    if (!found)
      throw new StorageFault(
        'contradiction',
        home.policies,
        `The ledger says that the policy with the SHA-256 ${policy} had the audit key ${kid}, and that policy does not name it. Keep a copy of ${home.folder} for the audit.`,
      );
    return { ...found, inForce };
  });
}
