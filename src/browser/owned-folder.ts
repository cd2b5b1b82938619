/** Temporary folders that say whose they are, so that those of a process that was killed can be told, and go. */
import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { markOf, runsStill } from '../disk/process-identity.ts';
import { killNow, startedWith, waitUntilGone } from './processes.ts';

const OWNER_FILE = 'owner.json';
const SUFFIX_BYTES = 6;
/** Characters that come behind the prefix. */
export const OWNED_SUFFIX_LENGTH = 2 * SUFFIX_BYTES;

/** What each host's temporary folders are called. */
export const temporaryPrefixes = { electron: 'wardmux-electron-', chromium: 'wardmux-browser-' } as const;

/** Makes a fresh private folder below `parent`, and removes those of the same prefix whose owner is gone. `pid` owns it. */
export function makeOwnedFolder(parent: string, prefix: string, pid: number = process.pid): string {
  removeStaleFolders(parent, prefix);
  const name = prefix + randomBytes(SUFFIX_BYTES).toString('hex');
  // It gets its name when it says whose it is: another start that sweeps in between would take it for a left one.
  const fresh = join(parent, `.${name}`);
  // Not recursive: a folder that somebody else has put there is an error, not a gift.
  mkdirSync(fresh, { mode: 0o700 });
  writeFileSync(join(fresh, OWNER_FILE), JSON.stringify(markOf(pid)), { mode: 0o600 });
  renameSync(fresh, join(parent, name));
  return join(parent, name);
}

/** Removes what killed runs of either host have left in the places where they put such things. */
export function sweepTemporaryFolders(env: NodeJS.ProcessEnv): void {
  for (const parent of new Set([tmpdir(), env['XDG_RUNTIME_DIR'], '/dev/shm']))
    if (parent && existsSync(parent)) for (const prefix of Object.values(temporaryPrefixes)) removeStaleFolders(parent, prefix);
}

/** A killed process is gone within a few milliseconds; more is for a machine in trouble. */
const KILL_MS = 2000;

/** The argument that names a browser's folder to it. */
export const folderArgument = (folder: string): string => `--user-data-dir=${folder}`;

/**
 * Removes our own folders whose process is gone. Returns their paths. A browser that still has one, because it was stopped when
 * its owner was killed, may still show what it showed: it is killed first.
 */
export function removeStaleFolders(parent: string, prefix: string): string[] {
  const removed: string[] = [];
  for (const name of readdirSync(parent)) {
    const folder = join(parent, name);
    if (!name.startsWith(prefix) || !isPrivate(folder) || ownerLives(folder)) continue;
    const left = startedWith(folderArgument(folder));
    killNow(left);
    if (waitUntilGone(left, KILL_MS).length > 0) continue;
    removeFolder(folder);
    removed.push(folder);
  }
  return removed;
}

/** The start time tells a process from another that has its number now. */
const ownerSchema = z.object({ pid: z.number().int().positive(), started: z.string(), boot: z.string() });

function ownerLives(folder: string): boolean {
  try {
    const owner = ownerSchema.safeParse(JSON.parse(readFileSync(join(folder, OWNER_FILE), 'utf8')));
    return owner.success && runsStill(owner.data);
  } catch {
    return false;
  }
}

/** A folder of this account that nobody else may look into. */
export function isPrivate(path: string): boolean {
  try {
    const facts = lstatSync(path);
    return facts.isDirectory() && facts.uid === process.getuid?.() && (facts.mode & 0o077) === 0;
  } catch {
    return false;
  }
}

export function removeFolder(folder: string): void {
  // The browser's last helper may still write while it ends.
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}
