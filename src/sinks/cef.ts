/**
 * An event in the Common Event Format (CEF 0, "ArcSight Common Event Format" of Micro Focus): a line of text, for collectors that read that. Of what leaves (leaving.ts), all of
 * it; what CEF has no key for stands under keys of ours, as its guide has them made: the vendor, and a word. Pure.
 */
import { hostOf } from '../anchors/syslog-tls.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { version } from '../version.ts';
import type { DocumentForms } from './document.ts';
import { eventId, leavingOf } from './leaving.ts';

/** Of 0 to 10: what failed is of the middle, everything else is low. How bad it is, alerts say. */
const SEVERITY = { failure: 5, unknown: 3, success: 3 } as const;

/** Nothing of ours has any of these; nobody has to believe that. Control characters end a line where a collector reads lines. */
const ascii = (text: string): string => text.replace(/[^ -~]/g, '?');
const inHeader = (text: string): string => ascii(text).replace(/[\\|]/g, '\\$&');
/** A value ends where a key and its `=` begin. */
const inExtension = (text: string): string => ascii(text).replace(/[\\=]/g, '\\$&');

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

type Value = string | number | boolean | null | undefined;

function line(id: string, name: string, severity: number, extension: readonly (readonly [string, Value])[]): string {
  const header = ['CEF:0', 'Wardmux', 'Wardmux', version, id, name].map((each, n) => (n === 0 ? each : inHeader(each)));
  const values = extension.flatMap(([key, value]) => (value === null || value === undefined ? [] : [`${key}=${inExtension(String(value))}`]));
  return [...header, severity, values.join(' ')].join('|');
}

/** @param leaf its leaf in the ledger's tree, lower-case hex. */
export function eventCef(event: LedgerEvent, leaf: string, host: string): string {
  const { seq, time, entered, installation, aal, credential, monoUs } = event;
  const { name, person, outcome, codes, detail } = leavingOf(event);
  return line(name, `${name} ${outcome}`, SEVERITY[outcome], [
    // In this order, and first: a collector's file is compared with the ledger by these four (collected.ts).
    ['externalId', eventId(event)],
    ['deviceExternalId', installation],
    ['cn1', seq],
    ['cn1Label', 'seq'],
    ['cs1', leaf],
    ['cs1Label', 'leaf'],
    ['rt', Date.parse(time)],
    ['dvchost', hostOf(host)],
    ['act', name],
    ['outcome', outcome],
    ['suid', person],
    ['cat', codes?.ecs.category],
    ['WardmuxEcsType', codes?.ecs.type.join(',')],
    ['WardmuxOcsf', codes && `${codes.ocsf.classUid}:${codes.ocsf.activityId}`],
    ['WardmuxDicom', codes && `${codes.dicom.eventId}/${codes.dicom.eventType}`],
    ['WardmuxEventAction', codes?.act],
    ['WardmuxAal', aal],
    ['WardmuxCredential', credential],
    ['WardmuxMonoUs', monoUs],
    ['WardmuxEntered', entered],
    ...detail.map(([key, value]) => [`WardmuxDetail${capital(key)}`, Array.isArray(value) ? value.join(',') : (value as Value)] as const),
  ]);
}

/** That a collector takes lines of this workstation: it is no event. */
export const testCef = (installation: string, time: string, host: string): string =>
  line('test', 'test', 0, [
    ['deviceExternalId', installation],
    ['rt', Date.parse(time)],
    ['dvchost', hostOf(host)],
    ['msg', `A test of ${installation}: no event.`],
  ]);

/** The same as documents, for a collector over HTTPS. */
export const cefDocuments: DocumentForms = {
  event: (event, leaf, host) => ({ id: eventId(event), time: event.time, host: hostOf(host), line: eventCef(event, leaf, host) }),
  test: (installation, time, host) => ({ id: `${installation}/test-${time}`, time, host: hostOf(host), line: testCef(installation, time, host) }),
};
