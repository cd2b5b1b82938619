/** A pty without an operating system: holds to the same contract as unix.ts (contract.test.ts runs against both). */
import { constants } from 'node:os';
import { maxQueuedInput, type Pty, type PtyEvents, type PtyExit, type PtyOptions } from './pty.ts';

export class FakePty implements Pty {
  readonly pid: number;
  readonly options: PtyOptions;
  readonly #events: PtyEvents;
  /** Everything that the program has taken. */
  received = Buffer.alloc(0);
  readonly sizes: { readonly cols: number; readonly rows: number }[] = [];
  readonly signals: NodeJS.Signals[] = [];
  /** What the program does with a signal; by default it dies of it. */
  onSignal: (signal: NodeJS.Signals) => void = (signal) => this.finish({ code: 0, signal: constants.signals[signal] });
  paused = false;
  closed = false;
  #reads = true;
  #unread: Buffer[] = [];
  #queue: Buffer[] = [];
  #exit: PtyExit | undefined;

  constructor(pid: number, options: PtyOptions, events: PtyEvents) {
    this.pid = pid;
    this.options = options;
    this.#events = events;
  }

  /** The program prints. */
  print(text: string | Uint8Array): void {
    if (this.closed || this.#exit) return;
    this.#unread.push(Buffer.from(text as string));
    if (!this.paused) this.#deliver();
  }

  /** The program stops or starts to read its input. */
  reads(on: boolean): void {
    this.#reads = on;
    if (!on || this.#queue.length === 0) return;
    for (const chunk of this.#queue) this.#take(chunk);
    this.#queue = [];
    this.#events.drained?.();
  }

  /** The program ends. */
  finish(exit: PtyExit): void {
    if (this.#exit) return;
    this.#exit = exit;
    this.#queue = [];
    if (!this.closed) this.#deliver();
    this.closed = true;
    this.#events.exit(exit);
  }

  get queuedBytes(): number {
    return this.#queue.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  write(bytes: Uint8Array): boolean {
    if (this.closed || this.#exit) return false;
    if (this.#reads) {
      this.#take(bytes);
      return true;
    }
    if (this.queuedBytes + bytes.length > maxQueuedInput) return false;
    this.#queue.push(Buffer.from(bytes));
    return true;
  }

  discardInput(): number {
    const count = this.queuedBytes;
    this.#queue = [];
    return count;
  }

  resize(cols: number, rows: number): void {
    if (!this.closed) this.sizes.push({ cols, rows });
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.#deliver();
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#exit) return;
    this.signals.push(signal);
    this.onSignal(signal);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#unread = [];
    this.#queue = [];
    if (!this.#exit) this.onSignal('SIGHUP');
  }

  #take(bytes: Uint8Array): void {
    this.received = Buffer.concat([this.received, bytes]);
  }

  #deliver(): void {
    while ((!this.paused || this.#exit) && !this.closed) {
      const chunk = this.#unread.shift();
      if (!chunk) return;
      this.#events.data(chunk);
      chunk.fill(0);
    }
  }
}

/** A spawner whose programs the test plays: `ptys` holds them in order. */
export function fakeSpawner(): { readonly ptys: FakePty[]; readonly spawn: (options: PtyOptions, events: PtyEvents) => Pty } {
  const ptys: FakePty[] = [];
  return {
    ptys,
    spawn(options, events) {
      const pty = new FakePty(1000 + ptys.length, options, events);
      ptys.push(pty);
      return pty;
    },
  };
}
