/** The consent text of a policy: who has yet to accept it, and the event that they did. Pure. */
import { hash } from 'node:crypto';
import type { AuditEntry } from '../ledger/events.ts';
import type { LedgerFacts } from '../ledger/facts.ts';
import type { LoadedPolicy } from './policy.ts';

/** A text that somebody has not accepted. */
export interface AskedConsent {
  readonly version: number;
  readonly text: string;
  /** Of the text in UTF-8: what the event names. */
  readonly sha256: string;
  /** Of the policy that it stands in. */
  readonly policySha256: string;
}

/** What a person has yet to accept: undefined where the policy has no text, or they have accepted this number and this text last. */
export function askedConsent({ policy, sha256: policySha256 }: LoadedPolicy, facts: Pick<LedgerFacts, 'consent'>, person: string): AskedConsent | undefined {
  if (!policy.consent) return undefined;
  const { version, text } = policy.consent;
  const sha256 = hash('sha256', Buffer.from(text, 'utf8'), 'hex');
  const accepted = facts.consent(person);
  if (accepted?.version === version && accepted.sha256 === sha256) return undefined;
  return { version, text, sha256, policySha256 };
}

/** The event of it. */
export function consentEntry(person: string, { version, sha256, policySha256 }: AskedConsent): AuditEntry {
  return { action: 'consent.accepted', person, detail: { version, sha256, policySha256 } };
}
