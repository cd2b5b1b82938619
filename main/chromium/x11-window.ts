/**
 * Watches the browser's window on an X11 display. A window that another client destroys (XDestroyWindow: some window
 * managers, xdotool windowclose) is not noticed by the browser: its page goes on, no event of DevTools comes, and the app
 * would believe in a window that nobody sees. The X server tells everyone who asks; this asks it.
 *
 * As little as that needs of the X11 protocol, version 11 (X.Org, "X Window System Protocol"), little-endian, over the
 * display's own socket. On Wayland no other client can destroy a window.
 */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** The window is there within a second of the browser's start; ten are for a machine in trouble. */
const FIND = { tries: 40, everyMs: 250 };
/** Answers are far shorter (a tree of windows takes 4 bytes each); what says to be longer is not from an X server. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** A window manager puts a window into frames of its own, two or three deep. */
const MAX_DEPTH = 4;

const opcode = { changeWindowAttributes: 2, getWindowAttributes: 3, queryTree: 15, internAtom: 16, getProperty: 20 } as const;
/** Kinds of what the server sends. */
const sent = { error: 0, reply: 1, destroyNotify: 17, genericEvent: 35 } as const;
const EVENT_MASK_BIT = 0x800;
const STRUCTURE_NOTIFY = 0x20000;
const WM_CLASS = 67;
/** Map state of a window that is on the screen, at this byte of its attributes. */
const VIEWABLE = { at: 26, state: 2 };

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

const silent = (): Error => new Error('the display does not answer');
const padded = (length: number): number => (length + 3) & ~3;

/** One connection: requests in order, replies in order, events to a listener. */
class Connection {
  readonly #socket: Socket;
  readonly #replies: { readonly resolve: (reply: Buffer | undefined) => void; readonly reject: (error: Error) => void }[] = [];
  #received = Buffer.alloc(0);
  #root = 0;
  #setUp!: { resolve: () => void; reject: (error: Error) => void };
  readonly ready: Promise<void>;
  onDestroyed: (window: number) => void = () => {};

  constructor(display: number, cookie: Buffer | undefined) {
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

  #end(): void {
    this.#setUp.reject(silent());
    for (const reply of this.#replies.splice(0)) reply.reject(silent());
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const packet = this.#next();
      if (!packet) return;
      if (this.#root === 0) this.#onSetUp(packet);
      else if (packet[0] === sent.error) this.#onError(packet);
      else if (packet[0] === sent.reply) this.#replies.shift()?.resolve(packet);
      else if ((packet[0]! & 0x7f) === sent.destroyNotify) this.onDestroyed(packet.readUInt32LE(8));
    }
  }

  /** The choice of events has no answer, so its failure is none either: the question after it tells. */
  #onError(packet: Buffer): void {
    if (packet[10] !== opcode.changeWindowAttributes) this.#replies.shift()?.resolve(undefined);
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
    this.#root = packet.readUInt32LE(screen);
    this.#setUp.resolve();
  }
}

const words = (...values: number[]): Buffer => {
  const body = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => body.writeUInt32LE(value, i * 4));
  return body;
};

async function property(x: Connection, window: number, atom: number, length: number): Promise<Buffer> {
  const reply = await x.ask(opcode.getProperty, 0, words(window, atom, 0, 0, length));
  if (!reply) return Buffer.alloc(0);
  return reply.subarray(32, 32 + (reply.readUInt32LE(16) * reply[1]!) / 8);
}

/** The window of the process `pid` that has our class and is on the screen, at any depth. The browser has others that nobody sees. */
async function find(x: Connection, pidAtom: number, pid: number, wmClass: string, window = x.root, depth = 0): Promise<number | undefined> {
  const tree = await x.ask(opcode.queryTree, 0, words(window));
  const count = tree?.readUInt16LE(16) ?? 0;
  for (let i = 0; i < count; i++) {
    const child = tree!.readUInt32LE(32 + i * 4);
    const owner = await property(x, child, pidAtom, 1);
    if (owner.length === 4 && owner.readUInt32LE(0) === pid) {
      const names = (await property(x, child, WM_CLASS, 64)).toString('latin1').split('\0');
      const attributes = names.includes(wmClass) ? await x.ask(opcode.getWindowAttributes, 0, words(child)) : undefined;
      if (attributes?.[VIEWABLE.at] === VIEWABLE.state) return child;
    }
    const inside = depth < MAX_DEPTH ? await find(x, pidAtom, pid, wmClass, child, depth + 1) : undefined;
    if (inside !== undefined) return inside;
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

export interface Watch {
  /** Resolves with true when the window is watched, with false where that is not possible: no X11, no such window, or a display that does not answer any more. */
  readonly watching: Promise<boolean>;
  stop(): void;
}

/** Calls `gone` once when the window of the process `pid` with the class `wmClass` is destroyed. Never throws. */
export function watchX11Window(options: { readonly env: NodeJS.ProcessEnv; readonly pid: number; readonly wmClass: string; readonly gone: () => void }): Watch {
  const { env, pid, wmClass, gone } = options;
  const display = localDisplay(env['DISPLAY']);
  if (display === undefined) return { watching: Promise.resolve(false), stop: () => {} };
  const x = new Connection(display, readCookie(env, display));
  let stopped = false;
  const watch = async (): Promise<boolean> => {
    await x.ready;
    // 11 letters, and one byte that fills the last word.
    const name = Buffer.from('_NET_WM_PID\0');
    const length = words(name.length - 1);
    const atom = (await x.ask(opcode.internAtom, 0, Buffer.concat([length, name])))?.readUInt32LE(8) ?? 0;
    for (let i = 0; i < FIND.tries && !stopped; i++) {
      const window = await find(x, atom, pid, wmClass);
      if (window !== undefined) {
        x.onDestroyed = (destroyed) => {
          if (destroyed !== window || stopped) return;
          stopped = true;
          x.close();
          gone();
        };
        x.send(opcode.changeWindowAttributes, 0, words(window, EVENT_MASK_BIT, STRUCTURE_NOTIFY));
        // Asked after the choice: a window that went just before it sends no event any more.
        const there = await x.ask(opcode.queryTree, 0, words(window));
        if (!there) x.onDestroyed(window);
        return true;
      }
      await new Promise((resolve) => setTimeout(resolve, FIND.everyMs).unref());
    }
    x.close();
    return false;
  };
  return {
    watching: watch().catch(() => false),
    stop: () => {
      stopped = true;
      x.close();
    },
  };
}
