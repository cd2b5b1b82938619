/**
 * One pty and its recording. The rule of the house is kept here: output is sealed before anybody else gets it, and when
 * it cannot be sealed nobody gets it and the program ends.
 *
 * A disk without room is no such end. Where it has less than the policy keeps, a program that floods is not read, so that
 * it waits; where it is full, nothing is read, and what was read is shown once it is written. Both go on by themselves.
 */
import { Allowance } from './allowance.ts';
import type { Clock } from '../time/clock.ts';
import type { Pty, PtyExit, PtyOptions, PtySpawner } from './pty.ts';
import type { DiskSpace } from '../recording/space.ts';
import type { EventCode } from '../recording/types.ts';
import type { TreeHead } from '../types/head.ts';
import type { EndReason } from '../types/words.ts';
import type { RecordingWriter } from '../recording/writer.ts';
import { sentenceOf } from '../types/sentence.ts';

/** From SIGHUP to SIGKILL: a shell may save its history and tell its jobs. */
const hangUpMs = 2000;
/** From SIGKILL to giving up on a program that the kernel cannot end: its pty is closed then. */
const killMs = 1000;
/** While a program waits for room, the disk is looked at this often. */
export const roomMs = 1000;

/** What it needs of a recording's writer (src/recording/writer.ts). */
export type RecordedPtyWriter = Pick<
  RecordingWriter,
  'id' | 'outputBytes' | 'sealedBytes' | 'waiting' | 'lostBytes' | 'output' | 'event' | 'flush' | 'flushAtEnd' | 'rotate' | 'written' | 'checkpoint' | 'end'
>;

/** Why a program is held: `reserve`, the disk has less room than the policy keeps; `full`, it has none. */
export type HeldReason = 'reserve' | 'full';

/** Who does not want more output now: whoever shows it, the disk, or a lock that is on its way. */
type Pauser = 'reader' | 'disk' | 'lock';

export interface RecordedPtyEvents {
  /** Sealed output; `offset` is the number of output bytes before it. Valid during the call only. */
  output(bytes: Uint8Array, offset: number): void;
  /** The program waits for room on the disk, or goes on (undefined). */
  held?(why: HeldReason | undefined): void;
  /** The recording cannot go on. Nothing more is shown. `end` follows. */
  failed(sentence: string): void;
  /** The program has ended and its recording is closed. */
  end(exit: PtyExit): void;
  drained?(): void;
}

export class RecordedPty {
  readonly writer: RecordedPtyWriter;
  readonly pty: Pty;
  readonly #events: RecordedPtyEvents;
  readonly #clock: Clock;
  readonly #done: Promise<PtyExit>;
  #resolve: (exit: PtyExit) => void = () => {};
  #reason: EndReason = 'exit';
  #failed = false;
  #size: string;
  #ending = false;
  #cancel: () => void = () => {};
  readonly #space: Pick<DiskSpace, 'wrote' | 'look'>;
  readonly #allowance = new Allowance();
  readonly #paused = new Set<Pauser>();
  #held: HeldReason | undefined;
  #looking = false;
  /** Output that is sealed and waits for room: shown once it is written. */
  #unshown: Buffer[] = [];

