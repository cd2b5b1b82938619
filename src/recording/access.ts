/**
 * As whom, where and why a session was opened: words of fixed lists. docs/format.md, "Access", is normative. The lists hold
 * what later versions will write as well, because version 1 of the format is frozen: a reader of today judges those too.
 */

/** What the person was at that moment. Only operators exist today. */
export const roles = ['operator', 'auditor', 'security', 'custodian', 'emergency'] as const;
/** What kind of place the workstation stands in: the classes of the policy. */
export const workstationClasses = ['shared-clinical', 'nursing', 'it-office', 'remote'] as const;
/** Why, where a reason was asked for. `none`: none was, which is all that happens today. */
export const reasons = [
  'none',
  'treatment',
  'patient-safety',
  'system-down',
  'identity-down',
  'lost-authenticator',
  'security-incident',
  'maintenance',
  'audit',
  'privacy-request',
  'legal',
] as const;
/** Id of the emergency under which it was opened. */
export const BREAK_GLASS = /^b-[0-9a-f]{12}$/;

export interface Access {
  readonly role: (typeof roles)[number];
  readonly class: (typeof workstationClasses)[number];
  readonly reason: (typeof reasons)[number];
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
