/**
 * The table of audit events: one row an action. An action or a field that is not here is refused, and no field takes
 * free text: strings are identifiers of ours, digests, version numbers or words of a fixed list. That is what keeps
 * patient data out of the ledger by construction, and not by care.
 */
import { requests } from '../bridge/schema.ts';
import { BREAK_GLASS, reasons, roles, workstationClasses } from '../recording/access.ts';
import { LedgerError } from './errors.ts';
import type { LedgerEntry, LedgerEvent } from './types.ts';

/** A field's type. A list of strings is a closed list of words. */
export type FieldType =
  | 'anchor'
  | 'recording'
  | 'person'
  | 'kid'
  | 'kids'
  | 'sha256'
  | 'version'
  | 'count'
  | 'integer'
  | 'boolean'
  | 'slot'
  | 'request'
  | 'code'
  | 'break-glass'
  | readonly string[];

export interface EventRow {
  readonly action: string;
  /** What the event says, in one sentence: shown by `wardmux ledger show` and in the documentation. */
  readonly help: string;
  /** A name that ends in `?` may be left out. */
  readonly fields: Readonly<Record<string, FieldType>>;
  readonly person: 'required' | 'optional' | 'none';
  readonly outcome: 'required' | 'none';
}

/** Most entries in a list field: a policy with more audit keys than this is a mistake. */
const MAX_LIST = 64;

/** What a host refuses to a page, or to whoever sits at it. */
export const hostRefusals = [
  'navigation',
  'redirection',
  'window',
  'browser-part',
  'embedded-page',
  'dialog',
  'file-chooser',
  'download',
  'foreign-request',
  'web-socket',
  'message',
] as const;
const surfaces = ['setup', 'lock', 'workspace'] as const;
const methods = ['passkey', 'passphrase'] as const;
const lockCauses = [
  'start',
  'idle',
  'os-idle',
  'hotkey',
  'menu',
  'command',
  'suspend',
  'resume',
  'os-lock',
  'shutdown',
  'first-run',
  'renderer-gone',
  'vault-gone',
  'pty-host-gone',
  'window-closed',
  'policy',
  'error',
  'app-stop',
  'clock-back',
  'gap',
  'unknown',
] as const;
const anchorKinds = ['file', 'syslog', 'timestamp'] as const;
const failureCauses = ['disk-full', 'read-only', 'io-error', 'permission', 'process-gone', 'other'] as const;

/** Why an unlock can fail, as the vault says it. */
export const unlockFailures = [
  'wrong-passphrase',
  'passkey-refused',
  'no-such-slot',
  'back-off',
  'corrupt-vault',
  'no-such-person',
  'changed-person',
  'not-proven',
] as const;

