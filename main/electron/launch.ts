/** Starts Electron's runtime from `npm start`. No import of Electron: this runs in Node. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { withoutRuntimeVariables } from '../../src/native/environment.ts';
import { startProgram } from '../../src/native/protect.ts';

/** A runtime that ends by a signal of its own within this time has not opened: its sandbox fails in the first second. */
const START_MS = 10_000;

/** Signals that a program sends itself when it cannot go on. Those of a person (SIGINT, SIGTERM, SIGKILL) are not among them. */
const ownSignals: ReadonlySet<string> = new Set(['SIGTRAP', 'SIGABRT', 'SIGSEGV', 'SIGILL', 'SIGBUS', 'SIGFPE', 'SIGSYS']);

/** Each of these forbids the user namespaces that the browser's sandbox is made of, where it has the value. */
const namespaceSwitches: readonly { readonly path: string; readonly value: string; readonly name: string }[] = [
  { path: '/proc/sys/kernel/apparmor_restrict_unprivileged_userns', value: '1', name: 'kernel.apparmor_restrict_unprivileged_userns' },
  { path: '/proc/sys/kernel/unprivileged_userns_clone', value: '0', name: 'kernel.unprivileged_userns_clone' },
  { path: '/proc/sys/user/max_user_namespaces', value: '0', name: 'user.max_user_namespaces' },
];

export interface Launch {
  /** Path of the runtime's program. */
  readonly runtime: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  /** For tests: how a switch of the kernel is read. */
  readonly read?: (path: string) => string | undefined;
}

/** @returns its exit status; undefined when it could not open, said with the remedy: another host may. */
export function launchElectron({ runtime, args, env, say, read = readSwitch }: Launch): Promise<number | undefined> {
  return new Promise((resolve) => {
    const started = performance.now();
    const child = startProgram(() => spawn(runtime, args, { stdio: 'inherit', env: withoutRuntimeVariables(env) }));
    child.on('error', (error) => {
      say(`Electron could not be started: ${error.message}`);
      resolve(undefined);
    });
    child.on('exit', (code, signal) => {
      if (signal && ownSignals.has(signal) && performance.now() - started < START_MS) {
        say(`Electron (${runtime}) ended with ${signal} before it was open. ${remedy(runtime, read)}`);
        resolve(undefined);
      } else resolve(code ?? 1);
    });
  });
}

function remedy(runtime: string, read: (path: string) => string | undefined): string {
  const closed = namespaceSwitches.find(({ path, value }) => read(path)?.trim() === value);
  if (!closed) return 'What it wrote above says why. Wardmux does not start it without its sandbox.';
  return (
    `This system lets no ordinary program make user namespaces (${closed.name} is ${closed.value}), and its sandbox is made of them. ` +
    `An administrator can allow it for this one program with an AppArmor profile (docs/electron.md has it ready for ${runtime}). Wardmux does not start it without its sandbox.`
  );
}

function readSwitch(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
