/** docs/events.md: what every event is called elsewhere, and which alerts look at it; made from the tables, so that the page cannot drift from them. */
import { absences, type AbsenceRule } from '../../../src/alerts/absences.ts';
import { rules, type AlertRule } from '../../../src/alerts/rules.ts';
import { codes } from '../../../src/catalogue/codes.ts';
import { eventTable } from '../../../src/ledger/events.ts';
import { safeguards } from '../../../src/types/safeguards.ts';
import { valueSet } from '../../support/value-sets.ts';

/** What a workstation could be asked for and does not enter yet. */
const missing: readonly (readonly [what: string, why: string])[] = [
  ['that the files of the Electron app are not those that were installed', 'it runs from an archive, which cannot be looked at file by file from inside'],
  [
    'the clock was set, as an event of its own',
    'the alerts `clock-back` and `clock-far-back` see it in the two clocks of each event; a lock has `clock-back` as its cause',
  ],
  ['an idle time that the system does not say', 'the app counts its own; what the system says is only used to lock sooner'],
  ['a disk that fills up, before it is full', '`recording.failed` and `ledger.kept` come when it is'],
  ['a session that another one joins, reads or leaves', 'one page shows a session at a time'],
  [
    'an ssh that is started in a shell: connections, host keys, forwards; file transfers; a program that gets other rights',
    'no code of ours sees what a program in a pane does; hosts that Wardmux opens itself have the events `host.*`',
  ],
  ['text that is copied or pasted inside of one class', 'between classes it is `session.crossing`'],
  ['somebody takes a picture of the screen', 'no system that we run on says so'],
  ['a recogniser found something on the screen', 'they look at exports: `withheld` of `export`'],
];

const named = (action: string): string =>
  Object.entries(rules as Readonly<Record<string, AlertRule>>)
    .filter(([, { actions }]) => actions?.includes(action))
    .map(([name]) => `\`${name}\``)
    .join(', ') || '-';

export function catalogueDocument(): string {
  const dicom = valueSet<{ readonly eventId: Record<string, string>; readonly eventType: Record<string, string> }>('dicom');
  const ocsf = valueSet<{ readonly classes: Record<string, { readonly name: string; readonly activities: Record<string, string> }> }>('ocsf');
  const rows = eventTable.map(({ action, outcome }) => {
    const row = codes.get(action)!;
    const ocsfClass = ocsf.classes[row.ocsf.classUid]!;
    return [
      `\`${action}\``,
      `${row.ecs.category}: ${row.ecs.type.join(', ')}`,
      outcome === 'required' ? 'its own' : (row.outcome ?? 'success'),
      `${row.ocsf.classUid} ${ocsfClass.name}: ${row.ocsf.activityId} ${ocsfClass.activities[row.ocsf.activityId]}`,
      `${row.dicom.eventId} ${dicom.eventId[row.dicom.eventId]}`,
      `${row.dicom.near ? '≈ ' : ''}${row.dicom.eventType} ${dicom.eventType[row.dicom.eventType]}`,
      row.act,
      named(action),
      safeguards[row.safeguard].citation,
    ].join(' | ');
  });
  const alerts = Object.entries({ ...rules, ...absences } as Readonly<Record<string, AlertRule | AbsenceRule>>).map(([name, rule]) => {
    const times =
      'threshold' in rule && rule.threshold
        ? `${rule.threshold.count} in ${rule.threshold.windowMs / 60_000} minutes`
        : 'afterMs' in rule
          ? `after ${rule.afterMs / 3_600_000} hours`
          : 'each';
    return `\`${name}\` | ${rule.help} | ${times} | ${rule.severity} | ${rule.owner} | ${rule.dueHours}`;
  });
  const sources = ['ecs', 'ocsf', 'dicom', 'fhir-r4'].map((name) => valueSet<object>(name)).map(({ source, licence }) => `- ${source} (${licence})`);
  return `# Events elsewhere

This page is made from \`src/ledger/table/\`, \`src/catalogue/codes.ts\` and \`src/alerts/rules.ts\`; do not edit it. \`UPDATE_DOCS=1\` with \`test/docs/made.test.ts\` makes it anew.

What an event is, and its fields, is in [format.md](format.md#events); how they are read, in [audit.md](audit.md). This is what each is called where others collect them: in the Elastic Common
Schema, in OCSF, in DICOM audit messages (PS3.15 A.5) and, with the same codes as type and subtype, in FHIR R4 AuditEvents. Where the value set has no type for what happened the nearest one stands
behind ≈. The safeguard is the one of 45 CFR part 164 that the event serves; that a row names one does not show that it is met.

## Every event

| event | ECS category: type | outcome | OCSF class: activity | DICOM = FHIR type | subtype | action | alerts | safeguard |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.map((row) => `| ${row} |`).join('\n')}

Who did it with which authenticator and assurance level, when by both clocks, and at which workstation stands in every event. The roles of whoever did it and the policy that was in force are those of the
last \`person.roles\` and \`policy.change\` before it.

## Every alert

Defaults of ours, which no law asks for.

| alert | when | how often | how bad | owner | hours until due |
| --- | --- | --- | --- | --- | --- |
${alerts.map((row) => `| ${row} |`).join('\n')}

## What is not entered yet

| what | why |
| --- | --- |
${missing.map(([what, why]) => `| ${what} | ${why} |`).join('\n')}

## Where the codes are from

${sources.join('\n')}
`;
}
