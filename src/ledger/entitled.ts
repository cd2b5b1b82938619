/**
 * What somebody has to be entitled to at the place in the ledger where they do it. Who enters such an event asks under the ledger's lock; whoever verifies
 * asks again of what the events before it say, because an installation's key alone can sign anything. Changes of people are not here: one that nobody
 * certified who may is passed over (person-facts.ts).
 */
import { permissions, type Permission } from '../access/index.ts';
import type { LedgerFacts } from './facts.ts';
import type { LedgerEvent } from './types.ts';

type People = Pick<LedgerFacts, 'person'>;

/** Whether somebody may, by the events so far: they are somebody here, and have one of its roles. */
export function mayBy(facts: People, person: string | undefined, needs: Permission): boolean {
  const known = person === undefined ? undefined : facts.person(person);
  const roles: readonly string[] | 'anyone' = permissions[needs].roles;
  return known?.state === 'active' && (roles === 'anyone' || known.roles.some((role) => roles.includes(role)));
}

const deeds: Readonly<Record<string, Permission>> = {
  'policy.change': 'policy.accept',
  'installation.key': 'installation.rotate',
  'audit-key.proven': 'audit-key.prove',
};

/**
 * Whether whom an event names could do that.
 * @param before what the events before it say.
 */
export function isEntitled(before: People & Pick<LedgerFacts, 'policy'>, { action, person, outcome }: LedgerEvent): boolean {
  // Nobody comes in who is disabled or deleted.
  if (action === 'unlock') return outcome !== 'success' || person === undefined || (before.person(person)?.state ?? 'active') === 'active';
  const needs = Object.hasOwn(deeds, action) ? deeds[action] : undefined;
  // The first policy is the installation's own, before anybody has a role.
  if (needs === undefined || (needs === 'policy.accept' && !before.policy)) return true;
  return mayBy(before, person, needs);
}
