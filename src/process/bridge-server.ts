/** The core's side of the bridge: takes a page's text, checks it, calls the one handler, answers. Nothing else gets in. */
import type { Surface } from '../types/words.ts';
import type { Door, Permission } from '../access/index.ts';
import { call, type Handlers, type Trouble } from './service.ts';
import { Limiter, Limiters } from '../bridge/limiter.ts';
import { events, requests, type EventName, type Events, type RequestName, type Requests } from '../bridge/schema.ts';

/** A request's text is short: no pane text and no secrets travel here. A passkey's answer is the largest, about 3 kB. */
const MAX_TEXT = 64 * 1024;
/** A person cannot cause more than this; a page that does is broken or hostile. Acks of a flood come at 20 MB/s / 256 KiB. */
const MAX_PER_SECOND = 2000;
/** Of a kind. Each refusal is an event of the ledger, synced to the disk. A page of ours causes none; a hostile one must not fill the disk. */
const MAX_REFUSED_PER_SECOND = 4;

export type RequestHandlers = Handlers<Requests>;

export type RefusedCode = 'too-many' | 'too-large' | 'bad-json' | 'bad-message' | 'unknown-request' | 'wrong-surface' | 'bad-input' | 'failed';

export interface BridgeServerOptions {
  readonly handlers: RequestHandlers;
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
  readonly #refusals = new Limiters(MAX_REFUSED_PER_SECOND, 1000);

  constructor(options: BridgeServerOptions) {
    this.#options = options;
  }

  /** Tells the page what the event's row names, and nothing else. @throws Error where the row has it otherwise: that is a fault of ours. */
  emit<E extends EventName>(event: E, payload: Events[E]): void {
    const checked = events[event].safeParse(payload);
    if (!checked.success) throw new Error(`the event ${event} is not as its row has it: ${checked.error.issues.map(({ path }) => path.join('.')).join(', ')}`);
    this.#options.post(JSON.stringify({ event, payload: checked.data }));
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
      const taken = this.#refusals.take(`${code} ${needs ?? ''}`, time);
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
    const { id, request, input } = message;
    const row = Object.hasOwn(requests, request) ? requests[request as RequestName] : undefined;
    if (row && !row.surfaces.includes(surface())) {
      refused('wrong-surface', row.needs);
      return post(JSON.stringify({ id, ok: false, error: { code: 'not-here', sentence: 'This is not possible here.' } }));
    }
    const trouble = (found: Trouble): void => refused(found.code, 'needs' in found ? found.needs : undefined);
    const outcome = await call({ table: requests, handlers, door, trouble }, request, input);
    post(JSON.stringify({ id, ...outcome }));
  }
}

function isEnvelope(message: unknown): message is { id: number; request: string; input: unknown } {
  if (typeof message !== 'object' || message === null) return false;
  const { id, request, input } = message as Record<string, unknown>;
  return Number.isSafeInteger(id) && typeof request === 'string' && typeof input === 'object' && input !== null;
}
