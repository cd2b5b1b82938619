/** What an auditor pins of this installation. */
import { makeTrust, type Trust } from '../export/trust.ts';
import { verifierSha256 } from '../export/verifier.ts';
import { loadPolicy } from '../policy/policy.ts';
import type { Home } from '../storage/home.ts';
import type { Installation } from '../storage/installation.ts';
import { listPeople, readPerson } from './person.ts';

/** @throws StorageFault where a person's record or the policy cannot be read. */
export function installationTrust(home: Home, installation: Installation): Trust {
  const persons = listPeople(home).flatMap((id) => readPerson(home, id) ?? []);
  const publicKey = Buffer.from(installation.publicKey, 'base64url');
  return makeTrust({ installation: installation.id, publicKey, persons, auditKeys: loadPolicy(home).policy.auditKeys, verifierSha256: verifierSha256() });
}