const rows = [
  row('app.start', 'The app or a command that records started.', { version: 'version', 'host?': ['electron', 'chromium', 'terminal', 'cli'] }),
  row('app.stop', 'The app ended in good order.', { 'reason?': ['closed', 'signal', 'shutdown', 'error'] }),
  row(
    'first-run',
    'This installation, its first person and its audit key were created.',
    { auditKeys: 'kids', 'policySha256?': 'sha256' },
    { person: 'required' },
  ),
  row(
    'unlock',
    'Someone asked to unlock; a failure carries its reason, never what was typed. passkey-not-used and passkey-no-secret are what the page tells, and count for nothing. failures: attempts in a row of this person and method that had failed before it.',
    {
      'method?': methods,
      'reason?': [...unlockFailures, 'vault-gone', 'passkey-not-used', 'passkey-no-secret', 'error'],
      'failures?': 'count',
    },
    { person: 'optional', outcome: 'required' },
  ),
  row(
    'lock',
    'The app locked: renderer and private keys are gone. How it is known that nothing is to be seen: gone, the screen was looked at, or a terminal says that it is empty; killed, the processes that draw were ended; unknown, neither.',
    { cause: lockCauses, 'visible?': ['gone', 'killed', 'unknown'] },
    { person: 'optional' },
  ),
  row('pane.open', 'A shell was started in a pane.', { pane: 'count', recording: 'recording' }, { person: 'optional' }),
  row(
    'pane.close',
    'A pane closed.',
    { pane: 'count', 'recording?': 'recording', 'code?': 'integer', 'signal?': 'integer', 'reason?': ['exit', 'closed', 'app-stop', 'pty-host-gone'] },
    { person: 'optional' },
  ),
  row(
    'recording.start',
    'A recording began: who can open it, the policy in force, and as whom, where and why the session was opened.',
    {
      recording: 'recording',
      recipients: 'kids',
      policySha256: 'sha256',
      role: roles,
      class: workstationClasses,
      reason: reasons,
      'breakGlass?': 'break-glass',
    },
    { person: 'required' },
  ),
  row(
    'recording.segment',
    'A recording went on in a new segment with a fresh secret.',
    { recording: 'recording', segment: 'count', firstSeq: 'count', size: 'count', root: 'sha256' },
    { person: 'optional' },
  ),
  row('recording.checkpoint', "Size and root of a recording's tree at this moment.", { recording: 'recording', size: 'count', root: 'sha256' }),
  row('recording.end', 'A recording ended in good order.', {
    recording: 'recording',
    reason: ['exit', 'closed', 'app-stop', 'main-gone', 'write-failed'],
    size: 'count',
    root: 'sha256',
    outputBytes: 'count',
    durationMs: 'count',
    'signedBefore?': 'count',
  }),
  row('recording.failed', 'A recording could not go on; its shell was stopped.', {
    recording: 'recording',
    reason: failureCauses,
    size: 'count',
    root: 'sha256',
  }),
  row('recording.recovered', 'An interrupted recording was closed after its last whole record; torn bytes were moved aside.', {
    recording: 'recording',
    size: 'count',
    root: 'sha256',
    tornBytes: 'count',
    'signedBefore?': 'count',
  }),
  row(
    'recording.damaged',
    'What lies in the folder of a recording is not what was signed for: shorter, longer, or another. It was left as it is; entered once for each such finding.',
    { recording: 'recording', signedSize: 'count', signedRoot: 'sha256', foundSize: 'count', foundRoot: 'sha256' },
  ),
  row(
    'play',
    'A recording was opened for reading.',
    { recording: 'recording', key: ['owner', 'audit'], 'raw?': 'boolean' },
    { person: 'optional', outcome: 'required' },
  ),
  row(
    'export',
    'A recording was exported; sha256 is the digest of the bundle’s SHA256SUMS.',
    { recording: 'recording', 'sha256?': 'sha256', 'records?': 'count', 'code?': 'code' },
    { person: 'optional', outcome: 'required' },
  ),
  row(
    'verify',
    'A bundle, a recording or the ledger was verified.',
    { target: ['bundle', 'recording', 'ledger'], 'recording?': 'recording', code: 'code' },
    { person: 'optional', outcome: 'required' },
  ),
  row('passkey.enrolled', 'A passkey became a key slot of a person.', { slot: 'slot' }, { person: 'required' }),
  row(
    'person.keys',
    'A person’s keys, record and slots, at enrolment and whenever slots change; a record in people/ that differs is refused. by: who certified it; where it is missing, the installation.',
    { encryptionKey: 'kid', signingKey: 'kid', record: 'sha256', slots: 'sha256', 'by?': 'person' },
    { person: 'required' },
  ),
  row(
    'person.refused',
    'The record of a person in people/ is not the one that the ledger knows, so it was not used.',
    { reason: ['unknown', 'keys', 'record', 'slots', 'missing', 'damaged'] },
    { person: 'required' },
  ),
  row('unlock.attempt', 'An unlock is about to be tried. It counts as a failure until a success follows.', { method: methods }, { person: 'optional' }),
  row(
    'backoff.tampered',
    'The file that says when somebody last failed to unlock was removed, changed, or set back to an older one. How often, the ledger knows; the delay begins again.',
    { how: ['missing', 'damaged', 'set-back'] },
    { person: 'optional' },
  ),
  row(
    'view.refused',
    'The process that holds the shells did not show them to a page: that the owner’s identity is open was not proven to it, or too late.',
    { reason: ['wrong-proof', 'no-challenge', 'no-answer'] },
    { person: 'optional' },
  ),
  row('pty-host.exit', 'The process that holds the shells ended unasked.', { 'code?': 'integer', 'signal?': 'integer' }),
  row('vault-host.exit', 'The process that holds an open identity ended unasked.', { 'code?': 'integer', 'signal?': 'integer' }),
  row('renderer.exit', 'A page ended unasked.', { surface: surfaces, 'reason?': ['crashed', 'killed', 'oom', 'unresponsive', 'closed', 'other'] }),
  row('bridge.refused', 'A message from a page or a process was refused and changed nothing.', {
    'surface?': surfaces,
    'peer?': ['page', 'pty-host', 'vault-host', 'socket'],
    code: [
      'bad-json',
      'unknown-request',
      'bad-input',
      'wrong-surface',
      'locked',
      'bad-frame',
      'bad-message',
      'too-large',
      'too-many',
      'wrong-peer',
      'moved',
      'failed',
    ],
    'request?': 'request',
  }),
  row(
    'ledger.unvouched',
    'What stood in a file of this ledger beyond what its key had vouched for was moved aside into a file of its own: an interrupted write, or bytes of somebody else.',
    { file: ['events', 'checkpoints', 'head'], lines: 'count', bytes: 'count' },
  ),
  row('anchor.sent', 'An anchor outside took a head of this ledger: the first one, the first after a failure, or the first in a day.', {
    anchor: 'anchor',
    kind: anchorKinds,
    size: 'count',
    root: 'sha256',
  }),
  row('anchor.failed', 'An anchor outside has not taken a head in several attempts; they go on.', {
    anchor: 'anchor',
    kind: anchorKinds,
    code: 'code',
    attempts: 'count',
  }),
  row('anchor.diverged', 'A head that was signed for and kept outside is not one of this ledger: it was cut, set back or rewritten.', {
    anchor: 'anchor',
    kind: anchorKinds,
    size: 'count',
    root: 'sha256',
  }),
  row(
    'policy.change',
    'A policy came into force: at the first run, and when somebody who may has accepted a changed file. auditKeys: who can open recordings that begin under it.',
    { sha256: 'sha256', 'previousSha256?': 'sha256', auditKeys: 'kids' },
    { person: 'optional' },
  ),
  row(
    'policy.refused',
    'policy.json is not the policy in force: it was changed and not accepted, is malformed, or is missing. The policy in force stays the one before. sha256: of the file.',
    { reason: ['changed', 'malformed', 'missing'], 'sha256?': 'sha256' },
    {},
  ),
  row('host.refused', 'The window’s host refused what a page tried, and nothing came of it. No page of ours tries such a thing.', {
    surface: surfaces,
    what: [...hostRefusals, 'too-many'],
  }),
];

