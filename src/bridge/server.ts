/** The core's side of the bridge: takes a page's text, checks it, calls the one handler, answers. Nothing else gets in. */
import type { Surface } from '../types/words.ts';
import type { Door, Permission } from '../access/index.ts';
import { Limiter } from './limiter.ts';
import { requests, type EventName, type Events, type Input, type Output, type RequestName } from './schema.ts';

/** A request's text is short: no pane text and no secrets travel here. A passkey's answer is the largest, about 3 kB. */
const MAX_TEXT = 64 * 1024;
/** A person cannot cause more than this; a page that does is broken or hostile. Acks of a flood come at 20 MB/s / 256 KiB. */
const MAX_PER_SECOND = 2000;
/** Each refusal is an event of the ledger, synced to the disk. A page of ours causes none; a hostile one must not fill the disk. */
const MAX_REFUSED_PER_SECOND = 10;

export type Handlers = { readonly [N in RequestName]: (input: Input<N>) => Promise<Output<N>> };

/** A refusal that the page may show. `code` is stable, `sentence` is for people. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly code: string;

  constructor(code: string, sentence: string) {
    super(sentence);
    this.code = code;
  }
}

export type RefusedCode = 'too-many' | 'too-large' | 'bad-json' | 'bad-message' | 'unknown-request' | 'wrong-surface' | 'bad-input' | 'failed';

export interface BridgeServerOptions {
  readonly handlers: Handlers;
  readonly surface: () => Surface;
  /** Asked before each handler. */
  readonly door: Door;
  readonly post: (text: string) => void;
  /** Another value for each document: the answer to one that is gone is dropped, because each document counts its requests anew. */
  readonly document?: () => unknown;
  /** A message that no page of ours sends, for the ledger. Never holds what was sent. */
  readonly refused: (code: RefusedCode, needs?: Permission) => void;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** One for each window. Stateless but for its rate limit. */
export class BridgeServer {
  readonly #options: BridgeServerOptions;
  readonly #messages = new Limiter(MAX_PER_SECOND, 1000);
  readonly #refusals = new Limiter(MAX_REFUSED_PER_SECOND, 1000);

  constructor(options: BridgeServerOptions) {
    this.#options = options;
  }

  emit<E extends EventName>(event: E, payload: Events[E]): void {
    this.#options.post(JSON.stringify({ event, payload }));
  }

  /** Handles one message of the page. Never throws, never rejects. */
  async receive(text: string): Promise<void> {
    const { handlers, surface, door, now, document = () => undefined } = this.#options;
    const asking = document();
    const post = (answer: string): void => {
      if (document() === asking) this.#options.post(answer);
    };
    const time = now();
    const refused: BridgeServerOptions['refused'] = (code, needs) => {
      const taken = this.#refusals.take(time);
      if (taken === 'yes') this.#options.refused(code, needs);
      else if (taken === 'flood') this.#options.refused('too-many');
    };
    const taken = this.#messages.take(time);
    if (taken === 'flood') refused('too-many');
    if (taken !== 'yes') return;
    if (text.length > MAX_TEXT) return refused('too-large');
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return refused('bad-json');
    }
    if (!isEnvelope(message)) return refused('bad-message');
    const { id, request } = message;
    const fail = (code: string, sentence: string): void => post(JSON.stringify({ id, ok: false, error: { code, sentence } }));
    if (!Object.hasOwn(requests, request)) {
      refused('unknown-request');
      return fail('unknown-request', 'Wardmux does not know this request.');
    }
    const name = request as RequestName;
    const { needs, surfaces } = requests[name];
    if (!surfaces.includes(surface())) {
      refused('wrong-surface', needs);
      return fail('not-here', 'This is not possible here.');
    }
    const denial = door(needs);
    if (denial) return fail(denial.why, denial.sentence);
    const input = requests[name].input.safeParse(message.input);
    if (!input.success) {
      refused('bad-input', needs);
      return fail('bad-input', 'Wardmux could not read this request.');
    }
    try {
      const handler = handlers[name] as (value: unknown) => Promise<unknown>;
      post(JSON.stringify({ id, ok: true, output: await handler(input.data) }));
    } catch (error) {
      if (error instanceof Refusal) return fail(error.code, error.message);
      refused('failed', needs);
      fail('failed', 'Something went wrong inside Wardmux; nothing was changed. Try again, and if it happens again, close and start Wardmux.');
    }
  }
}

function isEnvelope(message: unknown): message is { id: number; request: string; input: unknown } {
  if (typeof message !== 'object' || message === null) return false;
  const { id, request, input } = message as Record<string, unknown>;
  return Number.isSafeInteger(id) && typeof request === 'string' && typeof input === 'object' && input !== null;
}
