/** A backup's folder as it lies there. Nothing in it is believed for being there: it is plain files of bounded length, or a sentence. */
import { closeSync, fstatSync, lstatSync, readdirSync, readSync, writeSync, fdatasyncSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { createNew } from '../disk/atomic.ts';
import { issueInWords } from '../disk/issue.ts';
import { utf8Text } from '../disk/utf8.ts';
import { nameOf, storageFault } from '../disk/errno.ts';
import { openPlain, requirePlain } from '../disk/plain.ts';
import { BackupError } from './errors.ts';
import { GRAIN_BYTES, GRAINS_FILE, ID_BYTES, MOST_JSON_BYTES, MOST_RUNS, runName, runNumber, SET_FILE, setSchema, type SetFile } from './format.ts';

export const damaged = (path: string, what: string): BackupError =>
  new BackupError('damaged', `${path} ${what}. Nothing was taken from it. Use another run (--run), or another backup.`);

/** All of a file; undefined where there is none. @throws BackupError, StorageFault */
export function readBounded(path: string, most = MOST_JSON_BYTES): Buffer | undefined {
  let fd: number | undefined;
  try {
    fd = openPlain(path);
    if (fd === undefined) return undefined;
    const { size } = fstatSync(fd);
    if (size > most) throw damaged(path, `is longer than such a file can be (${size} bytes)`);
    const bytes = Buffer.alloc(size);
    readAll(fd, bytes, 0, path);
    return bytes;
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw storageFault(error, 'read', path);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Fills a buffer. @throws BackupError where the file ends before */
export function readAll(fd: number, into: Uint8Array, at: number, path: string): void {
  for (let done = 0; done < into.length;) {
    const got = readSync(fd, into, done, into.length - done, at + done);
    if (got === 0) throw damaged(path, 'ends too soon');
    done += got;
  }
}

/** What a JSON file of a backup says. @throws BackupError */
export function readJsonOf<T>(schema: z.ZodType<T>, path: string, bytes: Uint8Array): T {
  let value: unknown;
  try {
    value = JSON.parse(utf8Text(bytes) ?? '');
  } catch {
    // Where in it, nobody needs to know: nobody edits it, and to look would take minutes for one that somebody has made for that.
    throw damaged(path, 'is no JSON in UTF-8');
  }
  const read = schema.safeParse(value, { error: issueInWords });
  if (read.success) return read.data;
  const [first] = read.error.issues;
  throw damaged(path, `is not valid at ${first!.path.join('.').slice(0, 60) || 'the top level'}: ${first!.message}`);
}

/** What the folder says that it is; undefined where it is empty or not there. @throws BackupError where it has something else in it */
export function readSet(folder: string): SetFile | undefined {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (nameOf(error) === 'ENOENT') return undefined;
    throw storageFault(error, 'read the folder', folder);
  }
  const path = join(folder, SET_FILE);
  const bytes = readBounded(path, 4096);
  if (bytes) return readJsonOf(setSchema, path, bytes);
  if (names.length === 0) return undefined;
  throw new BackupError(
    'not-a-backup',
    `${folder} has files in it and is no backup of Wardmux. Nothing was written there. Choose an empty folder, or a new one.`,
  );
}

/** @throws BackupError */
export function requireSet(folder: string): SetFile {
  const set = readSet(folder);
  if (set) return set;
  throw new BackupError('not-a-backup', `There is no backup of Wardmux in ${folder}.`);
}

export const writeSet = (folder: string, set: SetFile): void => createNew(join(folder, SET_FILE), `${JSON.stringify(set)}\n`);

/** Numbers of the runs that have a folder, ascending. @throws BackupError, StorageFault */
export function runsIn(folder: string): readonly number[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    throw storageFault(error, 'read the folder', folder);
  }
  const runs = names.flatMap((name) => {
    const run = runNumber(name);
    return run !== undefined && lstatSync(join(folder, name)).isDirectory() ? [run] : [];
  });
  if (runs.length > MOST_RUNS) throw damaged(folder, `has ${runs.length} runs, which is more than a backup can have`);
  return runs.sort((a, b) => a - b);
}

const GRAIN_ENTRY = ID_BYTES + GRAIN_BYTES;
const ERASED = Buffer.alloc(GRAIN_BYTES);

export type Grains = Map<string, Buffer | 'erased'>;

/**
 * The grains of a run: 32 random bytes for each recording of which it has chunks, in the clear. Without them the custodians' keys open nothing of that recording
 * in that run, so what is overwritten here is erased in the whole backup of it that lies in this folder.
 * @returns by the recording's name in the set, base64url
 */
export function readGrains(folder: string, run: number): Grains {
  const path = join(folder, runName(run), GRAINS_FILE);
  const bytes = readBounded(path, 512 * 1024 * 1024);
  const grains: Grains = new Map();
  if (!bytes) return grains;
  for (let at = 0; at + GRAIN_ENTRY <= bytes.length; at += GRAIN_ENTRY) {
    const grain = bytes.subarray(at + ID_BYTES, at + GRAIN_ENTRY);
    grains.set(bytes.toString('base64url', at, at + ID_BYTES), grain.equals(ERASED) ? 'erased' : grain);
  }
  return grains;
}

/** Overwrites the grains of a recording in a run. @param tag as grainTag @returns how many there were @throws StorageFault */
export function eraseGrain(folder: string, run: number, tag: Uint8Array): number {
  const path = join(folder, runName(run), GRAINS_FILE);
  const bytes = readBounded(path, 512 * 1024 * 1024);
  if (!bytes) return 0;
  let erased = 0;
  let fd: number | undefined;
  try {
    for (let at = 0; at + GRAIN_ENTRY <= bytes.length; at += GRAIN_ENTRY) {
      if (!bytes.subarray(at, at + ID_BYTES).equals(tag)) continue;
      fd ??= requirePlain(path, constants.O_WRONLY);
      writeSync(fd, ERASED, 0, GRAIN_BYTES, at + ID_BYTES);
      erased++;
    }
    if (fd !== undefined) fdatasyncSync(fd);
  } catch (error) {
    throw storageFault(error, 'write', path);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
  return erased;
}
