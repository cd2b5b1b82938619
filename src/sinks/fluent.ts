/** Events to a Fluent receiver (Fluentd, Fluent Bit) in its forward protocol over TLS: a chunk a batch, which the receiver acknowledges. */
import { z } from 'zod';
import { serverFields } from '../anchors/tls.ts';
import { eventDocument, testDocument } from './document.ts';
import { sinkName, token, withServer } from './fields.ts';
import { FluentSession } from './fluent-session.ts';
import type { SinkKind } from './kind.ts';

const DEFAULT_TAG = 'wardmux.ledger';

const rowSchema = withServer(
  z.strictObject({
    name: sinkName,
    kind: z.literal('fluent').describe('A Fluent receiver (Fluentd, Fluent Bit), by its forward protocol over TLS.'),
    ...serverFields,
    tag: z
      .string()
      .max(100)
      .regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, 'is not a tag')
      .optional()
      .describe('By which the receiver routes them. Left out: wardmux.ledger.'),
    token: token.describe('Where the shared key of the receiver is, as with the token of other kinds. Left out: the receiver asks for none.'),
  }),
);
type FluentRow = z.infer<typeof rowSchema>;

export const fluentKind: SinkKind<FluentRow> = {
  kind: 'fluent',
  row: rowSchema,
  sent: () =>
    'The receiver acknowledged the chunk with the event: it is in its buffer, and what becomes of it there the receiver says. An event can be there twice after a connection that broke, with the same event.id.',
  // About a megabyte.
  batch: 1000,
  async send(row, events, context) {
    const session = await FluentSession.open(row, context);
    try {
      await session.send(
        row.tag ?? DEFAULT_TAG,
        events.map(({ event, leaf }) => eventDocument(event, leaf, context.host)),
      );
      return { events: events.length, certificate: session.certificate };
    } finally {
      session.end();
    }
  },
  async test(row, { installation, time }, context) {
    const session = await FluentSession.open(row, context);
    try {
      await session.send(row.tag ?? DEFAULT_TAG, [testDocument(installation, time, context.host)]);
      return session.certificate;
    } finally {
      session.end();
    }
  },
};
