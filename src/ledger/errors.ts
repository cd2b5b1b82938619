import type { RuleBreak } from './rules.ts';
import { CodedError } from '../types/coded-error.ts';

/** Why the ledger refused. The message has the path and what to do. */
export type LedgerErrorCode = 'corrupt' | 'diverged' | 'contradiction' | 'not-signed' | 'busy' | 'write-failed' | 'unreadable' | 'refused-event' | 'closed';

export class LedgerError extends CodedError<LedgerErrorCode> {}

/** What whoever finds a ledger that does not hold does next. @param folder what is to be kept as it is and restored */
export const restoreAdvice = (folder: string): string =>
  `Keep a copy of ${folder} for the audit, restore the newest backup, and tell whoever audits this workstation.`;

/** An event that contradicts what was signed for. */
export class ContradictionError extends LedgerError {
  readonly broken: RuleBreak;

  constructor(action: string, broken: RuleBreak) {
    super('contradiction', `The ledger refused an event ${action}, because it ${broken.sentence}.`);
    this.broken = broken;
  }
}
