/**
 * Bytes on their way to a terminal, a pipe or a file that somebody else reads, at their pace. Small output is written at
 * once, without waiting; what does not fit is copied and written by another thread, so that a stopped terminal never
 * stops this process's timers and signals. The caller stops giving more while `congested`.
 */
import { closeSync, constants, fstatSync, openSync, write, writeSync } from 'node:fs';

/** One batch may be under way and one waiting: the pty is read while the terminal takes the last batch. */
const congestedBatches = 2;
/** A descriptor that does not block and is full is tried again after this. */
const retryMs = 2;

export class OutputSink {
  readonly #fd: number;
  /** The same terminal or pipe through a description of its own that does not block; -1 where there is none. */
  #direct = -1;
  #queue: Buffer[] = [];
  #gone: NodeJS.ErrnoException | undefined;
  readonly #events: { readonly free: () => void; readonly gone: (error: NodeJS.ErrnoException) => void };

  /** @param events `free`: no longer congested. `gone`: nobody reads any more (EPIPE, EIO); said once, and output is dropped from then on. */
  constructor(fd: number, events: { readonly free: () => void; readonly gone: (error: NodeJS.ErrnoException) => void }) {
    this.#fd = fd;
    this.#events = events;
    try {
      // O_NONBLOCK on `fd` itself would change it for every process that shares it, the person's shell first of all.
      const stat = fstatSync(fd);
      if (stat.isCharacterDevice() || stat.isFIFO())
        this.#direct = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    } catch {
      this.#direct = -1;
    }
  }

  get congested(): boolean {
    return this.#queue.length >= congestedBatches;
  }

  /** Takes all of `bytes`; keeps nothing of them after the call but its own copy, which it wipes. */
  write(bytes: Uint8Array): void {
    if (this.#gone) return;
    const done = this.#queue.length === 0 ? this.#now(bytes) : 0;
    if (done === bytes.length) return;
    const copy = Buffer.allocUnsafeSlow(bytes.length - done);
    copy.set(bytes.subarray(done));
    this.#queue.push(copy);
    if (this.#queue.length === 1) this.#next(0);
  }

  /** Resolves when everything is written, or nobody reads any more. */
  async flush(): Promise<void> {
    while (this.#queue.length > 0 && !this.#gone) {
      await new Promise<void>((resolve) => {
        this.#flushed = resolve;
      });
    }
  }
  #flushed: (() => void) | undefined;

  close(): void {
    if (this.#direct >= 0) closeSync(this.#direct);
    this.#direct = -1;
  }

  #now(bytes: Uint8Array): number {
    if (this.#direct < 0) return 0;
    let done = 0;
    while (done < bytes.length) {
      try {
        done += writeSync(this.#direct, bytes, done);
      } catch (error) {
        // Whatever it is, the other thread's write meets it too, and reports it.
        void error;
        break;
      }
    }
    return done;
  }

  #next(from: number): void {
    const batch = this.#queue[0];
    if (!batch) return;
    write(this.#fd, batch, from, batch.length - from, null, (error, count) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(() => this.#next(from), retryMs);
        return;
      }
      if (error && error.code !== 'EINTR') {
        this.#gone = error;
        for (const waiting of this.#queue) waiting.fill(0);
        this.#queue = [];
        this.#events.gone(error);
      } else if (from + count < batch.length) {
        this.#next(from + count);
        return;
      } else {
        batch.fill(0);
        const wasCongested = this.congested;
        this.#queue.shift();
        this.#next(0);
        if (wasCongested && !this.congested) this.#events.free();
      }
      this.#flushed?.();
    });
  }
}
