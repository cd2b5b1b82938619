/**
 * One end of a line between main and a helper process: it answers what its own table has, asks what the other end's table
 * has, and passes sealed frames by, which are the many and the large.
 *
 *   {"id":1,"request":"replay","input":{…}}      a question
 *   {"request":"exit","input":{…}}               something that is told
 *   {"id":1,"ok":true,"output":{…}}              its answer, or {"id":1,"ok":false,"error":{"code":"…","sentence":"…"}}
 *   {"frame":Uint8Array}                         sealed: whoever has no key relays it
 */
import { Pending } from '../bridge/pending.ts';
import { Refusal } from '../types/refusal.ts';
import { call, type Asked, type InputOf, type Answer, type OutputOf, type Service, type ServiceParts, type Told, type Trouble } from './service.ts';

export interface EndpointParts<Mine extends Service, Theirs extends Service> extends ServiceParts<Mine> {
  readonly theirs: Theirs;
  /** Puts a message on its way. */
  readonly post: (message: object) => void;
  /** A sealed frame came. */
  readonly frame: (bytes: Uint8Array) => void;
  /** What came is no message at all, or an answer to nothing, or one that its row does not allow. */
  readonly bad: () => void;
}

export class Endpoint<Mine extends Service, Theirs extends Service> {
  readonly #parts: EndpointParts<Mine, Theirs>;
  readonly #pending = new Pending();

  constructor(parts: EndpointParts<Mine, Theirs>) {
    this.#parts = parts;
  }

  /** Takes one message of the other end. Never throws. */
  receive(message: unknown): void {
    if (typeof message !== 'object' || message === null) return this.#parts.bad();
    const { frame, id, request, input, ok } = message as Readonly<Record<string, unknown>>;
    // First of all: in a flood these are nearly all that comes.
    if (frame instanceof Uint8Array) return this.#parts.frame(frame);
    if (typeof request === 'string') return this.#question(id, request, input);
    if (typeof ok !== 'boolean' || typeof id !== 'number') return this.#parts.bad();
    // One that was given up answers nothing any more, and is no fault.
    if (!this.#pending.settle(id, () => message)) this.#parts.bad();
  }

  /**
   * Asks the other end. @throws Refusal with its code and sentence; where it does not answer in the time of the row, with
   * code `no-answer`; where it has ended, what `end` was given.
   */
  async ask<N extends Asked<Theirs>>(request: N, input: InputOf<Theirs, N>): Promise<OutputOf<Theirs, N>> {
    const row = this.#parts.theirs[request]!;
    const { withinMs } = row;
    const late = withinMs === undefined ? undefined : { ms: withinMs, error: () => new Refusal('no-answer', 'A part of Wardmux gives no answer. Try again.') };
    const answer = await this.#pending.ask<Answer>((id) => this.#parts.post({ id, request, input }), late);
    if (!answer.ok) {
      // An error is for people: what is none is not passed on.
      const { code, sentence } = (answer.error as unknown as Readonly<Record<string, unknown>> | undefined) ?? {};
      if (typeof code === 'string' && typeof sentence === 'string') throw new Refusal(code, sentence);
    } else {
      const output = row.output?.safeParse(answer.output);
      if (output?.success) return output.data as OutputOf<Theirs, N>;
    }
    this.#parts.bad();
    throw new Refusal('bad-answer', 'A part of Wardmux gave an answer that cannot be understood. Lock, unlock and try again.');
  }

  /** Tells the other end something that is not answered. */
  tell<N extends Told<Theirs>>(request: N, input: InputOf<Theirs, N>): void {
    this.#parts.post({ request, input });
  }

  /** The other end is gone: all that wait, and all that ask later, get this error. */
  end(error: Error): void {
    this.#pending.end(error);
  }

  #question(id: unknown, request: string, input: unknown): void {
    const outcome = call(this.#parts, request, input);
    if (typeof id !== 'number') return;
    const answer = (given: Answer): void => this.#parts.post({ id, ...given });
    if (outcome instanceof Promise) void outcome.then(answer);
    else answer(outcome);
  }
}

/** What is wrong with a message, in words, and nothing of what it holds. */
export function troubleText(trouble: Trouble): string {
  if (trouble.code === 'unknown-request') return 'its type is unknown';
  if (trouble.code === 'failed') return `${trouble.request} failed`;
  return trouble.fields.length > 0 ? `${trouble.request} has a bad ${trouble.fields.slice(0, 3).join(', ')}` : `${trouble.request} is not well formed`;
}
