/**
 * Which process a note on the disk speaks of: its id alone is used again, its id with its start is not until the next boot,
 * and the boot has a name. Linux; empty or undefined where the system does not tell.
 */
import { readFileSync } from 'node:fs';

interface ProcessStat {
  /** One letter: `Z` and `X` have ended, `T` and `t` are held. */
  readonly state: string;
  readonly parent: number;
  /** Id of its process group: that of the process that leads it. */
  readonly group: number;
  /** Clock ticks since boot. */
  readonly start: string;
}

/**
 * Fields of /proc/PID/stat (proc(5)), counted behind the last parenthesis because a process may have spaces in its name.
 * @param id of a process, or `PID/task/TID` of a thread. @returns undefined for one that is gone, or is not shown.
 */
export function processStat(id: number | string): ProcessStat | undefined {
  try {
    const text = readFileSync(`/proc/${id}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state, parent, group] = fields;
    const start = fields[19];
    if (state === undefined || parent === undefined || start === undefined) return undefined;
    return { state, parent: Number(parent), group: Number(group), start };
  } catch {
    return undefined;
  }
}

const hasEnded = ({ state }: ProcessStat): boolean => state === 'Z' || state === 'X';

/** When a process was started, in clock ticks since boot; undefined for one that is gone or a zombie. */
export function startOf(pid: number): string | undefined {
  const stat = processStat(pid);
  return stat && !hasEnded(stat) ? stat.start : undefined;
}

/** True while there is such a process and it has memory: a zombie has none. One of somebody else counts too. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const stat = processStat(pid);
  return !stat || !hasEnded(stat);
}

/** User id that a process runs as; undefined for one that is gone. From its status, because /proc/PID itself belongs to root where a process is not dumpable. */
export function ownerOf(pid: number): number | undefined {
  try {
    const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return uid === undefined ? undefined : Number(uid);
  } catch {
    return undefined;
  }
}

/** The running system's boot, a UUID; empty where it is not told. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '';
  }
}

/** Names one process for good. */
export interface ProcessMark {
  readonly pid: number;
  /** Start of that process; empty where the system does not tell. */
  readonly started: string;
  readonly boot: string;
}

/** The mark of a process, of this one where none is named. */
export const markOf = (pid: number = process.pid): ProcessMark => ({ pid, started: startOf(pid) ?? '', boot: bootId() });

/** Whether the process of a mark runs still. */
export function runsStill({ pid, started, boot }: ProcessMark): boolean {
  return boot === bootId() && isRunning(pid) && (startOf(pid) ?? '') === started;
}
