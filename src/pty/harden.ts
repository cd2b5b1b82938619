/** Keeps what this process holds off the disk when it crashes. */
import { writeFileSync } from 'node:fs';
import './unix.ts'; // Remembers the present filter for the programs that are started.

/**
 * Takes every kind of memory out of this process's core dumps (core(5), /proc/PID/coredump_filter). False where the
 * system has no such file. Programs in our ptys keep the filter that this process was started with.
 */
export function withholdCoreDumps(): boolean {
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
    return true;
  } catch {
    return false;
  }
}
