/**
 * The table of audit events: one row an action. An action or a field that is not here is refused, and no field takes
 * free text: strings are identifiers of ours, digests, version numbers or words of a fixed list. That is what keeps
 * patient data out of the ledger by construction, and not by care.
 */
import { utf8Text } from '../disk/utf8.ts';
import { hasExactly, parseOneObject } from '../recording/json.ts';
import { isMoment } from '../recording/time.ts';
import { AAGUID, BACKUP_ID, HOLD_ID, INSTALLATION_ID, PERSON_ID, RECORDING_ID } from '../types/ids.ts';
import { permissions } from '../access/index.ts';
import { CLASS_NAME } from '../types/classes.ts';
import { HOST_ACCOUNT, HOST_ADDRESS, HOST_ALGORITHM, HOST_ID } from '../types/hosts.ts';
import { policyDirections, policyFieldNames, workstationClasses } from '../types/words.ts';
import { BREAK_GLASS } from '../recording/access.ts';
import { BYTES_64 } from './certificate.ts';
import { LedgerError } from './errors.ts';
import { readRoles } from './person-facts.ts';
import { areDigests, areHeads, HEADS, opens, type RecordingHead } from './heads.ts';
import { appRows } from './table/app.ts';
import { breakGlassRows } from './table/break-glass.ts';
import { integrityRows } from './table/integrity.ts';
import { hostRows } from './table/hosts.ts';
import { lifeCycleRows } from './table/life-cycle.ts';
import { ledgerRows } from './table/ledger.ts';
import { peopleRows } from './table/people.ts';
import { recordingRows } from './table/recordings.ts';
import { sinkRows } from './table/sinks.ts';
import { revocationRows } from './table/revocation.ts';
import type { EventRow, FieldType, Row } from './table/row.ts';
import type { Role } from '../types/words.ts';
import type { LedgerEntry, LedgerEvent } from './types.ts';

/** A changed field of the policy: which, which way, what it was, what it is. Values are numbers, yes and no, words of closed lists, or digests; - for nothing. */
const POLICY_VALUE = `(?:-|true|false|\\d{1,16}(?:\\.\\d{1,17})?|[0-9a-f]{64}|${workstationClasses.join('|')})`;
const POLICY_CHANGE = new RegExp(
  `^(?:${policyFieldNames.map((name) => name.replaceAll(/[$.]/g, '\\$&')).join('|')}) (?:${policyDirections.join('|')}) ${POLICY_VALUE} ${POLICY_VALUE}$`,
);

/** Most entries in a list field: a policy with more audit keys than this is a mistake. */
const MAX_LIST = 64;
/** Of whom and what a revocation list names here: a line of the ledger has 64 KiB at most. */
export const MAX_NAMED = { people: 256, slots: 1024 } as const;

const rows = [
  ...appRows,
  ...peopleRows,
  ...breakGlassRows,
  ...revocationRows,
  ...recordingRows,
  ...lifeCycleRows,
  ...ledgerRows,
  ...sinkRows,
  ...integrityRows,
  ...hostRows,
] as const;

export const eventTable: readonly EventRow[] = rows;

type Value<T> = T extends readonly string[]
  ? T[number]
  : T extends 'kids' | 'digests' | 'policy-changes' | 'people' | 'slots' | 'hosts'
    ? readonly string[]
    : T extends 'roles'
      ? readonly Role[]
      : T extends 'count' | 'integer'
        ? number
        : T extends 'boolean'
          ? boolean
          : string;
type Detail<F> = { readonly [K in keyof F as K extends `${string}?` ? never : K]: Value<F[K]> } & {
  readonly [K in keyof F as K extends `${infer Name}?` ? Name : never]?: Value<F[K]>;
};
type Person<O> = O extends { readonly person: 'required' }
  ? { readonly person: string }
  : O extends { readonly person: 'optional' }
    ? { readonly person?: string }
    : object;
type Outcome<O> = O extends { readonly outcome: 'required' } ? { readonly outcome: 'success' | 'failure' } : object;
type EntryOf<R> =
  R extends Row<infer A, infer F, infer O>
    ? { readonly action: A; readonly detail?: Detail<F> } & Person<O> & Outcome<O> & ([keyof F] extends [never] ? object : { readonly detail: Detail<F> })
    : never;

/** An entry that the table allows, for the compiler: `checkEntry` says the same at run time. */
export type AuditEntry = Exclude<EntryOf<(typeof rows)[number]>, { readonly action: typeof HEADS }> | HeadsEntry;

/** The heads of all recordings that have grown: the ledger makes the event of them. */
export interface HeadsEntry {
  readonly action: typeof HEADS;
  readonly heads: readonly RecordingHead[];
  /** The ledger makes it. */
  readonly detail?: undefined;
}

/** Why an unlock can fail, as the ledger keeps it. */
export type UnlockReason = NonNullable<Extract<AuditEntry, { readonly action: 'unlock' }>['detail']['reason']>;

