/**
 * Events to a stream of NATS JetStream. One at a time, each with the number of the last message of its subject: so the stream has them in order, and a second sender
 * cannot come between. What it has already is not sent again, however long ago that was and wherever our own place in the queue is: the subject's last message says
 * which event it is. (The window in which JetStream knows a `Nats-Msg-Id` is two minutes where nobody says otherwise.)
 */
import { z } from 'zod';
import { AnchorError, anchorError } from '../anchors/errors.ts';
import { serverFields, whereOf } from '../anchors/tls.ts';
import { parsed } from './answer.ts';
import { collectedOf } from './collected.ts';
import { eventDocument, testDocument, type SinkDocument } from './document.ts';
import { sinkName, token, withServer } from './fields.ts';
import type { SendContext, SinkEvent, SinkKind, Taken } from './kind.ts';
import { eventId } from './leaving.ts';
import { fieldOf, headerText } from './nats-protocol.ts';
import { NatsSession } from './nats-session.ts';

/** Each waits for its answer: with a server that is 50 ms away this is half an attempt. */
const BATCH = 500;
const DEFAULT_SUBJECT = 'wardmux';

const rowSchema = withServer(
  z.strictObject({
    name: sinkName,
    kind: z.literal('nats').describe('A stream of NATS JetStream.'),
    ...serverFields,
    stream: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, 'is not the name of a stream')
      .describe('The stream that has to take them; it is made by whoever runs the server, with SUBJECT.> as its subjects.'),
    subject: z
      .string()
      .max(100)
      .regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, 'is not a subject without wildcards')
      .optional()
      .describe('Events go to SUBJECT.INSTALLATION. Left out: wardmux.'),
    user: z
      .string()
      .regex(/^[!-~]{1,100}$/, 'is not the name of a user')
      .optional()
      .describe('Whose password the token is. Left out: the token stands for itself.'),
    token,
  }),
);
type NatsRow = z.infer<typeof rowSchema>;

const apiError = z.object({ code: z.int(), err_code: z.int().optional(), description: z.string().optional() });
const publishAnswer = z.object({ stream: z.string().optional(), seq: z.int().nonnegative().optional(), error: apiError.optional() });
const messageAnswer = z.object({
  message: z.object({ seq: z.int().positive(), hdrs: z.base64().optional(), data: z.base64().optional() }).optional(),
  error: apiError.optional(),
});

/** What a subject of the stream ends with. */
interface Last {
  /** Its number in the stream; 0 where there is none. */
  readonly seq: number;
  readonly id?: string | undefined;
  readonly text?: string;
}

const described = (session: NatsSession, { code, err_code, description }: z.infer<typeof apiError>): string =>
  `${err_code ?? code} ${session.wordOf(description ?? '')}`.trim();

/** Of a stream that has none under this subject. */
const NO_MESSAGE = 404;

/** A message of the stream; undefined where there is none such. @throws AnchorError */
async function messageOf(session: NatsSession, row: NatsRow, which: object): Promise<z.infer<typeof messageAnswer>['message']> {
  const { status, text } = await session.ask(`$JS.API.STREAM.MSG.GET.${row.stream}`, '', JSON.stringify(which));
  const where = whereOf(row);
  if (status !== undefined) throw new AnchorError('refused', `${where} has no JetStream for this account (${status}).`);
  const answer = parsed(messageAnswer, text);
  // A stream that is not there has this code too, and another number of its own.
  if (answer?.error?.code === NO_MESSAGE && answer.error.err_code === 10_037) return undefined;
  if (answer?.error) throw new AnchorError('refused', `${where} does not say what the stream ${row.stream} has (${described(session, answer.error)}).`);
  if (!answer?.message) throw new AnchorError('bad-answer', `${where} does not say what the stream ${row.stream} has.`);
  return answer.message;
}

/** @param first whether everything goes where there is none. @throws AnchorError, also where the stream has messages under the subject and does not say which is the last one */
async function lastOf(session: NatsSession, row: NatsRow, subject: string, first: boolean): Promise<Last> {
  const ask = (): ReturnType<typeof messageOf> => messageOf(session, row, { last_by_subj: subject });
  let message = await ask();
  // nats-server before 2.10 knows no last message of a subject, until it is started anew, when the last one was taken out: everything would go again.
  if (!message && first && (await messageOf(session, row, { seq: 1, next_by_subj: subject }))) {
    // Unless somebody has just sent the first ones.
    message = await ask();
    if (!message)
      throw new AnchorError(
        'bad-answer',
        `${whereOf(row)}: the stream ${row.stream} has messages under ${subject} and does not say which is the last one, so nothing is sent behind it. Start that server anew, or give the row another subject.`,
      );
  }
  if (!message) return { seq: 0 };
  const { seq, hdrs = '', data = '' } = message;
  const header = Buffer.from(hdrs, 'base64').toString('latin1');
  return { seq, id: fieldOf(header, 'Nats-Msg-Id'), text: Buffer.from(data, 'base64').toString('utf8') };
}

