/**
 * Small files that are either the old ones or the new ones, never something between, also after a power cut. Synchronous
 * on purpose: the files are small, the writes are rare, and the order in which they reach the disk matters. Only what goes to
 * disks and shares of others does not wait.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, renameSync, unlinkSync } from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeAll } from './bytes.ts';
import { storageFault } from './errno.ts';
import { StorageFault } from './fault.ts';
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

/** The same, without making the caller's thread wait for a disk that may be slow or far away. */
export async function syncFolderAsync(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function writeDurably(fd: number, bytes: Uint8Array): void {
  writeAll(fd, bytes);
  fsyncSync(fd);
}

function quietlyUnlink(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // The first error is the one to report; a temporary file that stays is harmless.
  }
}

/** A name beside `path` that nobody has. */
const temporaryFor = (path: string): string => join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);

/**
 * Replaces the file at `path`, or makes it: temporary file in the same folder, fsync, rename, fsync of the folder.
 * @throws StorageFault; the old file is then still whole.
 */
export function writeAtomic(path: string, bytes: Uint8Array | string, mode = 0o600): void {
  const data = typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes;
  const folder = dirname(path);
  const temporary = temporaryFor(path);
  let fd: number | undefined;
  try {
    fd = openSync(temporary, 'wx', mode);
    writeDurably(fd, data);
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

/** The same, without making the caller's thread wait. @throws what the system says; the old file is then whole. */
export async function writeAtomicAsync(path: string, bytes: Uint8Array | string, mode = 0o600): Promise<void> {
  const temporary = temporaryFor(path);
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolderAsync(dirname(path));
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
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
    writeDurably(fd, data);
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
 * @param most whole MiB in bytes, for those few that can be larger.
 * @throws StorageFault when it cannot be read, is not a plain file, or is larger than a file of ours can be.
 */
export function readSmall(path: string, most: number = largestSmallFile): Buffer | undefined {
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
    if (stat.size > most) {
      throw new StorageFault(
        'corrupt',
        path,
        `Cannot read ${path}: it is larger than ${most / largestSmallFile} MiB and so not a file of Wardmux. Restore it from a backup.`,
      );
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
