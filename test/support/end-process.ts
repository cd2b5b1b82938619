import type { ChildProcess } from 'node:child_process';

/** Resolves when it is gone; at once where it is, or where there is none. One that is stopped goes on, so that it hears the signal. */
export async function endProcess(child: ChildProcess | undefined, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  child.kill('SIGCONT');
  await gone;
}
