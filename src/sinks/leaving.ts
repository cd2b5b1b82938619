/**
 * What of an event leaves for a collector, in whichever form: what the table of events allows and no more. A field that the table does not have, or a value that its
 * type does not allow, stays here, and so do signatures and what opens heads. No name of anybody is ever in it: people are their ids. Pure.
 */
import { codes, type CatalogueCodes } from '../catalogue/codes.ts';
import { eventTable, isAllowedValue } from '../ledger/events.ts';
import type { FieldType } from '../ledger/table/row.ts';
import type { LedgerEvent } from '../ledger/types.ts';

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
  'path',
]);

const rows = new Map(
  eventTable.map(({ action, fields }) => [action, new Map(Object.entries(fields).map(([name, type]) => [name.replace(/\?$/, ''), type] as const))] as const),
);

type DetailValue = NonNullable<LedgerEvent['detail']>[string];

export interface Leaving {
  /** The action; `unknown` of a version that knows more events than this one: that there was one, and nothing of it. */
  readonly name: string;
  readonly person: string | undefined;
  readonly outcome: 'success' | 'failure' | 'unknown';
  readonly codes: CatalogueCodes | undefined;
  readonly detail: readonly (readonly [name: string, value: DetailValue])[];
}

export function leavingOf({ action, person, outcome, detail = {} }: LedgerEvent): Leaving {
  const row = codes.get(action);
  if (!row) return { name: 'unknown', person: undefined, outcome: outcome ?? 'unknown', codes: undefined, detail: [] };
  const fields = rows.get(action);
  return {
    name: action,
    person,
    outcome: outcome ?? row.outcome ?? 'success',
    codes: row,
    detail: Object.entries(detail).filter(([name, value]) => {
      const type = fields?.get(name);
      return type !== undefined && (Array.isArray(type) || sent.has(type)) && isAllowedValue(type, value);
    }),
  };
}

/** What an event is called for ever: what comes twice has the same one. */
export const eventId = ({ installation, seq }: Pick<LedgerEvent, 'installation' | 'seq'>): string => `${installation}/${seq}`;
