/** The `live` file: which running process writes a recording. Its absence with no end.json means that the recording was cut off. */
import { readFileSync, writeFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { bootId, startOf } from './process-identity.ts';

const NAME = 'live';

/** A process by id, start time (clock ticks since boot) and boot: an id alone is used again, and so is a start time after a reboot. */
interface Mark {
  readonly pid: number;
  readonly started: string;
  readonly boot: string;
}

/** Marks a recording's folder as written by this process. */
export function markLive(folder: string): void {
  const mark: Mark = { pid: process.pid, started: startOf(process.pid) ?? '', boot: bootId() };
  writeFileSync(join(folder, NAME), JSON.stringify(mark) + '\n', { mode: 0o600, flag: 'wx' });
}

/** Removes the mark. A mark that is gone already is no error. */
export function unmarkLive(folder: string): void {
  try {
    unlinkSync(join(folder, NAME));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** `live`: its writer runs. `stale`: its writer is gone. `none`: no mark. A mark that cannot be understood is stale. */
export function liveState(folder: string): 'live' | 'stale' | 'none' {
  let text: string;
  try {
    text = readFileSync(join(folder, NAME), 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'none' : 'stale';
  }
  try {
    const mark = JSON.parse(text) as Partial<Mark>;
    if (!Number.isSafeInteger(mark.pid) || mark.pid! <= 0) return 'stale';
    return mark.boot === bootId() && startOf(mark.pid!) === mark.started ? 'live' : 'stale';
  } catch {
    return 'stale';
  }
}
