/**
 * Reads a pty by a thread of its own (native/wardmux.c): for a process that has one program and seals what it prints. While
 * a batch is sealed and shown the thread goes on reading, so that the program need not wait. A thread of Node's did the same
 * and cost 25 ms of every start.
 */
import { NativeError, startReading, type NativeReader } from '../native/addon.ts';
import { LoopReader } from './loop-reader.ts';
import { batchBytes, batchMs, fullRead, quietMs, tailBytes, type MasterReader, type OpenReader, type ReaderEvents } from './reader.ts';

/** Output that was read and not yet sealed, at most. It stays in a core's second-level cache. */
const ringBytes = 256 * 1024;
/** The owner is woken when this much waits; sealing it takes 60 µs, in which the kernel's own 19 kB do not run over. */
const wakeBytes = 64 * 1024;
/** After the program's exit the thread is asked this often whether more has come. */
const lookMs = 20;

/** The event loop reads where there is no such thread: on another system than Linux, or where the system gives none. */
export const openThreadReader: OpenReader = (fd, events) => {
  try {
    return new ThreadReader(fd, events);
  } catch (error) {
    if (error instanceof NativeError) return new LoopReader(fd, events);
    throw error;
  }
};

class ThreadReader implements MasterReader {
  readonly #events: ReaderEvents;
  /** Memory of its own, which the thread writes while it lives, and wipes at its end. */
  readonly #ring = Buffer.from(new ArrayBuffer(ringBytes));
  readonly #thread: NativeReader;
  /** Where the next byte to take is. */
  #at = 0;
  /** Bytes given since the thread was told. */
  #taken = 0;
  #lastFlush = -Infinity;
  #lastFlushBytes = 0;
  /** When output was held back first, for a fuller batch. */
  #heldSince: number | undefined;
  #patience: NodeJS.Timeout | undefined;
  #next: NodeJS.Immediate | undefined;
  #paused = false;
  #closed = false;
  /** Set when the program has ended: bytes that may still come, and since when none came. */
  #finishing: { left: number; quietSince: number } | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @throws NativeError where there is no thread: `fd` is the caller's then. */
  constructor(fd: number, events: ReaderEvents) {
    this.#events = events;
    this.#thread = startReading(fd, this.#ring, wakeBytes, (looked) => {
      if (looked) this.#looked();
      else this.#take();
    });
    this.#again();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#again();
  }

  finish(): void {
    if (this.#finishing || this.#closed) return;
    this.#finishing = { left: tailBytes, quietSince: performance.now() };
    this.#look();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#patience);
    clearImmediate(this.#next);
    this.#thread.close();
  }

  #look(): void {
    this.#thread.look();
    this.#take();
  }

  /** The thread has looked whether there is more: only its word counts, it may have been kept from running. */
  #looked(): void {
    this.#take();
    const finishing = this.#finishing;
    if (this.#closed || !finishing) return;
    if (this.#held(1).held === 0 && performance.now() - finishing.quietSince >= quietMs) this.#events.ended();
    else this.#timer = setTimeout(() => this.#look(), lookMs);
  }

  /** What the ring holds, once the thread knows what was given. It wakes us when there are `wanted` bytes, where there are fewer. */
  #held(wanted: number): { readonly held: number; readonly over: boolean } {
    const taken = this.#taken;
    this.#taken = 0;
    return this.#thread.take(taken, wanted);
  }

  /** Gives a batch of what is there, and waits for more. */
  #take(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    if (this.#closed || this.#next) return;
    const finishing = this.#finishing;
    if (this.#paused && !finishing) return;
    const { held, over } = this.#held(1);
    if (held > 0 && (over || finishing || !this.#holdsBack(held))) {
      this.#give(Math.min(held, batchBytes));
      if (finishing) {
        finishing.left -= this.#lastFlushBytes;
        finishing.quietSince = this.#lastFlush;
        if (finishing.left <= 0) return this.#events.ended();
      }
      this.#again();
    } else if (over) {
      // Nothing comes any more. Before the program has ended, its exit is what is waited for.
      if (finishing) this.#events.ended();
    } else if (held > 0) {
      if (this.#held(wakeBytes).held >= wakeBytes) this.#again();
      else this.#patience = setTimeout(() => this.#take(), batchMs);
    }
  }

  /** Not at once: in a flood that never ends, keys, signals and timers must have their turn between two batches. */
  #again(): void {
    this.#next ??= setImmediate(() => {
      this.#next = undefined;
      this.#take();
    });
  }

  /** In a flood a fuller batch is worth waiting for: each costs a record, a write and a wake-up. */
  #holdsBack(held: number): boolean {
    const now = performance.now();
    const saturated = now - this.#lastFlush < batchMs && this.#lastFlushBytes >= fullRead / 2;
    this.#heldSince ??= now;
    return held < wakeBytes && saturated && now - this.#heldSince < batchMs;
  }

  #give(count: number): void {
    const bytes = this.#ring.subarray(this.#at, Math.min(this.#at + count, ringBytes));
    this.#heldSince = undefined;
    this.#lastFlushBytes = bytes.length;
    try {
      this.#events.data(bytes);
    } finally {
      bytes.fill(0);
      this.#at = (this.#at + bytes.length) % ringBytes;
      this.#taken += bytes.length;
      this.#lastFlush = performance.now();
    }
  }
}
