/** The page's end of the sealed view channel, on WebCrypto. Runs in a renderer, and in Node for the tests. */
import { ChannelError, counterBytes, keyInfo, tagBytes, type Direction } from './wire.ts';

/** WebCrypto's types, named so that both the browser's and Node's declarations fit. */
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;
type KeyPair = { readonly publicKey: Key; readonly privateKey: Key };
type Bytes = Uint8Array<ArrayBuffer>;
/** What WebCrypto wants: bytes over a plain ArrayBuffer. */
const plain = (bytes: Uint8Array): Bytes => (bytes.buffer instanceof ArrayBuffer ? (bytes as Bytes) : new Uint8Array(bytes));

/** A page's ephemeral key: made once for each document. */
export class PageKey {
  /** Raw and uncompressed, 65 bytes. */
  readonly publicKey: Uint8Array;
  readonly #pair: KeyPair;

  private constructor(pair: KeyPair, publicKey: Uint8Array) {
    this.#pair = pair;
    this.publicKey = publicKey;
  }

  static async generate(): Promise<PageKey> {
    const pair = (await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits'])) as KeyPair;
    return new PageKey(pair, new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)));
  }

  /** Opens the channel to the peer with this public key. */
  async connect(peerPublicKey: Uint8Array): Promise<PageChannel> {
    const peer = await crypto.subtle.importKey('raw', plain(peerPublicKey), { name: 'ECDH', namedCurve: 'P-256' }, false, []);
    const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: peer }, this.#pair.privateKey, 256);
    const both = new Uint8Array(this.publicKey.length + peerPublicKey.length);
    both.set(this.publicKey);
    both.set(peerPublicKey, this.publicKey.length);
    const salt = await crypto.subtle.digest('SHA-256', both);
    const base = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
    const derive = (direction: Direction, use: 'encrypt' | 'decrypt'): Promise<Key> =>
      crypto.subtle.deriveKey(
        { name: 'HKDF', hash: 'SHA-256', salt, info: new TextEncoder().encode(keyInfo(direction)) },
        base,
        { name: 'AES-GCM', length: 256 },
        false,
        [use],
      );
    return new PageChannel(await derive('from-page', 'encrypt'), await derive('to-page', 'decrypt'));
  }
}

/** Seals and opens in the order of the calls, although WebCrypto answers asynchronously. */
export class PageChannel {
  readonly #out: Key;
  readonly #in: Key;
  #sent = 0n;
  #received = 0n;

  constructor(out: Key, incoming: Key) {
    this.#out = out;
    this.#in = incoming;
  }

  /** Takes its place in the order at the call; send the results in the order of the calls. */
  async seal(bytes: Uint8Array): Promise<Uint8Array> {
    const iv = new Uint8Array(12);
    new DataView(iv.buffer).setBigUint64(4, this.#sent++);
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, this.#out, plain(bytes));
    const frame = new Uint8Array(counterBytes + sealed.byteLength);
    frame.set(iv.subarray(4));
    frame.set(new Uint8Array(sealed), counterBytes);
    return frame;
  }

  /** @throws ChannelError when the frame is not the next one, or does not open. */
  async open(frame: Uint8Array): Promise<Uint8Array> {
    if (frame.length < counterBytes + tagBytes) throw new ChannelError('the frame is too short');
    const counter = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getBigUint64(0);
    if (counter !== this.#received) throw new ChannelError('the frame is out of order');
    this.#received++;
    const iv = new Uint8Array(12);
    iv.set(frame.subarray(0, counterBytes), 4);
    try {
      return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, this.#in, plain(frame.subarray(counterBytes))));
    } catch {
      throw new ChannelError('the frame was changed');
    }
  }
}
