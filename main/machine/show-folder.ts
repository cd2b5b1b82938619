/** A folder in the desktop's file manager, by the one command that each system has for it. */
import { spawn } from 'node:child_process';

const openers: Partial<Record<NodeJS.Platform, string>> = { linux: 'xdg-open', darwin: 'open', win32: 'explorer.exe' };

/** @returns false where there is none, or it ends at once with a failure. It gets the path as its one argument, and no shell. */
export async function showFolder(folder: string, opener: string | undefined = openers[process.platform]): Promise<boolean> {
  if (opener === undefined) return false;
  return new Promise((resolve) => {
    const child = spawn(opener, [folder], { detached: true, stdio: 'ignore' });
    child.once('error', () => resolve(false));
    // explorer.exe ends with 1 when it has opened the folder.
    child.once('exit', (code) => resolve(code === 0 || process.platform === 'win32'));
    child.unref();
  });
}