const byAction = new Map(eventTable.map((entry) => [entry.action, entry]));

const patterns = {
  /** A name in the policy: src/anchors/fields.ts. */
  anchor: /^[a-z][a-z0-9-]{0,31}$/,
  recording: RECORDING_ID,
  person: PERSON_ID,
  /** RFC 7638 thumbprint, base64url of 32 bytes. */
  kid: /^[A-Za-z0-9_-]{43}$/,
  sha256: /^[0-9a-f]{64}$/,
  version: /^\d{1,4}\.\d{1,4}\.\d{1,4}(-[a-z0-9.]{1,16})?$/,
  slot: /^[A-Za-z0-9_-]{1,64}$/,
  aaguid: AAGUID,
  /** A failure code of ours, as the tables of this project list them. */
  code: /^[a-z]{1,16}(-[a-z]{1,16}){0,4}$/,
  installation: INSTALLATION_ID,
  'break-glass': BREAK_GLASS,
  hold: HOLD_ID,
  backup: BACKUP_ID,
  /** A name in the policy: src/policy/classes.ts. */
  'session-class': CLASS_NAME,
  host: HOST_ID,
  address: HOST_ADDRESS,
  account: HOST_ACCOUNT,
  algorithm: HOST_ALGORITHM,
  bytes64: BYTES_64,
  /**
   * Where a file of ours lies: below the program's folder, as the list of a baseline has it, or below the data folder. What somebody else called a file is no such
   * path and stands in no event, so that nobody's name comes in by one.
   */
  path: /^(?=.{1,256}$)(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9@+_.,=~-]+(?:\/[A-Za-z0-9@+_.,=~-]+)*$/,
} as const;

export const recordingPattern = patterns.recording;

/** The row of an action. @throws LedgerError 'refused-event' for an action that the table does not know. */
function eventRow(action: string): EventRow {
  const found = byAction.get(action);
  if (!found)
    throw new LedgerError('refused-event', `The ledger has no event named ${JSON.stringify(String(action).slice(0, 40))}; see src/ledger/table for the list.`);
  return found;
}

/** @throws LedgerError 'refused-event' when the entry has an unknown action, a missing field, or a field that its row does not allow. */
export function checkEntry(entry: LedgerEntry): EventRow {
  const found = eventRow(entry.action);
  const refuse = (why: string): never => {
    throw new LedgerError('refused-event', `The ledger refused an event ${found.action}: ${why}.`);
  };
  if (found.action === HEADS) {
    if (Object.keys(entry).length !== 2 || !entry.heads || !areHeads(entry.heads)) refuse('its heads are none, too many, or one of a recording twice');
    return found;
  }
  for (const key of Object.keys(entry))
    if (!['action', 'person', 'outcome', 'detail'].includes(key)) refuse(`it has no place for ${JSON.stringify(key.slice(0, 40))}`);
  if (entry.person === undefined ? found.person === 'required' : found.person === 'none' || !patterns.person.test(entry.person))
    refuse('its person is missing, not allowed, or not an id');
  if (found.outcome === 'required' ? entry.outcome !== 'success' && entry.outcome !== 'failure' : entry.outcome !== undefined)
    refuse('its outcome must be success or failure exactly where its row asks for one');
  const detail = entry.detail ?? {};
  const allowed = new Map<string, FieldType>();
  for (const [name, type] of Object.entries(found.fields)) {
    const optional = name.endsWith('?');
    const field = optional ? name.slice(0, -1) : name;
    allowed.set(field, type);
    if (!optional && !Object.hasOwn(detail, field)) refuse(`the field ${field} is missing`);
  }
  for (const [name, value] of Object.entries(detail)) {
    const type = allowed.get(name);
    if (!type) refuse(`it has no field ${JSON.stringify(name.slice(0, 40))}`);
    else if (!matches(type, value)) refuse(`the field ${name} has a value that its type does not allow`);
  }
  return found;
}

/** Whether a value is one that a field of this type may have. */
export const isAllowedValue = (type: FieldType, value: unknown): boolean => matches(type, value);

