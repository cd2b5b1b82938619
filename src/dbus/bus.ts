/** A connection to a bus: questions, each with a time limit, and whatever else comes. */
import { connect, type Socket } from 'node:net';
import { decodeMessage, encodeMessage, messageLength, noAutoStartFlag, valuesOf, type Message, type Outgoing } from './message.ts';
import { Variant, type Value } from './values.ts';

/** The bus itself, and who a message of its own is from: nobody else can have this name. */
export const busName = 'org.freedesktop.DBus';

/** What is longer is no answer to our questions and no signal that we want: it is passed over, and never held. */
const maxMessageBytes = 64 * 1024;
/** A line before the first message has an error's text in it at most. */
const maxLineBytes = 4096;

export interface Call {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  /** All of them strings, where there is no `signature`. */
  readonly arguments?: readonly Value[];
  readonly signature?: string;
  /** Where nobody has this name, nothing is started for it. */
  readonly noAutoStart?: boolean;
}

export interface Reply {
  /** The error's name, of an answer that is one. */
  readonly error: string | undefined;
  readonly values: readonly Value[];
}

export class Bus {
  /** Resolves when the connection is no more, for whatever reason. */
  readonly ended: Promise<void>;
  readonly #socket: Socket;
  readonly #heard: (message: Message) => void;
  readonly #line = Promise.withResolvers<string>();
  readonly #pending = new Map<number, { resolve(answer: Message): void; reject(error: Error): void }>();
  #buffer: Buffer = Buffer.alloc(0);
  /** Bytes of a message that is passed over which have still to come. */
  #passing = 0;
  #begun = false;
  #failed: Error | undefined;
  #serial = 0;

  private constructor(path: string, heard: (message: Message) => void) {
    this.#heard = heard;
    this.#line.promise.catch(() => undefined);
    this.#socket = connect({ path });
    this.#socket.on('data', (chunk: Buffer) => {
      try {
        this.#take(chunk);
      } catch (error) {
        this.#end(error as Error);
      }
    });
    this.#socket.on('error', (error) => this.#end(error));
    this.ended = new Promise((resolve) =>
      this.#socket.on('close', () => {
        this.#end(new Error('the bus closed the connection'));
        resolve();
      }),
    );
    // Nothing waits for the end of a bus.
    this.#socket.unref();
  }

  /** Connects as this account. `heard` is told every message that is no answer. @throws Error where there is no bus, or it takes longer than `ms`. */
  static async open(path: string, ms: number, heard: (message: Message) => void = () => undefined): Promise<Bus> {
    const bus = new Bus(path, heard);
    return bus.#within(ms, async () => {
      const uid = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex');
      bus.#socket.write(`\0AUTH EXTERNAL ${uid}\r\n`);
      const line = await bus.#line.promise;
      if (!line.startsWith('OK ')) throw new Error('the bus does not know this account');
      bus.#socket.write('BEGIN\r\n');
      if ((await bus.#ask(ofBus('Hello'))).error !== undefined) throw new Error('the bus refuses');
      return bus;
    });
  }

  get isOpen(): boolean {
    return this.#failed === undefined;
  }

  /** Asks. The connection is closed where the answer takes longer than `ms`, or is none. @throws Error */
  call(what: Call, ms: number): Promise<Reply> {
    return this.#within(ms, () => this.#ask(what));
  }

  /** Sends a message, and waits for nothing. @returns its number. */
  send(message: Outgoing): number {
    const serial = ++this.#serial;
    if (this.isOpen) this.#socket.write(encodeMessage(serial, message));
    return serial;
  }

  close(): void {
    this.#end(new Error('closed'));
  }

  #end(error: Error): void {
    this.#failed ??= error;
    this.#socket.destroy();
    this.#line.reject(this.#failed);
    for (const { reject } of this.#pending.values()) reject(this.#failed);
    this.#pending.clear();
  }

  async #within<T>(ms: number, task: () => Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.#end(new BusSilent()), ms);
    try {
      return await task();
    } catch (error) {
      this.#end(error as Error);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #ask(what: Call): Promise<Reply> {
    if (this.#failed) throw this.#failed;
    const { destination, path, member, arguments: values = [] } = what;
    const serial = this.send({
      type: 'call',
      flags: what.noAutoStart ? noAutoStartFlag : 0,
      ...{ destination, path, interface: what.interface, member, values },
      signature: what.signature ?? (values.length > 0 ? 's'.repeat(values.length) : undefined),
    });
    const { promise, resolve, reject } = Promise.withResolvers<Message>();
    this.#pending.set(serial, { resolve, reject });
    const answer = await promise;
    return { error: answer.type === 'error' ? (answer.errorName ?? '') : undefined, values: valuesOf(answer) };
  }

  /** @throws RangeError where what has come is no conversation of D-Bus. */
  #take(chunk: Buffer): void {
    const passed = Math.min(this.#passing, chunk.length);
    this.#passing -= passed;
    this.#buffer = Buffer.concat([this.#buffer, chunk.subarray(passed)]);
    if (!this.#begun) return this.#takeLine();
    for (let message = this.#next(); message !== 'incomplete'; message = this.#next()) {
      if (message === undefined) continue;
      const asked = message.type === 'return' || message.type === 'error' ? this.#pending.get(message.replySerial ?? 0) : undefined;
      if (asked === undefined) {
        if (message.type === 'call' || message.type === 'signal') this.#heard(message);
        continue;
      }
      this.#pending.delete(message.replySerial!);
      asked.resolve(message);
    }
  }

  /** Undefined for one that is passed over. */
  #next(): Message | 'incomplete' | undefined {
    const length = messageLength(this.#buffer);
    if (length === undefined) return 'incomplete';
    if (length > maxMessageBytes) {
      this.#passing = Math.max(0, length - this.#buffer.length);
      this.#buffer = this.#buffer.subarray(length);
      return undefined;
    }
    if (this.#buffer.length < length) return 'incomplete';
    const message = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return decodeMessage(message);
  }

  #takeLine(): void {
    const at = this.#buffer.indexOf('\r\n');
    if (at < 0 && this.#buffer.length > maxLineBytes) throw new RangeError('a line that is too long');
    if (at < 0) return;
    this.#begun = true;
    this.#line.resolve(this.#buffer.toString('latin1', 0, at));
    this.#buffer = this.#buffer.subarray(at + 2);
  }
}

/** The bus did not answer in time. */
export class BusSilent extends Error {
  constructor() {
    super('the bus does not answer');
    this.name = 'BusSilent';
  }
}

/** A call of the bus itself. */
export const ofBus = (member: string, ...given: readonly string[]): Call => ({
  ...{ destination: busName, path: '/org/freedesktop/DBus', interface: busName, member },
  arguments: given,
});

/** A call that reads one property; `propertyIn` has its value. */
export const propertyOf = (destination: string, path: string, name: string, property: string): Call => ({
  destination,
  path,
  interface: 'org.freedesktop.DBus.Properties',
  member: 'Get',
  arguments: [name, property],
});

/** The value of a property, of whatever type; undefined where the answer is none. */
export function propertyIn(reply: Reply): Value | undefined {
  const [variant] = reply.values;
  return reply.error === undefined && variant instanceof Variant ? variant.value : undefined;
}
