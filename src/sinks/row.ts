/** The rows `sinks` of policy.json: where events of the ledger go, as they are entered. They stand in the policy, certificates included, so that they are pinned with it. */
import { z } from 'zod';
import { anchorName } from '../anchors/fields.ts';
import { collectorFields, hasKeyToo, knowsServer } from '../anchors/syslog-tls.ts';

/** Each has every event: more than this is a mistake. */
const MAX_SINKS = 8;

const rowSchema = z
  .strictObject({
    name: anchorName.describe('What the sink is called here and in the ledger.'),
    kind: z.literal('syslog').describe('A syslog collector over TLS (RFC 5425).'),
    ...collectorFields,
  })
  .refine(knowsServer, { path: ['ca'], message: 'or fingerprint is needed to know the server' })
  .refine(hasKeyToo, { path: ['key'], message: 'and certificate go together' });
export type SinkRow = z.infer<typeof rowSchema>;

export const sinksSchema = z
  .array(rowSchema)
  .max(MAX_SINKS)
  .refine((rows) => new Set(rows.map((row) => row.name)).size === rows.length, 'has the same name twice');
