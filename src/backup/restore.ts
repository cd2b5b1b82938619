/** Files of a run, put into a new folder. Each path is one that a data folder has, and each file is made new, so nothing outside of that folder is touched. */
import { closeSync, constants, fsyncSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { syncFolder } from '../disk/atomic.ts';
import { releaseMemory, writeAll } from '../disk/bytes.ts';
import { storageFault } from '../disk/errno.ts';
import { requirePlain } from '../disk/plain.ts';
import { BackupError } from './errors.ts';
import type { OpenRun } from './read.ts';
import { scopeOf } from './format.ts';

export interface Restored {
  readonly files: number;
  readonly bytes: number;
  /** Recordings that were erased in this backup: nothing of them came back. */
  readonly erased: readonly string[];
}

/** @param into an empty folder of ours. @throws BackupError, StorageFault: what is there then is not to be used */
export async function restoreFiles(run: OpenRun, into: string): Promise<Restored> {
  const folders = new Set<string>([into]);
  const erased = new Set<string>();
  let files = 0;
  let bytes = 0;
  for (const file of run.files()) {
    if (run.isErased(file)) {
      erased.add(scopeOf(file.path));
      continue;
    }
    const path = join(into, file.path);
    try {
      const folder = dirname(path);
      if (!folders.has(folder)) {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        for (let above = folder; above.length > into.length; above = dirname(above)) folders.add(above);
      }
      const fd = requirePlain(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL);
      try {
        for (const ref of file.chunks) {
          const plain = await run.chunk(ref, file.path);
          writeAll(fd, plain);
          bytes += plain.length;
          releaseMemory(plain);
        }
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      // What is wrong with the backup is no fault of this disk.
      if (error instanceof BackupError) throw error;
      throw storageFault(error, 'write', path);
    }
    files++;
  }
  for (const folder of folders) syncFolder(folder);
  return { files, bytes, erased: [...erased].sort() };
}
