/**
 * Just enough D-Bus (D-Bus Specification 0.43) to ask, with a time limit, whether the Secret Service is there and open.
 * The keyring library connects on the caller's thread and waits as long as the bus likes: a bus that does not answer would
 * stop the whole app, so it is asked here first.
 */
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';

/** Larger answers than this are not answers to our questions. */
const maxMessageBytes = 64 * 1024;
const little = 0x6c;
const methodCall = 1;
const methodReturn = 2;
const errorReply = 3;
const fieldPath = 1;
const fieldInterface = 2;
const fieldMember = 3;
const fieldReplySerial = 5;
const fieldDestination = 6;
const fieldSignature = 8;

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

interface Call {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  /** All of them strings. */
  readonly arguments?: readonly string[];
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
  const head = new Writer().byte(little, methodCall, 0, 1).u32(body.length).u32(serial).u32(fields.length);
  // The head has 16 bytes, so the fields begin aligned to 8, and so does what follows them once padded.
  return Buffer.concat([head.done(), fields.align(8).done(), body.done()]);
}

interface Reply {
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
const readString = (body: Buffer): string => body.toString('utf8', 4, 4 + body.readUInt32LE(0));
/** Body of type `v` that holds a boolean: signature, padding to 4, u32. */
function readBooleanVariant(body: Buffer): boolean {
  if (body[0] !== 1 || body[1] !== 0x62) throw new RangeError('not a boolean');
  return body.readUInt32LE(4) !== 0;
}

const secrets = 'org.freedesktop.secrets';
export type KeyringState = 'open' | 'locked' | 'no-bus' | 'no-service' | 'no-collection' | 'silent';

/** Asks for the default collection of the Secret Service and whether it is locked. Never takes longer than `ms`. */
export async function keyringState(env: Readonly<Record<string, string | undefined>>, ms: number): Promise<KeyringState> {
  const path = sessionBusPath(env);
  if (!path) return 'no-bus';
  let socket: Socket | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<'silent'>((resolve) => {
      timer = setTimeout(() => resolve('silent'), ms);
    });
    const asked = (async (): Promise<KeyringState> => {
      const bus = (socket = connect({ path }));
      return askKeyring(bus);
    })().catch((): KeyringState => 'no-bus');
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
    socket?.destroy();
  }
}

async function askKeyring(bus: Socket): Promise<KeyringState> {
  let buffer: Buffer = Buffer.alloc(0);
  let failed: Error | undefined;
  let wake: () => void = () => undefined;
  bus.on('data', (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    wake();
  });
  const end = (error?: Error): void => {
    failed ??= error ?? new Error('the bus closed the connection');
    wake();
  };
  bus.on('error', end);
  bus.on('close', () => end());
  /** Waits until `take` finds what it looks for in the buffer. */
  const until = async <T>(take: () => T | undefined): Promise<T> => {
    for (;;) {
      const found = take();
      if (found !== undefined) return found;
      if (failed) throw failed;
      if (buffer.length > maxMessageBytes * 2) throw new RangeError('too much');
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  const uid = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex');
  bus.write(`\0AUTH EXTERNAL ${uid}\r\n`);
  const line = await until(() => {
    const at = buffer.indexOf('\r\n');
    if (at < 0) return undefined;
    const text = buffer.toString('latin1', 0, at);
    buffer = buffer.subarray(at + 2);
    return text;
  });
  if (!line.startsWith('OK ')) throw new Error('the bus does not know this account');
  bus.write('BEGIN\r\n');
  let serial = 0;
  const call = async (what: Call): Promise<Reply> => {
    const mine = ++serial;
    bus.write(encodeCall(mine, what));
    return until(() => {
      for (;;) {
        const message = decodeMessage(buffer);
        if (!message) return undefined;
        buffer = buffer.subarray(message.length);
        if (message.reply?.serial === mine) return message.reply;
      }
    });
  };
  const hello = await call({ destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus', member: 'Hello' });
  if (hello.error) throw new Error('the bus refuses');
  const alias = await call({
    destination: secrets,
    path: '/org/freedesktop/secrets',
    interface: 'org.freedesktop.Secret.Service',
    member: 'ReadAlias',
    arguments: ['default'],
  });
  if (alias.error) return 'no-service';
  const collection = readString(alias.body);
  if (collection === '/') return 'no-collection';
  const locked = await call({
    destination: secrets,
    path: collection,
    interface: 'org.freedesktop.DBus.Properties',
    member: 'Get',
    arguments: ['org.freedesktop.Secret.Collection', 'Locked'],
  });
  if (locked.error) return 'no-collection';
  return readBooleanVariant(locked.body) ? 'locked' : 'open';
}
