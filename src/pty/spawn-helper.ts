/** node-pty's second program, which starts the shell on macOS. It is run by the system, which looks into no archive. */
import { accessSync, chmodSync, constants } from 'node:fs';
import { PtyError } from './pty.ts';
import { kindOf } from '../types/sentence.ts';

/** `folder` is where pty.node lies, in an archive of Electron's perhaps: what is run lies beside the archive then. */
export function spawnHelper(folder: string): string {
  return `${folder.replace(/([/\\])app\.asar([/\\])/, '$1app.asar.unpacked$2')}/spawn-helper`;
}

/** npm's package of node-pty brings it without the permission to be run. @throws PtyError with a sentence */
export function makeExecutable(helper: string): void {
  try {
    accessSync(helper, constants.X_OK);
    return;
  } catch {
    // Below: it may be given, where the file is ours.
  }
  try {
    chmodSync(helper, 0o755);
  } catch (error) {
    throw new PtyError(`No terminal can be started: ${helper} cannot be run (${kindOf(error)}). Make it executable (chmod 755), or install the program again.`);
  }
}
