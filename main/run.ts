/** Runs the app in this process until it is over: one instance for a data folder, the private socket, ctrl-c. */
import { rmSync } from 'node:fs';
import { socketPath } from '../src/control/ask.ts';
import { holdFolder, mayHold } from '../src/control/hold.ts';
import { homePaths, installationKey, openHome } from '../src/storage/index.ts';
import { App } from './app.ts';
import { ALREADY_RUNNING } from './exit.ts';
import type { Host } from './host.ts';
import { listen } from '../src/control/listen.ts';
import { secondStart } from './second-start.ts';
import { SentenceError } from '../src/types/sentence.ts';
import { every, steadyClock } from '../src/time/clock.ts';

/** How often it is looked whether the data folder is still the one at its path. */
const FOLDER_MS = 1000;

/**
 * Used by every host.
 * @returns the exit status: 0 ended in good order, or of exit.ts.
 */
export async function runApp(
  host: Host,
  options: { readonly home: string; readonly rendererFolder: string; readonly say?: (line: string) => void },
): Promise<number> {
  const say = options.say ?? (() => {});
  const path = socketPath(options.home);
  const { folder } = openHome(options.home);
  const hold = await holdFolder(folder);
  // Whoever answers at the socket while nobody holds the folder is no Wardmux. Where the system cannot say who holds it, they are asked.
  if (!hold || process.platform !== 'linux') {
    const running = await secondStart(path, installationKey(homePaths(options.home)), (pid) => mayHold(folder, pid)).catch((error: NodeJS.ErrnoException) => {
      // Nobody answers. Everything else but nothing at all is an app that hangs.
      if (error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT') throw error;
      return undefined;
    });
    if (running !== undefined || !hold) {
      say(
        running === undefined
          ? `Wardmux is already running with ${options.home}, and cannot be asked: its socket was taken away, or it is just starting. Lock it in its window with ctrl-shift-l, or lock the screen of this machine.`
          : `Wardmux is already running with ${options.home}; ${running}.`,
      );
      hold?.release();
      await host.quit();
      return ALREADY_RUNNING;
    }
  }
  // What a run left that was killed.
  rmSync(path, { force: true });
  const app = App.create({ ...options, host, say });
  const unwatch = every(steadyClock, FOLDER_MS, () => {
    if (hold.stands()) return;
    unwatch();
    app.doubt(
      new SentenceError(
        `the data folder ${options.home} was moved away while Wardmux was running, so it locked. Put it back, or end Wardmux and look who did that.`,
      ),
    );
  });
  const end = (): void => void app.stop('signal');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  const release = guard(app);
  let socket: { close(): Promise<void> } | undefined;
  try {
    // Before anything is opened, so that a second start in the same seconds finds the first one.
    socket = await listen({
      path,
      handlers: app.socket.handlers,
      door: app.socket.door,
      refused: app.socket.refused,
      sign: app.socket.sign,
    });
    await app.open();
    return await app.finished;
  } catch (error) {
    // ctrl-c while the window was being opened is no failure.
    if (app.stopping) return await app.finished;
    await app.stop('closed');
    throw error;
  } finally {
    unwatch();
    await socket?.close();
    hold.release();
    release();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, end);
  }
}

/**
 * The last net: a failure that nothing caught locks the app. It is named by its kind only, because nobody knows what its
 * message holds.
 */
function guard(app: App): () => void {
  const caught = (error: unknown): void => {
    const kind = error instanceof Error ? error.name : typeof error;
    const at = /\((?:file:\/\/)?[^)]*?([\w.-]+:\d+:\d+)\)/.exec(error instanceof Error ? (error.stack?.split('\n    at ').slice(1).join('\n') ?? '') : '')?.[1];
    app.doubt(
      new SentenceError(`a part of Wardmux failed unexpectedly (${kind}${at ? ` at ${at}` : ''}), so it locked. If it happens again, close and start Wardmux.`),
    );
  };
  // A terminal that is gone takes no more sentences; that is no reason for another one.
  const silent = (): void => {};
  process.stderr.on('error', silent);
  process.stdout.on('error', silent);
  process.on('uncaughtException', caught);
  process.on('unhandledRejection', caught);
  return () => {
    process.off('uncaughtException', caught);
    process.off('unhandledRejection', caught);
  };
}
