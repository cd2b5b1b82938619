/** No core dump of any process of the app: it would be what the process showed or held, in plaintext, in the system's store. */
import { NativeError, setCoreLimit } from '../../src/native/addon.ts';
import { CORE_LIMIT_BYTES } from '../../src/native/protect.ts';
import { processTree } from '../../src/browser/processes.ts';

/**
 * For this process, those below it, and all that they start: renderers come from the browser's zygote, which is there before
 * we are. The hard limit stays, and shells get their own limit back (src/native/protect.ts).
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
