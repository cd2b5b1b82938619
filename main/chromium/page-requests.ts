/** Answers every request of the page before anything leaves the browser: our files, our frames, and nothing else. */
import type { RefusedByHost } from '../host.ts';
import { ownUrl, servePage } from '../window/pages.ts';
import type { TargetSession } from '../../src/browser/devtools.ts';
import type { EventParams } from '../../src/browser/protocol.ts';

/** A frame that is fetched is sealed; it must not be kept all the same. */
const frameHeaders: Readonly<Record<string, string>> = { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' };

export interface PageRequestsOptions {
  readonly session: TargetSession;
  readonly rendererFolder: string;
  readonly frameAt: (path: string) => Uint8Array | undefined;
  readonly refused: (what: RefusedByHost) => void;
}

export class PageRequests {
  readonly #options: PageRequestsOptions;
  /** The one document that may be loaded now, once. */
  #expected: string | undefined;
  #documentStatus = 0;

  private constructor(options: PageRequestsOptions) {
    this.#options = options;
  }

  /** From now on nothing is loaded that was not looked at. */
  static async watch(options: PageRequestsOptions): Promise<PageRequests> {
    const requests = new PageRequests(options);
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
    const { session, refused, frameAt, rendererFolder } = this.#options;
    const document = resourceType === 'Document';
    try {
      // Navigations are ours alone: one per show. A reload or a link is cancelled, and the page stays as it is.
      if (document && request.url !== this.#expected) {
        refused('navigation');
        return void (await session.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' }));
      }
      if (document) this.#expected = undefined;
      if (request.method !== 'GET' || !ownUrl(request.url)) {
        refused('foreign-request');
        return void (await session.send('Fetch.failRequest', { requestId, errorReason: 'AccessDenied' }));
      }
      const frame = document ? undefined : frameAt(new URL(request.url).pathname);
      const answer = frame ? { status: 200, headers: frameHeaders, body: frame } : await servePage(rendererFolder, request.url);
      if (document) this.#documentStatus = answer.status;
      await session.send('Fetch.fulfillRequest', {
        requestId,
        responseCode: answer.status,
        responseHeaders: Object.entries(answer.headers).map(([name, value]) => ({ name, value })),
        body: Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.byteLength).toString('base64'),
      });
    } catch {
      // The page that asked is gone.
    }
  }
}
