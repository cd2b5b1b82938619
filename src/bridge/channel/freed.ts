/**
 * Node's decipher writes its output to memory that is one byte longer, copies it to memory of the exact length and gives the longer
 * one back as it is: a page's keys and screens would stand in the memory of a process that lives on through the lock, until something
 * else is put there (CipherBase::Update). Whoever asks for as much next gets that memory, so the same is asked for again, of nothing; a few
 * times, and kept together, because the allocator may have other memory of that length at hand first.
 */
import { createCipheriv, type CipherGCM } from 'node:crypto';

const TIMES = 8;

export class FreedMemory {
  /** Its output is worth nothing: no key is behind it, and nobody reads it. */
  readonly #cipher: CipherGCM = createCipheriv('aes-256-gcm', Buffer.alloc(32), Buffer.alloc(12));
  #nothing = Buffer.alloc(0);

  /** Has what is needed, so that nothing else is asked for between the decipher's copy and ours. */
  prepare(length: number): void {
    if (this.#nothing.length < length) this.#nothing = Buffer.alloc(length);
  }

  /** At once after a decipher has given `length` bytes. */
  overwrite(length: number): void {
    const nothing = this.#nothing.subarray(0, length);
    const taken = Array.from({ length: TIMES }, () => this.#cipher.update(nothing));
    taken.length = 0;
  }
}
