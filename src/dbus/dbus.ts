/**
 * Just enough D-Bus (D-Bus Specification 0.43) to ask questions with a time limit: whether the Secret Service is there and
 * open, how long nobody has touched the machine.
 */
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';

/** Larger answers than this are not answers to our questions. */
const maxMessageBytes = 64 * 1024;
const little = 0x6c;
const methodCall = 1;
const methodReturn = 2;
const errorReply = 3;
const noAutoStartFlag = 2;
const fieldPath = 1;
const fieldInterface = 2;
const fieldMember = 3;
const fieldReplySerial = 5;
const fieldDestination = 6;
const fieldSignature = 8;

/** The socket of the system bus. */
export function systemBusPath(env: Readonly<Record<string, string | undefined>>): string {
  const address = env['DBUS_SYSTEM_BUS_ADDRESS'];
  return (address && sessionBusPath({ DBUS_SESSION_BUS_ADDRESS: address })) || '/run/dbus/system_bus_socket';
}

/** The socket of the session bus, or undefined where there is none that can be asked. */
export function sessionBusPath(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const runtime = env['XDG_RUNTIME_DIR'] ? join(env['XDG_RUNTIME_DIR'], 'bus') : undefined;
  const address = env['DBUS_SESSION_BUS_ADDRESS'];
  if (!address) return runtime;
  for (const entry of address.split(';')) {
    if (!entry.startsWith('unix:')) continue;
    const values = new Map(entry.slice('unix:'.length).split(',').map((pair) => [pair.slice(0, pair.indexOf('=')), unescapeValue(pair.slice(pair.indexOf('=') + 1))])); // prettier-ignore
    if (values.has('path')) return values.get('path');
    if (values.has('abstract')) return `\0${values.get('abstract')}`;
    if (values.get('runtime') === 'yes') return runtime;
  }
  return undefined;
}

