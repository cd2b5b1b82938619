/**
 * What somebody has to be entitled to at the place in the ledger where they do it. Who enters such an event asks under the ledger's lock; whoever verifies
 * asks again of what the events before it say, because an installation's key alone can sign anything. A change of people that nobody certified who may is
 * passed over (person-facts.ts), and no program of ours enters one: whoever verifies is told, because people read events too.
 */
import { permissions, type Permission } from '../access/index.ts';
import { alertWhy } from './alert-facts.ts';
import { nextIntegrity } from './baseline-facts.ts';
import { nextEmergencies } from './break-glass-facts.ts';
import type { LedgerFacts } from './facts.ts';
import { policyCounts } from './policy-facts.ts';
import { deletionWhy, nextHolds, takeErasure } from './life-cycle-facts.ts';
import { nextHosts } from './host-facts.ts';
import { takeReview } from './review-facts.ts';
import { reviewedWhy } from './reviewed-facts.ts';
import { nextRevocations } from './revocation-facts.ts';
import type { RecordingStates } from './rules.ts';
import type { LedgerEvent } from './types.ts';

type People = Pick<LedgerFacts, 'person'>;

/** Whether somebody may, by the events so far: they are somebody here, and have one of its roles. */
export function mayBy(facts: People, person: string | undefined, needs: Permission): boolean {
  const known = person === undefined ? undefined : facts.person(person);
  const roles: readonly string[] | 'anyone' = permissions[needs].roles;
  return known?.state === 'active' && (roles === 'anyone' || known.roles.some((role) => roles.includes(role)));
}

/** Lets the facts take an event, and the states of recordings what is said of one. @returns whether it counts, which is asked of what puts a policy into force or gives keys: all else does. */
export function takeCounted(facts: LedgerFacts, event: LedgerEvent, states?: RecordingStates): boolean {
  if (states) {
    takeReview(facts, states, event);
    takeErasure(facts, states, event);
  }
  facts.take(event);
  const { action, person = '', seq } = event;
  if (action === 'policy.change') return facts.policy?.seq === seq;
  return action !== 'person.keys' || facts.person(person)?.seq === seq;
}

const deeds: Readonly<Record<string, Permission>> = {
  'installation.key': 'installation.rotate',
  'audit-key.proven': 'audit-key.prove',
  'audit-key.rewrap': 'audit-key.rewrap',
  'audit-key.rewrapped': 'audit-key.rewrap',
};

/** An event that could not be so at its place, and why: to stand behind "event N ". */
export interface Unentitled {
  readonly event: LedgerEvent;
  readonly why: string;
}

/**
 * Whether whom an event names could do that.
 * @param before what the events before it say.
 * @returns undefined where they could.
 */
export function unentitledWhy(
  before: Pick<LedgerFacts, 'person' | 'quorum' | 'policy' | 'emergencies' | 'passesOver' | 'revocations' | 'holds' | 'integrity' | 'hosts'>,
  event: LedgerEvent,
): string | undefined {
  const { action, person, outcome } = event;
  const emergencies = nextEmergencies(before.emergencies, event, before);
  if (typeof emergencies === 'string') return emergencies;
  const revocations = nextRevocations(before.revocations, event);
  if (typeof revocations === 'string') return revocations;
  const holds = nextHolds(before.holds, event, before);
  if (typeof holds === 'string') return holds;
  const integrity = nextIntegrity(before.integrity, event, before);
  if (typeof integrity === 'string') return integrity;
  const hosts = nextHosts(before.hosts, event, before);
  if (typeof hosts === 'string') return hosts;
  const deletion = deletionWhy(before, event);
  if (deletion !== undefined) return deletion;
  const alert = alertWhy(before, event);
  if (alert !== undefined) return alert;
  const reviewed = reviewedWhy(before, event);
  if (reviewed !== undefined) return reviewed;
  if (before.passesOver(event)) return 'changes nothing: nobody who may has certified it for this place';
  const without = `is in the name of ${person ?? 'nobody'}, who was not known, or disabled, stopped, revoked or deleted by then, or did not have the role for it`;
  // Nobody comes in who is nobody here, or is disabled or deleted.
  if (action === 'unlock') {
    if (outcome !== 'success' || person === undefined) return undefined;
    if (before.revocations.list?.slots.includes(event.credential ?? '')) return `is an unlock by the key slot ${event.credential}, which was revoked by then`;
    return before.person(person)?.state === 'active' ? undefined : without;
  }
  const needs = Object.hasOwn(deeds, action) ? deeds[action] : undefined;
  if (action === 'policy.change') {
    const counts = policyCounts({ person: (id) => before.person(id), quorum: (at, by) => before.quorum(at, by), policy: before.policy }, event);
    return counts ? undefined : `${without}, or takes two people and is signed by one`;
  }
  return needs === undefined || mayBy(before, person, needs) ? undefined : without;
}
