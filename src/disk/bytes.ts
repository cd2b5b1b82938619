/** All bytes, where the system may take or give a part of them. */
import { readSync, writeSync } from 'node:fs';

/** Bytes copied at a time. */
const COPY_BYTES = 1024 * 1024;

/**
 * Writes all of `bytes`, at an offset or where the file stands.
 * @throws what the system says; what it took before is written.
 */
export function writeAll(fd: number, bytes: Uint8Array, at: number | null = null): void {
  for (let written = 0; written < bytes.length;) {
    const more = writeSync(fd, bytes, written, bytes.length - written, at === null ? null : at + written);
    if (more === 0) throw new Error('no byte was written');
    written += more;
  }
}

/** Copies the bytes from `at` up to `end`, or to the end of the file, to where `to` stands. @throws what the system says */
export function copyBytes(from: number, at: number, end: number, to: number): void {
  const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, Math.max(1, end - at)));
  while (at < end) {
    const count = readSync(from, buffer, 0, Math.min(buffer.length, end - at), at);
    if (count === 0) return;
    writeAll(to, buffer.subarray(0, count));
    at += count;
  }
}

/** Smaller buffers are left to the collector: giving them back costs more than it saves. */
const RELEASE_BYTES = 8 * 1024;

/**
 * Gives a large buffer's memory back at once. The collector would do it later, but in a flood the cipher's output alone
 * makes it run every 100 ms (a tenth of the time), and memory that comes back at once is still in the processor's cache.
 * Does nothing to a buffer that shares its memory.
 */
export function releaseMemory(buffer: Buffer<ArrayBufferLike>): void {
  const memory = buffer.buffer;
  if (buffer.length >= RELEASE_BYTES && memory instanceof ArrayBuffer && memory.byteLength === buffer.length) memory.transfer(0);
}
