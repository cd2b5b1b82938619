/** The pty host and the vault host as child processes of plain Node. */
import { fork } from 'node:child_process';
import { ownMessage } from '../../src/bridge/own-memory.ts';
import { hostArguments, nodeFlags } from '../../src/native/protect.ts';
import type { Child } from '../host.ts';
import { Listeners } from '../../src/types/listeners.ts';
import { childEnvironment } from '../machine/child-environment.ts';
import { wokenWithoutUs } from '../../src/browser/tied.ts';

/**
 * Starts `entry` (a path to an .mjs file) in a process group of its own, so that Ctrl+C in the terminal that started the
 * app reaches main only. The child ends by itself on `disconnect`, which also comes when main was killed; one that is stopped then goes on first.
 */
export function forkChild(entry: string, env: NodeJS.ProcessEnv): Child {
  const messages = new Listeners<[unknown]>();
  const exits = new Listeners<[number | null, string | null]>();
  // No inspector and no loader of ours is inherited.
  const { path, args } = wokenWithoutUs(process.execPath, nodeFlags);
  const child = fork(entry, [...hostArguments()], {
    execPath: path,
    execArgv: args,
    env: childEnvironment(env),
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
  });
  let ended: { code: number | null; signal: string | null } | undefined;
  const end = (code: number | null, signal: string | null): void => {
    if (ended) return;
    ended = { code, signal };
    exits.emit(code, signal);
  };
  child.on('message', (message) => messages.emit(message));
  child.on('exit', end);
  // The program could not be started, or a message could not be sent: an exit follows, or there was never a process.
  child.on('error', () => {
    if (child.pid === undefined) end(null, null);
  });
  return {
    pid: child.pid,
    post(message) {
      // A message to a child that has ended is dropped; its end is told by onExit.
      if (child.connected) child.send(ownMessage(message) as never, () => {});
    },
    onMessage: (listener) => messages.add(listener),
    onExit(listener) {
      const disposable = exits.add(listener);
      if (ended) {
        const { code, signal } = ended;
        queueMicrotask(() => listener(code, signal));
      }
      return disposable;
    },
    kill() {
      if (ended) return Promise.resolve();
      return new Promise((resolve) => {
        exits.add(() => resolve());
        child.kill('SIGKILL');
      });
    },
  };
}
