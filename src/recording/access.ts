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

/** As whom and why, wherever the workstation stands. */
export type Opened = Omit<Access, 'class'>;

/** An operator at work. */
export const OPERATOR: Opened = { role: 'operator', reason: 'none', breakGlass: null };

/** The access of an operator at a workstation. */
export const operatorAccess = (workstation: Access['class']): Access => ({ ...OPERATOR, class: workstation });

/** Data of the marker that says for which ticket: sealed in the recording, and exported with it. */
export const ticketMark = (ticket: string): string => `ticket ${ticket}`;

/** The ticket that a marker says; undefined where it says something else. @param data of an `m` event */
export const ticketOf = (data: Uint8Array): string | undefined => /^ticket (\S+)$/.exec(Buffer.from(data).toString('utf8'))?.[1];

/** Data of the unlock event: whose view was opened, how, and as above. */
export function unlockText(person: string, method: string, { role, reason, breakGlass }: Opened = OPERATOR): string {
  return JSON.stringify({ person, method, role, reason, breakGlass });
}
