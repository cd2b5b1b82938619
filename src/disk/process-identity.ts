/**
 * Which process a note on the disk speaks of: its id alone is used again, its id with its start is not until the next boot,
 * and the boot has a name. Linux; empty or undefined where the system does not tell.
 */
import { readFileSync } from 'node:fs';

/**
 * When a process was started, in clock ticks since boot: field 22 of /proc/PID/stat (proc(5)), counted behind the last
 * parenthesis because a process may have spaces in its name. undefined for a process that is gone or a zombie.
 */
export function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
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
