/**
 * The files that Wardmux runs from, looked at one after the other: names, rights and content. They are read in pieces with a pause behind each, so that whoever
 * types in another process never waits for it.
 */
import { createHash, hash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isMissing } from '../disk/errno.ts';
import { requirePlainHandle } from '../disk/plain.ts';
import { Refusal } from '../types/refusal.ts';
import { listText, type ListedFile } from './list.ts';

/** What of a clone, or of a folder that was unpacked, runs: the built program, how it is started and built, and the modules that are not in the bundles. */
const parts = ['package.json', 'package-lock.json', 'bin', 'dist', 'tools', 'node_modules/@napi-rs', 'node_modules/node', 'node_modules/node-pty'] as const;
/** The Node that starts it lies under the name of its platform. */
const NODE = /^node-[a-z]+-[a-z0-9]+$/;
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

/** Where the program lies: the nearest folder above this code that has its package.json. @throws Refusal where nobody can look at it file by file */
export function programFolder(from = import.meta.dirname): string {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    // Electron shows an archive as if it were a folder, and hands out what it has read of it at the start.
    if (folder.includes('.asar')) break;
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly name?: unknown }).name === 'wardmux') return folder;
  }
  throw new Refusal('no-program', 'The files of this program cannot be looked at one by one: it runs from an archive, or its package.json is gone.');
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

/** @param pause is waited for behind each piece of a file and each folder. */
export async function listProgram(folder: string, pause: () => Promise<unknown> = () => nextTurn()): Promise<ProgramFiles> {
  const files: ListedFile[] = [];
  const buffer = Buffer.alloc(PIECE);
  const runtimes = (await namesIn(join(folder, 'node_modules'))).filter((name) => NODE.test(name)).map((name) => `node_modules/${name}`);
  const visit = async (path: string): Promise<void> => {
    if (leftOut.some((pattern) => pattern.test(path))) return;
    const stat = await lstat(join(folder, path)).catch(nothingThere);
    if (stat === undefined) return;
    if (stat === 'unreadable' || !stat.isDirectory()) return void files.push(await fileOf(folder, path, stat, buffer, pause));
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

async function fileOf(folder: string, path: string, stat: Stats | 'unreadable', buffer: Buffer, pause: () => Promise<unknown>): Promise<ListedFile> {
  const none = { path, mode: 0, size: 0, sha256: null, target: null } as const;
  if (stat === 'unreadable') return { ...none, kind: 'unreadable' };
  try {
    if (stat.isSymbolicLink()) return { ...none, kind: 'link', target: await readlink(join(folder, path), 'utf8') };
    return stat.isFile() ? { ...none, kind: 'file', ...(await contentOf(join(folder, path), buffer, pause)) } : { ...none, kind: 'other' };
  } catch {
    return { ...none, kind: 'unreadable' };
  }
}

async function contentOf(path: string, buffer: Buffer, pause: () => Promise<unknown>): Promise<Pick<ListedFile, 'mode' | 'size' | 'sha256'>> {
  const file = await requirePlainHandle(path, constants.O_RDONLY);
  try {
    const { mode } = await file.stat();
    const digest = createHash('sha256');
    let size = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, size);
      if (bytesRead === 0) break;
      digest.update(buffer.subarray(0, bytesRead));
      size += bytesRead;
      await pause();
    }
    return { mode: mode & 0o7777, size, sha256: digest.digest('hex') };
  } finally {
    await file.close();
  }
}
