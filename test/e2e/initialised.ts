/** An installation with one person, for tests that begin after the first run: made once by the command, then copied. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { passphrase, root, start, unlockWithPassphrase, type Running } from './support.ts';

/** Of a folder that `initialise` was given. */
export const auditKeyName = 'wardmux-audit-key-e2e.json';

/**
 * Puts `home` and the audit key of a first run into a folder. A first run measures the machine and derives three keys, which takes it
 * seconds; the copy is a folder that nobody has opened since, as after a restart.
 */
export function initialise(folder: string): void {
  // The temporary folder is that of this run of tests (test/support/temporary-folder.ts): every file takes the same one.
  const made = join(tmpdir(), 'initialised');
  if (!existsSync(made)) make(made);
  cpSync(made, folder, { recursive: true });
}

/** The app in this process on such an installation, unlocked, with a shell at its prompt. */
export async function startUnlocked(options: { readonly say?: (line: string) => void } = {}): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  initialise(folder);
  const running = await start({ ...options, folder });
  await unlockWithPassphrase(running);
  return running;
}

function make(target: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'first-'));
  const init = '"$0" init --name "Mara Ueda" --passphrase-fd 3 --audit-key-out "$1" 3<<<"$2"';
  // No bus: the file store is used.
  const env = { PATH: process.env['PATH'], HOME: folder, WARDMUX_HOME: join(folder, 'home'), TMPDIR: folder, LANG: 'C.UTF-8' };
  const args = ['-c', init, join(root, 'bin', 'wardmux'), join(folder, auditKeyName), passphrase];
  const { status, stderr } = spawnSync('bash', args, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`wardmux init: ${stderr}`);
  try {
    renameSync(folder, target);
  } catch (error) {
    // A file beside this one has made it meanwhile.
    if (!existsSync(target)) throw error;
    rmSync(folder, { recursive: true });
  }
}
