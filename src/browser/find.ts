import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { SentenceError } from '../types/sentence.ts';

/** There is none that can be started. The message is the second half of a sentence, behind what was wanted of it. */
export class NoBrowserError extends SentenceError {}

export interface InstalledBrowser {
  /** Absolute path of the executable. */
  readonly path: string;
  readonly name: string;
}

/**
 * Where browsers are installed, the preferred first. Debian's /usr/bin/chromium is a script that adds flags and loads every
 * extension of the machine, so the program behind it is taken where it is found.
 */
const known: readonly InstalledBrowser[] = [
  { path: '/usr/lib/chromium/chromium', name: 'Chromium' },
  { path: '/usr/lib64/chromium-browser/chromium-browser', name: 'Chromium' },
  { path: '/opt/google/chrome/chrome', name: 'Google Chrome' },
  { path: '/opt/microsoft/msedge/msedge', name: 'Microsoft Edge' },
  { path: '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', name: 'Google Chrome' },
  { path: '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge', name: 'Microsoft Edge' },
  { path: '/Applications/Chromium.app/Contents/MacOS/Chromium', name: 'Chromium' },
];

const commands: readonly { readonly command: string; readonly name: string }[] = [
  { command: 'chromium', name: 'Chromium' },
  { command: 'chromium-browser', name: 'Chromium' },
  { command: 'google-chrome', name: 'Google Chrome' },
  { command: 'google-chrome-stable', name: 'Google Chrome' },
  { command: 'microsoft-edge', name: 'Microsoft Edge' },
  { command: 'microsoft-edge-stable', name: 'Microsoft Edge' },
];

/**
 * The browser to open in. `WARDMUX_BROWSER` (an absolute path) wins, and is not replaced by another when it is wrong.
 * @throws NoBrowserError that says what to do.
 */
export function findBrowser(env: NodeJS.ProcessEnv): InstalledBrowser {
  const wanted = env['WARDMUX_BROWSER'];
  if (wanted) {
    if (!isAbsolute(wanted)) throw new NoBrowserError(`WARDMUX_BROWSER must be an absolute path, and is "${wanted}".`);
    if (!executable(wanted)) throw new NoBrowserError(`WARDMUX_BROWSER names ${wanted}, which is not a program that can be run. Correct it or unset it.`);
    return { path: wanted, name: 'the browser of WARDMUX_BROWSER' };
  }
  for (const browser of known) if (executable(browser.path)) return browser;
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    for (const { command, name } of commands) {
      const path = join(folder, command);
      if (executable(path)) return { path, name };
    }
  }
  throw new NoBrowserError(
    'neither Chromium nor Chrome nor Edge is installed. On Debian: sudo apt-get install chromium chromium-sandbox. Or set WARDMUX_BROWSER to the path of one.',
  );
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