/**
 * How many of these events the stream has, by the event that its subject ends with: the server's word, as far as number and leaf are those of an event of this ledger. The
 * rest of the document may be another one's: of a host that was called otherwise, or of another version.
 * @throws AnchorError 'diverged' where it ends with anything else: whatever is sent behind that may be there already
 */
async function thereOf(row: NatsRow, subject: string, events: readonly SinkEvent[], last: Last, leafOf: SendContext['leafOf']): Promise<number> {
  if (last.seq === 0) return 0;
  const { installation, seq: first } = events[0]!.event;
  const there = collectedOf(last.text ?? '');
  if (there?.installation === installation && last.id === eventId(there) && (await leafOf(there.seq)) === there.leaf)
    return Math.min(Math.max(there.seq + 1 - first, 0), events.length);
  throw new AnchorError(
    'diverged',
    `${whereOf(row)}: under ${subject} the stream ${row.stream} ends with message ${last.seq}, which is no event of this ledger, so nothing is sent behind it. Find out who wrote it, compare what is there (wardmux ledger verify --against), and have it taken out of the stream, or give the row another subject.`,
  );
}

/** @returns the number of the message. @throws AnchorError where the stream did not take it */
async function publish(session: NatsSession, row: NatsRow, subject: string, { id, line }: SinkDocument, last: number | undefined): Promise<number> {
  const header = headerText({
    'Nats-Msg-Id': id,
    'Nats-Expected-Stream': row.stream,
    ...(last === undefined ? {} : { 'Nats-Expected-Last-Subject-Sequence': last }),
  });
  const { status, text } = await session.ask(subject, header, line);
  const where = whereOf(row);
  if (status !== undefined) throw new AnchorError('refused', `${where} has no stream that takes ${subject} (${status}).`);
  const answer = parsed(publishAnswer, text);
  if (answer?.error) throw new AnchorError('refused', `${where} does not take ${id}: ${described(session, answer.error)}.`);
  if (answer?.stream !== row.stream || !answer.seq) throw new AnchorError('bad-answer', `${where} does not say that the stream ${row.stream} has ${id}.`);
  return answer.seq;
}

const subjectOf = ({ subject = DEFAULT_SUBJECT }: NatsRow, rest: string): string => `${subject}.${rest}`;

async function sendAll(session: NatsSession, row: NatsRow, events: readonly SinkEvent[], { host, leafOf }: SendContext): Promise<Taken> {
  const { certificate } = session;
  const documents = events.map(({ event, leaf }) => eventDocument(event, leaf, host));
  const subject = subjectOf(row, events[0]!.event.installation);
  const last = await lastOf(session, row, subject, events[0]!.event.seq === 0);
  let taken = await thereOf(row, subject, events, last, leafOf);
  let { seq } = last;
  try {
    for (; taken < documents.length; taken++) seq = Math.max(seq, await publish(session, row, subject, documents[taken]!, seq));
    return { events: taken, certificate };
  } catch (error) {
    return { events: taken, certificate, refused: anchorError(error, `${whereOf(row)} did not take the events`) };
  }
}

export const natsKind: SinkKind<NatsRow> = {
  kind: 'nats',
  row: rowSchema,
  sent: ({ stream }) =>
    `The stream ${stream} acknowledged each event with its number there, or ends with it or a later one, by the server’s word: it is stored as the stream is set up (replicas, disk).`,
  batch: BATCH,
  async send(row, events, context) {
    const session = await NatsSession.open(row, context);
    try {
      return await sendAll(session, row, events, context);
    } finally {
      session.end();
    }
  },
  async test(row, { installation, time }, context) {
    const session = await NatsSession.open(row, context);
    try {
      await publish(session, row, subjectOf(row, `test.${installation}`), testDocument(installation, time, context.host), undefined);
      return session.certificate;
    } finally {
      session.end();
    }
  },
};
