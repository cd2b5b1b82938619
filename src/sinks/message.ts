/**
 * An event as an RFC 5424 message with structured data. What leaves is what the table of events allows and no more: a field that the table does not have, or a
 * value that its type does not allow, stays here, and so do signatures and what opens heads. No name of anybody is ever in it: people are their ids. Pure.
 */
import { codes } from '../catalogue/codes.ts';
import { eventTable, isAllowedValue } from '../ledger/events.ts';
import type { FieldType } from '../ledger/table/row.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { hostOf, SD_ID } from '../anchors/syslog-tls.ts';

/** Facility 10 (security, authorization), severity 5 (notice), and 4 (warning) for what failed: RFC 5424, section 6.2.1; DICOM PS3.15, A.6. */
const NOTICE = 10 * 8 + 5;
const WARNING = 10 * 8 + 4;

/** Types whose values are of use to somebody who collects events. Everything else stays here: signatures, and digests that open nothing without the ledger. */
const sent: ReadonlySet<FieldType> = new Set<FieldType>([
  'action',
  'anchor',
  'recording',
  'person',
  'people',
  'kid',
  'kids',
  'policy-changes',
  'roles',
  'sha256',
  'version',
  'count',
  'integer',
  'boolean',
  'slot',
  'aaguid',
  'permission',
  'code',
  'break-glass',
  'hold',
  'session-class',
  'installation',
  'moment',
]);

const rows = new Map(
  eventTable.map(({ action, fields }) => [action, new Map(Object.entries(fields).map(([name, type]) => [name.replace(/\?$/, ''), type] as const))] as const),
);

/** What of an event's detail leaves, as text. */
function detailOf({ action, detail = {} }: LedgerEvent): [name: string, value: string][] {
  const fields = rows.get(action);
  return Object.entries(detail).flatMap(([name, value]): [string, string][] => {
    const type = fields?.get(name);
    if (type === undefined || !(Array.isArray(type) || sent.has(type)) || !isAllowedValue(type, value)) return [];
    return [[name, Array.isArray(value) ? value.join(',') : String(value)]];
  });
}

/** RFC 5424, section 6.3.3: what ends a value stands behind a backslash. Nothing of ours has any of these; nobody has to believe that. */
const param = ([name, value]: readonly [string, string]): string => `${name}="${value.replace(/[^ -~]/g, '?').replace(/["\\\]]/g, '\\$&')}"`;

/**
 * One message, all ASCII. `id` is the event's for ever: what comes twice has the same one. `leaf` is its leaf in the ledger's tree, lower-case hex, by which a collector's
 * file is compared with the ledger.
 */
export function eventMessage(event: LedgerEvent, leaf: string, host: string): string {
  const { seq, time, entered, installation, action, person, outcome, aal, credential, monoUs } = event;
  const row = codes.get(action);
  // Of a version that knows more events than this one: that there was one, and nothing of it.
  const known = row !== undefined;
  const what = outcome ?? row?.outcome ?? (known ? 'success' : 'unknown');
  const own: [string, string | number | null | undefined][] = [
    ['id', `${installation}/${seq}`],
    ['installation', installation],
    ['seq', seq],
    ['leaf', leaf],
    ['action', known ? action : 'unknown'],
    ['person', known ? person : undefined],
    ['outcome', what],
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
  const data = [element(SD_ID, own), element('wardmuxCodes@32473', codesOf), element('wardmuxDetail@32473', detailOf(event))].join('');
  const name = known ? action : 'unknown';
  return `<${what === 'failure' ? WARNING : NOTICE}>1 ${time} ${hostOf(host)} wardmux - ${name.slice(0, 32)} ${data} Event ${seq} of ${installation}: ${name} ${what}.`;
}

/** That a collector takes messages of this workstation: it is no event. */
export const testMessage = (installation: string, time: string, host: string): string =>
  `<${NOTICE}>1 ${time} ${hostOf(host)} wardmux - test [${SD_ID} installation="${installation}"] A test of ${installation}: no event.`;
