/** What a row of the table of events is. */

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
  | 'installation'
  | 'bytes64'
  | 'moment'
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
  fields: F,
  options?: O,
): Row<A, F, O> {
  return { action, help, fields, person: options?.person ?? 'none', outcome: options?.outcome ?? 'none' };
}
