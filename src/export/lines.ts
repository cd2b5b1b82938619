/** A file read forward, line by line, in memory that does not grow with it; its SHA-256 comes with it, over the very bytes that were read. */
import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readSync } from 'node:fs';

const NEWLINE = 10;
const CHUNK = 1024 * 1024;

export class LineFile {
  readonly #fd: number;
  readonly #maxLine: number;
  readonly #hash = createHash('sha256');
  #block = Buffer.allocUnsafe(CHUNK);
  #from = 0;
  #to = 0;
  #ended = false;
  #closed = false;
  #torn = false;

  /** @param maxLine bytes of a line at most, without its newline. @throws the system's error */
  constructor(path: string, maxLine: number) {
    this.#fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    this.#maxLine = maxLine;
  }

  /** True once a line was met that has no newline or is too long: there is no line after it. */
  get torn(): boolean {
    return this.#torn;
  }

  /** The next line without its newline: a view that is good until the next call. Undefined at the end. */
  next(): Buffer | undefined {
    let searched = this.#from;
    while (!this.#torn) {
      const end = this.#block.subarray(0, this.#to).indexOf(NEWLINE, searched);
      if (end >= 0) {
        const line = this.#block.subarray(this.#from, end);
        this.#from = end + 1;
        if (line.length <= this.#maxLine) return line;
        this.#torn = true;
        return undefined;
      }
      const held = this.#to - this.#from;
      if (held > this.#maxLine || !this.#read()) {
        this.#torn = held > 0;
        return undefined;
      }
      searched = this.#from + held;
    }
    return undefined;
  }

  /** SHA-256 of the whole file. Reads what was not read yet. */
  digest(): Buffer {
    while (!this.#ended) {
      this.#from = this.#to;
      this.#read();
    }
    return this.#hash.digest();
  }

  close(): void {
    if (!this.#closed) closeSync(this.#fd);
    this.#closed = true;
  }

  /** Reads on behind what is held. @returns false at the end of the file. */
  #read(): boolean {
    if (this.#ended) return false;
    const held = this.#to - this.#from;
    if (held > this.#block.length / 2) {
      const larger = Buffer.allocUnsafe(this.#block.length * 2);
      this.#block.copy(larger, 0, this.#from, this.#to);
      this.#block = larger;
    } else this.#block.copyWithin(0, this.#from, this.#to);
    this.#from = 0;
    this.#to = held;
    const count = readSync(this.#fd, this.#block, held, this.#block.length - held, null);
    if (count === 0) this.#ended = true;
    this.#hash.update(this.#block.subarray(held, held + count));
    this.#to = held + count;
    return count > 0;
  }
}
