/**
 * Whether a policy came into force by those who may decide that. What makes the workstation weaker is not for one where there are two: the event then has
 * the signatures of both over the same request, and is passed over without them. Pure.
 */
import { certifierOf, policyText } from './certificate.ts';
import { askedOf, isAgreed, type KnownPerson } from './person-facts.ts';
import { isAdmin, type Quorum } from './quorum.ts';
import type { LedgerEvent } from './types.ts';

/** What the events before it say. */
export interface BeforePolicy {
  readonly person: (id: string) => KnownPerson | undefined;
  /** What it takes where somebody asks for what is for two. */
  readonly quorum: (at: string, by: string) => Quorum;
  /** Undefined before the first one. */
  readonly policy: { readonly sha256: string } | undefined;
}

/** Whether the event says of a field that it got weaker, or does not say what changed. */
function isWeakening({ detail }: Pick<LedgerEvent, 'detail'>): boolean {
  const changes = detail?.['changes'];
  return !Array.isArray(changes) || changes.some((change: unknown) => String(change).split(' ')[1] === 'weaker');
}

/** Whether a `policy.change` counts. The first one is the installation's own. */
export function policyCounts(before: BeforePolicy, event: LedgerEvent): boolean {
  const { installation, person, detail = {}, time } = event;
  if (!before.policy) return true;
  if (person === undefined || !isAdmin(before.person(person))) return false;
  const { sha256, second, byKey, signature } = detail;
  if (second === undefined) {
    if (!isWeakening(event)) return true;
    const { seconds, until } = before.quorum(time, person);
    return seconds.length === 0 && until === undefined;
  }
  if (typeof sha256 !== 'string' || typeof byKey !== 'string' || typeof signature !== 'string') return false;
  const text = policyText({ installation, previousSha256: before.policy.sha256, sha256, by: person, asked: askedOf(event) });
  const isTheirs = certifierOf(text, { byKey, signature }) === before.person(person)?.signingKey;
  return isTheirs && isAgreed(event, { get: before.person }, person, undefined, text);
}
