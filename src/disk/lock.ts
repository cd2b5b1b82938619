/** One process at a time: a file that names its holder. */
import { rmSync } from 'node:fs';
import { createNew, readSmall } from './atomic.ts';
import { StorageFault } from './fault.ts';
import { isRunning } from './process-identity.ts';

/**
 * Runs `task` while holding the lock at `path`, without waiting for it. A lock whose process is gone is taken over.
 * @param doing what the holder is doing, for the sentence: `A first run`.
 * @throws StorageFault `busy` where another process holds it, or what the disk says.
 */
export async function withFileLock<T>(path: string, doing: string, task: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      createNew(path, `${process.pid}\n`);
      break;
    } catch (error) {
      if (!(error instanceof StorageFault) || error.code !== 'exists') throw error;
      const pid = Number(readSmall(path)?.toString('latin1').trim());
      // A holder writes its number right after it made the file: an empty one is either that moment, or a crash in it.
      const gone = Number.isSafeInteger(pid) && pid > 0 && !isRunning(pid);
      if (!gone || attempt > 0) {
        throw new StorageFault(
          'busy',
          path,
          `${doing} is going on already (process ${pid || 'unknown'}). Wait until it is done. If nothing is, remove ${path}`,
        );
      }
      rmSync(path, { force: true });
    }
  }
  try {
    return await task();
  } finally {
    rmSync(path, { force: true });
  }
}
