/**
 * When somebody has to look: one row a rule, with how often in what time, how bad it is, who answers for it and until when. The numbers are defaults of
 * ours, which no law asks for. Pure: a rule looks at one event, and at what the events before it have said (evaluate.ts counts).
 * Over 400 lines: one table, a row a rule.
 */
import type { LedgerEvent } from '../ledger/types.ts';
import type { Role } from '../types/words.ts';
import { DAY_MS, MINUTE_MS } from '../types/units.ts';

/** `page`: somebody is to be got out of bed. `warn`: it can wait for the morning. */
export type Severity = 'warn' | 'page';

/** When the site works, as its clock says. */
export interface SiteHours {
  /** An IANA name, as Europe/Berlin. */
  readonly timeZone: string;
  /** 0 is Sunday. */
  readonly days: readonly number[];
  /** Full hours of the day, `to` not included. */
  readonly from: number;
  readonly to: number;
}

/** What a rule can ask beside the event. */
export interface Context {
  /** Whose recording it is; undefined where the ledger has no start of it. */
  readonly ownerOf: (recording: string) => string | undefined;
  /** Milliseconds by which the clock was behind where it had been, at this event; 0 where it went on. */
  readonly setBackMs: number;
  readonly isOddHour: boolean;
}

interface Row {
  readonly help: string;
  readonly severity: Severity;
  /** Who answers for it. */
  readonly owner: Extract<Role, 'auditor' | 'security'>;
  /** Hours until when it is to be closed. */
  readonly dueHours: number;
  /** Actions that it looks at; any where it is left out. */
  readonly actions?: readonly string[];
  /** Whether the event is one of those. */
  readonly is: (event: LedgerEvent, context: Context) => boolean;
  /** So many within so long; one, where it is left out. */
  readonly threshold?: { readonly count: number; readonly windowMs: number };
  /** Counted apart for each; all together where it is left out. */
  readonly by?: (event: LedgerEvent) => string | undefined;
  /** What has to differ to be counted: three tries of one person are one. */
  readonly distinct?: (event: LedgerEvent) => string | undefined;
  /** Whose tries count no more from here on: they came in, and had only mistyped. What `distinct` says of them. */
  readonly settled?: (event: LedgerEvent) => string | undefined;
  /** One that is open takes in what comes after it; else each is an alert of its own. */
  readonly gathers?: true;
}

export const text = (event: LedgerEvent, field: string): string => {
  const value = event.detail?.[field];
  return typeof value === 'string' ? value : '';
};
const has =
  (field: string, ...words: readonly string[]) =>
  (event: LedgerEvent): boolean =>
    words.includes(text(event, field));
const always = (): boolean => true;
const person = (event: LedgerEvent): string | undefined => event.person;

/** What of a failed unlock is no try at somebody’s secret. */
const noTry: readonly string[] = ['vault-gone', 'passkey-not-used', 'passkey-no-secret', 'error', 'back-off'];
export const isFailedTry = (event: LedgerEvent): boolean => event.outcome === 'failure' && !noTry.includes(text(event, 'reason'));
/** Somebody, or an id that nobody has: which one does not matter, but that it is another one. */
const who = (event: LedgerEvent): string | undefined =>
  event.person ?? (event.detail?.['crowd'] === undefined ? undefined : `crowd ${String(event.detail['crowd'])}`);

const isWeaker = (event: LedgerEvent): boolean => {
  const changes = event.detail?.['changes'];
  return Array.isArray(changes) && changes.some((change) => String(change).split(' ')[1] === 'weaker');
};

/** Keys, roles and policy that come with an installation: nobody certified them, and none was before. */
const isOfFirstRun = (event: LedgerEvent): boolean =>
  (event.action.startsWith('person.') && text(event, 'by') === '') || (event.action === 'policy.change' && text(event, 'previousSha256') === '');

const MANY_MS = 10 * MINUTE_MS;

