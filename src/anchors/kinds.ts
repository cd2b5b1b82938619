/** The table of kinds, made from all.ts, and what is derived of it. */
import { z } from 'zod';
import * as all from './all.ts';
import type { AnchorKind } from './kind.ts';

type Kinds = (typeof all)[keyof typeof all];
/** A row of `anchors` in policy.json. */
export type AnchorRow = z.infer<Kinds['row']>;
/** What an anchor gave for a head. Each kind has its own. */
export type AnchorProof = z.infer<Kinds['proof']>;

/** Every kind, in the order of the help. A row, or a proof, is only ever given to the kind that it names. */
export const kinds = Object.values(all) as unknown as readonly AnchorKind<AnchorRow, AnchorProof>[];

export const kindOf = ({ kind }: { readonly kind: string }): AnchorKind<AnchorRow, AnchorProof> => kinds.find((each) => each.kind === kind)!;

/** One of several schemas, by `kind`. */
const oneOf = <T>(schemas: readonly z.ZodType<T>[]): z.ZodType<T> => z.discriminatedUnion('kind', schemas as never) as unknown as z.ZodType<T>;
export const rowSchema: z.ZodType<AnchorRow> = oneOf(kinds.map(({ row }) => row));
export const proofSchema: z.ZodType<AnchorProof> = oneOf(kinds.map(({ proof }) => proof));

/** When a head was handed over: by the proof where that says it, or else by this workstation. */
export const keptAt = ({ at, proof }: { readonly at: string; readonly proof: AnchorProof }): string => kindOf(proof).provenAt?.(proof) ?? at;
