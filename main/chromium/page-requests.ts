/** Answers every request of the page before anything leaves the browser: our files, our frames, and nothing else. */
import type { RefusedByHost } from '../host.ts';
import { ownUrl, servePage } from '../window/pages.ts';
import type { TargetSession } from '../../src/browser/devtools.ts';
import { groundAddress } from './ground.ts';
import type { EventParams } from '../../src/browser/protocol.ts';

/** The page with nothing in it needs its own style, and nothing else. */
const groundHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
};

/** A frame that is fetched is sealed; it must not be kept all the same. */
const frameHeaders: Readonly<Record<string, string>> = { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' };

export interface PageRequestsOptions {
  readonly session: TargetSession;
  readonly rendererFolder: string;
  readonly frameAt: (path: string) => Uint8Array | undefined;
  /** What stands at `groundAddress`, where that is loaded. */
  readonly ground: () => string;
  readonly refused: (what: RefusedByHost) => void;
}

export class PageRequests {
  readonly #options: PageRequestsOptions;
  /** The one document that may be loaded now, once. */
  #expected: string | undefined;
  #documentStatus = 0;
  #serve!: () => void;
  /** Resolves once the browser has been given a document. */
  readonly served = new Promise<void>((resolve) => (this.#serve = resolve));

  private constructor(options: PageRequestsOptions, first: string | undefined) {
    this.#options = options;
    this.#expected = first;
  }

  /** From now on nothing is loaded that was not looked at. @param first the document that may be loaded before another one is expected */
  static async watch(options: PageRequestsOptions, first?: string): Promise<PageRequests> {
    const requests = new PageRequests(options, first);
    options.session.on('Fetch.requestPaused', (event) => void requests.#answer(event));
    await options.session.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] });
    return requests;
  }

  /** The document that may be loaded next; without one, none. */
  expect(url: string | undefined): void {
    this.#expected = url;
    this.#documentStatus = 0;
  }

  /** HTTP status that the last document was answered with, 0 before that. */
  get documentStatus(): number {
    return this.#documentStatus;
  }

  async #answer({ requestId, request, resourceType }: EventParams<'Fetch.requestPaused'>): Promise<void> {
    const { session, refused, frameAt, ground, rendererFolder } = this.#options;
    const document = resourceType === 'Document';
    try {
      // Navigations are ours alone: one per show. A reload or a link is cancelled, and the page stays as it is.
      if (document && request.url !== this.#expected) {
        refused('navigation');
        return void (await session.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' }));
      }
      if (document) this.#expected = undefined;
      const isGround = document && request.url === groundAddress;
      if (request.method !== 'GET' || (!isGround && !ownUrl(request.url))) {
        refused('foreign-request');
        return void (await session.send('Fetch.failRequest', { requestId, errorReason: 'AccessDenied' }));
      }
      const frame = document ? undefined : frameAt(new URL(request.url).pathname);
      const answer = isGround
        ? { status: 200, headers: groundHeaders, body: new TextEncoder().encode(ground()) }
        : frame
          ? { status: 200, headers: frameHeaders, body: frame }
          : await servePage(rendererFolder, request.url);
      if (document) this.#documentStatus = answer.status;
      await session.send('Fetch.fulfillRequest', {
        requestId,
        responseCode: answer.status,
        responseHeaders: Object.entries(answer.headers).map(([name, value]) => ({ name, value })),
        body: Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.byteLength).toString('base64'),
      });
      if (document) this.#serve();
    } catch {
      // The page that asked is gone.
    }
  }
}
