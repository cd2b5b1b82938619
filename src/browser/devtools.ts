/**
 * A client of the DevTools protocol over the pipe that the browser inherits (`--remote-debugging-pipe`): JSON to its descriptor
 * 3 and from its descriptor 4, a zero byte after each message. Commands are numbered, and each has its time. Sessions are flat:
 * a message names the target that it is for. Nothing listens anywhere, and the end of the pipe is the end of the browser.
 */
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { MAX_FRAME_BYTES } from '../bridge/frames.ts';
import { Listeners, type Disposable } from '../types/listeners.ts';
import { events, results, type CommandName, type CommandParams, type EventName, type EventParams, type Result } from './protocol.ts';

/** A browser answers within milliseconds; one that has not after this long does not. */
const COMMAND_MS = 10_000;
/**
 * The largest message of ours is a frame of a page, in base64. What is longer is a page that is not ours, or a browser that is
 * not: it is not kept while it comes.
 */
export const MAX_PIPE_MESSAGE_BYTES = 2 * MAX_FRAME_BYTES;

/**
 * While more than this waits to be heard nothing more is read, and the browser has to wait: a page that floods it fills no memory
 * of ours, and what the browser tells of other targets waits behind a few milliseconds of it and not behind all of it.
 */
export const MAX_WAITING_MESSAGES = 256;
/** The same in bytes: the longest message twice, so that one is being heard while the next one comes. */
const MAX_WAITING_BYTES = 2 * MAX_PIPE_MESSAGE_BYTES;

/**
 * What the browser has not taken yet, in bytes: four of the longest messages, more than twice the screens of nine panes with all their lines.
 * A browser that lets more than this wait is stopped or worse, and is at its end: whatever else is said to it would wait behind that, and
 * in our memory.
 */
export const MAX_UNSENT_BYTES = 4 * MAX_PIPE_MESSAGE_BYTES;

const END_OF_MESSAGE = 0;

const messageSchema = z.union([
  z.object({ method: z.string(), params: z.looseObject({}).optional(), sessionId: z.string().optional() }),
  z.object({ id: z.int().positive(), result: z.looseObject({}).optional(), error: z.object({ code: z.number().optional(), message: z.string() }).optional() }),
]);

/** The browser has refused a command, or has gone, or has not answered in time. */
export class DevToolsError extends Error {
  /** The protocol's number (JSON-RPC) where the browser has refused. */
  readonly code: number | undefined;
  constructor(message: string, code?: number) {
    super(message);
    this.name = 'DevToolsError';
    this.code = code;
  }
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: DevToolsError) => void;
  readonly timer: NodeJS.Timeout | undefined;
}

export interface SendOptions {
  /** In milliseconds. `Infinity` where the answer is a page's word, which takes its time. */
  readonly withinMs?: number;
}

/** One target, or the browser itself. */
export interface TargetSession {
  /** @throws DevToolsError */
  send<Name extends CommandName>(
    method: Name,
    ...rest: CommandParams[Name] extends undefined ? [params?: undefined, options?: SendOptions] : [params: CommandParams[Name], options?: SendOptions]
  ): Promise<Result<Name>>;
  on<Name extends EventName>(event: Name, listener: (params: EventParams<Name>) => void): Disposable;
}

export class DevTools {
  readonly #out: Writable;
  readonly #input: Readable;
  readonly #waiting = new Map<number, Waiting>();
  readonly #events = new Listeners<[method: string, params: object, sessionId: string | undefined]>();
  readonly #gone = new Listeners<[reason: string]>();
  readonly #tooLong = new Listeners<[]>();
  /** Messages that have come and are not heard yet. */
  readonly #taken: Buffer[] = [];
  #takenBytes = 0;
  #taking = false;
  #last = 0;
  #end: string | undefined;
  /** The session with the browser itself. */
  readonly browser: TargetSession = this.session(undefined);

