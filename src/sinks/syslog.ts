/** Events to a syslog collector, a connection a batch: what "sent" means stands in src/anchors/syslog-tls.ts. */
import { z } from 'zod';
import { deliverTo, QUIET_MS, syslogFrame } from '../anchors/syslog-tls.ts';
import { serverFields } from '../anchors/tls.ts';
import { sinkName, withServer } from './fields.ts';
import type { SinkContext, SinkKind } from './kind.ts';
import { messageFormNames, messageForms } from './message.ts';

const rowSchema = withServer(
  z.strictObject({
    name: sinkName,
    kind: z.literal('syslog').describe('A syslog collector over TLS (RFC 5425).'),
    ...serverFields,
    format: z.enum(messageFormNames).optional().describe('rfc5424: structured data. cef: the Common Event Format. Left out: rfc5424.'),
  }),
);
type SyslogRow = z.infer<typeof rowSchema>;

const formOf = ({ format = 'rfc5424' }: SyslogRow) => messageForms[format];
const options = ({ network, signal, quietMs = QUIET_MS }: SinkContext) => ({ network, signal, quietMs });

export const syslogKind: SinkKind<SyslogRow> = {
  kind: 'syslog',
  row: rowSchema,
  sent: () =>
    'The collector showed its certificate, kept the connection for a second after it had the events, and ended it in order. RFC 5425 has no acknowledgement.',
  // Some megabytes, which a collector has before an attempt is over.
  batch: 5000,
  async send(row, events, context) {
    const frames = events.map(({ event, leaf }) => syslogFrame(formOf(row).event(event, leaf, context.host)));
    return { events: events.length, certificate: await deliverTo(row, Buffer.concat(frames), options(context)) };
  },
  test: (row, { installation, time }, context) => deliverTo(row, syslogFrame(formOf(row).test(installation, time, context.host)), options(context)),
};
