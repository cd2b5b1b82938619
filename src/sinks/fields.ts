/** Fields that rows of several kinds of sink have in policy.json. */
import { z } from 'zod';
import { absolutePath, anchorName } from '../anchors/fields.ts';
import { hasKeyToo, knowsServer, type ServerRow } from '../anchors/tls.ts';

export const sinkName = anchorName.describe('What the sink is called here and in the ledger.');

/** The word of `token` for the secret store of the installation. */
export const IN_STORE = 'store';

export const token = z
  .union([z.literal(IN_STORE), absolutePath])
  .optional()
  .describe(
    'Where the token is that the server asks for: "store" for the secret store of this installation (wardmux sink token), or a file that this account alone can read.',
  );

/** That a row says which server it is, and has a key with its certificate. */
export const withServer = <S extends z.ZodType<ServerRow>>(schema: S): S =>
  schema
    .refine(knowsServer, { path: ['ca'], message: 'or fingerprint is needed to know the server' })
    .refine(hasKeyToo, { path: ['key'], message: 'and certificate go together' });
