/** ~/.ssh/config and what it includes, read as text: nothing of it is run, and ssh gets cleaned copies (config.ts). */
import { isAbsolute, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { readText } from '../disk/text.ts';
import { SentenceError } from '../types/sentence.ts';
import { cleanConfig, copyOf, type Cleaned } from './config.ts';
import { findFiles } from './glob.ts';

/** Larger, more or deeper is no configuration that somebody wrote by hand. Bytes of a file and of all, files, files in files (ssh's own limit), names. */
const MOST_BYTES = 256 * 1024;
const MOST_ALL_BYTES = 1024 * 1024;
const MOST_FILES = 64;
const MOST_DEPTH = 16;
const MOST_NAMES = 5000;
/** That all Include lines together may make us look at: entries of folders. */
const MOST_ENTRIES = 5000;

interface Gathered {
  /** What ssh may read of each file. The first is the beginning; the others are included, by their numbers here. */
  readonly files: readonly Cleaned['lines'][];
  readonly names: Cleaned['names'];
  readonly leftOut: Cleaned['leftOut'];
}

/**
 * Everything that ~/.ssh/config of an account says and may say. Others get their turn between two files: main does this.
 * @param home of the account
 * @throws StorageFault, SentenceError where there are too many files, or one cannot be read
 */
export async function gatherConfig(home: string): Promise<Gathered> {
  const files: Cleaned['lines'][] = [];
  const names: Cleaned['names'][number][] = [];
  const leftOut: Cleaned['leftOut'][number][] = [];
  const first = join(home, '.ssh', 'config');
  const looks = { left: MOST_ENTRIES };
  let bytes = 0;
  const take = async (path: string, depth: number): Promise<number | undefined> => {
    await setImmediate();
    const text = readText(path, MOST_BYTES);
    if (text === undefined) return undefined;
    const at = files.length;
    bytes += Buffer.byteLength(text);
    if (at >= MOST_FILES || depth > MOST_DEPTH) throw new SentenceError(`${first} includes more than ${MOST_FILES} files, or itself. Nothing of it was taken.`);
    if (bytes > MOST_ALL_BYTES)
      throw new SentenceError(`${first} has more than ${MOST_ALL_BYTES} bytes together with what it includes. Nothing of it was taken.`);
    files.push([]);
    const cleaned = await cleanConfig(path, text, async (words) => {
      const found: string[] = [];
      for (const word of words) {
        const whole = word.startsWith('~/') ? join(home, word.slice(2)) : isAbsolute(word) ? word : join(home, '.ssh', word);
        const paths = await findFiles(whole, looks);
        if (typeof paths === 'string') return paths;
        found.push(...paths);
      }
      const taken: number[] = [];
      for (const one of found) {
        const number = await take(one, depth + 1);
        if (number !== undefined) taken.push(number);
      }
      return taken;
    });
    files[at] = cleaned.lines;
    names.push(...cleaned.names);
    if (names.length > MOST_NAMES)
      throw new SentenceError(`${first} names more than ${MOST_NAMES} hosts together with what it includes. Nothing of it was taken.`);
    leftOut.push(...cleaned.leftOut);
    return at;
  };
  await take(first, 0);
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
