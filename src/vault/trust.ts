/** What an auditor pins of this installation. */
import { makeTrust, type Trust } from '../export/trust.ts';
import { verifierSha256 } from '../export/verifier.ts';
import type { LedgerFacts } from '../ledger/facts.ts';
import { policyInForce } from '../policy/force.ts';
import type { Home } from '../storage/home.ts';
import { installationHalves, type Installation } from '../storage/installation.ts';
import { readPinned } from './pinned.ts';

/**
 * The people whom the ledger knows, with the keys that it has of them, and the audit keys of the policy in force.
 * @throws PersonRefused where a record is not the ledger's; StorageFault where it or the policy cannot be read.
 */
export function installationTrust(home: Home, installation: Installation, facts: LedgerFacts): Trust {
  const persons = facts.people().flatMap((id) => readPinned(home, facts, id) ?? []);
  return makeTrust({
    installation: installation.id,
    keys: [...(installation.formerKeys ?? []), installation].map(({ certificate, ...halves }) => ({ ...installationHalves(halves), certificate })),
    persons,
    auditKeys: policyInForce(home, facts).policy.auditKeys,
    verifierSha256: verifierSha256(),
  });
}
