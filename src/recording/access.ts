/** As whom, where and why a session was opened: words of fixed lists (src/types/words.ts). docs/format.md, "Access", is normative. */
import type { Reason, Role, WorkstationClass } from '../types/words.ts';

/** Id of the emergency under which it was opened. */
export const BREAK_GLASS = /^b-[0-9a-f]{12}$/;

export interface Access {
  readonly role: Role;
  readonly class: WorkstationClass;
  readonly reason: Reason;
  /** Null where no glass was broken. */
  readonly breakGlass: string | null;
}

/** The only access that this version grants: an operator's, at work. */
const TODAY = { role: 'operator', reason: 'none', breakGlass: null } as const;

/** The access of an operator at a workstation. */
export function operatorAccess(workstation: Access['class']): Access {
  return { role: TODAY.role, class: workstation, reason: TODAY.reason, breakGlass: TODAY.breakGlass };
}

/** Data of the unlock event: whose view was opened, how, and as above. */
export function unlockText(person: string, method: string): string {
  const { role, reason, breakGlass } = TODAY;
  return JSON.stringify({ person, method, role, reason, breakGlass });
}
