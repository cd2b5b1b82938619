/**
 * Reads a pty by a thread of its own: for a process that has one program and seals what it prints. While a batch is sealed
 * the thread goes on reading, so that the program need not wait: 200 MB came through a third faster on two cores.
 */
import { closeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { batchBytes, batchMs, fullRead, quietMs, tailBytes, type MasterReader, type OpenReader, type ReaderEvents } from './reader.ts';
import { newRing, ringBytes, waitsFor, wakeBytes, word, type RingMemory } from './reader-ring.ts';

/** The thread's program: beside this file, or beside the bundle that holds it. */
const entry = new URL(import.meta.url.endsWith('.ts') ? './reader-thread.ts' : './pty-reader.mjs', import.meta.url);

/** After the program's exit the thread is asked this often whether more has come. */
const lookMs = 20;

/** Starts the thread, which takes 20 ms, so that it runs when the program does. The result opens one reader. */
export function prepareThreadReader(): OpenReader {
  const memory = newRing();
  const worker = new Worker(entry, { workerData: memory, env: {}, execArgv: [], trackUnmanagedFds: false });
  // Until it has work nobody waits for it: where no program is started after all, it ends with the process.
  worker.unref();
  const thread = { worker, memory, dead: false };
  // A thread that cannot start, or dies (out of memory), reads nothing more: the program is hung up (#dead).
  worker.on('error', () => (thread.dead = true));
  worker.on('exit', () => (thread.dead = true));
  return (fd, events) => new ThreadReader(thread, fd, events);
}

interface Thread {
  readonly worker: Worker;
  readonly memory: RingMemory;
  dead: boolean;
}

class ThreadReader implements MasterReader {
  readonly #thread: Thread;
  readonly #worker: Worker;
  readonly #fd: number;
  readonly #events: ReaderEvents;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #ring: Buffer;
  #tail = 0;
  #lastFlush = -Infinity;
  #lastFlushBytes = 0;
  /** When output was held back first, for a fuller batch. */
  #heldSince: number | undefined;
  #waiting = false;
  #next: NodeJS.Immediate | undefined;
  #paused = false;
  #closed = false;
  /** Set when the program has ended: bytes that may still come, and since when none came. */
  #finishing: { left: number; quietSince: number } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(thread: Thread, fd: number, events: ReaderEvents) {
    const { worker, memory } = thread;
    this.#thread = thread;
    this.#worker = worker;
    this.#fd = fd;
    this.#events = events;
    this.#words = new Int32Array(memory.words);
    this.#ring = Buffer.from(memory.ring);
    worker.ref();
    worker.on('error', () => this.#dead());
    worker.on('exit', () => this.#dead());
    worker.on('message', () => this.#looked());
    worker.postMessage(fd);
    if (thread.dead) setImmediate(() => this.#dead());
    else this.#take();
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
    this.#worker.postMessage('look');
    this.#take();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#next);
    Atomics.store(this.#words, word.close, 1);
    // Changed, so that a thread that is about to wait for it does not. Nothing is counted any more.
    Atomics.add(this.#words, word.tail, 1);
    Atomics.notify(this.#words, word.tail);
    // A thread that never had the master cannot close it.
    if (this.#thread.dead && Atomics.load(this.#words, word.opened) === 0) closeSync(this.#fd);
    this.#worker.once('exit', () => this.#ring.fill(0));
    this.#worker.postMessage('close');
    this.#ring.fill(0);
  }

  /** The thread has died, and with it the master is closed: its number must not be used any more, not even once. */
  #dead(): void {
    if (this.#closed) return;
    while (!this.#closed && this.#held() > 0) this.#give(Math.min(this.#held(), batchBytes));
    if (!this.#closed) this.#events.ended();
  }

  /** The thread has looked whether there is more: only its word counts, it may have been kept from running. */
  #looked(): void {
    this.#take();
    const finishing = this.#finishing;
    if (this.#closed || !finishing) return;
    if (this.#held() === 0 && performance.now() - finishing.quietSince >= quietMs) this.#events.ended();
    else this.#timer = setTimeout(() => this.#worker.postMessage('look'), lookMs);
  }

  #held(): number {
    return (Atomics.load(this.#words, word.head) - this.#tail) >>> 0;
  }

  /** Gives a batch of what is there, and waits for more. */
  #take(): void {
    if (this.#closed || this.#waiting || this.#next) return;
    const finishing = this.#finishing;
    if (this.#paused && !finishing) return;
    // Read before the bytes are counted: what came before the end must not be missed.
    const over = Atomics.load(this.#words, word.over) === 1;
    const held = this.#held();
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
    } else if (!this.#wait(held > 0 ? waitsFor.batch : waitsFor.anything, held > 0 ? batchMs : undefined)) this.#again();
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
    const at = (this.#tail >>> 0) % ringBytes;
    const bytes = this.#ring.subarray(at, Math.min(at + count, ringBytes));
    this.#heldSince = undefined;
    this.#lastFlushBytes = bytes.length;
    try {
      this.#events.data(bytes);
    } finally {
      bytes.fill(0);
      this.#tail = (this.#tail + bytes.length) | 0;
      Atomics.store(this.#words, word.tail, this.#tail);
      Atomics.notify(this.#words, word.tail);
      this.#lastFlush = performance.now();
    }
  }

  /** Waits for the thread, `ms` at most. False where what is waited for has come in between. */
  #wait(what: number, ms: number | undefined): boolean {
    const words = this.#words;
    Atomics.store(words, word.waits, what);
    const held = this.#held();
    if (held >= (what === waitsFor.batch ? wakeBytes : 1) || Atomics.load(words, word.over) === 1) {
      Atomics.store(words, word.waits, waitsFor.nothing);
      return false;
    }
    const { async, value } = Atomics.waitAsync(words, word.waits, what, ms);
    if (!async) return false;
    this.#waiting = true;
    void value.then(() => {
      this.#waiting = false;
      this.#take();
    });
    return true;
  }
}
