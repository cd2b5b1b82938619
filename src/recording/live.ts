/**
 * Which running process writes a recording. The `live` file names it, and is not believed: any program can write one. What
 * counts is that this very process holds the lock of the recording's first segment (flock(2)), which the kernel gives to a
 * running process alone and takes away when it ends. No mark and no end.json mean that the recording was cut off.
 */
import { closeSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NativeError, tryLock } from '../native/addon.ts';
import { readSmall } from '../disk/atomic.ts';
import { openPlain } from '../disk/plain.ts';
import { RecordingError } from './errors.ts';
import { segmentName } from './header.ts';
import { markOf, ownerOf, runsStill, type ProcessMark } from '../disk/process-identity.ts';

const NAME = 'live';

/** Marks a recording's folder as written by this process. */
export function markLive(folder: string): void {
  writeFileSync(join(folder, NAME), JSON.stringify(markOf()) + '\n', { mode: 0o600, flag: 'wx' });
}

/** Removes the mark. A mark that is gone already is no error. */
export function unmarkLive(folder: string): void {
  try {
    unlinkSync(join(folder, NAME));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/**
 * Takes the lock of a recording's first segment: for its writer from its first byte to its end, for a recovery while it lasts.
 * @returns what lets go of it.
 * @throws RecordingError 'live' where another process has it.
 */
export function holdRecording(folder: string): () => void {
  // A recording that was cut off before its first segment has nothing to be held by, and nothing to be lost.
  const fd = openPlain(join(folder, segmentName(0)));
  if (fd === undefined) return () => undefined;
  try {
    if (!tryLock(fd)) throw new RecordingError('live', `Another process holds the recording in ${folder}: it is being written, or recovered.`);
  } catch (error) {
    // A system or a disk without such locks: nothing is believed to be live there, and nothing is kept from being so.
    if (!(error instanceof NativeError) || (error.code !== 'ENOTSUP' && error.code !== 'ENOLCK')) {
      closeSync(fd);
      throw error;
    }
  }
  return () => closeSync(fd);
}

/** `live`: its writer runs. `stale`: its writer is gone, or the mark names a process that is not its writer. `none`: no mark. */
export function liveState(folder: string): 'live' | 'stale' | 'none' {
  const pid = marked(folder);
  if (typeof pid === 'string') return pid;
  return ownerOf(pid) === process.getuid?.() && holds(pid, join(folder, segmentName(0))) ? 'live' : 'stale';
}

/**
 * Whether nobody writes a recording any more, by the kernel's word: the lock of its first segment is free. That the mark is gone, or cannot be understood, proves
 * nothing. False also where nobody can tell: without a first segment, without such locks.
 */
export function isLetGo(folder: string): boolean {
  // A writer that begins has marked it, and has not taken the lock yet: to try it then would keep it from its recording.
  if (typeof marked(folder) === 'number') return false;
  let fd: number | undefined;
  try {
    fd = openPlain(join(folder, segmentName(0)));
    return fd !== undefined && tryLock(fd);
  } catch {
    return false;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** The process that the mark names, where it runs. */
function marked(folder: string): number | 'stale' | 'none' {
  let mark: Partial<ProcessMark>;
  try {
    const bytes = readSmall(join(folder, NAME));
    if (!bytes) return 'none';
    mark = JSON.parse(bytes.toString('utf8')) as Partial<ProcessMark>;
  } catch {
    return 'stale';
  }
  const { pid = 0, started = '', boot = '' } = mark ?? {};
  return Number.isSafeInteger(pid) && pid > 0 && runsStill({ pid, started, boot }) ? pid : 'stale';
}

/** Whether a process holds the flock of a file: the kernel's list of locks says so (proc(5), /proc/locks). */
function holds(pid: number, path: string): boolean {
  let inode: bigint | undefined;
  let locks: string;
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (!stat?.isFile()) return false;
    inode = stat.ino;
    locks = readFileSync('/proc/locks', 'latin1');
  } catch {
    return false;
  }
  // "12: FLOCK  ADVISORY  WRITE 4711 fe:00:2146781 0 EOF". The disk's number is not what stat says on every file system.
  return locks.split('\n').some((line) => {
    const [, kind, , access, holder, file] = line.split(/\s+/);
    return kind === 'FLOCK' && access === 'WRITE' && holder === String(pid) && file?.split(':')[2] === String(inode);
  });
}
