/**
 * Sigma rules (specification 2.0, and correlations 2.0) for the alerts, over the documents that leave for a collector: what a SIEM can see by itself of a workstation that has
 * been taken over, or whose auditors look away. One for each rule of src/alerts, or why Sigma has no words for it. test/docs/sigma.test.ts holds each to the rule.
 */
import { createHash } from 'node:crypto';
import type { RuleName } from '../../../src/alerts/absences.ts';
import { rules, type AlertRule } from '../../../src/alerts/rules.ts';

/** A field, with a modifier, and the values of which one has to be there. */
export type Selection = Readonly<Record<string, string | boolean | readonly string[]>>;

interface SigmaOf {
  /** Beside the actions of the rule. */
  readonly is?: Selection;
  /** What it is not: none of these. */
  readonly not?: readonly Selection[];
  /** Where it counts: what is counted apart; for each value of `distinct` once. */
  readonly by?: readonly string[];
  readonly distinct?: string;
  /** What the rule of the workstation knows beyond it. */
  readonly differs?: string;
}

const detail = (name: string): string => `wardmux.detail.${name}`;
const failed: Selection = { 'event.outcome': 'failure' };
const noTry: Selection = { [detail('reason')]: ['vault-gone', 'passkey-not-used', 'passkey-no-secret', 'error', 'back-off'] };
const HERE = ['observer.serial_number'];
const PERSON = ['observer.serial_number', 'user.id'];

/** Rules whose actions alone say it. */
const plain = {};

/** A rule, or in words why there is none. */
export const sigma: Readonly<Record<RuleName, SigmaOf | string>> = {
  'failed-unlocks': { is: { ...failed, 'user.id|exists': true }, not: [noTry], by: PERSON },
  'failed-unlocks-here': { is: failed, not: [noTry], by: HERE },
  spray: {
    is: { ...failed, 'user.id|exists': true },
    not: [noTry],
    by: HERE,
    distinct: 'user.id',
    differs: 'The workstation counts ids that nobody has too, and nobody who came in since.',
  },
  'forged-unlock': { is: { ...failed, [detail('reason')]: ['passkey-refused', 'changed-person', 'corrupt-vault', 'not-proven'] } },
  'barred-unlock': { is: { ...failed, [detail('reason')]: ['disabled', 'person-stopped'] } },
  'host-key-changed': plain,
  'host-key-forgotten': { is: { [detail('change')]: 'forgotten' } },
  'recovery-used': { is: { [detail('change')]: ['recovered', 'rebound'] } },
  'rights-changed': { is: { [`${detail('by')}|exists`]: true } },
  'station-stopped': { is: { [detail('to')]: 'stopped' } },
  denied: { by: PERSON },
  'odd-hours': 'it asks the clock and the calendar of the site, for which Sigma has no words',
  'policy-changed': { is: { [`${detail('previousSha256')}|exists`]: true }, not: [{ [`${detail('changes')}|contains`]: ' weaker' }] },
  'policy-weaker': { is: { [`${detail('changes')}|contains`]: ' weaker' } },
  'policy-file': plain,
  'break-glass': plain,
  'break-glass-often': { by: PERSON },
  'whole-export': { is: { 'event.outcome': 'success', [detail('redaction')]: 'none' } },
  'many-exports': { is: { 'event.outcome': 'success' }, by: PERSON },
  'own-review': 'it asks whose recording it is, which another event says',
  'deleted-early': { not: [{ 'event.action': 'recording.deleted', [detail('cause')]: 'schedule' }] },
  'hold-changed': plain,
  'recording-off': plain,
  'recording-damaged': plain,
  jiggler: plain,
  'clock-back': 'it compares the clocks of two events that follow each other',
  'clock-far-back': 'it compares the clocks of two events that follow each other',
  'clock-unsynced': { is: { [detail('state')]: ['unsynced', 'unknown'] } },
  'anchor-fails': plain,
  'sink-fails': plain,
  'sink-certificate': plain,
  tampered: plain,
  'program-changed': plain,
  'program-updated': { not: [{ [detail('checkout')]: true }] },
  'program-rebuilt': { is: { [detail('checkout')]: true } },
  unvouched: plain,
  crashed: {
    not: [
      { 'event.action': 'renderer.exit', [detail('reason')]: ['killed', 'closed', 'other'] },
      { 'event.action': 'renderer.exit', [`${detail('reason')}|exists`]: false },
    ],
  },
  'verification-failed': { is: failed, not: [{ [detail('target')]: 'bundle' }] },
  'revocation-closed': { is: { [detail('open')]: false } },
  'not-verified': 'it is what has not happened: have the SIEM tell when a workstation sends nothing',
  'review-overdue': 'it is what has not happened',
  'break-glass-unreviewed': 'it is what has not happened',
  'sink-silent': 'it is what has not happened, and a silent workstation says nothing of it: have the SIEM tell when one sends nothing',
};

