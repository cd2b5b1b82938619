/** Input on its way to a program: written at once where the kernel takes it, else kept in order, and wiped when written. */
import { writeSync } from 'node:fs';
import { maxQueuedInput } from './pty.ts';

/** A program that does not read leaves the queue full for long: the pause between tries grows from 1 ms to this. */
const longestPauseMs = 32;

export class InputQueue {
  readonly #fd: number;
  readonly #drained: () => void;
  #chunks: Buffer[] = [];
  #queued = 0;
  #pauseMs = 1;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** `fd` is a pty's master in non-blocking mode. */
  constructor(fd: number, drained: () => void) {
    this.#fd = fd;
    this.#drained = drained;
  }

  get queuedBytes(): number {
    return this.#queued;
  }

  /** False: refused whole. The caller wipes `bytes`. */
  write(bytes: Uint8Array): boolean {
    if (this.#closed) return false;
    let done = 0;
    if (this.#queued === 0) done = this.#pass(bytes);
    if (done < 0 || done === bytes.length) return done >= 0;
    const rest = bytes.length - done;
    if (this.#queued + rest > maxQueuedInput) return false;
    // The pool of Buffer.from would leave typed text in memory that nobody wipes.
    const copy = Buffer.allocUnsafeSlow(rest);
    copy.set(bytes.subarray(done));
    this.#chunks.push(copy);
    this.#queued += rest;
    this.#arm();
    return true;
  }

  /** Wipes everything that waits. */
  discard(): number {
    const count = this.#queued;
    for (const chunk of this.#chunks) chunk.fill(0);
    this.#chunks = [];
    this.#queued = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return count;
  }

  close(): void {
    this.#closed = true;
    this.discard();
  }

  /** Bytes that the kernel took; -1 when the pty is gone. */
  #pass(bytes: Uint8Array): number {
    let done = 0;
    while (done < bytes.length) {
      try {
        const count = writeSync(this.#fd, bytes, done, bytes.length - done);
        if (count === 0) return done;
        done += count;
        this.#pauseMs = 1;
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === 'EAGAIN') return done;
        if (code === 'EINTR') continue;
        // EIO: the program has gone. Its exit is reported by the pty itself.
        this.close();
        return -1;
      }
    }
    return done;
  }

  #arm(): void {
    this.#timer ??= setTimeout(() => this.#retry(), this.#pauseMs);
  }

  #retry(): void {
    this.#timer = undefined;
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
    for (let chunk = this.#chunks[0]; chunk; chunk = this.#chunks[0]) {
      const done = this.#pass(chunk);
      if (done < 0) return;
      chunk.fill(0, 0, done);
      this.#queued -= done;
      if (done < chunk.length) {
        this.#chunks[0] = chunk.subarray(done);
        this.#arm();
        return;
      }
      this.#chunks.shift();
    }
    this.#drained();
  }
}