  /**
   * @param space of the disk that the recording is on.
   * @throws PtyError when the program cannot be started: the writer is not ended then.
   */
  constructor(
    writer: RecordedPtyWriter,
    spawn: PtySpawner,
    options: PtyOptions,
    clock: Clock,
    events: RecordedPtyEvents,
    space: Pick<DiskSpace, 'wrote' | 'look'>,
  ) {
    this.writer = writer;
    this.#space = space;
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

  /** Why the program waits for room, if it does. */
  get held(): HeldReason | undefined {
    return this.#held;
  }

  /** Whoever shows the output wants no more for now. */
  pause(): void {
    this.#pause('reader');
  }

  resume(): void {
    this.#resume('reader');
  }

  /** Reads nothing for so many milliseconds: a program that floods waits, and leaves the processor to what is more urgent. Nothing is lost. */
  pauseFor(ms: number): void {
    if (this.#paused.has('lock')) return;
    this.#pause('lock');
    this.#clock.after(ms, () => this.#resume('lock'));
  }

  /** Gives bytes to the program, as Pty.write. Who types sees what comes of it, also on a disk with little room. */
  write(bytes: Uint8Array): boolean {
    if (this.#held === 'reserve' && this.#allowance.typed(this.#clock.now())) this.#resume('disk');
    return this.pty.write(bytes);
  }

  /** A size that is in force already is no event: a window that is dragged tells the same one over and over. */
  resize(cols: number, rows: number): void {
    const size = `${cols}x${rows}`;
    if (!this.live || size === this.#size) return;
    this.#size = size;
    this.pty.resize(cols, rows);
    this.mark('r', size);
  }

  /** Writes an event; a failure ends the program like any other that cannot be sealed. */
  mark(code: Exclude<EventCode, 'o'>, data: string | Uint8Array): void {
    this.#guarded(() => this.writer.event(code, data));
  }

  /** A new segment: what follows has a new secret. */
  rotate(): void {
    this.#guarded(() => this.writer.rotate());
  }

  /** The head, once everything under it is on the disk; undefined where nothing was written since the last one. */
  async checkpoint(): Promise<TreeHead | undefined> {
    if (!this.live) return undefined;
    try {
      return await this.writer.checkpoint();
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  /** Ends the program: SIGHUP, then SIGKILL, then the pty is closed. Output until its end is still sealed. */
  stop(reason: EndReason): Promise<PtyExit> {
    if (this.#ending || this.#failed) return this.#done;
    this.#reason = reason;
    this.resume();
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
    const why = sentenceOf(error);
    this.#events.failed(`${why} The program is ended, because nothing may be shown that is not sealed.`);
    this.pty.close();
    this.pty.kill('SIGHUP');
    this.pty.kill('SIGCONT');
    this.#escalate(hangUpMs);
  }

  #output(bytes: Uint8Array): void {
    if (this.#failed || this.#ending) return;
    const { writer } = this;
    const { outputBytes: offset, sealedBytes, lostBytes } = writer;
    this.#guarded(() => writer.output(bytes));
    if (this.#failed) return;
    if (writer.waiting) {
      // What was lost stands at its end.
      const kept = bytes.length - (writer.lostBytes - lostBytes);
      if (kept > 0) this.#unshown.push(Buffer.from(bytes.subarray(0, kept)));
      this.#hold('full');
      return;
    }
    this.#events.output(bytes, offset);
    const written = writer.sealedBytes - sealedBytes;
    if (this.#space.wrote(written) && !this.#allowance.take(written, this.#clock.now())) this.#hold('reserve');
  }

  #pause(who: Pauser): void {
    this.#paused.add(who);
    this.pty.pause();
  }

  #resume(who: Pauser): void {
    this.#paused.delete(who);
    if (this.#paused.size === 0) this.pty.resume();
  }

  /** Nothing is read until there is room. */
  #hold(why: HeldReason): void {
    this.#pause('disk');
    this.#tellHeld(why);
    if (this.#looking) return;
    this.#looking = true;
    this.#clock.after(roomMs, () => {
      this.#looking = false;
      this.#look();
    });
  }

  #tellHeld(why: HeldReason | undefined): void {
    if (why === this.#held) return;
    this.#held = why;
    this.#events.held?.(why);
  }

  /** Is there room again? */
  #look(): void {
    if (this.#failed || this.#ending) return;
    let written = false;
    this.#guarded(() => (written = this.writer.flush()));
    if (this.#failed) return;
    if (!written) return this.#hold('full');
    this.#showWritten();
    const now = this.#clock.now();
    const allows = this.#allowance.allows(now);
    if (!this.#space.look()) this.#allowance.reset();
    else if (this.#held === 'reserve' ? !this.#allowance.isWhole(now) : !allows) {
      // Its share of what is kept: it goes on for a batch, and is still held.
      this.#hold('reserve');
      if (allows) this.#resume('disk');
      return;
    }
    this.#tellHeld(undefined);
    this.#resume('disk');
  }

  /** What waited is in the recording now. */
  #showWritten(): void {
    const shown = this.#unshown.splice(0);
    let offset = this.writer.outputBytes - shown.reduce((sum, { length }) => sum + length, 0);
    for (const bytes of shown) {
      this.#events.output(bytes, offset);
      offset += bytes.length;
      bytes.fill(0);
    }
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
    this.#cancel();
    if (this.writer.waiting) this.#guarded(() => this.writer.flushAtEnd() && this.#showWritten());
    for (const bytes of this.#unshown.splice(0)) bytes.fill(0);
    this.#ending = true;
    try {
      await this.writer.end(this.#reason, exit);
    } catch (error) {
      if (!this.#failed) {
        this.#failed = true;
        this.#events.failed(sentenceOf(error));
      }
    }
    this.#events.end(exit);
    this.#resolve(exit);
  }
}
