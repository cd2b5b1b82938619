/** Reads a pty in the event loop: what a process with many panes does. */
import { readSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { batchBytes, batchMs, fullRead, quietMs, tailBytes, type MasterReader, type ReaderEvents } from './reader.ts';

export class LoopReader implements MasterReader {
  readonly #fd: number;
  readonly #events: ReaderEvents;
  readonly #stream: ReadStream;
  readonly #buffer = Buffer.allocUnsafeSlow(batchBytes).fill(0);
  /** The batch is buffer[#start, #end); the next read of the event loop goes to #at. */
  #start = 0;
  #end = 0;
  #at = 0;
  #batchSince = 0;
  #lastFlush = 0;
  #lastFlushBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #paused = false;
  #finishing = false;
  #closed = false;

  constructor(fd: number, events: ReaderEvents) {
    this.#fd = fd;
    this.#events = events;
    const callback = (count: number): boolean => {
      this.#readable(count);
      return true;
    };
    this.#stream = new ReadStream(fd, { onread: { buffer: () => this.#nextView(), callback } } as never);
    // An error means that the tty was hung up from outside: what is left ends with the program's exit.
    this.#stream.on('error', () => this.#flush());
    this.#stream.resume();
  }

  pause(): void {
    if (this.#paused || this.#finishing || this.#closed) return;
    this.#paused = true;
    this.#stream.pause();
  }

  resume(): void {
    if (!this.#paused || this.#finishing || this.#closed) return;
    this.#paused = false;
    this.#stream.resume();
  }

  finish(): void {
    if (this.#finishing || this.#closed) return;
    this.#finishing = true;
    this.#stream.pause();
    this.#flush();
    this.#tail(tailBytes, performance.now());
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#buffer.fill(0);
    this.#start = this.#end = 0;
    this.#stream.destroy();
  }

  /** Where the event loop reads to next: behind the batch, or at the front when there is none. */
  #nextView(): Uint8Array {
    this.#at = this.#end;
    return this.#buffer.subarray(this.#at);
  }

  /** The event loop has read `count` bytes to #at. */
  #readable(count: number): void {
    if (this.#closed) {
      this.#buffer.fill(0);
      return;
    }
    if (this.#start === this.#end) {
      this.#start = this.#at;
      this.#batchSince = performance.now();
    }
    this.#end = this.#at + count;
    // A full read says that there is probably more; a short one that the kernel has nothing left for the moment.
    while (count >= fullRead && this.#end + fullRead < batchBytes && !this.#paused) {
      count = this.#read();
      if (count > 0) this.#end += count;
    }
    const now = performance.now();
    const full = this.#end + fullRead >= batchBytes;
    const saturated = now - this.#lastFlush < batchMs && this.#lastFlushBytes >= fullRead / 2;
    if (full || !saturated || now - this.#batchSince >= batchMs || this.#paused) this.#flush();
    else this.#timer ??= setTimeout(() => this.#late(), batchMs);
  }

  #late(): void {
    this.#timer = undefined;
    this.#flush();
    // The event loop's next read still goes to #at: an empty batch begins there.
  }

  /** Reads to the end of the batch. 0: nothing there now; -1: nothing will ever come. */
  #read(): number {
    try {
      return readSync(this.#fd, this.#buffer, this.#end, batchBytes - this.#end, null) || -1;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 0 : -1;
    }
  }

  #flush(): void {
    const start = this.#start;
    const end = this.#end;
    if (start === end) return;
    this.#lastFlushBytes = end - start;
    try {
      this.#events.data(this.#buffer.subarray(start, end));
    } finally {
      this.#buffer.fill(0, start, end);
      this.#start = this.#end = 0;
      this.#lastFlush = performance.now();
    }
  }

  #tail(left: number, quietSince: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (;;) {
      if (this.#closed) return;
      const count = this.#read();
      if (count > 0) {
        this.#end += count;
        left -= count;
        quietSince = performance.now();
        if (this.#end + fullRead >= batchBytes) this.#flush();
        if (left > 0) continue;
      } else if (count === 0 && performance.now() - quietSince < quietMs) {
        this.#timer = setTimeout(() => this.#tail(left, quietSince), 1);
        return;
      }
      this.#flush();
      if (!this.#closed) this.#events.ended();
      return;
    }
  }
}
