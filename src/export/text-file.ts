/** A file of text that is written in large blocks. */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { writeAll } from '../disk/bytes.ts';

/** Text is written in blocks of this many characters: a system call for each line would cost more than the sealing. */
const WRITE_BLOCK = 256 * 1024;

export class TextFile {
  readonly #fd: number;
  #held = '';

  constructor(path: string) {
    this.#fd = openSync(path, 'wx', 0o600);
  }

  write(text: string): void {
    this.#held += text;
    if (this.#held.length >= WRITE_BLOCK) this.#flush();
  }

  #flush(): void {
    const bytes = Buffer.from(this.#held, 'utf8');
    this.#held = '';
    writeAll(this.#fd, bytes);
  }

  finish(): void {
    this.#flush();
    fsyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
