/** Bytes that are asked for: a file of any length, of which a line or a few KiB are held. Pure. */
import type { Bytes } from './types.ts';

/** A line without its end, and whether it had one: the last one of a file need not. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly bytes: Buffer;
  readonly ended: boolean;
}

const LINE_END = 0x0a;

export class Pull {
  readonly #source: Iterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);
  #lines = 0;

  constructor(bytes: Bytes) {
    this.#source = bytes[Symbol.iterator]();
  }

  /** Up to `most` of the bytes that come next, at least one; undefined at the end. Valid until the next call. */
  some(most: number): Buffer | undefined {
    if (this.#held.length === 0 && !this.#more()) return undefined;
    return this.#take(Math.min(most, this.#held.length));
  }

  /** The next `count` bytes, or fewer at the end. Whoever asks bounds `count`. */
  exactly(count: number): Buffer {
    while (this.#held.length < count && this.#more());
    return this.#take(Math.min(count, this.#held.length));
  }

  /** The next line; undefined at the end. @param most bytes of it. @param tooLong is thrown where there are more */
  line(most: number, tooLong: (number: number) => Error): Line | undefined {
    let looked = 0;
    for (;;) {
      const end = this.#held.indexOf(LINE_END, looked);
      if ((end < 0 ? this.#held.length : end) > most) throw tooLong(this.#lines + 1);
      if (end >= 0) return this.#line(end, true);
      looked = this.#held.length;
      if (this.#more()) continue;
      return looked === 0 ? undefined : this.#line(looked, false);
    }
  }

  #line(length: number, ended: boolean): Line {
    const bytes = this.#take(length);
    if (ended) this.#take(1);
    this.#lines += 1;
    return { number: this.#lines, bytes, ended };
  }

  #take(count: number): Buffer {
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return taken;
  }

  #more(): boolean {
    for (;;) {
      const { done, value } = this.#source.next();
      if (done) return false;
      if (value.length === 0) continue;
      // What is held is short: a part of a line, or nothing.
      this.#held = this.#held.length === 0 ? Buffer.from(value) : Buffer.concat([this.#held, value]);
      return true;
    }
  }
}
