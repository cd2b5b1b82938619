/** For tests that play one end of a line by hand: what goes over it as flat objects with a `type`, an answer by a word of its own. */
import type { Service } from './service.ts';

export interface Flat {
  readonly type: string;
  readonly id?: number;
  readonly [field: string]: unknown;
}

/** Words for the answers to a request: where it was done, and where not. */
export type AnswerWords = Readonly<Record<string, readonly [done: string, refused?: string]>>;

interface Message {
  readonly frame?: Uint8Array;
  readonly id?: number;
  readonly request?: string;
  readonly input?: object;
  readonly ok?: boolean;
  readonly output?: object;
  readonly error?: { readonly code: string; readonly sentence: string };
}

export class FlatLine {
  readonly #theirs: Service;
  readonly #words: AnswerWords;
  readonly #asked = new Map<number, Flat>();
  #next = 1;

  /** @param theirs the other end's table. @param words for what it answers. */
  constructor(theirs: Service, words: AnswerWords = {}) {
    this.#theirs = theirs;
    this.#words = words;
  }

  /** To the other end. Questions get a number, unless they have one. */
  outgoing({ type, id, ...rest }: Flat): object {
    if (type === 'frame') return { frame: rest['bytes'] };
    if (type === 'refused') return { id, ok: false, error: { code: rest['code'], sentence: rest['sentence'] } };
    const row = Object.hasOwn(this.#theirs, type) ? this.#theirs[type] : undefined;
    // What their table does not have is an answer to what they asked, or nonsense.
    if (!row) return id === undefined ? { request: type, input: rest } : { id, ok: true, output: rest };
    if (!row.output) return { request: type, input: rest };
    const number = id ?? this.#next++;
    this.#asked.set(number, { type, ...rest });
    return { id: number, request: type, input: rest };
  }

  /** From the other end: what it asks or tells by its name; an answer by its word, with the pane that was asked about. */
  incoming(given: unknown): Flat {
    const { frame, id, request, input, ok, output, error } = given as Message;
    if (frame) return { type: 'frame', bytes: frame };
    const number = id === undefined ? {} : { id };
    if (request === 'notice') return { type: 'notice', notice: input };
    if (request !== undefined) return { type: request, ...number, ...input };
    const asked = this.#asked.get(id ?? NaN);
    const [done = 'answered', refused = 'refused'] = this.#words[asked?.type ?? ''] ?? [];
    const pane = asked?.['pane'] === undefined ? {} : { pane: asked['pane'] };
    return ok ? { type: done, ...pane, ...output } : { type: refused, ...pane, reason: error!.code, code: error!.code, sentence: error!.sentence };
  }
}
