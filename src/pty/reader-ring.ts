/**
 * What a reading thread (reader-thread.ts) and its owner (thread-reader.ts) share: a ring of output bytes and some 32-bit
 * words. The thread alone writes bytes and moves `head`; the owner alone takes bytes, wipes them, and moves `tail`. Both
 * count all bytes ever, modulo 2^32: the difference is what the ring holds. Only Atomics touch the words.
 */

/** Output that was read and not yet sealed, at most. It stays in a core's second-level cache. */
export const ringBytes = 256 * 1024;
/** The owner is woken when this much waits; sealing it takes 60 µs, in which the kernel's own 19 kB do not run over. */
export const wakeBytes = 64 * 1024;

/** Places of the words. */
export const word = {
  head: 0,
  tail: 1,
  /** What the owner waits for: one of `waitsFor`. The thread notifies it here. */
  waits: 2,
  /** 1: nothing will ever come. */
  over: 3,
  /** 1: the thread shall close the master and end. */
  close: 4,
  /** 1: the thread has the master, and closes it when it ends. */
  opened: 5,
} as const;

export const waitsFor = { nothing: 0, anything: 1, batch: 2 } as const;

/** Given to the thread when it is started; the master's descriptor comes as its first message. */
export interface RingMemory {
  readonly words: SharedArrayBuffer;
  readonly ring: SharedArrayBuffer;
}

export function newRing(): RingMemory {
  return { words: new SharedArrayBuffer(Object.keys(word).length * Int32Array.BYTES_PER_ELEMENT), ring: new SharedArrayBuffer(ringBytes) };
}
