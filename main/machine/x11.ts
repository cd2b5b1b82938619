/**
 * As little as the host needs of the X11 protocol, version 11 (X.Org, "X Window System Protocol"), little-endian, over the
 * display's own socket: questions with answers, requests without, events.
 */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Answers are shorter (a tree of windows takes 4 bytes each, a part of a picture 1 MiB at most); what says to be longer is not from an X server. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export const opcode = {
  createWindow: 1,
  changeWindowAttributes: 2,
  getWindowAttributes: 3,
  getGeometry: 14,
  queryTree: 15,
  internAtom: 16,
  getProperty: 20,
  setSelectionOwner: 22,
  getSelectionOwner: 23,
  sendEvent: 25,
  translateCoordinates: 40,
  getImage: 73,
  queryExtension: 98,
} as const;
/** Requests that have no answer, so that an error about one answers no question. */
const silentRequests: readonly number[] = [opcode.createWindow, opcode.changeWindowAttributes, opcode.setSelectionOwner, opcode.sendEvent];
/** Kinds of what the server sends. */
const sent = { error: 0, reply: 1, genericEvent: 35 } as const;

/** Number of a display of this machine, or undefined for one elsewhere or for none. */
export function localDisplay(display: string | undefined): number | undefined {
  const match = /^(?:unix)?:(\d{1,5})(?:\.\d+)?$/.exec(display ?? '');
  return match ? Number(match[1]) : undefined;
}

const COOKIE = 'MIT-MAGIC-COOKIE-1';
const FAMILY = { local: 256, wild: 65_535 } as const;

/** The cookie for a display out of an Xauthority file (Xau: big-endian, each field with its length before it). */
export function findCookie(file: Buffer, display: number, host: string): Buffer | undefined {
  let at = 0;
  const field = (): Buffer => {
    const end = at + 2 + file.readUInt16BE(at);
    if (end > file.length) throw new RangeError('cut off');
    const bytes = file.subarray(at + 2, end);
    at = end;
    return bytes;
  };
  try {
    while (at < file.length) {
      const family = file.readUInt16BE(at);
      at += 2;
      const [address, number, name, data] = [field(), field(), field(), field()];
      const here = family === FAMILY.wild || (family === FAMILY.local && address.toString() === host);
      if (here && ['', String(display)].includes(number.toString()) && name.toString() === COOKIE) return data;
    }
  } catch {
    // The rest of the file cannot be read, so there is no cookie in it.
  }
  return undefined;
}

function readCookie(env: NodeJS.ProcessEnv, display: number): Buffer | undefined {
  try {
    return findCookie(readFileSync(env['XAUTHORITY'] ?? join(env['HOME'] ?? '/', '.Xauthority')), display, hostname());
  } catch {
    // Without a file the display may still let us in.
    return undefined;
  }
}

const silent = (): Error => new Error('the display does not answer');
const padded = (length: number): number => (length + 3) & ~3;

/** The body of a request whose fields are 32 bits each. */
export const words = (...values: number[]): Buffer => {
  const body = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => body.writeUInt32LE(value >>> 0, i * 4));
  return body;
};

/** One connection: requests in order, answers in order, events to a listener. */
export class X11 {
  readonly #socket: Socket;
  readonly #replies: { readonly resolve: (reply: Buffer | undefined) => void; readonly reject: (error: Error) => void }[] = [];
  #received: Buffer = Buffer.alloc(0);
  #root = 0;
  #idBase = 0;
  #setUp!: { resolve: () => void; reject: (error: Error) => void };
  readonly ready: Promise<void>;
  /** An event, as the server sends it: 32 bytes, its kind in the first one (with 0x80 where another client has sent it). */
  onEvent: (event: Buffer) => void = () => {};
  onEnd: () => void = () => {};

  /** The display of `env`, or undefined where that is none of this machine. */
  static connect(env: NodeJS.ProcessEnv): X11 | undefined {
    const display = localDisplay(env['DISPLAY']);
    return display === undefined ? undefined : new X11(display, readCookie(env, display));
  }

