/** The table of kinds, made from all.ts, and what is derived of it. */
import { z } from 'zod';
import * as all from './all.ts';
import type { AlertKind, SinkKind } from './kind.ts';

type Kinds = (typeof all)[keyof typeof all];
/** A row of `sinks` in policy.json. */
export type SinkRow = z.infer<Kinds['row']>;

/** A row of a kind to which alerts go. */
export type AlertSinkRow = z.infer<Extract<Kinds, { readonly tell: unknown }>['row']>;
type AnyKind = SinkKind<SinkRow> | (Omit<SinkKind<SinkRow>, 'batch' | 'send'> & Pick<AlertKind<AlertSinkRow>, 'tell'>);

/** Every kind. A row is only ever given to the kind that it names. */
const kinds = Object.values(all) as unknown as readonly AnyKind[];

export const sinkKindNames = kinds.map(({ kind }) => kind) as [SinkRow['kind'], ...SinkRow['kind'][]];

export const kindOf = ({ kind }: { readonly kind: string }): AnyKind => kinds.find((each) => each.kind === kind)!;

/** Whether alerts go there, and no events. */
export const takesAlerts = (row: SinkRow): row is AlertSinkRow => 'tell' in kindOf(row);

/** Each has every event, or every alert: more than this is a mistake. */
const MAX_SINKS = 8;

const rowSchema = z.discriminatedUnion('kind', kinds.map(({ row }) => row) as never) as unknown as z.ZodType<SinkRow>;

/** The rows `sinks` of policy.json: where events of the ledger go, or its alerts, as they are entered. They stand in the policy, certificates included, so that they are pinned with it. */
export const sinksSchema = z
  .array(rowSchema)
  .max(MAX_SINKS)
  .refine((rows) => new Set(rows.map((row) => row.name)).size === rows.length, 'has the same name twice');
