/** The core's half of the bridge (bridge.ts) to the document that stands: messages and frames to it, and what it sends. */
import type { Peer, RefusedByHost } from '../host.ts';
import { isFrame } from '../limits.ts';
import { fetchExpression, frameExpression, messageExpression, readPayload } from './bridge.ts';
import type { TargetSession } from '../../src/browser/devtools.ts';
import { LARGE_FRAME_BYTES, LargeFrames } from './large-frames.ts';

export interface PageLinkOptions {
  readonly session: TargetSession;
  readonly message: (text: string) => void;
  readonly frame: (peer: Peer, bytes: Uint8Array) => void;
  readonly refused: (what: RefusedByHost) => void;
}

export class PageLink {
  readonly #options: PageLinkOptions;
  /** Resolvers of frames that the page has not taken yet. */
  readonly #pending = new Set<() => void>();
  #generation = 0;
  /** Frames to the document of this generation. */
  #frameCount = 0;
  #large = new LargeFrames();
  #live = false;

  constructor(options: PageLinkOptions) {
    this.#options = options;
  }

  /** From now on it speaks with the document of this number. One that is loaded a second time counts its frames from the beginning. */
  start(generation: number): void {
    this.end();
    this.#generation = generation;
    this.#live = true;
  }

  /** Nothing of the old document is heard or awaited any more. */
  end(): void {
    this.#live = false;
    for (const done of [...this.#pending]) done();
    this.#large = new LargeFrames();
    this.#frameCount = 0;
  }

  get live(): boolean {
    return this.#live;
  }

  /** The frame that the document's request for this path gets. */
  frameAt(path: string): Uint8Array | undefined {
    return this.#large.at(path);
  }

  post(text: string): void {
    if (!this.#live) return;
    this.#options.session
      .send(
        'Runtime.evaluate',
        { expression: messageExpression(this.#generation, text), awaitPromise: true, silent: true, returnByValue: true },
        { withinMs: Infinity },
      )
      .catch(() => {});
  }

  postFrame(peer: Peer, bytes: Uint8Array): Promise<void> {
    if (!this.#live) return Promise.resolve();
    if (!isFrame(bytes)) return Promise.reject(new RangeError('A frame to the page is empty or too large.'));
    const large = this.#large;
    return new Promise((resolve) => {
      const done = (): void => {
        this.#pending.delete(done);
        resolve();
      };
      this.#pending.add(done);
      const generation = this.#generation;
      const number = this.#frameCount++;
      // The answer is the page's word that it has taken the frame: that is the flow's control, and takes as long as it takes.
      const call = (expression: string): Promise<{ readonly result: { readonly value?: unknown } }> =>
        this.#options.session.send('Runtime.evaluate', { expression, awaitPromise: true, silent: true, returnByValue: true }, { withinMs: Infinity });
      const whole = (): Promise<unknown> => call(frameExpression(generation, number, peer, bytes));
      if (bytes.length < LARGE_FRAME_BYTES) {
        whole().then(done, done);
        return;
      }
      const id = large.put(bytes);
      const fetched = call(fetchExpression(generation, number, peer, id));
      // A page that could not fetch it gets it the other way: every frame must come, or none behind it opens.
      const taken = fetched.then(({ result }) => (result.value === false && generation === this.#generation && this.#live ? whole() : undefined));
      taken.then(done, done).finally(() => large.remove(id));
    });
  }

  /** What came through the binding. */
  receive(payload: string): void {
    if (!this.#live) return;
    const from = readPayload(payload, this.#generation);
    if (!from) this.#options.refused('message');
    else if (from.kind === 'message') this.#options.message(from.text);
    else this.#options.frame(from.peer, from.bytes);
  }
}
