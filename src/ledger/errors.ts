import type { RuleBreak } from './rules.ts';
import { SentenceError } from '../types/sentence.ts';

/** Why the ledger refused. `code` is stable; the message is one sentence for people, with the path and what to do. */
export type LedgerErrorCode = 'corrupt' | 'diverged' | 'contradiction' | 'not-signed' | 'busy' | 'write-failed' | 'unreadable' | 'refused-event' | 'closed';

export class LedgerError extends SentenceError {
  readonly code: LedgerErrorCode;

  constructor(code: LedgerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LedgerError';
    this.code = code;
  }
}

/** An event that contradicts what was signed for. */
export class ContradictionError extends LedgerError {
  readonly broken: RuleBreak;

  constructor(action: string, broken: RuleBreak) {
    super('contradiction', `The ledger refused an event ${action}, because it ${broken.sentence}.`);
    this.broken = broken;
  }
}
