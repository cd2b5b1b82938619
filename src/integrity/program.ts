/**
 * The files that Wardmux runs from, looked at one after the other: names, rights and content. They are read in pieces with a pause behind each, so that whoever
 * types in another process never waits for it.
 */
import { createHash, hash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { lstatSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isMissing } from '../disk/errno.ts';
import { requirePlainHandle } from '../disk/plain.ts';
import { Refusal } from '../types/refusal.ts';
import { listText, type ListedFile } from './list.ts';

/** What of a clone, or of a folder that was unpacked, runs: the built program, how it is started and built, and the modules that are not in the bundles. */
const parts = ['package.json', 'package-lock.json', 'bin', 'dist', 'tools', 'node_modules/@napi-rs', 'node_modules/node', 'node_modules/node-pty'] as const;
/** The Node that starts it lies under the name of its platform. */
const NODE = /^node-[a-z]+-[a-z0-9]+$/;
/** What bin/wardmux would start in its place: it takes the first that fits (`node-*-*`), whatever made it. */
const STARTED = /^node-.*-/;
/** Of a build: what nothing runs, and what is another one each time. And what of a module is only for making it. */
const leftOut = [
  /\.map$/,
  /^dist\/\.build\.json$/,
  /^tools\/.*\.test\.ts$/,
  /^node_modules\/node-pty\/(?:deps|scripts|src|third_party|typings)\//,
  /^node_modules\/node-[a-z]+-[a-z0-9]+\/(?:include|share)\//,
];

/** Bytes that are read at once. */
const PIECE = 1024 * 1024;
/**
 * Whoever writes files here must not keep a look from its end: a sparse file is as large as somebody says. The largest of ours, Node, has some 120 MB, all
 * together 150 MB in a few hundred files. What is not read any more cannot be looked at, which is a finding.
 */
const MOST_BYTES = 2 * 1024 * 1024 * 1024;
const MOST_FILES = 20_000;

/**
 * Where the program lies: above the folder of its bundles (`dist`), or of these sources. By its place alone, never by what a file there says of itself: a clean
 * copy that lies nearer would be looked at instead of what runs. @throws Refusal where nobody can look at it file by file
 */
export function programFolder(from = import.meta.dirname): string {
  // Electron shows an archive as if it were a folder, and hands out what it has read of it at the start.
  if (from.includes('.asar')) throw new Refusal('no-program', 'The files of this program cannot be looked at one by one: it runs from an archive.');
  return basename(from) === 'dist' ? dirname(from) : dirname(dirname(from));
}

/** The same, undefined where nobody can. */
export function programFolderOrNone(): string | undefined {
  try {
    return programFolder();
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** Whether it is a clone of the sources, which is built anew. */
export const isCheckout = (folder: string): boolean => lstatSync(join(folder, '.git'), { throwIfNoEntry: false }) !== undefined;

export interface ProgramFiles {
  readonly files: readonly ListedFile[];
  /** Of the list, and its SHA-256. */
  readonly text: string;
  readonly sha256: string;
}

/** @param pause is waited for behind each piece of a file and each folder. @throws Refusal where there are more files than it looks at */
export async function listProgram(folder: string, pause: () => Promise<unknown> = () => nextTurn()): Promise<ProgramFiles> {
  const files: ListedFile[] = [];
  const reading: Reading = { buffer: Buffer.alloc(PIECE), left: MOST_BYTES, pause };
  const runtimes = (await namesIn(join(folder, 'node_modules')))
    .filter((name) => STARTED.test(name))
    .map((name) => (NODE.test(name) ? `node_modules/${name}` : `node_modules/${name}/bin/node`));
  const visit = async (path: string): Promise<void> => {
    if (leftOut.some((pattern) => pattern.test(path))) return;
    const stat = await lstat(join(folder, path)).catch(nothingThere);
    if (stat === undefined) return;
    if (stat === 'unreadable' || !stat.isDirectory()) {
      if (files.length === MOST_FILES)
        throw new Refusal('no-program', `The program's folders have more than ${MOST_FILES} files: it is not this program as it was built.`);
      return void files.push(await fileOf(folder, path, stat, reading));
    }
    await pause();
    for (const name of await namesIn(join(folder, path))) if (!leftOut.some((pattern) => pattern.test(`${path}/${name}/`))) await visit(`${path}/${name}`);
  };
  for (const part of [...parts, ...runtimes]) await visit(part);
  const text = listText(files);
  return { files, text, sha256: hash('sha256', text, 'hex') };
}

const nothingThere = (error: unknown): 'unreadable' | undefined => (isMissing(error) ? undefined : 'unreadable');

/** What cannot be read has no names: its files are missing then. */
const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

interface Reading {
  readonly buffer: Buffer;
  /** Bytes that are read before the rest counts as what cannot be looked at. */
  left: number;
  readonly pause: () => Promise<unknown>;
}

async function fileOf(folder: string, path: string, stat: Stats | 'unreadable', reading: Reading): Promise<ListedFile> {
  const none = { path, mode: 0, size: 0, sha256: null, target: null } as const;
  if (stat === 'unreadable') return { ...none, kind: 'unreadable' };
  try {
    if (stat.isSymbolicLink()) return { ...none, kind: 'link', target: await readlink(join(folder, path), 'utf8') };
    return stat.isFile() ? { ...none, kind: 'file', ...(await contentOf(join(folder, path), reading)) } : { ...none, kind: 'other' };
  } catch {
    return { ...none, kind: 'unreadable' };
  }
}

/** @throws where it cannot be read, or not in what is left to read */
async function contentOf(path: string, reading: Reading): Promise<Pick<ListedFile, 'mode' | 'size' | 'sha256'>> {
  const file = await requirePlainHandle(path, constants.O_RDONLY);
  try {
    const { mode, size: said } = await file.stat();
    if (said > reading.left) throw new Error('more than is read');
    const { buffer, pause } = reading;
    const digest = createHash('sha256');
    let size = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, size);
      if (bytesRead === 0) break;
      // It may grow meanwhile.
      reading.left -= bytesRead;
      if (reading.left < 0) throw new Error('more than is read');
      digest.update(buffer.subarray(0, bytesRead));
      size += bytesRead;
      await pause();
    }
    return { mode: mode & 0o7777, size, sha256: digest.digest('hex') };
  } finally {
    await file.close();
  }
}
