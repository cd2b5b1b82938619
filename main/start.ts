/**
 * `npm start`: picks a host, says in one line which and why, and opens the app. Electron first where its runtime is
 * installed; else, and where that cannot open, the Chromium host; with no display the terminal-only job, and where no window opens it is offered; with no terminal
 * either a sentence, exit 2.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { foldersNotUtf8, reachWorkingFolder, variableSentence, variablesNotUtf8 } from '../src/native/given.ts';
import { protectProcess, restartClean } from '../src/native/protect.ts';
import { homeFolder } from '../src/storage/index.ts';
import { StorageFault } from '../src/disk/fault.ts';
import { heldFolder } from '../src/disk/held-folder.ts';
import { fold } from '../src/terminal/fold.ts';
import { runApp } from './run.ts';
import { createChromiumHost } from './chromium/index.ts';
import { NoWindowError } from './window/host-window.ts';
import { launchElectron } from './electron/launch.ts';
import { electronRuntime } from './electron/runtime.ts';
import { unsupported } from './supported.ts';
import { askLines, runTerminalJob } from './terminal/terminal.ts';

/** As the command says it (src/cli/exit.ts): installation.json is not the one that is pinned for this folder. */
const OTHER_INSTALLATION = 54;
/** There is nothing to open in. */
const NO_WINDOW = 2;

const folder = dirname(fileURLToPath(import.meta.url));
const say = (line: string): void => void process.stderr.write(`${fold(`wardmux: ${line}`, process.stderr.columns)}\n`);

function hasDisplay(): boolean {
  return process.platform !== 'linux' || Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']);
}

function inTerminal(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY;
}

async function main(): Promise<number> {
  const never = unsupported(process.platform);
  if (never !== undefined) {
    say(never);
    return NO_WINDOW;
  }
  const unsayable = foldersNotUtf8(process.env);
  if (unsayable !== undefined) {
    say(unsayable);
    return NO_WINDOW;
  }
  for (const name of variablesNotUtf8()) {
    say(`${variableSentence(name)} So the shells here start without it.`);
    delete process.env[name];
  }
  reachWorkingFolder();
  // The person's own choice of a runtime is read here, and given to nobody.
  restartClean(['ELECTRON_OVERRIDE_DIST_PATH']);
  protectProcess();
  const home = homeFolder(process.env);
  if (!hasDisplay()) {
    if (inTerminal()) {
      say('there is no display (DISPLAY and WAYLAND_DISPLAY are empty), so your shell opens here, in this terminal, sealed into a recording.');
      return runTerminalJob({ home, say });
    }
    say('there is no display and no terminal. Set DISPLAY or WAYLAND_DISPLAY, or start this in a terminal.');
    return NO_WINDOW;
  }
  const runtime = electronRuntime(dirname(folder));
  if (runtime) {
    say(`trying Electron first, whose runtime is installed (${runtime}).`);
    const status = await launchElectron({ runtime, args: [join(folder, 'electron.mjs')], env: process.env, say });
    if (status !== undefined) return status;
  }
  const because = runtime && 'Electron did not open';
  try {
    // Pages and processes of the build that runs, also when there is a newer one by the time that they are wanted.
    const built = heldFolder(folder);
    const host = await createChromiumHost({ distFolder: built, home, ...(because ? { because } : {}) });
    return await runApp(host, { home, rendererFolder: join(built, 'renderer'), say });
  } catch (error) {
    if (!(error instanceof NoWindowError)) throw error;
    say(error.message);
    return withoutWindow(home);
  }
}

/** Whoever sits at a terminal can have the shell there: only when asked for, because a window was wanted. */
async function withoutWindow(home: string): Promise<number> {
  if (!inTerminal()) {
    say('in a terminal, your shell could open there instead, sealed into a recording.');
    return NO_WINDOW;
  }
  const [answer = ''] = (await askLines(['Open your shell here, in this terminal, sealed into a recording? [y/N] '])) ?? [];
  return /^y(es)?$/i.test(answer.trim()) ? runTerminalJob({ home, say }) : NO_WINDOW;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    process.exit(error instanceof StorageFault && error.code === 'identity' ? OTHER_INSTALLATION : 1);
  },
);