function unescapeValue(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

class Writer {
  #bytes: number[] = [];

  align(to: number): this {
    while (this.#bytes.length % to !== 0) this.#bytes.push(0);
    return this;
  }
  byte(...values: number[]): this {
    this.#bytes.push(...values);
    return this;
  }
  u32(value: number): this {
    this.align(4).#bytes.push(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
    return this;
  }
  string(text: string): this {
    const bytes = Buffer.from(text, 'utf8');
    this.u32(bytes.length).#bytes.push(...bytes, 0);
    return this;
  }
  signature(text: string): this {
    this.#bytes.push(text.length, ...Buffer.from(text, 'latin1'), 0);
    return this;
  }
  get length(): number {
    return this.#bytes.length;
  }
  done(): Buffer {
    return Buffer.from(this.#bytes);
  }
}

export interface Call {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  /** All of them strings. */
  readonly arguments?: readonly string[];
  /** Where nobody has this name, nothing is started for it. */
  readonly noAutoStart?: boolean;
}

/** A method call as bytes. */
export function encodeCall(serial: number, call: Call): Buffer {
  const body = new Writer();
  for (const argument of call.arguments ?? []) body.string(argument);
  const fields = new Writer();
  const field = (code: number, signature: string, value: string): void => {
    fields.align(8).byte(code).signature(signature);
    if (signature === 'g') fields.signature(value);
    else fields.string(value);
  };
  field(fieldPath, 'o', call.path);
  field(fieldInterface, 's', call.interface);
  field(fieldMember, 's', call.member);
  field(fieldDestination, 's', call.destination);
  if (body.length > 0) field(fieldSignature, 'g', 's'.repeat(call.arguments?.length ?? 0));
  const head = new Writer()
    .byte(little, methodCall, call.noAutoStart ? noAutoStartFlag : 0, 1)
    .u32(body.length)
    .u32(serial)
    .u32(fields.length);
  // The head has 16 bytes, so the fields begin aligned to 8, and so does what follows them once padded.
  return Buffer.concat([head.done(), fields.align(8).done(), body.done()]);
}

export interface Reply {
  readonly serial: number;
  readonly error: boolean;
  readonly body: Buffer;
}

/** Takes the first whole message of `bytes`; `reply` is undefined where it is a signal or another's. @throws RangeError */
export function decodeMessage(bytes: Buffer): { readonly length: number; readonly reply: Reply | undefined } | undefined {
  if (bytes.length < 16) return undefined;
  if (bytes[0] !== little) throw new RangeError('a message in another byte order');
  const bodyLength = bytes.readUInt32LE(4);
  const fieldsLength = bytes.readUInt32LE(12);
  if (bodyLength > maxMessageBytes || fieldsLength > maxMessageBytes) throw new RangeError('a message that is too long');
  const bodyAt = 16 + Math.ceil(fieldsLength / 8) * 8;
  const length = bodyAt + bodyLength;
  if (bytes.length < length) return undefined;
  const type = bytes[1];
  let serial: number | undefined;
  for (let at = 16; at < 16 + fieldsLength;) {
    at = Math.ceil(at / 8) * 8;
    const code = bytes[at];
    const signature = bytes.toString('latin1', at + 2, at + 2 + bytes[at + 1]!);
    at += 3 + signature.length;
    if (signature === 'g') at += 2 + bytes[at]!;
    else {
      at = Math.ceil(at / 4) * 4;
      const value = bytes.readUInt32LE(at);
      if (signature === 'u') {
        if (code === fieldReplySerial) serial = value;
        at += 4;
      } else if (signature === 's' || signature === 'o') at += 5 + value;
      else throw new RangeError('a header field of an unknown type');
    }
  }
  const answer = type === methodReturn || type === errorReply;
  return { length, reply: answer && serial !== undefined ? { serial, error: type === errorReply, body: bytes.subarray(bodyAt, length) } : undefined };
}

/** Body of type `o` or `s`. */
export const readString = (body: Buffer): string => body.toString('utf8', 4, 4 + body.readUInt32LE(0));
/** Body of type `t`: a whole number that JavaScript can have. @throws RangeError */
export function readCount(body: Buffer, at = 0): number {
  const value = Number(body.readBigUInt64LE(at));
  if (!Number.isSafeInteger(value)) throw new RangeError('a number that is too large');
  return value;
}

/** Body of type `v` that holds a boolean or a `t`: signature, padding, value. @throws RangeError */
export function readVariant(body: Buffer): boolean | number {
  const signature = body.toString('latin1', 1, 1 + body[0]!);
  if (signature === 'b') return body.readUInt32LE(4) !== 0;
  if (signature === 't') return readCount(body, 8);
  throw new RangeError('neither a boolean nor a number');
}

/** A connection to a bus. It is asked one question after the other. */
export class Bus {
  readonly #socket: Socket;
  #buffer: Buffer = Buffer.alloc(0);
  #failed: Error | undefined;
  #wake: () => void = () => undefined;
  #serial = 0;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(path: string) {
    this.#socket = connect({ path });
    this.#socket.on('data', (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      this.#wake();
    });
    this.#socket.on('error', (error) => this.#end(error));
    this.#socket.on('close', () => this.#end(new Error('the bus closed the connection')));
    // Nothing waits for the end of a bus.
    this.#socket.unref();
  }

  /** Connects as this account. @throws Error where there is no bus, or it takes longer than `ms`. */
  static async open(path: string, ms: number): Promise<Bus> {
    const bus = new Bus(path);
    return bus.#within(ms, async () => {
      const uid = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex');
      bus.#socket.write(`\0AUTH EXTERNAL ${uid}\r\n`);
      const line = await bus.#until(() => {
        const at = bus.#buffer.indexOf('\r\n');
        if (at < 0) return undefined;
        const text = bus.#buffer.toString('latin1', 0, at);
        bus.#buffer = bus.#buffer.subarray(at + 2);
        return text;
      });
      if (!line.startsWith('OK ')) throw new Error('the bus does not know this account');
      bus.#socket.write('BEGIN\r\n');
      const hello = await bus.#send({ destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus', member: 'Hello' });
      if (hello.error) throw new Error('the bus refuses');
      return bus;
    });
  }

  get isOpen(): boolean {
    return this.#failed === undefined;
  }

  /** Asks. The connection is closed where the answer takes longer than `ms`, or is none. @throws Error */
  call(what: Call, ms: number): Promise<Reply> {
    const asked = this.#turn.then(() => this.#within(ms, () => this.#send(what)));
    this.#turn = asked.catch(() => undefined);
    return asked;
  }

  close(): void {
    this.#end(new Error('closed'));
  }

  #end(error: Error): void {
    this.#failed ??= error;
    this.#socket.destroy();
    this.#wake();
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

  async #send(what: Call): Promise<Reply> {
    const mine = ++this.#serial;
    if (!this.#failed) this.#socket.write(encodeCall(mine, what));
    return this.#until(() => {
      for (;;) {
        const message = decodeMessage(this.#buffer);
        if (!message) return undefined;
        this.#buffer = this.#buffer.subarray(message.length);
        if (message.reply?.serial === mine) return message.reply;
      }
    });
  }

  /** Waits until `take` finds what it looks for in what has come. */
  async #until<T>(take: () => T | undefined): Promise<T> {
    for (;;) {
      const found = take();
      if (found !== undefined) return found;
      if (this.#failed) throw this.#failed;
      if (this.#buffer.length > maxMessageBytes * 2) throw new RangeError('too much');
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** The bus did not answer in time. */
export class BusSilent extends Error {
  constructor() {
    super('the bus does not answer');
    this.name = 'BusSilent';
  }
}

/** A call that reads one property. */
export const propertyOf = (destination: string, path: string, name: string, property: string): Call => ({
  destination,
  path,
  interface: 'org.freedesktop.DBus.Properties',
  member: 'Get',
  arguments: [name, property],
});
