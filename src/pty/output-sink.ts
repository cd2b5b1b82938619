/**
 * Bytes on their way to a terminal, a pipe or a file that somebody else reads, at their pace. The caller stops giving more
 * while `congested`.
 *
 * A quick terminal is written to at once, and waited for: a key's echo waits for nobody, and in a flood every hand-over to
 * another thread costs more than it gains (200 MB took 3.2 s instead of 3.9 s on two cores). Once a write has taken longer
 * than slowMs, and always for pipes and files, somebody else does the waiting. So a terminal that stands still
 * (ctrl-s, a stalled connection) holds this process's timers and signals until it goes on or hangs up, as it holds script(1);
 * what was printed until then is sealed and written. A pipe whose reader pauses for an hour holds nothing.
 */
import { closeSync, constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { isatty, WriteStream } from 'node:tty';

/** One batch may be under way and one waiting: the pty is read while the terminal takes the last batch. */
const congestedBatches = 2;
/** Of a whole batch from a pty (unix.ts). */
const spareBytes = 64 * 1024;
/** A terminal that takes this long for a batch is slow: a person would notice that signals wait for it. */
const slowMs = 50;
/** A descriptor that does not block and is full is tried again after this. */
const retryMs = 2;

export interface SinkEvents {
  /** No longer congested. */
  readonly free: () => void;
  /** Nobody reads any more (EPIPE, EIO). Said once; output is dropped from then on. */
  readonly gone: (error: NodeJS.ErrnoException) => void;
}

/** Writes a whole batch and calls back. */
interface Channel {
  write(batch: Buffer, done: (error?: NodeJS.ErrnoException | null) => void): void;
  close(): void;
}

/**
 * Terminals and pipes are written by the event loop, which waits until they take more. They are opened anew: O_NONBLOCK on
 * `fd` itself would change it for every process that shares it, the person's shell first of all.
 */
function loopChannel(fd: number): Channel | undefined {
  let own = -1;
  try {
    const stat = fstatSync(fd);
    if (!stat.isCharacterDevice() && !stat.isFIFO()) return undefined;
    own = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const stream = stat.isFIFO() ? new Socket({ fd: own, readable: false, writable: true }) : new WriteStream(own);
    // Node makes terminals blocking, and only the handle can undo it.
    const handle = (stream as unknown as { readonly _handle?: { setBlocking?(on: boolean): number } })._handle;
    if (!stat.isFIFO() && handle?.setBlocking?.(false) !== 0) {
      stream.destroy();
      return undefined;
    }
    // Every write's callback has the error, too.
    stream.on('error', () => {});
    return { write: (batch, done) => void stream.write(batch, done), close: () => void stream.destroy() };
  } catch {
    // A socket, a device that is no terminal (/dev/null), a /proc that is not there.
    if (own >= 0) closeSync(own);
    return undefined;
  }
}

/** Anything else is written by another thread. */
function threadChannel(fd: number): Channel {
  const go = (batch: Buffer, from: number, done: (error?: NodeJS.ErrnoException | null) => void): void =>
    write(fd, batch, from, batch.length - from, null, (error, count) => {
      if (error?.code === 'EAGAIN') setTimeout(() => go(batch, from, done), retryMs);
      else if (error && error.code !== 'EINTR') done(error);
      else if (from + (count ?? 0) < batch.length) go(batch, from + (count ?? 0), done);
      else done();
    });
  // Two writes at once could pass each other.
  let last: Promise<void> = Promise.resolve();
  const inOrder = (batch: Buffer, done: (error?: NodeJS.ErrnoException | null) => void): void => {
    last = last.then(
      () =>
        new Promise((resolve) =>
          go(batch, 0, (error) => {
            done(error);
            resolve();
          }),
        ),
    );
  };
  return { write: inOrder, close: () => {} };
}

export class OutputSink {
  readonly #fd: number;
  readonly #channel: Channel;
  readonly #terminal: boolean;
  /** Whether to write at once, and wait. */
  #atOnce: boolean;
  readonly #events: SinkEvents;
  /** Zeroed buffers for large batches, used again: a flood would make 1,500 a second. */
  readonly #spare = Array.from({ length: congestedBatches }, () => Buffer.allocUnsafeSlow(spareBytes));
  #underWay = 0;
  #gone = false;
  #flushed: (() => void) | undefined;

  /** @param waits false: not even a terminal is ever waited for. */
  constructor(fd: number, events: SinkEvents, { waits = true }: { readonly waits?: boolean } = {}) {
    this.#fd = fd;
    this.#events = events;
    this.#terminal = waits && isatty(fd);
    this.#atOnce = this.#terminal;
    // A terminal that is written to at once is left to another thread where it turns out to be slow.
    this.#channel = (this.#atOnce ? undefined : loopChannel(fd)) ?? threadChannel(fd);
  }

  get congested(): boolean {
    return this.#underWay >= congestedBatches;
  }

  /** Takes all of `bytes`, whatever `congested` says. Keeps nothing of them but its own copy, which it wipes. */
  write(bytes: Uint8Array): void {
    if (this.#gone) return;
    if (this.#atOnce && this.#underWay === 0) {
      const done = this.#writeNow(bytes);
      if (done === bytes.length) return;
      bytes = bytes.subarray(done);
    }
    const whole =
      this.#spare.length > 0 && bytes.length <= spareBytes && bytes.length > spareBytes / 2 ? this.#spare.pop()! : Buffer.allocUnsafeSlow(bytes.length);
    const batch = whole.subarray(0, bytes.length);
    batch.set(bytes);
    this.#underWay++;
    const begun = performance.now();
    this.#channel.write(batch, (error) => {
      this.#atOnce = this.#terminal && performance.now() - begun < slowMs;
      this.#done(whole, batch, error);
    });
  }

  /** Blocking, to a terminal. Returns how many bytes it took: less than all where it has failed or does not block. */
  #writeNow(bytes: Uint8Array): number {
    const begun = performance.now();
    let done = 0;
    try {
      while (done < bytes.length) done += writeSync(this.#fd, bytes, done);
    } catch {
      // The channel's own write meets the same error and reports it, or waits where the descriptor does not block.
    }
    if (performance.now() - begun >= slowMs) this.#atOnce = false;
    return done;
  }

  #done(whole: Buffer<ArrayBuffer>, batch: Buffer, error?: NodeJS.ErrnoException | null): void {
    batch.fill(0);
    if (whole.length === spareBytes) this.#spare.push(whole);
    const wasCongested = this.congested;
    this.#underWay--;
    if (error && !this.#gone) {
      this.#gone = true;
      this.#events.gone(error);
    }
    if (wasCongested && !this.congested) this.#events.free();
    if (this.#underWay === 0) this.#flushed?.();
  }

  /** Resolves when everything is written, or nobody reads any more. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#underWay === 0) resolve();
      else this.#flushed = resolve;
    });
  }

  close(): void {
    this.#channel.close();
  }
}
