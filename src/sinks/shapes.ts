/**
 * What collectors that take JSON over HTTPS are given, and what their answers mean: one row each. An answer comes from somebody else, is short, and is believed of an event
 * only where it names that event, in its place. Pure.
 */
import { z } from 'zod';
import type { AnchorFailureCode } from '../anchors/errors.ts';
import { NOT_LET_IN, parsed, wordOf } from './answer.ts';
import { cefDocuments } from './cef.ts';
import { ecsDocuments, type DocumentForms, type SinkDocument } from './document.ts';

/** How a token stands in the header `authorization`. */
export const schemes = ['ApiKey', 'Basic', 'Bearer', 'Splunk'] as const;
export type Scheme = (typeof schemes)[number];

/** What of its row a shape needs. */
interface ShapePlace {
  /** Where its API begins; a collector behind a proxy may have a part in front. */
  readonly path: string;
  readonly index: string;
}

export interface Answered {
  /** So many of the first documents were taken. */
  readonly taken: number;
  /** Why the next was not, where not all were: a part of a sentence. */
  readonly why?: { readonly code: AnchorFailureCode; readonly is: string };
}

export interface Shape {
  /** For people: what the row is for. */
  readonly help: string;
  /** What it means that an event went, for people. */
  readonly sent: string;
  readonly scheme: Scheme;
  readonly type: string;
  readonly documents: DocumentForms;
  readonly target: (place: ShapePlace) => string;
  readonly body: (documents: readonly SinkDocument[]) => string;
  /** What is left of it where the server said 200 to 299. @param ids of what was sent, in order. @param token that no sentence repeats */
  readonly answer: (text: string, ids: readonly string[], token?: string) => Answered;
  /** What it says where it refuses all, in words of its own, where that says more than the status. */
  readonly refusal?: (text: string) => string | undefined;
}

const bad = (taken: number, is: string): Answered => ({ taken, why: { code: 'bad-answer', is } });

const bulkAnswer = z.object({
  items: z.array(z.object({ create: z.object({ _id: z.string(), status: z.int(), error: z.object({ type: z.string() }).optional() }) })),
});
const bulkError = z.object({ error: z.object({ type: z.string() }) });

/**
 * `create` takes a document only where there is none of that id: what comes twice is there once, a document that stands there is never written over, and the right to add
 * is enough. 409 says that it was there.
 */
const bulk: Pick<Shape, 'type' | 'documents' | 'target' | 'body' | 'answer' | 'refusal'> = {
  type: 'application/x-ndjson',
  documents: ecsDocuments,
  target: ({ path, index }) => `${path}/${index}/_bulk?filter_path=items.*._id,items.*.status,items.*.error.type`,
  body: (documents) => documents.map(({ id, line }) => `{"create":{"_id":${JSON.stringify(id)}}}\n${line}\n`).join(''),
  answer(text, ids, token) {
    const items = parsed(bulkAnswer, text)?.items;
    if (!items) return bad(0, 'gives no answer of a bulk request');
    for (const [n, id] of ids.entries()) {
      const item = items[n]?.create;
      if (item?._id !== id) return bad(n, `says nothing of ${id}`);
      if (item.status !== 201 && item.status !== 409)
        return {
          taken: n,
          why: { code: 'refused', is: `does not take ${id}: status ${item.status}${item.error ? `, ${wordOf(item.error.type, token)}` : ''}` },
        };
    }
    return { taken: ids.length };
  },
  refusal: (text) => parsed(bulkError, text)?.error.type,
};

const splunkAnswer = z.object({ code: z.int(), text: z.string().optional(), 'invalid-event-number': z.int().optional() });

const lines: Pick<Shape, 'sent' | 'scheme' | 'target' | 'body' | 'answer'> = {
  sent: 'The server said 200 to 299 to the batch. An event can be there twice after a connection that broke, with the same id (event.id; in CEF externalId).',
  scheme: 'Bearer',
  target: ({ path }) => path || '/',
  body: (documents) => documents.map(({ line }) => `${line}\n`).join(''),
  answer: (_, ids) => ({ taken: ids.length }),
};

export const shapes = {
  elastic: {
    help: 'Elasticsearch (_bulk).',
    sent: 'Elasticsearch said of each event, by its id, that it has it: 201, or 409 where it had it already.',
    scheme: 'ApiKey',
    ...bulk,
  },
  opensearch: {
    help: 'OpenSearch (_bulk).',
    sent: 'OpenSearch said of each event, by its id, that it has it: 201, or 409 where it had it already.',
    scheme: 'Basic',
    ...bulk,
  },
  splunk: {
    help: 'Splunk HTTP Event Collector.',
    sent: 'The collector said “Success” (code 0) to the batch: its queue has it, and whether an indexer has it only a search can say. An event can be there twice after a connection that broke: | dedup event.id',
    scheme: 'Splunk',
    type: 'application/json',
    documents: ecsDocuments,
    target: ({ path }) => `${path}/services/collector/event`,
    body: (documents) =>
      documents
        .map(({ time, host, line }) => {
          const at = (Date.parse(time) / 1000).toFixed(3);
          return `{"time":${at},"host":${JSON.stringify(host)},"source":"wardmux","sourcetype":"wardmux:ledger","event":${line}}\n`;
        })
        .join(''),
    answer(text, ids) {
      const answer = parsed(splunkAnswer, text);
      if (!answer) return bad(0, 'gives no answer of an event collector');
      return answer.code === 0 ? { taken: ids.length } : { taken: 0, why: { code: 'refused', is: `does not take the events: code ${answer.code}` } };
    },
    refusal(text) {
      const answer = parsed(splunkAnswer, text);
      const at = answer?.['invalid-event-number'];
      return answer && `code ${answer.code} ${answer.text ?? ''}${at === undefined ? '' : ` at event ${at} of the batch`}`;
    },
  },
  lines: {
    help: 'Anything that takes lines of JSON: an HTTP input of Vector, Fluent Bit or Logstash.',
    type: 'application/x-ndjson',
    documents: ecsDocuments,
    ...lines,
  },
  cef: { help: 'Anything that takes lines of CEF.', type: 'text/plain; charset=us-ascii', documents: cefDocuments, ...lines },
} as const satisfies Readonly<Record<string, Shape>>;

export type ShapeName = keyof typeof shapes;
export const shapeNames = Object.keys(shapes) as [ShapeName, ...ShapeName[]];

/** What a server's answer means for the documents that it was given. @param token that it was given with them: no sentence repeats it */
export function answered(shape: Shape, status: number, text: string, ids: readonly string[], token?: string): Answered {
  if (status >= 200 && status < 300) return shape.answer(text, ids, token);
  const said = shape.refusal?.(text);
  const is = status === 401 || status === 403 ? NOT_LET_IN : 'does not take the events';
  return { taken: 0, why: { code: 'refused', is: `${is} (HTTP status ${status}${said === undefined ? '' : `, ${wordOf(said, token)}`})` } };
}
