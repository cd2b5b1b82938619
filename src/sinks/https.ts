/**
 * Events to a collector that takes JSON over HTTPS, a connection and a request a batch: what it is given and what its answer means stands in shapes.ts. Name and certificate
 * are looked at before the request, and its token, are written. No redirect is followed.
 */
import { z } from 'zod';
import { AnchorError } from '../anchors/errors.ts';
import { closedEarly, openTls, serverFields, whereOf, type ServerCertificate, type ServerRow } from '../anchors/tls.ts';
import type { SinkDocument } from './document.ts';
import { sinkName, token, withServer } from './fields.ts';
import type { SinkContext, SinkKind, Taken } from './kind.ts';
import { answered, schemes, shapeNames, shapes, type Scheme, type Shape } from './shapes.ts';

/** An answer that names each event of a batch has about 100 bytes for each, and an error a page. */
const MOST_ANSWER = 1024 * 1024;
/** Half a megabyte: collectors are set up to take one at least. */
const BATCH = 500;

export const urlPath = z
  .string()
  .max(256)
  .regex(/^(\/[\w.~-]+)+$/, 'is not a path that begins with a slash and does not end with one');

const rowSchema = withServer(
  z.strictObject({
    name: sinkName,
    kind: z.literal('https').describe('A collector that takes JSON over HTTPS.'),
    shape: z.enum(shapeNames).describe(shapeNames.map((name) => `${name}: ${shapes[name].help}`).join(' ')),
    ...serverFields,
    path: urlPath.optional().describe('Where its API begins, where that is not the root; of lines and cef, where they go.'),
    index: z
      .string()
      .max(100)
      .regex(/^[a-z][a-z0-9._-]*$/, 'is not the name of an index')
      .optional()
      .describe('elastic, opensearch: the index. Left out: wardmux.'),
    token,
    scheme: z
      .enum(schemes)
      .optional()
      .describe('How the token is shown. Left out: ApiKey for elastic, Basic for opensearch, Splunk for splunk, Bearer for lines and cef.'),
  }),
);
type HttpsRow = z.infer<typeof rowSchema>;

/** An index and no data stream: that knows an id only since it was rolled over last, and what comes twice would be there twice. */
const DEFAULT_INDEX = 'wardmux';

/** Of Basic the token is `user:password`. */
const authorization = (scheme: Scheme, words: string): string => `${scheme} ${scheme === 'Basic' ? Buffer.from(words, 'utf8').toString('base64') : words}`;

/** Where a request goes. */
interface PostRow extends ServerRow {
  readonly path?: string | undefined;
  readonly index?: string | undefined;
  readonly scheme?: Scheme | undefined;
}

interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  readonly certificate: ServerCertificate;
}

/** One request over a connection of its own. @throws AnchorError, or what the system says */
async function post(row: PostRow, shape: Shape, body: string, { network, signal, token: words }: SinkContext): Promise<HttpAnswer> {
  const where = whereOf(row);
  const { request: open } = await import('node:http');
  const { socket, certificate } = await openTls(row, { network, signal });
  const bytes = Buffer.from(body, 'utf8');
  const headers = {
    host: where,
    'content-type': shape.type,
    'content-length': bytes.length,
    accept: 'application/json',
    ...(words === undefined ? {} : { authorization: authorization(row.scheme ?? shape.scheme, words) }),
  };
  const path = shape.target({ path: row.path ?? '', index: row.index ?? DEFAULT_INDEX });
  try {
    return await new Promise<HttpAnswer>((resolve, reject) => {
      const request = open({ method: 'POST', path, headers, createConnection: () => socket });
      // The socket says why it ended before the request says that it did.
      socket.on('error', reject);
      request.on('error', reject);
      // Whatever ends without a word of an error: nothing may go on waiting for it.
      const early = (): void => reject(closedEarly(where));
      request.on('close', early);
      // With nobody who takes an upgrade the connection ends, and no error says so.
      request.on('upgrade', () => reject(new AnchorError('bad-answer', `${where} wants to speak another protocol (HTTP status 101).`)));
      request.on('response', (response) => {
        // Of an answer that ends with its connection the request is over before all of it was read.
        request.off('close', early);
        response.on('close', early);
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MOST_ANSWER) request.destroy(new AnchorError('bad-answer', `${where} gives an answer that is too long.`));
          else chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode!, text: Buffer.concat(chunks).toString('utf8'), certificate }));
      });
      request.end(bytes);
    });
  } finally {
    socket.destroy();
  }
}

/** Hands documents over in one request. @throws AnchorError, or what the system says */
export async function hand(row: PostRow, shape: Shape, documents: readonly SinkDocument[], context: SinkContext): Promise<Taken> {
  const { status, text, certificate } = await post(row, shape, shape.body(documents), context);
  const ids = documents.map(({ id }) => id);
  const { taken, why } = answered(shape, status, text, ids, context.token);
  return { events: taken, certificate, ...(why && { refused: new AnchorError(why.code, `${whereOf(row)} ${why.is}.`) }) };
}

export const httpsKind: SinkKind<HttpsRow> = {
  kind: 'https',
  row: rowSchema,
  sent: ({ shape }) => shapes[shape].sent,
  batch: BATCH,
  send: (row, events, context) =>
    hand(
      row,
      shapes[row.shape],
      events.map(({ event, leaf }) => shapes[row.shape].documents.event(event, leaf, context.host)),
      context,
    ),
  async test(row, { installation, time }, context) {
    const { certificate, refused } = await hand(row, shapes[row.shape], [shapes[row.shape].documents.test(installation, time, context.host)], context);
    if (refused) throw refused;
    return certificate;
  },
};
