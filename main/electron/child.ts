/** The pty host and the vault host as utility processes: the same entries as under child_process.fork. */
import { utilityProcess } from 'electron';
import type { Child, ChildName } from '../host.ts';
import { Listeners } from '../listeners.ts';
import { childEnvironment } from '../machine/child-environment.ts';

export function forkUtility(name: ChildName, entry: string, env: NodeJS.ProcessEnv): Child {
  const messages = new Listeners<[unknown]>();
  const exits = new Listeners<[number | null, string | null]>();
  const child = utilityProcess.fork(entry, [], {
    serviceName: `Wardmux ${name}`,
    env: childEnvironment(env),
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit'],
    // On macOS the shells ask for permissions in their own name, not in ours.
    disclaim: name === 'pty-host',
  });
  let exit: { code: number | null; signal: string | null } | undefined;
  let killing = false;
  child.on('message', (message: unknown) => messages.emit(message));
  child.on('exit', (code) => {
    exit = killing ? { code: null, signal: 'SIGKILL' } : { code, signal: null };
    exits.emit(exit.code, exit.signal);
  });
  return {
    get pid() {
      return child.pid ?? -1;
    },
    post(message) {
      if (!exit) child.postMessage(message);
    },
    onMessage: (listener) => messages.add(listener),
    onExit(listener) {
      const disposable = exits.add(listener);
      const { code, signal } = exit ?? {};
      if (exit) queueMicrotask(() => listener(code ?? null, signal ?? null));
      return disposable;
    },
    kill() {
      if (exit) return Promise.resolve();
      return new Promise((resolve) => {
        exits.add(() => resolve());
        killing = true;
        // Electron's own kill is SIGTERM, which a process may take its time over.
        const now = (): void => {
          if (child.pid !== undefined) process.kill(child.pid, 'SIGKILL');
        };
        if (child.pid === undefined) child.once('spawn', now);
        else now();
      });
    },
  };
}
