/** docs/wardmux-events.7: the catalogue as a page for man(1), every event with its fields and every alert; made from the tables (man-pages(7), groff_man(7)). */
import { absences, type AbsenceRule } from '../../../src/alerts/absences.ts';
import { rules, type AlertRule } from '../../../src/alerts/rules.ts';
import { eventTable } from '../../../src/ledger/events.ts';
import { safeguards } from '../../../src/types/safeguards.ts';
import { codes } from '../../../src/catalogue/codes.ts';

/** Text in which troff finds no request, no escape, and no hyphen where a minus or a name stands. */
export const plain = (text: string): string =>
  text.replaceAll('`', '').replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('’', '\\(cq').replace(/^[.']/gm, '\\&$&');

export const tagged = (tag: string, text: readonly string[]): string => ['.TP', `.B ${plain(tag)}`, ...text.map(plain)].join('\n');

/** The page in the man macros. */
export function manPage(): string {
  const events = eventTable.map(({ action, person, outcome, fields, help }) => {
    const detail = Object.entries(fields).map(([name, type]) => `${name} (${typeof type === 'string' ? type : type.join(', ')})`);
    const about = [
      person === 'required' ? 'It names a person.' : '',
      outcome === 'required' ? 'It has an outcome.' : '',
      detail.length > 0 ? `Fields: ${detail.join('; ')}.` : '',
      `Safeguard: ${safeguards[codes.get(action)!.safeguard].citation}.`,
    ].filter((sentence) => sentence !== '');
    return tagged(action, [help, ...about]);
  });
  const alerts = Object.entries({ ...rules, ...absences } as Readonly<Record<string, AlertRule | AbsenceRule>>).map(
    ([name, { help, severity, owner, dueHours }]) => tagged(name, [help, `Severity ${severity}; for ${owner}; due in ${dueHours} hours.`]),
  );
  return `.\\" Made from src/ledger/table/ and src/alerts/; do not edit it. UPDATE_DOCS=1 with test/docs/made.test.ts makes it anew.
.TH WARDMUX\\-EVENTS 7 "" Wardmux "Wardmux manual"
.ad l
.nh
.SH NAME
wardmux\\-events \\- events of the ledger, and the alerts that follow from them
.SH SYNOPSIS
.B wardmux events
.RB [ \\-\\-follow ]
.RB [ \\-\\-action
.IR KIND ]
.RB [ \\-\\-person
.IR WHO ]
.RB [ \\-\\-since
.IR DAY ]
.RB [ \\-\\-until
.IR DAY ]
.RB [ \\-\\-json ]
.br
.B wardmux alerts
.RB [ \\-\\-json ]
.SH DESCRIPTION
What happened at a workstation stands in its ledger, one event each, in order, signed.
No text of a session is in it.
Every event has its number, the time by both clocks, who did it with which credential, and the installation.
A field whose name ends in ? may be missing.
That a row names a safeguard of 45 CFR part 164 does not show that it is met.
.PP
A field changes its meaning never; what is new is added.
docs/format.md has the types of the fields, docs/events.md what each event is called in ECS, OCSF, DICOM and FHIR, and docs/audit.md how they are read.
.SH EVENTS
${events.join('\n')}
.SH ALERTS
Defaults of ours, which no law asks for.
${alerts.join('\n')}
.SH EXIT STATUS
.B wardmux events
and
.B wardmux alerts
end with 0, or with 7 where the ledger does not hold; with \\-\\-exit\\-code also with 63 where an alert is open.
`;
}