export const eventTable: readonly EventRow[] = rows;

type Options = Partial<Pick<EventRow, 'person' | 'outcome'>>;
interface Row<A extends string, F extends EventRow['fields'], O extends Options> extends EventRow {
  readonly action: A;
  readonly fields: F;
  /** For the types below: what the row was given. */
  readonly options?: O;
}

function row<const A extends string, const F extends EventRow['fields'], const O extends Options = object>(
  action: A,
  help: string,
  fields: F,
  options?: O,
): Row<A, F, O> {
  return { action, help, fields, person: options?.person ?? 'none', outcome: options?.outcome ?? 'none' };
}

type Value<T> = T extends readonly string[]
  ? T[number]
  : T extends 'kids'
    ? readonly string[]
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
export type AuditEntry = EntryOf<(typeof rows)[number]>;

/** Why an unlock can fail, as the ledger keeps it. */
export type UnlockReason = NonNullable<Extract<AuditEntry, { readonly action: 'unlock' }>['detail']['reason']>;

const byAction = new Map(eventTable.map((entry) => [entry.action, entry]));

const patterns = {
  /** A name in the policy: src/policy/anchors.ts. */
  anchor: /^[a-z][a-z0-9-]{0,31}$/,
  recording: /^\d{8}-\d{6}-[0-9a-f]{8}$/,
  person: /^p-[0-9a-f]{12}$/,
  /** RFC 7638 thumbprint, base64url of 32 bytes. */
  kid: /^[A-Za-z0-9_-]{43}$/,
  sha256: /^[0-9a-f]{64}$/,
  version: /^\d{1,4}\.\d{1,4}\.\d{1,4}(-[a-z0-9.]{1,16})?$/,
  slot: /^[A-Za-z0-9_-]{1,64}$/,
  /** A failure code of ours, as the tables of this project list them. */
  code: /^[a-z]{1,16}(-[a-z]{1,16}){0,4}$/,
  installation: /^w-[0-9a-f]{12}$/,
  'break-glass': BREAK_GLASS,
} as const;

