/** Sealed records that the disk has no room for yet, in order. Ciphertext only; bounded by the room that is held back for the end. Pure. */
import { MAX_WAITING_MARKS, MAX_WAITING_OUTPUT } from './room.ts';
import type { SealedFrame } from './sealer.ts';
import type { EventCode } from './types.ts';

export interface WaitingRecord extends SealedFrame {
  /** Output bytes in it. */
  readonly output: number;
}

export class WaitingRecords {
  readonly #records: WaitingRecord[] = [];
  #outputBytes = 0;
  #markBytes = 0;
  #lostBytes = 0;

  get count(): number {
    return this.#records.length;
  }

  /** Output bytes that were not taken since the last `takeLost`. */
  get lostBytes(): number {
    return this.#lostBytes;
  }

  /** Whether so much output may still be sealed; else it is lost. What is lost is one gap: nothing is taken behind it. */
  takesOutput(bytes: number): boolean {
    const takes = this.#lostBytes === 0 && this.#outputBytes + bytes <= MAX_WAITING_OUTPUT;
    if (!takes) this.#lostBytes += bytes;
    return takes;
  }

  /**
   * Whether an event that is no output may be sealed. A snapshot, which only makes a replay shorter, waits for nothing; and
   * where very many wait, the ledger has the locks, and the next segment has the size.
   */
  takesMark(code: EventCode): boolean {
    return this.count === 0 || code === 'x' || code === 'e' || (code !== 'n' && this.#markBytes <= MAX_WAITING_MARKS);
  }

  /** Keeps a copy. */
  push({ bytes, leaf, output }: WaitingRecord): void {
    this.#records.push({ bytes: Buffer.from(bytes), leaf, output });
    if (output > 0) this.#outputBytes += bytes.length;
    else this.#markBytes += bytes.length;
  }

  /** @param write returns false where there is no room. @returns whether nothing waits any more. */
  flush(write: (record: WaitingRecord) => boolean): boolean {
    for (let next; (next = this.#records[0]);) {
      if (!write(next)) return false;
      this.#records.shift();
    }
    this.#outputBytes = this.#markBytes = 0;
    return true;
  }

  /** How many output bytes were lost; they are not lost twice. */
  takeLost(): number {
    const lost = this.#lostBytes;
    this.#lostBytes = 0;
    return lost;
  }

  clear(): void {
    this.#records.length = 0;
    this.#outputBytes = this.#markBytes = 0;
  }
}
