/** What held when an event was entered, for whoever shows events: what follows from the ledger, and the class that the policy of that time gave to the workstation. */
import type { EventContext } from '../../ledger/contexts.ts';
import { policyOnceInForce } from '../../policy/force.ts';
import type { Home } from '../../storage/index.ts';
import type { WorkstationClass } from '../../types/words.ts';

export interface ShownContext extends EventContext {
  /** Null where that policy is not kept any more, or where there was none. */
  readonly workstationClass: WorkstationClass | null;
}

/** @returns adds the class to a context: each policy is read once. */
export function withClasses(home: Home): (context: EventContext) => ShownContext {
  const classes = new Map<string, WorkstationClass | null>();
  const classIn = (sha256: string): WorkstationClass | null => {
    let found = classes.get(sha256);
    if (found === undefined) classes.set(sha256, (found = readClass(home, sha256)));
    return found;
  };
  return (context) => ({ ...context, workstationClass: context.policySha256 === null ? null : classIn(context.policySha256) });
}

function readClass(home: Home, sha256: string): WorkstationClass | null {
  try {
    return policyOnceInForce(home, sha256).policy.workstation.class;
  } catch {
    // Its bytes are gone or not those: nobody can say it.
    return null;
  }
}
