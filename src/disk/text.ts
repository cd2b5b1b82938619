/** Text that somebody wrote by hand, outside of the data folder: it may be a link, as such files often are, and is never anything but a file. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { isMissing, storageFault } from './errno.ts';
import { StorageFault } from './fault.ts';

/**
 * The text of a file of `most` bytes at most, or undefined where there is none. A FIFO and a device are not waited for.
 * @throws StorageFault with a sentence that says what to do
 */
export function readText(path: string, most: number): string | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw storageFault(error, 'read', path);
  }
  try {
    const { size } = fstatSync(fd);
    if (!fstatSync(fd).isFile()) throw new StorageFault('corrupt', path, `Cannot read ${path}: it is not a file.`);
    if (size > most) throw new StorageFault('corrupt', path, `Cannot read ${path}: it is longer than ${most} bytes.`);
    // A file that grows meanwhile gives what it had.
    const bytes = Buffer.alloc(size);
    let at = 0;
    while (at < size) {
      const got = readSync(fd, bytes, at, size - at, at);
      if (got === 0) break;
      at += got;
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, at));
  } catch (error) {
    if (error instanceof TypeError) throw new StorageFault('corrupt', path, `Cannot read ${path}: it is no text in UTF-8.`);
    throw storageFault(error, 'read', path);
  } finally {
    closeSync(fd);
  }
}
