/** Alerts to a webhook, one JSON document a request, over HTTPS as events go (https.ts): name and certificate are looked at before a byte is written. */
import { z } from 'zod';
import { anchorError } from '../anchors/errors.ts';
import { serverFields, whereOf } from '../anchors/tls.ts';
import type { SinkDocument } from './document.ts';
import { sinkName, token, withServer } from './fields.ts';
import { hand, urlPath } from './https.ts';
import type { AlertKind, SinkContext, Taken } from './kind.ts';
import { schemes, shapes } from './shapes.ts';
import { alertFields, LOOK, sentenceOfTold, type ToldAlert } from './told.ts';

const rowSchema = withServer(
  z.strictObject({
    name: sinkName,
    kind: z.literal('webhook').describe('Alerts, to a webhook over HTTPS.'),
    ...serverFields,
    path: urlPath.optional().describe('Where they go. Left out: the root.'),
    token,
    scheme: z.enum(schemes).optional().describe('How the token is shown. Left out: Bearer.'),
    ...alertFields,
  }),
);
type WebhookRow = z.infer<typeof rowSchema>;

/** `text` is what chat servers show (Mattermost, Rocket.Chat, Slack); the rest is for programs. */
const documentOf = (alert: ToldAlert): SinkDocument => ({
  id: alert.id,
  time: alert.raised,
  host: alert.host ?? '-',
  line: JSON.stringify({ text: `${sentenceOfTold(alert)} ${alert.help} ${LOOK}`, ...alert }),
});

/** The first of them that is not taken ends it: the queue goes on with that one. */
async function tell(row: WebhookRow, alerts: readonly ToldAlert[], context: SinkContext): Promise<Taken> {
  let last: Taken | undefined;
  for (const [n, alert] of alerts.entries()) {
    try {
      last = await hand(row, shapes.lines, [documentOf(alert)], context);
    } catch (error) {
      if (!last) throw error;
      return { ...last, events: n, refused: anchorError(error, `${whereOf(row)} did not take the alert`) };
    }
    if (last.refused) return { ...last, events: n };
  }
  return { ...last!, events: alerts.length };
}

export const webhookKind: AlertKind<WebhookRow> = {
  kind: 'webhook',
  row: rowSchema,
  sent: () => 'The server said 200 to 299 to the alert. One can be there twice after a connection that broke, with the same id.',
  tell,
  async test(row, { installation, time }, context) {
    const id = `${installation}/test-${time}`;
    const line = JSON.stringify({ text: `A test of Wardmux (${installation}): no alert.`, id, rule: 'test', installation });
    const { certificate, refused } = await hand(row, shapes.lines, [{ id, time, host: '-', line }], context);
    if (refused) throw refused;
    return certificate;
  },
};
