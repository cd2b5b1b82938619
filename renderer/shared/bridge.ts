/**
 * The page's side of the bridge: requests with answers, events, and the sealed view channel. One for each document.
 * Only types come from the schema: its run-time checks belong to the core, and zod stays out of the page.
 */
import type { PageChannel, PageKey } from '../../src/bridge/channel/web.ts';
import { ownMemory } from '../../src/bridge/own-memory.ts';
import { decodeFrame, encodeFrame, type ViewFrame } from '../../src/bridge/frames.ts';
import { Pending } from '../../src/bridge/pending.ts';
import { CodedError } from '../../src/types/coded-error.ts';
import type { EventName, Events, Input, Output, PageBridge, RequestName } from '../../src/bridge/schema.ts';
import type { Peer } from '../../src/types/words.ts';
import { fromBase64 } from './bytes.ts';
import { sayHello } from './greeting.ts';
import { messages } from './messages.ts';

declare global {
  interface Window {
    readonly wardmux?: PageBridge;
  }
}

/** The core said no. */
export class Refused extends CodedError {}

type Answer = { readonly id: number; readonly ok: boolean; readonly output?: unknown; readonly error?: { readonly code: string; readonly sentence: string } };
type Listener<E extends EventName> = (payload: Events[E]) => void;
type FrameListener = (frame: ViewFrame) => Promise<void> | void;

/** One peer's channel. Frames that come before the peer's key wait for it, in order; so do frames that we send. */
class Line {
  #channel: PageChannel | undefined;
  #opening: Promise<PageChannel>;
  #resolve!: (channel: PageChannel) => void;
  #received: Promise<void> = Promise.resolve();
  #sent: Promise<void> = Promise.resolve();

  constructor() {
    this.#opening = new Promise((resolve) => (this.#resolve = resolve));
  }

  /** A second key from the same peer is a new process with a new channel: old frames do not open on it. */
  connect(key: PageKey, publicKey: Uint8Array): void {
    const connecting = key.connect(publicKey);
    if (this.#channel) {
      this.#channel = undefined;
      this.#opening = connecting;
    } else connecting.then(this.#resolve, () => {});
    this.#opening = this.#opening.then((channel) => (this.#channel = channel));
  }

  /** Decrypts at once and delivers in order. Resolves when the listener has taken the frame. */
  receive(bytes: Uint8Array, listener: FrameListener): Promise<void> {
    const opened = this.#channel ? this.#channel.open(bytes) : this.#opening.then((channel) => channel.open(bytes));
    opened.catch(() => {});
    const delivered = this.#received.then(async () => listener(decodeFrame(await opened)));
    this.#received = delivered.then(
      () => {},
      () => {},
    );
    return delivered;
  }

  send(bytes: Uint8Array, post: (sealed: Uint8Array) => void, wipe: boolean): Promise<void> {
    const sealed = this.#channel ? this.#channel.seal(bytes) : this.#opening.then((channel) => channel.seal(bytes));
    this.#sent = this.#sent.then(async () => {
      const frame = await sealed;
      if (wipe) bytes.fill(0);
      post(frame);
    });
    return this.#sent;
  }
}

export class Bridge {
  readonly #host: PageBridge;
  readonly #pending = new Pending();
  /** The first question of a document (greeting.ts): it may be asked already. */
  readonly #greeted = this.#pending.ask<Output<'hello'>>(() => {});
  readonly #listeners = new Map<EventName, Set<Listener<never>>>();
  readonly #lines = { pty: new Line(), vault: new Line() };
  #frames: FrameListener = () => {};
  #key: PageKey | undefined;
  #ended = false;
  /** What is asked before hello is sent; the core knows no page without its key. */
  #early: (() => void)[] | undefined = [];

  constructor(host: PageBridge | undefined = window.wardmux) {
    if (!host) throw new Error(messages.bridge.missing);
    this.#host = host;
    host.onFrame((peer, bytes) => {
      // Taken, so that nobody waits, and not opened.
      if (this.#ended) return undefined;
      return this.#lines[peer]
        .receive(bytes, (frame) => this.#frames(frame))
        .catch(() => this.#dispatch('notice', { level: 'stop', sentence: messages.bridge.badFrame }));
    });
  }

  /** Says hello with the document's ephemeral key, and listens. Call it after every listener is in place. */
  async hello(): Promise<void> {
    this.#key = await sayHello(this.#host);
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const ask of early) ask();
    this.#host.onMessage((text) => this.#message(text));
    await this.#greeted;
  }

  /** @throws Refused with the core's sentence. */
  request<N extends RequestName>(request: N, input: Input<N>): Promise<Output<N>> {
    return this.#pending.ask<Output<N>>((id) => {
      const ask = (): void => this.#host.send(JSON.stringify({ id, request, input }));
      if (this.#early) this.#early.push(ask);
      else ask();
    });
  }

  on<E extends EventName>(event: E, listener: Listener<E>): void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener as Listener<never>));
  }

  /** The one receiver of opened frames. What it returns holds the host back: flow control. */
  onFrame(listener: FrameListener): void {
    this.#frames = listener;
  }

  /** From here on nothing that comes is shown, and nothing goes out: the keys of both channels are forgotten. */
  end(): void {
    this.#ended = true;
    this.#frames = () => {};
    this.#listeners.clear();
    this.#key = undefined;
    this.#lines.pty = new Line();
    this.#lines.vault = new Line();
  }

  /** Seals and sends in the order of the calls. Secrets are wiped from the page's copy once they are sealed. */
  sendFrame(peer: Peer, frame: ViewFrame): Promise<void> {
    if (this.#ended) return Promise.resolve();
    const bytes = encodeFrame(frame);
    const secret = frame.type === 'passphrase' || frame.type === 'prf';
    if (secret) frame.bytes.fill(0);
    return this.#lines[peer].send(bytes, (sealed) => this.#host.sendFrame(peer, ownMemory(sealed)), secret);
  }

  #message(text: string): void {
    const message = JSON.parse(text) as Answer | { readonly event: EventName; readonly payload: never };
    if ('event' in message) return this.#dispatch(message.event, message.payload);
    this.#pending.settle(message.id, () => {
      if (message.ok) return message.output;
      throw new Refused(message.error?.code ?? 'failed', message.error?.sentence ?? messages.bridge.failed);
    });
  }

  #dispatch<E extends EventName>(event: E, payload: Events[E]): void {
    if (event === 'channel' && this.#key) {
      const { peer, publicKey } = payload as Events['channel'];
      this.#lines[peer].connect(this.#key, fromBase64(publicKey));
    }
    for (const listener of this.#listeners.get(event) ?? []) (listener as Listener<E>)(payload);
  }
}
