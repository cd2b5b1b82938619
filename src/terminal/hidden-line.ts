/** A line that is typed and not shown. Pure, so that it is tested without a terminal. */
import { MOST_HIDDEN_BYTES } from '../types/most-typed.ts';

const newline = 10;
const carriageReturn = 13;

/** What typing does to the line. */
export class HiddenLine {
  readonly #bytes = Buffer.alloc(MOST_HIDDEN_BYTES);
  #length = 0;
  /** More was typed than there is room for: what is here is not the whole. */
  #tooLong = false;

  /** @returns what the typed bytes ended, or undefined while the line goes on; `too-long` where it is not the whole that is here. */
  type(bytes: Uint8Array): 'done' | 'cancelled' | 'too-long' | undefined {
    for (const byte of bytes) {
      if (byte === newline || byte === carriageReturn) return this.#tooLong ? 'too-long' : 'done';
      if (byte === 3 || (byte === 4 && this.#length === 0)) return 'cancelled';
      if (byte === 8 || byte === 127) this.#erase();
      else if (byte === 21) this.#clear();
      else if (byte >= 32 && this.#length === MOST_HIDDEN_BYTES) this.#tooLong = true;
      else if (byte >= 32) this.#bytes[this.#length++] = byte;
    }
    return undefined;
  }

  /** One code point back: continuation bytes of UTF-8 first. */
  #erase(): void {
    while (this.#length > 0) {
      const byte = this.#bytes[--this.#length]!;
      if ((byte & 0xc0) !== 0x80) return;
    }
  }

  /** A copy of what was typed; the line itself is wiped. */
  take(): Buffer {
    const typed = Buffer.from(this.#bytes.subarray(0, this.#length));
    this.#clear();
    return typed;
  }

  #clear(): void {
    this.#bytes.fill(0);
    this.#length = 0;
    this.#tooLong = false;
  }
}
