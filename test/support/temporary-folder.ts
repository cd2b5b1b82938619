import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Gives a whole run of tests one temporary folder of its own and takes it away at the end, whatever a test that failed, or
 * that kills its own processes, left in it. Without it a run leaves hundreds of folders in `/tmp`.
 *
 * Workers inherit `TMPDIR`, so `os.tmpdir()` and every program that a test starts use it. The name is short because a
 * socket's path may have 107 bytes, and others may pass through, because some tests act as another account.
 */
export default function temporaryFolder(): () => void {
  const before = process.env['TMPDIR'];
  const folder = mkdtempSync(join(tmpdir(), 'wm-'));
  chmodSync(folder, 0o711);
  process.env['TMPDIR'] = folder;
  return () => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
}
