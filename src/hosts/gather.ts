/** ~/.ssh/config and what it includes, read as text: nothing of it is run, and ssh gets cleaned copies (config.ts). */
import { globSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { readText } from '../disk/text.ts';
import { SentenceError } from '../types/sentence.ts';
import { cleanConfig, type Cleaned } from './config.ts';

/** Larger, more or deeper is no configuration that somebody wrote by hand. Bytes, files, and files in files (ssh's own limit). */
const MOST_BYTES = 256 * 1024;
const MOST_FILES = 64;
const MOST_DEPTH = 16;

export interface Gathered {
  /** Cleaned copies, each with the place that the others name it by. The first is the beginning. */
  readonly files: readonly { readonly place: string; readonly text: string }[];
  readonly names: Cleaned['names'];
  readonly leftOut: Cleaned['leftOut'];
}

/**
 * @param home of the account
 * @param folder where the copies will lie
 * @throws StorageFault, SentenceError where there are too many files, or one cannot be read
 */
export function gatherConfig(home: string, folder: string): Gathered {
  const files: { place: string; text: string }[] = [];
  const names: Cleaned['names'][number][] = [];
  const leftOut: Cleaned['leftOut'][number][] = [];
  const take = (path: string, depth: number): string | undefined => {
    const text = readText(path, MOST_BYTES);
    if (text === undefined) return undefined;
    const at = files.length;
    if (at >= MOST_FILES || depth > MOST_DEPTH)
      throw new SentenceError(`${join(home, '.ssh', 'config')} includes more than ${MOST_FILES} files, or itself. Nothing of it was taken.`);
    const place = join(folder, `config-${at}`);
    files.push({ place, text: '' });
    const cleaned = cleanConfig(path, text, (words) =>
      words.flatMap((word) => {
        const whole = word.startsWith('~/') ? join(home, word.slice(2)) : isAbsolute(word) ? word : join(home, '.ssh', word);
        // In the order of names, as glob(3) has them.
        return globSync(whole)
          .toSorted()
          .flatMap((one) => take(one, depth + 1) ?? []);
      }),
    );
    files[at] = { place, text: cleaned.text };
    names.push(...cleaned.names);
    leftOut.push(...cleaned.leftOut);
    return place;
  };
  take(join(home, '.ssh', 'config'), 0);
  const seen = new Set<string>();
  // The first line that has a name is the one that counts most.
  return {
    files,
    names: names.toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line).filter(({ name }) => !seen.has(name) && seen.add(name)),
    leftOut,
  };
}
