/** Files by a pattern, as glob(3) finds them for ssh: * and ? within a name of a folder's, never over many folders, and a dot in front only where it stands. */
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { fitsWildcard } from './wildcard.ts';

/** How many entries may still be looked at; it goes down. */
export interface Looks {
  left: number;
}

/**
 * Files that a path with * and ? names, sorted.
 * @param pattern absolute
 * @returns a sentence where it is not followed
 */
export async function findFiles(pattern: string, looks: Looks): Promise<string[] | string> {
  if (/[[\]]/.test(pattern)) return 'of patterns * and ? are followed, and no [ ]';
  let found = ['/'];
  for (const part of pattern.split('/').filter((one) => one !== '')) {
    const next: string[] = [];
    for (const folder of found) {
      const entries = /[*?]/.test(part) ? entriesOf(folder, part, looks) : named(join(folder, part), looks);
      for await (const entry of entries) next.push(entry);
      if (looks.left < 0) return 'to find what its pattern names, too many files and folders would have to be looked at: name the files, or their folder';
    }
    found = next;
  }
  return found.toSorted();
}

async function* entriesOf(folder: string, part: string, looks: Looks): AsyncGenerator<string> {
  try {
    for await (const { name } of await opendir(folder)) {
      looks.left -= 1;
      if (looks.left < 0) return;
      if ((part.startsWith('.') || !name.startsWith('.')) && fitsWildcard(part, name)) yield join(folder, name);
    }
  } catch {
    // No folder, or not for us: as for glob(3), nothing is in it.
  }
}

async function* named(path: string, looks: Looks): AsyncGenerator<string> {
  looks.left -= 1;
  const stat = await lstat(path).catch(() => undefined);
  if (stat) yield path;
}
