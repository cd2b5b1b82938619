/** The pty host and the vault host as utility processes: the same entries as under child_process.fork. */
import { MessageChannelMain, utilityProcess } from 'electron';
import { isOwnMessage, ownMessage } from '../../src/bridge/own-memory.ts';
import { hostArguments } from '../../src/native/protect.ts';
import type { Child, ChildName, RefusedByHost } from '../host.ts';
import { Listeners } from '../../src/types/listeners.ts';
import { childEnvironment } from '../machine/child-environment.ts';
import { killNow } from '../../src/browser/processes.ts';

/** A process starts within a second on a slow machine. Electron says nothing of one that could not be started. */
const SPAWN_MS = 10_000;

export function forkUtility(name: ChildName, entry: string, env: NodeJS.ProcessEnv, onRefused: (what: RefusedByHost) => void): Child {
  const messages = new Listeners<[unknown]>();
  const exits = new Listeners<[number | null, string | null]>();
  const child = utilityProcess.fork(entry, [...hostArguments()], {
    serviceName: `Wardmux ${name}`,
    // An empty environment would be ours, whole: so it is never empty.
    env: { ...childEnvironment(env), WARDMUX_HELPER: name },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit'],
    // On macOS the shells ask for permissions in their own name, not in ours.
    disclaim: name === 'pty-host',
  });
  // Its own port does not tell the child that we are gone; this one closes then (src/process/link.ts).
  const { port1: held, port2: given } = new MessageChannelMain();
  child.postMessage('held', [given]);
  held.start();

  let exit: { code: number | null; signal: string | null } | undefined;
  let killing = false;
  const end = (code: number | null, signal: string | null): void => {
    if (exit) return;
    exit = { code, signal };
    clearTimeout(late);
    held.close();
    exits.emit(code, signal);
  };
  // Electron's own kill is SIGTERM, which a process may take its time over.
  const kill = (): void => killNow(child.pid === undefined ? [] : [child.pid]);
  const late = setTimeout(() => end(null, null), SPAWN_MS);
  late.unref();
  child.once('spawn', () => {
    clearTimeout(late);
    if (killing || exit) kill();
  });
  child.on('message', (message: unknown) => {
    // Ours copies. What comes with more memory than it shows does not come from what we started.
    if (isOwnMessage(message)) messages.emit(message);
    else onRefused('message');
  });
  // A signal comes as its number here, and cannot be told from an exit with that number: only our own kill is known.
  child.on('exit', (code) => (killing ? end(null, 'SIGKILL') : end(code, null)));
  return {
    get pid() {
      return child.pid;
    },
    post(message) {
      if (!exit) child.postMessage(ownMessage(message));
    },
    onMessage: (listener) => messages.add(listener),
    onExit(listener) {
      const disposable = exits.add(listener);
      if (exit) {
        const { code, signal } = exit;
        queueMicrotask(() => listener(code, signal));
      }
      return disposable;
    },
    kill() {
      if (exit) return Promise.resolve();
      return new Promise((resolve) => {
        exits.add(() => resolve());
        killing = true;
        kill();
      });
    },
  };
}
