/**
 * Small files that are either the old ones or the new ones, never something between, also after a power cut. Synchronous
 * on purpose: the files are small, the writes are rare, and the order in which they reach the disk matters.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { StorageFault, storageFault } from './fault.ts';
import { NotPlainError, openPlain } from './plain.ts';

/** Larger files of ours do not exist: whatever is larger is not ours, and is not read into memory. */
export const largestSmallFile = 1024 * 1024;

/** Makes the names in `folder` durable: a rename or a new file survives a power cut only after this. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
  fsyncSync(fd);
}

function quietlyUnlink(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // The first error is the one to report; a temporary file that stays is harmless.
  }
}

/**
 * Replaces the file at `path`, or makes it: temporary file in the same folder, fsync, rename, fsync of the folder.
 * @throws StorageFault; the old file is then still whole.
 */
export function writeAtomic(path: string, bytes: Uint8Array | string, mode = 0o600): void {
  const data = typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes;
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  let fd: number | undefined;
  try {
    fd = openSync(temporary, 'wx', mode);
    writeAll(fd, data);
    closeSync(fd);
    fd = undefined;
    renameSync(temporary, path);
    syncFolder(folder);
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    quietlyUnlink(temporary);
    throw storageFault(error, 'write', path);
  }
}

/**
 * Makes a new file and never overwrites (O_EXCL): the recovery file and everything that must be made once.
 * @throws StorageFault with code `exists` where there is something at `path`; a half-written new file is removed.
 */
export function createNew(path: string, bytes: Uint8Array | string, mode = 0o600): void {
  const data = typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes;
  let fd: number | undefined;
  try {
    fd = openSync(path, 'wx', mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new StorageFault('missing', path, `Cannot write ${path}: the folder ${dirname(path)} does not exist. Make it first, or choose another path.`);
    }
    throw storageFault(error, 'write', path);
  }
  try {
    writeAll(fd, data);
    closeSync(fd);
    fd = undefined;
    syncFolder(dirname(path));
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    quietlyUnlink(path);
    throw storageFault(error, 'write', path);
  }
}

/**
 * Reads a small file whole; undefined where there is none.
 * @throws StorageFault when it cannot be read, is not a plain file, or is larger than a file of ours can be.
 */
export function readSmall(path: string): Buffer | undefined {
  let fd: number | undefined;
  try {
    fd = openPlain(path);
  } catch (error) {
    if (error instanceof NotPlainError)
      throw new StorageFault('corrupt', path, `Cannot read ${path}: it is not a plain file. Move it away, or restore it from a backup.`);
    throw storageFault(error, 'read', path);
  }
  if (fd === undefined) return undefined;
  try {
    const stat = fstatSync(fd);
    if (stat.size > largestSmallFile) {
      throw new StorageFault('corrupt', path, `Cannot read ${path}: it is larger than 1 MiB and so not a file of Wardmux. Restore it from a backup.`);
    }
    const bytes = Buffer.alloc(stat.size);
    let at = 0;
    while (at < bytes.length) {
      const got = readSync(fd, bytes, at, bytes.length - at, at);
      if (got === 0) break;
      at += got;
    }
    return bytes.subarray(0, at);
  } catch (error) {
    throw storageFault(error, 'read', path);
  } finally {
    closeSync(fd);
  }
}
