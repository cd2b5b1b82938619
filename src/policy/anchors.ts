/**
 * The rows `anchors` of policy.json: where signed heads of the ledger are kept outside of this machine. They stand in the
 * policy, certificates included, so that they are pinned with it. What a row has, its kind says (src/anchors/all.ts).
 */
import { z } from 'zod';
import { kinds, rowSchema } from '../anchors/kinds.ts';

/** Each is asked at every head: more than this is a mistake. */
const MAX_ANCHORS = 8;

export const anchorsSchema = z
  .array(rowSchema)
  .max(MAX_ANCHORS)
  .refine((rows) => new Set(rows.map((row) => row.name)).size === rows.length, 'has the same name twice')
  .superRefine((rows, context) => {
    for (const { kind, most } of kinds)
      if (most && rows.filter((row) => row.kind === kind).length > most.rows) context.addIssue({ code: 'custom', message: most.sentence });
  });