  private constructor(display: number, cookie: Buffer | undefined) {
    this.ready = new Promise((resolve, reject) => (this.#setUp = { resolve, reject }));
    this.ready.catch(() => {});
    this.#socket = connect(`/tmp/.X11-unix/X${display}`);
    this.#socket.unref();
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => this.#end());
    const name = cookie ? Buffer.from(COOKIE) : Buffer.alloc(0);
    const data = cookie ?? Buffer.alloc(0);
    const hello = Buffer.alloc(12 + padded(name.length) + padded(data.length));
    hello.write('l');
    hello.writeUInt16LE(11, 2);
    hello.writeUInt16LE(name.length, 6);
    hello.writeUInt16LE(data.length, 8);
    name.copy(hello, 12);
    data.copy(hello, 12 + padded(name.length));
    this.#socket.write(hello);
  }

  get root(): number {
    return this.#root;
  }

  /** The first number that this connection may give to a window of its own. */
  get idBase(): number {
    return this.#idBase;
  }

  close(): void {
    this.#socket.destroy();
  }

  /** A request that has no answer. */
  send(code: number, flag: number, body: Buffer): void {
    const head = Buffer.alloc(4);
    head.writeUInt8(code, 0);
    head.writeUInt8(flag, 1);
    head.writeUInt16LE(1 + body.length / 4, 2);
    this.#socket.write(Buffer.concat([head, body]));
  }

  /**
   * @returns undefined where the server answers with an error: a window that is gone meanwhile.
   * @throws where it does not answer any more, which says nothing about a window
   */
  ask(code: number, flag: number, body: Buffer): Promise<Buffer | undefined> {
    if (this.#socket.destroyed) return Promise.reject(silent());
    return new Promise((resolve, reject) => {
      this.#replies.push({ resolve, reject });
      this.send(code, flag, body);
    });
  }

  /** The number of a name, which is made where there is none yet. */
  async atom(name: string): Promise<number> {
    const bytes = Buffer.alloc(padded(name.length));
    bytes.write(name, 'latin1');
    return (await this.ask(opcode.internAtom, 0, Buffer.concat([words(name.length), bytes])))?.readUInt32LE(8) ?? 0;
  }

  /** The request code of an extension; undefined where the server does not have it. */
  async extension(name: string): Promise<number | undefined> {
    const bytes = Buffer.alloc(padded(name.length));
    bytes.write(name, 'latin1');
    const reply = await this.ask(opcode.queryExtension, 0, Buffer.concat([words(name.length), bytes]));
    return reply?.[8] === 1 ? reply[9] : undefined;
  }

  /** The first `length` words of a property, empty where there is none. */
  async property(window: number, atom: number, length: number): Promise<Buffer> {
    const reply = await this.ask(opcode.getProperty, 0, words(window, atom, 0, 0, length));
    if (!reply) return Buffer.alloc(0);
    return reply.subarray(32, 32 + (reply.readUInt32LE(16) * reply[1]!) / 8);
  }

  #end(): void {
    this.#setUp.reject(silent());
    for (const reply of this.#replies.splice(0)) reply.reject(silent());
    this.onEnd();
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    for (;;) {
      const packet = this.#next();
      if (!packet) return;
      if (this.#root === 0) this.#onSetUp(packet);
      else if (packet[0] === sent.error) this.#onError(packet);
      else if (packet[0] === sent.reply) this.#replies.shift()?.resolve(packet);
      else this.onEvent(packet);
    }
  }

  #onError(packet: Buffer): void {
    if (!silentRequests.includes(packet[10]!)) this.#replies.shift()?.resolve(undefined);
  }

  /** The next whole packet. The set-up's answer has a head of its own. */
  #next(): Buffer | undefined {
    const bytes = this.#received;
    const setUp = this.#root === 0;
    if (bytes.length < (setUp ? 8 : 32)) return undefined;
    const long = bytes[0] === sent.reply || bytes[0] === sent.genericEvent;
    const length = setUp ? 8 + bytes.readUInt16LE(6) * 4 : 32 + (long ? bytes.readUInt32LE(4) * 4 : 0);
    if (length > MAX_ANSWER_BYTES) {
      this.close();
      return undefined;
    }
    if (bytes.length < length) return undefined;
    this.#received = bytes.subarray(length);
    return bytes.subarray(0, length);
  }

  #onSetUp(packet: Buffer): void {
    // 1 is success. The first screen follows the vendor's name and the pixel formats of 8 bytes each.
    const screen = packet[0] === 1 && packet.length >= 40 ? 40 + padded(packet.readUInt16LE(24)) + 8 * packet.readUInt8(29) : Infinity;
    if (screen + 4 > packet.length) return this.close();
    this.#idBase = packet.readUInt32LE(12);
    this.#root = packet.readUInt32LE(screen);
    this.#setUp.resolve();
  }
}
