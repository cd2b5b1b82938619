/** The peer's end of the sealed view channel (pty host, vault host): synchronous, on node:crypto. */
import { createCipheriv, createDecipheriv, createECDH, createHash, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { FreedMemory } from './freed.ts';
import { ChannelError, counterBytes, keyInfo, publicKeyBytes, tagBytes } from './wire.ts';

/** One page's channel, seen from the peer. */
export class PeerChannel {
  /** Our ephemeral public key, raw and uncompressed, 65 bytes: give it to the page. */
  readonly publicKey: Uint8Array;
  #out: KeyObject | undefined;
  #in: KeyObject | undefined;
  readonly #freed = new FreedMemory();
  #sent = 0n;
  #received = 0n;

  /** @throws ChannelError when `pagePublicKey` is not a point on P-256. */
  constructor(pagePublicKey: Uint8Array) {
    if (pagePublicKey.length !== publicKeyBytes) throw new ChannelError('the page key has the wrong length');
    const pair = createECDH('prime256v1');
    this.publicKey = pair.generateKeys();
    let shared: Buffer;
    try {
      shared = pair.computeSecret(pagePublicKey);
    } catch {
      throw new ChannelError('the page key is not a P-256 point');
    }
    const salt = createHash('sha256').update(pagePublicKey).update(this.publicKey).digest();
    const derive = (info: string): KeyObject => {
      const raw = Buffer.from(hkdfSync('sha256', shared, salt, info, 32));
      const key = createSecretKey(raw);
      raw.fill(0);
      return key;
    };
    this.#out = derive(keyInfo('to-page'));
    this.#in = derive(keyInfo('from-page'));
    shared.fill(0);
  }

  /** Seals the concatenation of `parts`. @throws ChannelError after close(). */
  seal(...parts: Uint8Array[]): Uint8Array {
    if (!this.#out) throw new ChannelError('the channel is closed');
    const iv = Buffer.alloc(12);
    iv.writeBigUInt64BE(this.#sent++, 4);
    const cipher = createCipheriv('aes-256-gcm', this.#out, iv);
    const pieces: Uint8Array[] = [iv.subarray(4)];
    for (const part of parts) pieces.push(cipher.update(part));
    pieces.push(cipher.final());
    pieces.push(cipher.getAuthTag());
    return Buffer.concat(pieces);
  }

  /** Opens a frame. The caller wipes the result. @throws ChannelError */
  open(frame: Uint8Array): Buffer {
    if (!this.#in) throw new ChannelError('the channel is closed');
    if (frame.length < counterBytes + tagBytes) throw new ChannelError('the frame is too short');
    const view = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
    if (view.readBigUInt64BE(0) !== this.#received) throw new ChannelError('the frame is out of order');
    const iv = Buffer.alloc(12);
    view.copy(iv, 4, 0, counterBytes);
    const decipher = createDecipheriv('aes-256-gcm', this.#in, iv);
    decipher.setAuthTag(view.subarray(view.length - tagBytes));
    const sealed = view.subarray(counterBytes, view.length - tagBytes);
    this.#freed.prepare(sealed.length);
    const plain = decipher.update(sealed);
    this.#freed.overwrite(plain.length);
    try {
      decipher.final();
    } catch {
      plain.fill(0);
      throw new ChannelError('the frame was changed');
    }
    this.#received++;
    return plain;
  }

  /** Drops both keys: nothing more can be sealed or opened. */
  close(): void {
    this.#out = undefined;
    this.#in = undefined;
  }
}
