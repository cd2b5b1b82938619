/** The edge to the operating system's pseudo-terminals: one interface, a real side (unix.ts) and a fake (fake.ts). */
import { SentenceError } from '../types/sentence.ts';

export interface PtyOptions {
  /** Program and arguments. The program is an absolute path: see shell.ts. */
  readonly command: readonly string[];
  /** Absolute path of an existing folder. */
  readonly cwd: string;
  /** The whole environment of the program: nothing is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly cols: number;
  readonly rows: number;
}

/** `signal` is 0 when the program ended by itself, `code` is 0 when a signal ended it. */
export interface PtyExit {
  readonly code: number;
  readonly signal: number;
}

/** What a pty tells. Handlers are given at the start, so that nothing can come before there is somebody to hear it. */
export interface PtyEvents {
  /** Output, exactly as read. The bytes are valid during the call only: afterwards the buffer is zeroed and used again. */
  data(bytes: Uint8Array): void;
  /** Comes once, after the last `data`: everything that the program wrote has been given. */
  exit(exit: PtyExit): void;
  /** Everything that was queued for the program has been taken by it. */
  drained?(): void;
}

export interface Pty {
  readonly pid: number;
  /** Bytes that the program has not taken yet. */
  readonly queuedBytes: number;
  /** Gives bytes to the program, in order. Copies what it cannot pass on at once. False: refused whole, the queue is full. */
  write(bytes: Uint8Array): boolean;
  /** Wipes what the program has not taken yet. Returns how many bytes that were. */
  discardInput(): number;
  resize(cols: number, rows: number): void;
  /** No more `data` until resume(), except for what is left when the program has ended: that always comes. */
  pause(): void;
  resume(): void;
  /** To the program's process group. A program that is gone is not an error. */
  kill(signal: NodeJS.Signals): void;
  /** Hangs up at once: unread output is dropped, `data` never comes again, `exit` comes when the program has ended. */
  close(): void;
}

/** Starts a program in a pty. @throws PtyError with a sentence for people. */
export type PtySpawner = (options: PtyOptions, events: PtyEvents) => Pty;

/** Why a program could not be started; the message is a sentence for people. */
export class PtyError extends SentenceError {
  override name = 'PtyError';
}

/** Input that may wait for a program that does not read: the largest paste we take (the kernel itself holds 4 KiB). */
export const maxQueuedInput = 4 * 1024 * 1024;
