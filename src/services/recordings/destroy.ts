/** What makes content useless that lingers on a disk which writes in place, before its names are removed. */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fdatasyncSync, fstatSync, lstatSync, readdirSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeAll } from '../../disk/bytes.ts';
import { requirePlain } from '../../disk/plain.ts';
import { segmentNumber } from '../../recording/header.ts';
import { REWRAPPED } from '../../recording/rewrapped.ts';

/** In the folder of recordings: what is to take the place of segments while a span of one is erased. No id looks like it, and no backup takes it. */
export const ERASING = '.erasing';
/** What a segment is called there that is on its way out: a second name of the file. */
export const OLD = '.old';

/** Bytes at the beginning of a segment that are overwritten: magic and header, which has the wraps of its secret, and what follows at once. */
const WRAP_BYTES = 256 * 1024;
const BLOCK_BYTES = 1024 * 1024;

export const isFolder = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** @param most bytes from its beginning on. Throws what the system says, and where it is no plain file. */
function overwrite(path: string, most: number): void {
  const fd = requirePlain(path, constants.O_WRONLY);
  try {
    fill(fd, 0, Math.min(fstatSync(fd).size, most));
  } finally {
    closeSync(fd);
  }
}

/**
 * Overwrites what stands behind this header, where the file has one name and begins with it: nobody has it overwrite another one by putting that there. The
 * header stays, which the new segment has as well: a call that was cut off is made again.
 * @param magic bytes before the header. @returns why nothing was overwritten, to stand behind a colon. Throws what the system says, and where it is no plain file.
 */
export function overwriteBehind(path: string, magic: number, header: Uint8Array): string | undefined {
  const fd = requirePlain(path, constants.O_RDWR);
  try {
    const { nlink, size } = fstatSync(fd);
    if (nlink !== 1) return 'it has another name on this disk';
    const begins = Buffer.alloc(header.length);
    if (readSync(fd, begins, 0, begins.length, magic) !== begins.length || !begins.equals(header)) return 'it is no segment of this recording';
    fill(fd, magic + header.length, size);
    return undefined;
  } finally {
    closeSync(fd);
  }
}

function fill(fd: number, from: number, to: number): void {
  for (let at = from; at < to; at += BLOCK_BYTES) writeAll(fd, randomBytes(Math.min(BLOCK_BYTES, to - at)), at);
  fdatasyncSync(fd);
}

/** The wraps of a recording's secrets, and then all of its files. Throws what the system says, and where it is a link to another folder. */
export function destroyFolder(folder: string): void {
  if (!isFolder(folder)) throw new Error(`${folder} is no folder`);
  for (const name of readdirSync(folder)) {
    const segment = name.endsWith(OLD) ? name.slice(0, -OLD.length) : name;
    if ((segmentNumber(segment) !== undefined || name === REWRAPPED) && lstatSync(join(folder, name)).isFile()) overwrite(join(folder, name), WRAP_BYTES);
  }
  rmSync(folder, { recursive: true, force: true });
}
