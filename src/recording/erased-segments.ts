/** Whether records that lack pieces may lie in a recording: its segment files say so with their first bytes. No key is needed. */
import { closeSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { openPlain } from '../disk/plain.ts';
import { SEGMENT_MAGIC_2 } from './frame.ts';
import { segmentNumber } from './header.ts';

/** What cannot be read has none: whoever reads it is told why. */
export function hasErasedSegments(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => segmentNumber(name) !== undefined && beginsAnew(join(folder, name)));
  } catch {
    return false;
  }
}

function beginsAnew(path: string): boolean {
  const fd = openPlain(path);
  if (fd === undefined) return false;
  try {
    const bytes = Buffer.alloc(SEGMENT_MAGIC_2.length);
    return readSync(fd, bytes, 0, bytes.length, 0) === bytes.length && bytes.equals(SEGMENT_MAGIC_2);
  } finally {
    closeSync(fd);
  }
}