/** The selections of a rule: its actions and what they have to say; and what they must not. */
export const selectionsOf = (rule: AlertRule, { is, not = [] }: SigmaOf): { readonly selection: Selection; readonly not: readonly Selection[] } => ({
  selection: { 'event.dataset': 'wardmux.ledger', ...(rule.actions && { 'event.action': rule.actions }), ...is },
  not,
});

/** Stable: of the name. RFC 9562, version 8. */
function idOf(name: string): string {
  const hex = createHash('sha256').update(`wardmux-sigma ${name}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const quoted = (value: string | boolean): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));

function lines(selection: Selection, indent: string): string[] {
  return Object.entries(selection).flatMap(([field, value]) =>
    Array.isArray(value)
      ? [`${indent}${field}:`, ...value.map((one) => `${indent}  - ${quoted(one)}`)]
      : [`${indent}${field}: ${quoted(value as string | boolean)}`],
  );
}

const LEVEL = { page: 'high', warn: 'medium' } as const;

function head(name: string, title: string, help: string, differs: string | undefined): string[] {
  return [
    `title: ${JSON.stringify(title)}`,
    `id: ${idOf(name)}`,
    'status: experimental',
    `description: ${JSON.stringify(differs === undefined ? help : `${help} ${differs}`)}`,
    'author: Wardmux',
  ];
}

function documentsOf(name: string, rule: AlertRule, of: SigmaOf): string[][] {
  const { selection, not } = selectionsOf(rule, of);
  const { threshold } = rule;
  const level = LEVEL[rule.severity];
  const base = [
    ...head(threshold ? `${name} event` : name, threshold ? `Wardmux ${name}: one event` : `Wardmux ${name}`, rule.help, threshold ? undefined : of.differs),
    ...(threshold ? [`name: wardmux-${name}`] : []),
    'logsource:',
    '  product: wardmux',
    '  service: ledger',
    'detection:',
    '  selection:',
    ...lines(selection, '    '),
    ...(not.length > 0
      ? ['  filter:', ...not.flatMap((one) => lines(one, '      ').map((line, n) => (n === 0 ? line.replace(/^ {6}/, '    - ') : line)))]
      : []),
    `  condition: ${not.length > 0 ? 'selection and not filter' : 'selection'}`,
    `level: ${threshold ? 'informational' : level}`,
  ];
  if (!threshold) return [base];
  const correlation = [
    ...head(name, `Wardmux ${name}`, rule.help, of.differs),
    'correlation:',
    `  type: ${of.distinct === undefined ? 'event_count' : 'value_count'}`,
    '  rules:',
    `    - wardmux-${name}`,
    '  group-by:',
    ...of.by!.map((field) => `    - ${field}`),
    `  timespan: ${threshold.windowMs / 60_000}m`,
    '  condition:',
    ...(of.distinct === undefined ? [] : [`    field: ${of.distinct}`]),
    `    gte: ${threshold.count}`,
    `level: ${level}`,
  ];
  return [base, correlation];
}

/** docs/siem/sigma.yml: a document a rule, and two of one that counts. */
export function sigmaText(): string {
  const named = Object.entries(sigma);
  const without = named.flatMap(([name, of]) => (typeof of === 'string' ? [`# ${name}: ${of}.`] : []));
  const documents = named.flatMap(([name, of]) => (typeof of === 'string' ? [] : documentsOf(name, rules[name as keyof typeof rules], of)));
  return [
    '# Sigma rules for the alerts of Wardmux, over the documents of its https and nats sinks. Made by test/docs/made.test.ts.',
    '# An alert here and none on the workstation, or the other way round, is worth a look.',
    '# No rule, because:',
    ...without,
    '---',
    documents.map((document) => document.join('\n')).join('\n---\n'),
    '',
  ].join('\n');
}
