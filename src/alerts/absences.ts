/** What should have happened by now, and raises an alert where it has not: one row a rule, as in rules.ts. Pure. */
import { REVIEWED } from '../ledger/reviewed-facts.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { DAY_MS, HOUR_MS } from '../types/units.ts';
import { rules, text, type AlertRule } from './rules.ts';

interface AbsenceRow extends Pick<AlertRule, 'help' | 'severity' | 'owner' | 'dueHours'> {
  /** From the event that it counts from, so long. */
  readonly afterMs: number;
  /** It counts from such an event. @returns what it is that should happen */
  readonly from: (event: LedgerEvent) => string | undefined;
  /** It has happened. @returns which of what `from` said */
  readonly ends: (event: LedgerEvent) => string | undefined;
  /** Whether it is about those whom the event names. */
  readonly about: boolean;
}

/** The ledger of this workstation. */
const HERE = 'here';
const isVerified = (event: LedgerEvent): boolean =>
  event.outcome === 'success' && (event.action === 'selftest' || (event.action === 'verify' && text(event, 'target') === 'ledger'));

export const absences = {
  'not-verified': {
    help: 'Nobody has verified the ledger for 24 hours: neither the window nor a self-test.',
    severity: 'warn',
    owner: 'auditor',
    dueHours: 24,
    afterMs: DAY_MS,
    from: (event) => (isVerified(event) || event.action === 'first-run' ? HERE : undefined),
    ends: (event) => (isVerified(event) ? HERE : undefined),
    about: false,
  },
  'review-overdue': {
    help: 'Nobody has reviewed events for 31 days, or ever since the first run.',
    severity: 'warn',
    owner: 'auditor',
    dueHours: 72,
    afterMs: 31 * DAY_MS,
    from: (event) => (event.action === REVIEWED || event.action === 'first-run' ? HERE : undefined),
    ends: (event) => (event.action === REVIEWED ? HERE : undefined),
    about: false,
  },
  'break-glass-unreviewed': {
    help: 'Nobody has reviewed an emergency 72 hours after its end.',
    severity: 'page',
    owner: 'auditor',
    dueHours: 24,
    afterMs: 72 * HOUR_MS,
    from: (event) => (event.action === 'breakglass.end' ? text(event, 'breakGlass') : undefined),
    ends: (event) => (event.action === 'breakglass.review' ? text(event, 'breakGlass') : undefined),
    about: true,
  },
  'sink-silent': {
    help: 'A sink that had failed has taken nothing for 4 hours.',
    severity: 'page',
    owner: 'security',
    dueHours: 4,
    afterMs: 4 * HOUR_MS,
    from: (event) => (event.action === 'sink.failed' ? text(event, 'sink') : undefined),
    ends: (event) => (event.action === 'sink.resumed' ? text(event, 'sink') : undefined),
    about: false,
  },
} as const satisfies Readonly<Record<string, AbsenceRow>>;
export type AbsenceRule = AbsenceRow;

/** Every alert there is. */
export type RuleName = keyof typeof rules | keyof typeof absences;
export const ruleNames = [...Object.keys(rules), ...Object.keys(absences)] as readonly RuleName[];
/** What a rule looks for, in one sentence. */
export const ruleHelp = (rule: RuleName): string => ({ ...rules, ...absences })[rule].help;
