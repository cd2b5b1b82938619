/**
 * Entry of the thread that reads a pty's master into the ring (reader-ring.ts) and does nothing else: the kernel holds
 * only 19 kB for it, and a program that prints sleeps whenever nobody has read them.
 */
import { readSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { parentPort, workerData } from 'node:worker_threads';
import { fullRead } from './reader.ts';
import { ringBytes, waitsFor, wakeBytes, word, type RingMemory } from './reader-ring.ts';

const memory = workerData as RingMemory;
const words = new Int32Array(memory.words);
const ring = Buffer.from(memory.ring);
let head = 0;

const held = (): number => (head - Atomics.load(words, word.tail)) >>> 0;
const closing = (): boolean => Atomics.load(words, word.close) === 1;

/** Room for the next read, up to the ring's end. Waits for the owner while a whole read would not fit. */
function room(): Buffer {
  for (;;) {
    const tail = Atomics.load(words, word.tail);
    const free = ringBytes - ((head - tail) >>> 0);
    const at = (head >>> 0) % ringBytes;
    if (free > fullRead || closing()) return ring.subarray(at, at + Math.max(1, Math.min(free, ringBytes - at)));
    Atomics.wait(words, word.tail, tail);
  }
}

function wake(): void {
  if (Atomics.exchange(words, word.waits, waitsFor.nothing) !== waitsFor.nothing) Atomics.notify(words, word.waits);
}

function publish(count: number): void {
  head = (head + count) | 0;
  Atomics.store(words, word.head, head);
  if (held() >= wakeBytes && Atomics.load(words, word.waits) !== waitsFor.nothing) wake();
}

function read(fd: number): void {
  const over = (): void => {
    Atomics.store(words, word.over, 1);
    wake();
  };
  const callback = (count: number): boolean => {
    publish(count);
    while (!closing()) {
      const space = room();
      let more: number;
      try {
        more = readSync(fd, space, 0, space.length, null);
      } catch {
        // EAGAIN: nothing is left for the moment. Any other error is met again by the event loop, which tells about it.
        break;
      }
      if (more === 0) break;
      publish(more);
    }
    if (Atomics.load(words, word.waits) === waitsFor.anything) wake();
    return true;
  };
  const stream = new ReadStream(fd, { onread: { buffer: room, callback } } as never);
  Atomics.store(words, word.opened, 1);
  const close = stream.destroy.bind(stream);
  // An error (EIO: hung up) would close the descriptor here while the owner may still use its number.
  stream.destroy = () => {
    over();
    return stream;
  };
  stream.on('end', over);
  stream.resume();
  parentPort?.on('message', (order: 'look' | 'close') => {
    if (order === 'look') {
      // Not read here: the event loop has its next place in the ring already. It has looked once more when it has come by.
      setImmediate(() => setImmediate(() => parentPort?.postMessage('looked')));
    } else {
      close();
      parentPort?.close();
    }
  });
}

parentPort?.once('message', read);
