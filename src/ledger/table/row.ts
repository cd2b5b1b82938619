/** What a row of the table of events is. */
import type { Safeguard } from '../../types/safeguards.ts';

/** A field's type. A list of strings is a closed list of words. */
export type FieldType =
  | 'action'
  | 'anchor'
  | 'recording'
  | 'person'
  | 'people'
  | 'slots'
  | 'kid'
  | 'kids'
  | 'digests'
  | 'policy-changes'
  | 'roles'
  | 'sha256'
  | 'version'
  | 'count'
  | 'integer'
  | 'boolean'
  | 'slot'
  | 'aaguid'
  | 'permission'
  | 'code'
  | 'break-glass'
  | 'hold'
  | 'backup'
  | 'session-class'
  | 'host'
  | 'hosts'
  | 'address'
  | 'account'
  | 'algorithm'
  | 'installation'
  | 'bytes64'
  | 'moment'
  | 'path'
  | readonly string[];

/**
 * What an event is called elsewhere: in ECS (Elastic Common Schema), in OCSF, in DICOM audit messages (PS3.15 A.5) and in FHIR R4 AuditEvents; and which
 * safeguard it supports. Words and numbers are those of the published value sets, to which a test holds them (src/catalogue/codes.test.ts).
 */
export interface Codes {
  /** event.category: event.type, a comma between several. */
  readonly ecs: `${string}:${string}`;
  /** class_uid:activity_id. */
  readonly ocsf: `${number}:${number}`;
  /** EventID/EventTypeCode, a tilde before one that is only the nearest: the value set has none for what happened. They are FHIR’s type and subtype too. */
  readonly dicom: `${number}/${'~' | ''}${number}`;
  /** EventActionCode, and FHIR’s action: create, read, update, delete, execute. */
  readonly act: 'C' | 'R' | 'U' | 'D' | 'E';
  /** What became of it, where the event itself has no outcome. A refusal is a failure of whoever tried. */
  readonly outcome?: 'failure';
  readonly safeguard: Safeguard;
}

export interface EventRow {
  readonly action: string;
  /** What the event says, in one sentence: shown by `wardmux ledger show` and in the documentation. */
  readonly help: string;
  readonly codes: Codes;
  /** A name that ends in `?` may be left out. */
  readonly fields: Readonly<Record<string, FieldType>>;
  readonly person: 'required' | 'optional' | 'none';
  readonly outcome: 'required' | 'none';
}

type Options = Partial<Pick<EventRow, 'person' | 'outcome'>>;
export interface Row<A extends string, F extends EventRow['fields'], O extends Options> extends EventRow {
  readonly action: A;
  readonly fields: F;
  /** For the types below: what the row was given. */
  readonly options?: O;
}

export function row<const A extends string, const F extends EventRow['fields'], const O extends Options = object>(
  action: A,
  help: string,
  codes: Codes,
  fields: F,
  options?: O,
): Row<A, F, O> {
  return { action, help, codes, fields, person: options?.person ?? 'none', outcome: options?.outcome ?? 'none' };
}