function matches(type: FieldType, value: unknown): boolean {
  if (typeof type !== 'string') return typeof value === 'string' && type.includes(value);
  switch (type) {
    case 'count':
      return Number.isSafeInteger(value) && (value as number) >= 0;
    case 'integer':
      return Number.isSafeInteger(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'kids':
      return Array.isArray(value) && value.length <= MAX_LIST && value.every((kid) => matches('kid', kid));
    case 'people':
      return Array.isArray(value) && value.length <= MAX_NAMED.people && value.every((id) => matches('person', id));
    case 'slots':
      return Array.isArray(value) && value.length <= MAX_NAMED.slots && value.every((id) => matches('slot', id));
    case 'hosts':
      return Array.isArray(value) && value.length <= MAX_LIST && value.every((id) => matches('host', id));
    case 'action':
      return typeof value === 'string' && byAction.has(value);
    case 'permission':
      return typeof value === 'string' && Object.hasOwn(permissions, value);
    case 'moment':
      return isMoment(value);
    case 'digests':
      return areDigests(value);
    case 'policy-changes':
      return Array.isArray(value) && value.length <= MAX_LIST && value.every((change) => typeof change === 'string' && POLICY_CHANGE.test(change));
    case 'roles':
      return readRoles(value) !== undefined;
    default:
      return typeof value === 'string' && patterns[type].test(value);
  }
}

/** The entry of an event in the ledger's tree. The order of the members is fixed. */
export function encodeEvent(event: Omit<LedgerEvent, 'opened'>): Buffer {
  const { seq, time, entered, monoUs, installation, action, person, outcome, aal, credential, detail } = event;
  return Buffer.from(JSON.stringify({ seq, time, entered, monoUs, installation, action, person, outcome, aal, credential, detail }), 'utf8');
}

/** The line of an event, without its end of line: its entry, and for `recording.heads` a last member that opens its digests. */
export function encodeLine(event: LedgerEvent, entry = encodeEvent(event)): Buffer {
  const { opened } = event;
  if (!opened) return entry;
  return Buffer.from(`${entry.toString('utf8', 0, entry.length - 1)},"opened":${JSON.stringify({ salt: opened.salt, heads: opened.heads })}}`, 'utf8');
}

/** Of an event, in their order. */
const MEMBERS = ['seq', 'time', 'entered', 'monoUs', 'installation', 'action', 'person', 'outcome', 'aal', 'credential', 'detail'] as const;

/**
 * Reads an event back. Only the outer shape is checked: a ledger outlives its writer, so a reader accepts actions and
 * fields of another version, and their meaning is for the one who asks.
 * @returns undefined when it is not an event.
 */
export function decodeEvent(line: Uint8Array): LedgerEvent | undefined {
  // The writer's one text only: what reads differently elsewhere is not an event.
  const event = parseOneObject(utf8Text(line));
  if (
    !event ||
    !hasExactly(
      event,
      [...MEMBERS, ...(event['action'] === HEADS ? ['opened'] : [])].filter((name) => name in event),
    )
  )
    return undefined;
  if (!Number.isSafeInteger(event['seq']) || typeof event['action'] !== 'string') return undefined;
  if (!isMoment(event['time']) || ('entered' in event && !isMoment(event['entered']))) return undefined;
  if (event['outcome'] !== undefined && typeof event['outcome'] !== 'string') return undefined;
  if (event['monoUs'] !== null && !matches('count', event['monoUs'])) return undefined;
  if (typeof event['installation'] !== 'string' || !patterns.installation.test(event['installation'])) return undefined;
  if (event['detail'] !== undefined && (typeof event['detail'] !== 'object' || event['detail'] === null || Array.isArray(event['detail']))) return undefined;
  if (event['person'] !== undefined && typeof event['person'] !== 'string') return undefined;
  if (event['aal'] !== null && event['aal'] !== 1 && event['aal'] !== 2 && event['aal'] !== 3) return undefined;
  if (event['credential'] !== null && !matches('slot', event['credential'])) return undefined;
  return event as unknown as LedgerEvent;
}

/** A line of events.jsonl: its event, and the entry that is its leaf. @returns undefined where it is none, or where what stands beside the event does not open it. */
export function decodeLine(line: Buffer): { readonly event: LedgerEvent; readonly entry: Buffer } | undefined {
  const event = decodeEvent(line);
  if (!event) return undefined;
  if (event.action !== HEADS) return event.opened === undefined ? { event, entry: line } : undefined;
  return opens(event.opened, event.detail?.['heads']) && encodeLine(event).equals(line) ? { event, entry: encodeEvent(event) } : undefined;
}

/** The fields of each action that have one of these types. */
const fieldsOf = (...types: readonly FieldType[]): ReadonlyMap<string, readonly string[]> =>
  new Map(
    eventTable.map(({ action, fields }) => [action, Object.entries(fields).flatMap(([name, type]) => (types.includes(type) ? [name.replace(/\?$/, '')] : []))]),
  );
const peopleFields = fieldsOf('person', 'people');
const hostFields = fieldsOf('host');

/** Everybody whom an event names: who did it first, where somebody did. */
export function peopleOf({ action, person, detail }: Pick<LedgerEvent, 'action' | 'person' | 'detail'>): readonly string[] {
  const named = (peopleFields.get(action) ?? []).flatMap((field) => detail?.[field] ?? []);
  return [...new Set([...(person === undefined ? [] : [person]), ...named.filter((one) => typeof one === 'string')])];
}

/** The host of the network that an event is about, under the name by which it is opened here; none where it is about none. */
export const hostsOf = ({ action, detail }: Pick<LedgerEvent, 'action' | 'detail'>): readonly string[] =>
  (hostFields.get(action) ?? []).flatMap((field) => {
    const name = detail?.[field];
    return typeof name === 'string' && HOST_ID.test(name) ? [name] : [];
  });
