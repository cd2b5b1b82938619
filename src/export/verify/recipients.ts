/** Who can open the recording, under which policy, and whose it is. */
import { EMERGENCY } from '../../access/grant.ts';
import { emergencyReasons } from '../../types/words.ts';
import type { SegmentHeader } from '../../recording/types.ts';
import { BundleFailure } from '../failures.ts';
import type { LedgerHeads } from '../heads.ts';
import { sshThumbprint, trustedPersonKeys, type InForce, type Trust } from '../trust.ts';

/** A shell that is being started when a policy is accepted keeps to the one before: so long (ms) its start may be entered after that. */
const POLICY_OVERLAP_MS = 60_000;

/**
 * Whoever can open a segment is named by the policy in force and by the trust file; the ledger began the recording as its headers
 * say, and knows the exporting person by the same key.
 * @returns whether another policy had come into force before the recording began, and whether its owner can open each segment.
 */
export function checkRecipients(
  { start, startTime, heads, policies, people, certifiers }: LedgerHeads,
  headers: readonly SegmentHeader[],
  trust: Trust,
  by: string,
): { readonly policyReplaced: boolean; readonly sealedToOwner: boolean } {
  const first = headers[0]!;
  if (first.person !== start.person)
    throw new BundleFailure('contradiction', `The recording is that of ${first.person}, and the ledger says that ${start.person} began it.`);
  if (first.role !== start.role || first.class !== start.class || first.reason !== start.reason || first.breakGlass !== start.breakGlass)
    throw new BundleFailure('contradiction', 'The ledger says that it was opened in another role, place or need.');
  if (
    (first.role === EMERGENCY) !== (first.breakGlass !== null) ||
    (first.breakGlass !== null && !(emergencyReasons as readonly string[]).includes(first.reason))
  )
    throw new BundleFailure('contradiction', 'It was opened in the role of emergencies outside of one, or in one in another role or for no reason of its own.');
  if (first.policySha256 !== start.policySha256) throw new BundleFailure('bad-policy', 'The ledger has another one at the start of the recording.');
  if (!sameList(kids(first), start.recipients)) throw new BundleFailure('bad-recipients', 'The ledger has others at the start of the recording.');
  const trusted = new Map(trust.auditKeys.map((key) => [key.kid, key.inForce]));
  const own = trust.persons.find((person) => person.id === first.person)?.kids;
  if (!own) throw new BundleFailure('unknown-person', `The recording is that of ${first.person}.`);
  // Of who exports it the ledger has a key; of its owner it need not have one.
  const signingKeys = (id: string): string[] => trustedPersonKeys(trust, id).map(sshThumbprint);
  for (const id of [by, ...(people.has(first.person) ? [first.person] : [])]) {
    // Whoever got new keys has them in the order of the trust file, which may have some that came after the bundle.
    const trusted = signingKeys(id);
    const known = people.get(id);
    if (!known || known.some(({ signingKey }, n) => signingKey !== trusted[n]))
      throw new BundleFailure('contradiction', `The ledger has another signing key of ${id} than the trust file.`);
  }
  for (const { seq, by: certifier, signingKey } of certifiers)
    if (!signingKeys(certifier).includes(signingKey))
      throw new BundleFailure('contradiction', `Event ${seq} is certified by ${certifier} with a key that the trust file does not have.`);
  const owner = people.get(first.person)?.findLast(({ seq }) => seq < start.seq);
  // One that was in force before the start. A later segment may be under a later one, and never under an earlier.
  const last = policies.findLastIndex((policy) => policy.seq < start.seq);
  const began = policies.findLastIndex((policy) => policy.seq < start.seq && policy.sha256 === first.policySha256);
  const replaced = policies.find((policy, i) => i > began && policy.seq < start.seq);
  if (began >= 0 && replaced && startTime - replaced.time > POLICY_OVERLAP_MS)
    throw new BundleFailure('bad-policy', 'Another one had come into force more than a minute before the recording began.');
  let inForce = began;
  for (const header of headers) {
    const where = `Segment ${header.segment}`;
    const from = inForce;
    inForce = header.segment === 0 ? from : policies.findIndex((policy, i) => i >= from && policy.sha256 === header.policySha256);
    const policy = policies[inForce];
    if (policy?.sha256 !== header.policySha256) throw new BundleFailure('bad-policy', `${where}.`);
    // By the first event that signs for its header it was written, and so its policy was in force before.
    const signed = heads.find((head) => head.size > header.firstSeq);
    if (signed && policy.seq > signed.seq) throw new BundleFailure('bad-policy', `${where} is older than its policy.`);
    const audit = kids(header, 'audit');
    if (!sameList(audit, policy.auditKeys)) throw new BundleFailure('bad-recipients', `${where} is sealed to other audit keys than those of its policy.`);
    if (audit.length === 0 || !audit.every((kid) => trusted.has(kid)))
      throw new BundleFailure('bad-recipients', `${where} is sealed to an audit key that the trust file does not name, or to none.`);
    const until = header.segment > 0 ? policy.seq : (replaced?.seq ?? start.seq);
    if (!audit.every((kid) => isInForce(trusted.get(kid)!, policy.seq, until)))
      throw new BundleFailure('bad-recipients', `${where} is sealed to an audit key that was not in force then, as the trust file says.`);
    if (!kids(header, 'owner').every((kid) => own.includes(kid) && kid === owner?.encryptionKey))
      throw new BundleFailure('bad-recipients', `${where} is sealed to a key that is not that of ${header.person}.`);
  }
  return { policyReplaced: began < last, sealedToOwner: headers.every((header) => kids(header, 'owner').length > 0) };
}

/** Whether one span has the event that put the policy into force, and reaches to the other. */
function isInForce(spans: readonly InForce[], from: number, until: number): boolean {
  return spans.some((span) => span.from <= from && (span.to === null || (from < span.to && until <= span.to)));
}

function kids(header: SegmentHeader, role?: 'owner' | 'audit'): string[] {
  return header.recipients.filter((recipient) => role === undefined || recipient.role === role).map((recipient) => recipient.kid);
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
