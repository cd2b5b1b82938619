/** A collector that takes JSON over HTTPS, as Elasticsearch, OpenSearch, Splunk and whatever takes lines answer, and as they fail. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { ShapeName } from '../../src/sinks/shapes.ts';
import type { Issued } from './certificates.ts';

export interface Stored {
  readonly id: string;
  readonly document: Readonly<Record<string, unknown>>;
}

/** What it answers in place of its own words; `silent`: nothing, and the connection stays; `cut`: it has taken all, and ends before it says so; `raw`: these bytes, and then
 * the connection stays or `ends`. */
export type Instead =
  | 'silent'
  | 'cut'
  | { readonly raw: string; readonly ends: boolean }
  | { readonly status: number; readonly text: string; readonly headers?: Readonly<Record<string, string>> };

export interface Request {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly events: number;
}

interface Options {
  readonly server: Issued;
  /** `hook`: an alert a request, and its id at the top. */
  readonly shape: ShapeName | 'hook';
  /** Who may have signed the certificates of senders, where it asks for one. */
  readonly ca?: string;
}

export class JsonCollector {
  readonly #options: Options;
  readonly #sockets = new Set<Socket>();
  /** Each document as it came, also one that came twice. */
  readonly came: Stored[] = [];
  readonly requests: Request[] = [];
  /** By id: what a store has that takes each id once. */
  readonly stored = new Map<string, Stored>();
  /** For the next requests, one each. */
  readonly instead: Instead[] = [];
  /** Status with which a document is refused now. */
  refuses: (id: string) => number | undefined = () => undefined;
  /** Called when a request is there whole, before anything is taken. */
  arrived: () => void | Promise<void> = () => {};
  port = 0;
  #server: Server | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Starts it, on the same port as before where there was one. */
  async start(): Promise<void> {
    const { server, ca } = this.#options;
    const listening = createServer(
      { cert: readFileSync(server.certificate), key: readFileSync(server.key), ...(ca ? { requestCert: true, ca: readFileSync(ca) } : {}) },
      (request, response) => {
        const chunks: Buffer[] = [];
        request.on('error', () => {});
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          void (async () => {
            const documents = this.#documents(Buffer.concat(chunks).toString('utf8'));
            this.requests.push({ path: request.url!, headers: request.headers, events: documents.length });
            await this.arrived();
            const instead = this.instead.shift();
            if (instead === 'silent') return;
            if (instead === 'cut') {
              this.#take(documents);
              request.socket.destroy();
              return;
            }
            if (instead && 'raw' in instead) {
              const { socket } = request;
              socket.write(instead.raw, () => instead.ends && socket.destroy());
              return;
            }
            const { status, text, headers = {} } = instead ?? { status: 200, text: this.#take(documents) };
            response.writeHead(status, { 'content-type': 'application/json', ...headers });
            response.end(text);
          })();
        });
      },
    );
    listening.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => listening.listen(this.port, '127.0.0.1', resolve));
    this.port = (listening.address() as AddressInfo).port;
    this.#server = listening;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  }

  /** Numbers of the events, in the order in which they came first. */
  seqs(): number[] {
    return [...this.stored.keys()].map((id) => Number(id.split('/')[1]));
  }

  /** What it stored, a line each, as a store gives it back. */
  lines(): string[] {
    const { shape } = this.#options;
    return [...this.stored.values()].map(({ document }) => (shape === 'cef' ? String(document['text']) : JSON.stringify(document)));
  }

  #documents(body: string): Stored[] {
    const { shape } = this.#options;
    const texts = body.split('\n').filter(Boolean);
    if (shape === 'cef') return texts.map((text) => ({ id: / externalId=(\S+) /.exec(`|${text}`.replaceAll('|', ' '))?.[1] ?? 'none', document: { text } }));
    const lines = texts.map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>);
    if (shape === 'hook') return lines.map((document) => ({ id: document['id'] as unknown as string, document }));
    if (shape === 'splunk') return lines.map((line) => stored(line['event']!));
    if (shape === 'lines') return lines.map(stored);
    if (lines.length % 2 !== 0) throw new Error('a bulk request has an action before each document');
    return Array.from({ length: lines.length / 2 }, (_, n) => {
      const id = (lines[2 * n]!['create'] as { _id: string })._id;
      return { id, document: lines[2 * n + 1]! };
    });
  }

  /** As `create` does: what is there already is left as it is. */
  #take(documents: readonly Stored[]): string {
    const items = documents.map((one) => {
      const { id } = one;
      const refused = this.refuses(id);
      if (refused !== undefined) return { create: { _id: id, status: refused, error: { type: 'refused_here' } } };
      this.came.push(one);
      if (this.stored.has(id)) return { create: { _id: id, status: 409, error: { type: 'version_conflict_engine_exception' } } };
      this.stored.set(id, one);
      return { create: { _id: id, status: 201 } };
    });
    return this.#options.shape === 'splunk' ? '{"text":"Success","code":0}' : JSON.stringify({ items });
  }
}

const stored = (document: Record<string, unknown>): Stored => ({ id: (document['event'] as { id: string }).id, document });