export const rules = {
  'failed-unlocks': {
    help: 'One person failed to unlock 5 times in 10 minutes.',
    severity: 'warn',
    owner: 'security',
    dueHours: 24,
    actions: ['unlock'],
    is: (event) => isFailedTry(event) && event.person !== undefined,
    threshold: { count: 5, windowMs: MANY_MS },
    by: person,
    gathers: true,
  },
  'failed-unlocks-here': {
    help: 'Unlocks failed 10 times in 10 minutes on this workstation, whoever tried.',
    severity: 'warn',
    owner: 'security',
    dueHours: 24,
    actions: ['unlock'],
    is: isFailedTry,
    threshold: { count: 10, windowMs: MANY_MS },
    gathers: true,
  },
  spray: {
    help: 'Unlocks of 3 people failed in 10 minutes on this workstation, and none of them came in since.',
    severity: 'page',
    owner: 'security',
    dueHours: 4,
    actions: ['unlock'],
    is: isFailedTry,
    threshold: { count: 3, windowMs: MANY_MS },
    distinct: who,
    // A shift that comes in together mistypes, and comes in. Whoever tries one phrase at many names does not; and coming in as oneself takes out nobody else.
    settled: (event) => (event.outcome === 'success' ? event.person : undefined),
    gathers: true,
  },
  'forged-unlock': {
    help: 'An unlock was refused for a reason that no mistake of a hand makes: a passkey’s answer that does not verify, a record that was changed, an identity that was not proven.',
    severity: 'page',
    owner: 'security',
    dueHours: 4,
    actions: ['unlock'],
    is: (event) => event.outcome === 'failure' && has('reason', 'passkey-refused', 'changed-person', 'corrupt-vault', 'not-proven')(event),
  },
  'barred-unlock': {
    help: 'Somebody who is disabled, stopped or revoked tried to come in.',
    severity: 'page',
    owner: 'security',
    dueHours: 4,
    actions: ['unlock'],
    is: (event) => event.outcome === 'failure' && has('reason', 'disabled', 'person-stopped')(event),
    by: person,
    gathers: true,
  },
  'host-key-changed': {
    help: 'A host showed another key than the one that is pinned under its name, and was not opened.',
    severity: 'page',
    owner: 'security',
    dueHours: 4,
    actions: ['host.changed'],
    is: always,
    by: (event) => text(event, 'host'),
    gathers: true,
  },
  'host-key-forgotten': {
    help: 'A security admin took back the pinned key of a host.',
    severity: 'warn',
    owner: 'auditor',
    dueHours: 72,
    actions: ['host.key'],
    is: has('change', 'forgotten'),
  },
  'recovery-used': {
    help: 'Somebody came back in by a recovery code, or got new keys.',
    severity: 'page',
    owner: 'security',
    dueHours: 24,
    actions: ['person.keys'],
    is: has('change', 'recovered', 'rebound'),
  },
  'rights-changed': {
    help: 'Somebody was enrolled, disabled, let in again, deleted or stopped, or their roles were changed.',
    severity: 'warn',
    owner: 'auditor',
    dueHours: 72,
    actions: ['person.roles', 'person.state', 'person.stop'],
    // What the installation itself says is its first run.
    is: (event) => text(event, 'by') !== '',
  },
  'station-stopped': {
    help: 'The station was stopped.',
    severity: 'page',
    owner: 'security',
    dueHours: 4,
    actions: ['station.stop'],
    is: has('to', 'stopped'),
  },
  denied: {
    help: 'Somebody was refused 5 times in 10 minutes what they may not do.',
    severity: 'warn',
    owner: 'security',
    dueHours: 24,
    actions: ['access.denied'],
    is: always,
    threshold: { count: 5, windowMs: MANY_MS },
    by: (event) => event.person ?? 'nobody',
    gathers: true,
  },
  'odd-hours': {
    help: 'People, policy or keys were changed outside of the hours in which the site works.',
    severity: 'warn',
    owner: 'auditor',
    dueHours: 72,
    actions: [
      'policy.change',
      'person.keys',
      'person.roles',
      'person.state',
      'installation.key',
      'hold.clear',
      'recording.deleted',
      'recording.erased',
      'audit-key.rewrap',
    ],
    // The first run is at whatever hour somebody sets a workstation up.
    is: (event, { isOddHour }) => isOddHour && event.person !== undefined && !isOfFirstRun(event),
    by: person,
    gathers: true,
  },
  'policy-changed': {
    help: 'Another policy came into force.',
    severity: 'warn',
    owner: 'auditor',
    dueHours: 72,
    actions: ['policy.change'],
    is: (event) => text(event, 'previousSha256') !== '' && !isWeaker(event),
  },
  'policy-weaker': {
    help: 'A policy that is weaker in something came into force.',
    severity: 'page',
    owner: 'auditor',
    dueHours: 24,
    actions: ['policy.change'],
    is: isWeaker,
  },
  'policy-file': {
    help: 'policy.json is not the policy in force.',
    severity: 'warn',
    owner: 'security',
    dueHours: 72,
    actions: ['policy.refused'],
    is: always,
    gathers: true,
  },
  'break-glass': {
    help: 'Somebody broke the glass. Review it before you close this: wardmux breakglass list, then wardmux breakglass review.',
    severity: 'page',
    owner: 'auditor',
    dueHours: 72,
    actions: ['breakglass.start'],
    is: always,
  },
  'break-glass-often': {
    help: 'One person broke the glass 3 times in 30 days.',
    severity: 'page',
    owner: 'auditor',
    dueHours: 72,
    actions: ['breakglass.start'],
    is: always,
    threshold: { count: 3, windowMs: 30 * DAY_MS },
    by: person,
    gathers: true,
  },
  'whole-export': {
    help: 'A recording was exported with nothing withheld.',
    severity: 'page',
    owner: 'auditor',
    dueHours: 24,
    actions: ['export'],
    is: (event) => event.outcome === 'success' && has('redaction', 'none')(event),
  },
  'many-exports': {
    help: 'One person exported 10 recordings in a day.',
    severity: 'page',
    owner: 'auditor',
    dueHours: 24,
    actions: ['export'],
    is: (event) => event.outcome === 'success',
    threshold: { count: 10, windowMs: DAY_MS },
    by: person,
    gathers: true,
  },
  'own-review': {
    help: 'Somebody opened their own recording with an audit key, as if they were its reviewer.',
    severity: 'page',
    owner: 'security',
    dueHours: 24,
    actions: ['play', 'view'],
    is: (event, { ownerOf }) => has('key', 'audit')(event) && event.person !== undefined && ownerOf(text(event, 'recording')) === event.person,
  },
  'deleted-early': {
    help: 'A recording was deleted before its time, or a span of one was erased.',
    severity: 'page',
    owner: 'auditor',
    dueHours: 24,
    actions: ['recording.deleted', 'recording.erased'],
    is: (event) => event.action === 'recording.erased' || has('cause', 'early')(event),
  },
  'hold-changed': { help: 'A hold was set, or is over.', severity: 'warn', owner: 'auditor', dueHours: 72, actions: ['hold.set', 'hold.clear'], is: always },
  'recording-off': {
    help: 'A recording could not go on while its shell ran.',
    severity: 'page',
    owner: 'security',
    dueHours: 4,
    actions: ['recording.failed'],
    is: always,
  },
  'recording-damaged': {
    help: 'What lies in the folder of a recording is not what was signed for.',
    severity: 'page',
    owner: 'security',
    dueHours: 4,
    actions: ['recording.damaged'],
    is: always,
  },
  jiggler: {
    help: 'Something else than a hand moves the pointer, which keeps the workstation from locking.',
    severity: 'warn',
    owner: 'security',
    dueHours: 72,
    actions: ['input.jiggled'],
    is: always,
    gathers: true,
  },
  'clock-back': {
    help: 'The clock was set back by more than a minute.',
    severity: 'warn',
    owner: 'security',
    dueHours: 24,
    is: (_, { setBackMs }) => setBackMs > MINUTE_MS && setBackMs <= 10 * MINUTE_MS,
  },
  'clock-far-back': {
    help: 'The clock was set back by more than 10 minutes.',
    severity: 'page',
    owner: 'security',
    dueHours: 4,
    is: (_, { setBackMs }) => setBackMs > 10 * MINUTE_MS,
  },
  'clock-unsynced': {
    help: 'The kernel does not call this machine’s clock synchronized, or nobody can see any more whether it does: the times in the ledger are worth what the clock is. Look: timedatectl.',
    severity: 'warn',
    owner: 'security',
    dueHours: 72,
    actions: ['clock.state'],
    is: has('state', 'unsynced', 'unknown'),
    gathers: true,
  },
  'anchor-fails': {
    help: 'An anchor outside has not taken a head of the ledger in several attempts.',
    severity: 'warn',
    owner: 'security',
    dueHours: 24,
    actions: ['anchor.failed'],
    is: always,
    by: (event) => text(event, 'anchor'),
    gathers: true,
  },
  'sink-fails': {
    help: 'A sink has not taken events in several attempts, or in a run of a timer.',
    severity: 'warn',
    owner: 'security',
    dueHours: 24,
    actions: ['sink.failed'],
    is: always,
    by: (event) => text(event, 'sink'),
    gathers: true,
  },
  'sink-certificate': {
    help: 'A certificate that a sink hangs on ends within 30 days, or has ended.',
    severity: 'warn',
    owner: 'security',
    dueHours: 168,
    actions: ['sink.certificate'],
    is: always,
    by: (event) => text(event, 'sink'),
    gathers: true,
  },
  tampered: {
    help: 'Somebody changed files of this installation: of the ledger, of a person, of the delay after failed unlocks, of somebody’s windows; or lowered a limit of its processes.',
    severity: 'page',
    owner: 'security',
    dueHours: 4,
    actions: [
      'ledger.disturbed',
      'ledger.refused',
      'anchor.diverged',
      'backoff.tampered',
      'workspace.tampered',
      'person.refused',
      'process.limited',
      'host.refused',
    ],
    is: always,
  },
  'program-changed': {
    help: 'A file is not as it was signed for: one of the program, the list of them, a policy, or another one of the data folder. Which: wardmux integrity check.',
    severity: 'page',
    owner: 'security',
    dueHours: 4,
    actions: ['integrity.differs'],
    is: always,
    gathers: true,
  },
  'program-updated': {
    help: 'Another version of the program runs than the one that was accepted. Look whether you have installed it, then: wardmux integrity accept.',
    severity: 'page',
    owner: 'security',
    dueHours: 24,
    actions: ['program.updated'],
    is: (event) => event.detail?.['checkout'] !== true,
    gathers: true,
  },
  'program-rebuilt': {
    help: 'The program runs from a clone, and was built anew since its files were accepted. Where that was you: wardmux integrity accept.',
    severity: 'warn',
    owner: 'security',
    dueHours: 72,
    actions: ['program.updated'],
    is: (event) => event.detail?.['checkout'] === true,
    gathers: true,
  },
  unvouched: {
    help: 'The ledger had bytes that its key had not vouched for: an interrupted write, or bytes of somebody else.',
    severity: 'warn',
    owner: 'security',
    dueHours: 72,
    actions: ['ledger.unvouched'],
    is: always,
  },
  crashed: {
    help: 'The process that holds the shells, the one that holds an open identity, the one that looks for alerts, or a page ended unasked.',
    severity: 'warn',
    owner: 'security',
    dueHours: 72,
    actions: ['pty-host.exit', 'vault-host.exit', 'audit-host.exit', 'renderer.exit'],
    is: (event) => event.action !== 'renderer.exit' || has('reason', 'crashed', 'oom', 'unresponsive')(event),
    by: (event) => event.action,
    gathers: true,
  },
  'verification-failed': {
    help: 'A verification of the ledger or a recording, or a control of the self-test, failed.',
    severity: 'page',
    owner: 'security',
    dueHours: 4,
    actions: ['verify', 'selftest'],
    // A bundle that does not verify is somebody else’s until shown otherwise.
    is: (event) => event.outcome === 'failure' && !has('target', 'bundle')(event),
  },
  'revocation-closed': {
    help: 'No revocation list that the policy demands stands, so nobody comes in but by break-glass.',
    severity: 'page',
    owner: 'security',
    dueHours: 4,
    actions: ['revocation.look'],
    is: (event) => event.detail?.['open'] === false,
    gathers: true,
  },
} as const satisfies Readonly<Record<string, Row>>;

export type AlertRule = Row;

/** Monday to Friday, 6 to 20, by the clock of this machine. */
export const defaultHours = (): SiteHours => ({ timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone, days: [1, 2, 3, 4, 5], from: 6, to: 20 });
