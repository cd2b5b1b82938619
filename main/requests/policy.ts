/** The policy in force, and what policy.json would change (main/deciding/policy-page.ts); taken into force as everything that two may have to decide (main/deciding/people.ts). */
import type { HandlersOf, RequestParts } from './parts.ts';

export function policyRequests({ people, lookAtPolicy }: RequestParts): HandlersOf<'policy'> {
  return {
    'policy.look': () => lookAtPolicy(),
    'policy.accept': ({ sha256 }) => people.ask({ kind: 'policy', sha256 }),
  };
}
