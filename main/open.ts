/**
 * Picks a host, says in one line which and why, and opens the app. Electron first where its runtime is
 * installed; else, and where that cannot open, the Chromium host; with no display the terminal-only job, and where no window opens it is offered; with no terminal
 * either a sentence, exit 2.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { homeFolder } from '../src/storage/index.ts';
import { heldFolder } from '../src/disk/held-folder.ts';
import { runApp } from './run.ts';
import { createChromiumHost } from './chromium/index.ts';
import { NoWindowError } from './window/host-window.ts';
import { launchElectron } from './electron/launch.ts';
import { electronRuntime } from './electron/runtime.ts';
import { NO_WINDOW } from './exit.ts';
import { failed } from './failed.ts';
import { say } from './say.ts';
import { askLines, runTerminalJob } from './terminal/terminal.ts';

const folder = dirname(fileURLToPath(import.meta.url));

function hasDisplay(): boolean {
  return process.platform !== 'linux' || Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']);
}

function inTerminal(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY;
}

/** @returns the exit status of the process, which is a clean and protected one. */
export async function open(): Promise<number> {
  try {
    return await openSomewhere();
  } catch (error) {
    return failed(error);
  }
}

async function openSomewhere(): Promise<number> {
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
