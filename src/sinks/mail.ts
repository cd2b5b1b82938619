/** Alerts by e-mail, through the relay of the site: one mail an alert, over TLS and in no other way. */
import { z } from 'zod';
import { anchorError } from '../anchors/errors.ts';
import { serverFields, whereOf, type ServerCertificate } from '../anchors/tls.ts';
import { sinkName, token, withServer } from './fields.ts';
import type { AlertKind, SinkContext, Taken } from './kind.ts';
import { alertMail, testMail, type MailParts } from './mail-text.ts';
import { SmtpSession } from './smtp-session.ts';
import { alertFields, type ToldAlert } from './told.ts';

/** Printable, and nothing that could end a command or a header: RFC 5321's dot-string and a domain. */
const address = z
  .string()
  .max(254)
  .regex(
    /^[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
    'is not an e-mail address (domain in lower case)',
  );

const rowSchema = withServer(
  z.strictObject({
    name: sinkName,
    kind: z.literal('mail').describe('Alerts, by e-mail through the relay of the site.'),
    ...serverFields,
    tls: z.enum(['implicit', 'starttls']).describe('How TLS begins: implicit (as on port 465) or starttls (as on port 587), and nothing goes without it.'),
    from: address.describe('Who they are from.'),
    to: z
      .array(address)
      .min(1)
      .max(8)
      .describe('Who they are for. A mail goes to all of them or to none: who must not hold up another has a row of their own.'),
    user: z
      .string()
      .regex(/^[!-~]{1,100}$/, 'is not the name of a user')
      .optional()
      .describe('Whose password the token is, where the relay asks for one.'),
    token,
    ...alertFields,
  }),
).refine(({ user, token: secret }) => (user === undefined) === (secret === undefined), { path: ['user'], message: 'and token go together' });
type MailRow = z.infer<typeof rowSchema>;

const partsOf = ({ from, to }: MailRow): MailParts => ({ from, to, date: new Date() });

/** The first of them that is not taken ends it: the queue goes on with that one. */
async function tell(row: MailRow, alerts: readonly ToldAlert[], context: SinkContext): Promise<Taken> {
  const session = await SmtpSession.open(row, context);
  const { certificate } = session;
  let events = 0;
  try {
    for (; events < alerts.length; events++) await session.send({ from: row.from, to: row.to, text: alertMail(partsOf(row), alerts[events]!) });
    return { events, certificate };
  } catch (error) {
    return { events, certificate, refused: anchorError(error, `${whereOf(row)} did not take the mail`) };
  } finally {
    session.end();
  }
}

export const mailKind: AlertKind<MailRow> = {
  kind: 'mail',
  row: rowSchema,
  sent: () =>
    'The relay said 250 to the mail, for all that it is for: it has it in its queue, and whether it arrives only the relay can say. A mail can come twice after a connection that broke, with the same Message-ID.',
  tell,
  async test(row, test, context): Promise<ServerCertificate> {
    const session = await SmtpSession.open(row, context);
    try {
      await session.send({ from: row.from, to: row.to, text: testMail(partsOf(row), test) });
      return session.certificate;
    } finally {
      session.end();
    }
  },
};