  /** @param out to the browser's descriptor 3 @param input from its descriptor 4 */
  constructor(out: Writable, input: Readable) {
    this.#out = out;
    this.#input = input;
    const cut = cutter({ message: (bytes) => this.#take(bytes), tooLong: () => void this.#tooLong.emit() });
    input.on('data', cut);
    for (const stream of [out, input]) {
      stream.on('error', () => this.#finish());
      stream.on('close', () => this.#finish());
    }
    input.on('end', () => this.#finish());
  }

  /** The session with a target. */
  async attach(targetId: string): Promise<TargetSession> {
    return this.session((await this.browser.send('Target.attachToTarget', { targetId, flatten: true })).sessionId);
  }

  /** Told once, when the browser has ended or cannot be understood. At once where that was so already. */
  onGone(listener: (reason: string) => void): Disposable {
    const end = this.#end;
    if (end !== undefined) queueMicrotask(() => listener(end));
    return this.#gone.add(listener);
  }

  /** A message that was longer than any of ours, and was not read. */
  onTooLong(listener: () => void): Disposable {
    return this.#tooLong.add(listener);
  }

  /** Every event, as it comes. For the tests, whose library speaks through the same pipe. */
  onEvent(listener: (method: string, params: object, sessionId: string | undefined) => void): Disposable {
    return this.#events.add(listener);
  }

  /** A command as it is, its result unchecked. @throws DevToolsError */
  command(method: string, params: object | undefined, sessionId: string | undefined, { withinMs = COMMAND_MS }: SendOptions = {}): Promise<unknown> {
    if (this.#end !== undefined) return Promise.reject(new DevToolsError(this.#end));
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      const late = (): void => {
        this.#waiting.delete(id);
        reject(new DevToolsError(`The browser has not answered ${method} within ${withinMs / 1000} seconds.`));
      };
      const timer = withinMs === Infinity ? undefined : setTimeout(late, withinMs).unref();
      this.#waiting.set(id, { resolve, reject, timer });
      this.#out.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
      // Whatever waits for it fails with it, the caller of this one too.
      if (this.#out.writableLength > MAX_UNSENT_BYTES) this.#close('The browser does not take what is said to it.');
    });
  }

  /** One that the browser has told of, or the one with itself. */
  session(sessionId: string | undefined): TargetSession {
    return {
      send: async <Name extends CommandName>(method: Name, params?: CommandParams[Name], options?: SendOptions) => {
        const result = results[method].safeParse(await this.command(method, params, sessionId, options));
        if (!result.success) throw new DevToolsError(`The browser's answer to ${method} is not understood.`);
        return result.data as Result<Name>;
      },
      on: (event, listener) =>
        this.#events.add((method, params, from) => {
          if (method !== event || from !== sessionId) return;
          const read = events[event].safeParse(params);
          // Who relies on it would wait for ever, so it is an end.
          if (read.success) listener(read.data as EventParams<typeof event>);
          else this.#close(`What the browser tells by ${event} is not understood.`);
        }),
    };
  }

  /** One message after another: whoever waited for an answer goes on before what came behind it is heard. */
  #take(bytes: Buffer): void {
    if (this.#end !== undefined) return;
    this.#taken.push(bytes);
    this.#takenBytes += bytes.length;
    if (this.#taken.length > MAX_WAITING_MESSAGES || this.#takenBytes > MAX_WAITING_BYTES) this.#input.pause();
    if (this.#taking) return;
    this.#taking = true;
    this.#next();
  }

  #next(): void {
    const bytes = this.#shift();
    this.#taking = bytes !== undefined;
    if (!bytes) {
      if (this.#input.isPaused()) this.#input.resume();
      return;
    }
    setImmediate(() => this.#next());
    this.#receive(bytes);
  }

  #shift(): Buffer | undefined {
    const bytes = this.#taken.shift();
    this.#takenBytes -= bytes?.length ?? 0;
    return bytes;
  }

  /** The pipe has ended. What has come by then is heard first, because a target that was refused is told of; nothing is waited for. */
  #finish(): void {
    for (let bytes = this.#shift(); bytes && this.#end === undefined; bytes = this.#shift()) this.#receive(bytes);
    this.#close('The browser has ended.');
  }

  #receive(bytes: Buffer): void {
    if (this.#end !== undefined) return;
    const message = messageSchema.safeParse(parse(bytes));
    if (!message.success) return this.#close('The browser says what is not understood.');
    if ('method' in message.data) return void this.#events.emit(message.data.method, message.data.params ?? {}, message.data.sessionId);
    const { id, result, error } = message.data;
    const waiting = this.#waiting.get(id);
    // An answer that came too late.
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    if (error) waiting.reject(new DevToolsError(error.message, error.code));
    else waiting.resolve(result);
  }

  #close(reason: string): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    this.#taken.length = this.#takenBytes = 0;
    // The browser ends at the end of its pipe.
    this.#out.destroy();
    this.#input.destroy();
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new DevToolsError(reason));
    }
    this.#waiting.clear();
    void this.#gone.emit(reason);
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

/** Cuts a stream at its zero bytes. What is longer than a message may be is told once, and not kept. */
function cutter(told: { readonly message: (bytes: Buffer) => void; readonly tooLong: () => void }): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let length = 0;
  const keep = (part: Buffer): void => {
    length += part.length;
    if (length <= MAX_PIPE_MESSAGE_BYTES) parts.push(part);
    else parts = [];
  };
  return (chunk) => {
    let from = 0;
    for (let end = chunk.indexOf(END_OF_MESSAGE); end >= 0; end = chunk.indexOf(END_OF_MESSAGE, from)) {
      keep(chunk.subarray(from, end));
      from = end + 1;
      if (length > MAX_PIPE_MESSAGE_BYTES) told.tooLong();
      else told.message(parts.length === 1 ? parts[0]! : Buffer.concat(parts, length));
      parts = [];
      length = 0;
    }
    if (from < chunk.length) keep(chunk.subarray(from));
  };
}
