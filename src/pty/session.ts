/**
 * One pty and its recording. The rule of the house is kept here: output is sealed before anybody else gets it, and when
 * it cannot be sealed nobody gets it and the program ends.
 */
import type { Clock } from './clock.ts';
import type { Pty, PtyExit, PtyOptions, PtySpawner } from './pty.ts';
import type { EventCode, TreeHead } from '../recording/types.ts';
import type { EndReason } from '../types/words.ts';
import type { RecordingWriter } from '../recording/writer.ts';

/** From SIGHUP to SIGKILL: a shell may save its history and tell its jobs. */
const hangUpMs = 2000;
/** From SIGKILL to giving up on a program that the kernel cannot end: its pty is closed then. */
const killMs = 1000;

/** What a session needs of a recording's writer (src/recording/writer.ts). */
export type SessionWriter = Pick<RecordingWriter, 'id' | 'outputBytes' | 'output' | 'event' | 'rotate' | 'head' | 'sync' | 'end'>;

export interface SessionEvents {
  /** Sealed output; `offset` is the number of output bytes before it. Valid during the call only. */
  output(bytes: Uint8Array, offset: number): void;
  /** The recording cannot go on. Nothing more is shown. `end` follows. */
  failed(sentence: string): void;
  /** The program has ended and its recording is closed. */
  end(exit: PtyExit): void;
  drained?(): void;
}

export class Session {
  readonly writer: SessionWriter;
  readonly pty: Pty;
  readonly #events: SessionEvents;
  readonly #clock: Clock;
  readonly #done: Promise<PtyExit>;
  #resolve: (exit: PtyExit) => void = () => {};
  #reason: EndReason = 'exit';
  #failed = false;
  #size: string;
  /** Leaves under the last head that checkpoint() gave. */
  #checkpointed = 0;
  #ending = false;
  #cancel: () => void = () => {};

  /** @throws PtyError when the program cannot be started: the writer is not ended then. */
  constructor(writer: SessionWriter, spawn: PtySpawner, options: PtyOptions, clock: Clock, events: SessionEvents) {
    this.writer = writer;
    this.#clock = clock;
    this.#events = events;
    this.#size = `${options.cols}x${options.rows}`;
    this.#done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.pty = spawn(options, {
      data: (bytes) => this.#output(bytes),
      exit: (exit) => void this.#exited(exit),
      drained: () => events.drained?.(),
    });
  }

  get recording(): string {
    return this.writer.id;
  }

  get live(): boolean {
    return !this.#ending && !this.#failed;
  }

  /** Resolves when the program has ended and its recording is closed. Never rejects. */
  get done(): Promise<PtyExit> {
    return this.#done;
  }

  /** A size that is in force already is no event: a window that is dragged tells the same one over and over. */
  resize(cols: number, rows: number): void {
    const size = `${cols}x${rows}`;
    if (!this.live || size === this.#size) return;
    this.#size = size;
    this.pty.resize(cols, rows);
    this.mark('r', size);
  }

  /** Writes an event; a failure ends the session like any other that cannot be sealed. */
  mark(code: Exclude<EventCode, 'o'>, data: string | Uint8Array): void {
    this.#guarded(() => this.writer.event(code, data));
  }

  /** A new segment: what follows has a new secret. */
  rotate(): void {
    this.#guarded(() => this.writer.rotate());
  }

  /**
   * The head, once everything under it is on the disk; undefined where nothing was written since the last one. The head
   * is taken before the sync: the ledger must never know more than a disk that lost its power.
   */
  async checkpoint(): Promise<TreeHead | undefined> {
    if (!this.live) return undefined;
    try {
      const head = this.writer.head();
      if (head.size === this.#checkpointed) return undefined;
      await this.writer.sync();
      if (head.size <= this.#checkpointed) return undefined;
      this.#checkpointed = head.size;
      return head;
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  /** Ends the program: SIGHUP, then SIGKILL, then the pty is closed. Output until its end is still sealed. */
  stop(reason: EndReason): Promise<PtyExit> {
    if (this.#ending || this.#failed) return this.#done;
    this.#reason = reason;
    this.pty.resume();
    this.pty.kill('SIGHUP');
    // A stopped job cannot act on SIGHUP before it goes on.
    this.pty.kill('SIGCONT');
    this.#escalate(hangUpMs);
    return this.#done;
  }

  /** The recording cannot go on: hang up, say so, end. */
  fail(error: unknown): void {
    if (this.#failed || this.#ending) return;
    this.#failed = true;
    this.#reason = 'write-failed';
    const why = error instanceof Error ? error.message : String(error);
    this.#events.failed(`${why} The program is ended, because nothing may be shown that is not sealed.`);
    this.pty.close();
    this.pty.kill('SIGHUP');
    this.pty.kill('SIGCONT');
    this.#escalate(hangUpMs);
  }

  #output(bytes: Uint8Array): void {
    if (this.#failed || this.#ending) return;
    const offset = this.writer.outputBytes;
    this.#guarded(() => this.writer.output(bytes));
    if (!this.#failed) this.#events.output(bytes, offset);
  }

  #guarded(write: () => void): void {
    if (this.#failed || this.#ending) return;
    try {
      write();
    } catch (error) {
      this.fail(error);
    }
  }

  #escalate(ms: number): void {
    this.#cancel();
    this.#cancel = this.#clock.after(ms, () => {
      this.pty.kill('SIGKILL');
      this.#cancel = this.#clock.after(killMs, () => {
        this.pty.close();
        void this.#exited({ code: 0, signal: 9 });
      });
    });
  }

  async #exited(exit: PtyExit): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    this.#cancel();
    try {
      await this.writer.end(this.#reason, exit);
    } catch (error) {
      if (!this.#failed) {
        this.#failed = true;
        this.#events.failed(error instanceof Error ? error.message : String(error));
      }
    }
    this.#events.end(exit);
    this.#resolve(exit);
  }
}
