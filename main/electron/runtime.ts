/** Finds Electron's runtime without importing it: the package would download what is missing. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const programs: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux: 'electron',
  win32: 'electron.exe',
  darwin: join('Electron.app', 'Contents', 'MacOS', 'Electron'),
};

/** Path of the runtime's program, from ELECTRON_OVERRIDE_DIST_PATH or the installed package; undefined where it is not there. */
export function electronRuntime(projectFolder: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const program = programs[process.platform] ?? 'electron';
  const folders = [env['ELECTRON_OVERRIDE_DIST_PATH'], join(projectFolder, 'node_modules', 'electron', 'dist')];
  return folders
    .filter((folder) => folder !== undefined && folder !== '')
    .map((folder) => join(folder!, program))
    .find((path) => existsSync(path));
}
