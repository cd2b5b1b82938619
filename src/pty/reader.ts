/** What reads the output of a pty on Unix: the event loop (loop-reader.ts), or a thread of its own (thread-reader.ts). */

/** Largest batch of output. One record holds it. */
export const batchBytes = 64 * 1024;
/** A read never gives more: the line discipline's buffer holds 4095 bytes (N_TTY_BUF_SIZE - 1). */
export const fullRead = 4095;
/** Output is held back for a fuller batch no longer than this: well under what a person feels. */
export const batchMs = 4;
/** After the program's exit the kernel holds at most its pty buffer (19 kB on Linux 6.18); more comes from others. */
export const tailBytes = 1024 * 1024;
/** A background program can hold the slave open, so that EIO never comes: the tail ends after this long without a byte. */
export const quietMs = 250;

export interface ReaderEvents {
  /** Output, exactly as read. Valid during the call only: then the bytes are wiped. */
  data(bytes: Uint8Array): void;
  /** Once, after finish(): everything that the program wrote has been given. */
  ended(): void;
}

export interface MasterReader {
  /** No more `data` until resume(), or finish(). */
  pause(): void;
  resume(): void;
  /** The program has ended, and nobody here holds the slave any more: gives what is left, then tells `ended`. */
  finish(): void;
  /** Gives nothing more, wipes what is there, closes the master. */
  close(): void;
}

/** Reads the master `fd`, which is not blocking, and which the reader closes. */
export type OpenReader = (fd: number, events: ReaderEvents) => MasterReader;
