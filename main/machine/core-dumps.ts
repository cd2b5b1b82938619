/** No core dump of any process of the app: it would be what the process showed or held, in plaintext, in the system's store. */
import { NativeError, setCoreLimit } from '../../src/native/addon.ts';
import { processTree } from './processes.ts';

/**
 * Bytes. One, not none: a dump that is piped to a program (apport, systemd-coredump) is not held back by a limit of 0, and is
 * by this one (core(5); do_coredump in the kernel), and no file is written that would be shorter than a page.
 */
export const CORE_LIMIT_BYTES = 1;

/**
 * For this process, those below it, and all that they start: renderers come from the browser's zygote, which is there before
 * we are. The hard limit stays, so that a person may allow dumps in a shell of theirs (`ulimit -c unlimited`).
 * @returns false where the system has no such limit to set, or the addon is missing
 */
export function withholdCoreDumps(): boolean {
  try {
    setCoreLimit(0, CORE_LIMIT_BYTES);
    for (const pid of processTree(process.pid)) {
      try {
        setCoreLimit(pid, CORE_LIMIT_BYTES);
      } catch (error) {
        // It has ended in the meantime.
        if (!(error instanceof NativeError) || error.code !== 'ESRCH') throw error;
      }
    }
    return true;
  } catch (error) {
    if (error instanceof NativeError) return false;
    throw error;
  }
}