export const installationPattern = patterns.installation;
export const recordingPattern = patterns.recording;

/** The row of an action. @throws LedgerError 'refused-event' for an action that the table does not know. */
export function eventRow(action: string): EventRow {
  const found = byAction.get(action);
  if (!found)
    throw new LedgerError(
      'refused-event',
      `The ledger has no event named ${JSON.stringify(String(action).slice(0, 40))}; see src/ledger/events.ts for the list.`,
    );
  return found;
}

/** @throws LedgerError 'refused-event' when the entry has an unknown action, a missing field, or a field that its row does not allow. */
export function checkEntry(entry: LedgerEntry): EventRow {
  const found = eventRow(entry.action);
  const refuse = (why: string): never => {
    throw new LedgerError('refused-event', `The ledger refused an event ${found.action}: ${why}.`);
  };
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
    case 'request':
      return typeof value === 'string' && Object.hasOwn(requests, value);
    default:
      return typeof value === 'string' && patterns[type].test(value);
  }
}

/** The line of an event, without its end of line: these bytes are the leaf. The order of the fields is fixed. */
export function encodeEvent(event: LedgerEvent): Buffer {
  const { seq, time, entered, installation, action, person, outcome, detail } = event;
  return Buffer.from(JSON.stringify({ seq, time, entered, installation, action, person, outcome, detail }), 'utf8');
}

// One for all: making a decoder costs more than decoding a line.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/**
 * Reads a line back. Only the outer shape is checked: a ledger outlives its writer, so a reader accepts actions and
 * fields of another version, and their meaning is for the one who asks.
 * @returns undefined when the line is not an event.
 */
export function decodeEvent(line: Uint8Array): LedgerEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(line));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const event = value as Record<string, unknown>;
  if (!Number.isSafeInteger(event['seq']) || typeof event['action'] !== 'string') return undefined;
  if (typeof event['time'] !== 'string' || !timePattern.test(event['time'])) return undefined;
  if (event['entered'] !== undefined && (typeof event['entered'] !== 'string' || !timePattern.test(event['entered']))) return undefined;
  if (typeof event['installation'] !== 'string' || !patterns.installation.test(event['installation'])) return undefined;
  if (event['detail'] !== undefined && (typeof event['detail'] !== 'object' || event['detail'] === null || Array.isArray(event['detail']))) return undefined;
  if (event['person'] !== undefined && typeof event['person'] !== 'string') return undefined;
  return value as LedgerEvent;
}
