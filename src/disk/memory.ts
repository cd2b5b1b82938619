/** Folders in memory: where a disk must not have what is in the clear for a moment. */
import { statfsSync } from 'node:fs';

/** statfs(2): a file system in memory. */
const TMPFS_MAGIC = 0x0102_1994;

/** The first of these folders that lies in memory; undefined where none does. */
export function memoryFolderOf(candidates: readonly (string | undefined)[]): string | undefined {
  return candidates.find((folder) => {
    try {
      return folder !== undefined && statfsSync(folder).type === TMPFS_MAGIC;
    } catch {
      return false;
    }
  });
}
