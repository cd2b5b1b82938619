/** The files of a bundle: that they are there and no others, and that they are those that were signed. */
import { createHash } from 'node:crypto';
import { closeSync, constants, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { BundleFailure } from '../failures.ts';
import { ALL_FILES, BUNDLE, MAX_SMALL_FILE, SUMMED_FILES } from '../bundle-files.ts';

/** Runs a read; what the system refuses is a file that is not there. */
export function readable<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).code !== 'string') throw error;
    throw new BundleFailure('missing-file', `${name} cannot be read.`);
  }
}

/** The folder holds the files of a bundle and nothing else; each is a plain file, so nothing outside it is ever read. */
export function checkFiles(folder: string): void {
  const large: readonly string[] = [BUNDLE.cast, BUNDLE.evidence, BUNDLE.ledger];
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch {
    throw new BundleFailure('missing-file', `${folder} cannot be read as a folder. Give the folder that wardmux export has made.`);
  }
  for (const name of ALL_FILES) {
    const stat = names.includes(name) ? lstatSync(join(folder, name)) : undefined;
    if (!stat?.isFile()) throw new BundleFailure('missing-file', `${name} is missing or is not a plain file.`);
    if (stat.size > MAX_SMALL_FILE && !large.includes(name)) throw new BundleFailure('missing-file', `${name} is too large to be that file.`);
  }
  const extra = names.filter((name) => !ALL_FILES.includes(name));
  if (extra.length > 0) throw new BundleFailure('extra-file', `Files that do not belong to a bundle: ${extra.length}.`);
}

export function checkSums(sums: string, digests: ReadonlyMap<string, Buffer>): void {
  const lines = sums.split('\n');
  if (lines.pop() !== '' || lines.length !== SUMMED_FILES.length) throw new BundleFailure('bad-sums', `It has ${lines.length} lines.`);
  const expected = SUMMED_FILES.map((name, i) => {
    const match = /^([0-9a-f]{64}) {2}(.+)$/.exec(lines[i]!);
    if (match?.[2] !== name) throw new BundleFailure('bad-sums', `Line ${i + 1}.`);
    return match[1]!;
  });
  SUMMED_FILES.forEach((name, i) => {
    if (digests.get(name)!.toString('hex') !== expected[i]) throw new BundleFailure('bad-file', `${name}.`);
  });
}

/** SHA-256 of a file of any size, a piece at a time. */
export function digestOfFile(path: string): Buffer {
  const hash = createHash('sha256');
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    const block = Buffer.allocUnsafe(1024 * 1024);
    for (let count = readSync(fd, block); count > 0; count = readSync(fd, block)) hash.update(block.subarray(0, count));
  } finally {
    closeSync(fd);
  }
  return hash.digest();
}
