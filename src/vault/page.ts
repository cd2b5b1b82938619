/**
 * The page at the other end of the vault: the sealed channel between both, and what a person has typed or touched there, which waits here for the
 * request that uses it. Main relays the frames and can read none.
 */
import { PeerChannel } from '../bridge/channel/node.ts';
import { decodeFrame } from '../bridge/frames.ts';
import { mostTyped } from '../types/most-typed.ts';

/** A passphrase has at most 512 characters of at most 4 bytes. */
const maxPassphraseBytes = 2048;
/** Characters of at most 4 bytes. */
const maxWordsBytes = mostTyped.emergency * 4;
/** What is looked for in recordings. */
const maxQueryBytes = 1024;
/** Purpose, recipient, and a reason for each piece that is released by hand. */
const maxDisclosureBytes = 256 * 1024;
const prfBytes = 32;
/** Results that may wait for the request that uses them: an enrolment needs two. */
const maxPrfResults = 2;

/** What came before a request, and belongs to it. */
export interface Secrets {
  readonly passphrase: Buffer | undefined;
  readonly prf: readonly Buffer[];
}

export function wipeSecrets({ passphrase, prf }: Secrets): void {
  passphrase?.fill(0);
  for (const result of prf) result.fill(0);
}

export class VaultPage {
  #channel: PeerChannel | undefined;
  #key: Uint8Array | undefined;
  #passphrase: Buffer | undefined;
  #prf: Buffer[] = [];
  /** What somebody wrote who breaks the glass, until it is sealed. */
  #words: Buffer | undefined;
  /** What is looked for in recordings, until that is asked for. */
  #query: Buffer | undefined;

  /** What an export is for, until it is made. */
  #disclosure: Buffer | undefined;

  /** The channel to the page that stands now: whoever sends through it keeps this one, and fails when another page comes. */
  get channel(): PeerChannel | undefined {
    return this.#channel;
  }

  /** The key of the page that stands now. */
  get key(): Uint8Array | undefined {
    return this.#key;
  }

  /** Another page: nothing of the one before is left. @returns the vault's own key for it. @throws where `publicKey` is none */
  connect(publicKey: Uint8Array): Uint8Array {
    this.wipe();
    this.#channel = new PeerChannel(publicKey);
    this.#key = publicKey;
    return this.#channel.publicKey;
  }

  /** A sealed frame from the page: a passphrase, a PRF result, words, what is looked for, or what an export is for. Everything else is dropped. */
  frame(sealed: Uint8Array): void {
    let plain: Buffer;
    try {
      if (!this.#channel) return;
      plain = this.#channel.open(sealed);
    } catch {
      return;
    }
    try {
      const frame = decodeFrame(plain);
      if (frame.type === 'passphrase' && frame.bytes.length <= maxPassphraseBytes) {
        this.#passphrase?.fill(0);
        this.#passphrase = Buffer.from(frame.bytes);
      } else if (frame.type === 'prf' && frame.bytes.length === prfBytes) {
        this.#prf.push(Buffer.from(frame.bytes));
        while (this.#prf.length > maxPrfResults) this.#prf.shift()!.fill(0);
      } else if (frame.type === 'words' && frame.bytes.length <= maxWordsBytes) {
        // Empty: whoever asks next wrote none, and those of the one before are not theirs.
        this.takeWords()?.fill(0);
        if (frame.bytes.length > 0) this.#words = Buffer.from(frame.bytes);
      } else if (frame.type === 'query' && frame.bytes.length <= maxQueryBytes) {
        this.takeQuery()?.fill(0);
        this.#query = Buffer.from(frame.bytes);
      } else if (frame.type === 'disclosure' && frame.bytes.length <= maxDisclosureBytes) {
        this.takeDisclosure()?.fill(0);
        this.#disclosure = Buffer.from(frame.bytes);
      }
    } catch {
      // Not a frame of ours.
    } finally {
      plain.fill(0);
    }
  }

  /** What has come since the last time: whoever takes it wipes it. */
  take(): Secrets {
    const secrets = { passphrase: this.#passphrase, prf: this.#prf };
    this.#passphrase = undefined;
    this.#prf = [];
    return secrets;
  }

  /** Whoever takes them wipes them. */
  takeWords(): Buffer | undefined {
    const words = this.#words;
    this.#words = undefined;
    return words;
  }

  /** Whoever takes it wipes it. */
  takeQuery(): Buffer | undefined {
    const query = this.#query;
    this.#query = undefined;
    return query;
  }

  /** Whoever takes it wipes it. */
  takeDisclosure(): Buffer | undefined {
    const disclosure = this.#disclosure;
    this.#disclosure = undefined;
    return disclosure;
  }

  /** PRF results that the next request needs as well: copies of them wait before those that have come meanwhile. */
  keepPrf(results: readonly Buffer[]): void {
    this.#prf.unshift(...results.map((result) => Buffer.from(result)));
  }

  wipe(): void {
    wipeSecrets(this.take());
    this.takeWords()?.fill(0);
    this.takeQuery()?.fill(0);
    this.takeDisclosure()?.fill(0);
    this.#channel?.close();
    this.#channel = undefined;
    this.#key = undefined;
  }
}
