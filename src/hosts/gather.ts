/** ~/.ssh/config and what it includes, read as text: nothing of it is run, and ssh gets cleaned copies (config.ts). */
import { globSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { readText } from '../disk/text.ts';
import { SentenceError } from '../types/sentence.ts';
import { cleanConfig, copyOf, type Cleaned } from './config.ts';

/** Larger, more or deeper is no configuration that somebody wrote by hand. Bytes, files, and files in files (ssh's own limit). */
const MOST_BYTES = 256 * 1024;
const MOST_FILES = 64;
const MOST_DEPTH = 16;

interface Gathered {
  /** What ssh may read of each file. The first is the beginning; the others are included, by their numbers here. */
  readonly files: readonly Cleaned['lines'][];
  readonly names: Cleaned['names'];
  readonly leftOut: Cleaned['leftOut'];
}

/**
 * Everything that ~/.ssh/config of an account says and may say.
 * @param home of the account
 * @throws StorageFault, SentenceError where there are too many files, or one cannot be read
 */
export function gatherConfig(home: string): Gathered {
  const files: Cleaned['lines'][] = [];
  const names: Cleaned['names'][number][] = [];
  const leftOut: Cleaned['leftOut'][number][] = [];
  const take = (path: string, depth: number): number | undefined => {
    const text = readText(path, MOST_BYTES);
    if (text === undefined) return undefined;
    const at = files.length;
    if (at >= MOST_FILES || depth > MOST_DEPTH)
      throw new SentenceError(`${join(home, '.ssh', 'config')} includes more than ${MOST_FILES} files, or itself. Nothing of it was taken.`);
    files.push([]);
    const cleaned = cleanConfig(path, text, (words) =>
      words.flatMap((word) => {
        const whole = word.startsWith('~/') ? join(home, word.slice(2)) : isAbsolute(word) ? word : join(home, '.ssh', word);
        // In the order of names, as glob(3) has them.
        return globSync(whole)
          .toSorted()
          .flatMap((one) => take(one, depth + 1) ?? []);
      }),
    );
    files[at] = cleaned.lines;
    names.push(...cleaned.names);
    leftOut.push(...cleaned.leftOut);
    return at;
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

/** Copies for ssh, each with its place in a folder that is to hold them, the first one first. Nothing is written. */
export function copiesOf({ files }: Pick<Gathered, 'files'>, folder: string): { readonly place: string; readonly text: string }[] {
  const placeOf = (file: number): string => join(folder, `config-${file}`);
  return files.map((lines, file) => ({ place: placeOf(file), text: copyOf(lines, placeOf) }));
}
