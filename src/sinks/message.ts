/** An event as an RFC 5424 message with structured data: of what leaves (leaving.ts), all of it. Pure. */
import type { LedgerEvent } from '../ledger/types.ts';
import { hostOf, SD_ID } from '../anchors/syslog-tls.ts';
import { eventCef, testCef } from './cef.ts';
import { eventId, leavingOf } from './leaving.ts';

/** Facility 10 (security, authorization), severity 5 (notice), and 4 (warning) for what failed: RFC 5424, section 6.2.1; DICOM PS3.15, A.6. */
const NOTICE = 10 * 8 + 5;
const WARNING = 10 * 8 + 4;
const priority = (outcome: string): number => (outcome === 'failure' ? WARNING : NOTICE);

/** RFC 5424, section 6.3.3: what ends a value stands behind a backslash. Nothing of ours has any of these; nobody has to believe that. */
const param = ([name, value]: readonly [string, string]): string => `${name}="${value.replace(/[^ -~]/g, '?').replace(/["\\\]]/g, '\\$&')}"`;

/**
 * One message, all ASCII. `id` is the event's for ever: what comes twice has the same one. `leaf` is its leaf in the ledger's tree, lower-case hex, by which a collector's
 * file is compared with the ledger.
 */
export function eventMessage(event: LedgerEvent, leaf: string, host: string): string {
  const { seq, time, entered, installation, aal, credential, monoUs } = event;
  const { name, person, outcome, codes: row, detail } = leavingOf(event);
  const own: [string, string | number | null | undefined][] = [
    ['id', eventId(event)],
    ['installation', installation],
    ['seq', seq],
    ['leaf', leaf],
    ['action', name],
    ['person', person],
    ['outcome', outcome],
    ['aal', aal],
    ['credential', credential],
    ['monoUs', monoUs],
    ['entered', entered],
  ];
  const codesOf: [string, string | number][] = row
    ? [
        ['category', row.ecs.category],
        ['type', row.ecs.type.join(',')],
        ['classUid', row.ocsf.classUid],
        ['activityId', row.ocsf.activityId],
        ['eventId', row.dicom.eventId],
        ['eventType', row.dicom.eventType],
        ['eventAction', row.act],
      ]
    : [];
  const element = (id: string, params: readonly (readonly [string, string | number | null | undefined])[]): string => {
    const given = params.flatMap(([name, value]) => (value === null || value === undefined ? [] : [param([name, String(value)])]));
    return given.length === 0 ? '' : `[${[id, ...given].join(' ')}]`;
  };
  const values = detail.map(([key, value]) => [key, Array.isArray(value) ? value.join(',') : String(value)] as const);
  const data = [element(SD_ID, own), element('wardmuxCodes@32473', codesOf), element('wardmuxDetail@32473', values)].join('');
  return `<${priority(outcome)}>1 ${time} ${hostOf(host)} wardmux - ${name.slice(0, 32)} ${data} Event ${seq} of ${installation}: ${name} ${outcome}.`;
}

/** That a collector takes messages of this workstation: it is no event. */
const testMessage = (installation: string, time: string, host: string): string =>
  `<${NOTICE}>1 ${time} ${hostOf(host)} wardmux - test [${SD_ID} installation="${installation}"] A test of ${installation}: no event.`;

/** What a collector of syslog is given. */
interface MessageForms {
  readonly event: typeof eventMessage;
  readonly test: typeof testMessage;
}

/** CEF as the text of a message, without structured data. */
const cef: MessageForms = {
  event: (event, leaf, host) => {
    const { name, outcome } = leavingOf(event);
    return `<${priority(outcome)}>1 ${event.time} ${hostOf(host)} wardmux - ${name.slice(0, 32)} - ${eventCef(event, leaf, host)}`;
  },
  test: (installation, time, host) => `<${NOTICE}>1 ${time} ${hostOf(host)} wardmux - test - ${testCef(installation, time, host)}`,
};

export const messageForms = { rfc5424: { event: eventMessage, test: testMessage }, cef } as const satisfies Readonly<Record<string, MessageForms>>;
export const messageFormNames = Object.keys(messageForms) as [keyof typeof messageForms, ...(keyof typeof messageForms)[]];
