/**
 * What every process of ours does before it holds anything: it keeps other programs of the same account out of its
 * memory, and its memory out of core dumps. And what it undoes for the programs that it starts.
 */
import { SentenceError } from '../types/sentence.ts';
import { readFileSync } from 'node:fs';
import { closeOnExec, coreLimit, isDumpable, NativeError, setCoreLimit, setNotDumpable } from './addon.ts';
import { runtimeVariables, withoutRuntimeVariables, type Environment } from './environment.ts';

/**
 * Soft limit of a core file. One byte, not none: a dump that is piped to a program (apport, systemd-coredump) is not held
 * back by a limit of 0, and is by this one (core(5); do_coredump in the kernel), and no file is written that would be
 * shorter than a page.
 */
export const CORE_LIMIT_BYTES = 1;

/** The first descriptor that is not the standard three. */
const FIRST = 3;

/** The only flag of Node that we start with: SIGUSR1, which any program of this account can send, does not open a debugger. */
export const nodeFlags: readonly string[] = ['--disable-sigusr1'];

/** Why a process must not go on: the message is a sentence for people. */
class UnprotectedError extends SentenceError {
  override name = 'UnprotectedError';
}

/** Core limit that programs have which we start: ours as it was, once it is another one. */
let programsCoreLimit: number | undefined;

/** The process that traces this one (ptrace(2)), 0 for none. */
export function tracer(): number {
  return Number(/^TracerPid:\s*(\d+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? 0);
}

/**
 * Makes this process one that only root can look into, and says so only when the kernel does. Call it first thing. On
 * other systems than Linux nothing is done, and false is given back.
 * @param coreBytes what programs that this process starts shall have: where our own starter has lowered the limit already
 * @throws UnprotectedError when it cannot be done, or when a debugger was there first
 */
export function protectProcess(coreBytes?: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    programsCoreLimit ??= coreBytes ?? coreLimit(0);
    setCoreLimit(0, CORE_LIMIT_BYTES);
    // Where Node's program file has the setgid bit, nothing was open to anybody so far: the group has done its service.
    if (process.getegid?.() !== process.getgid?.()) process.setgid?.(process.getgid!());
    setNotDumpable();
    if (isDumpable()) throw new UnprotectedError('The system does not protect the memory of this process: nothing was opened.');
  } catch (error) {
    if (error instanceof NativeError) throw new UnprotectedError(error.message, { cause: error });
    throw error;
  }
  // Electron takes no such flag, and its fuse covers the packaged program only: a listener replaces the debugger's as well.
  process.on('SIGUSR1', () => {});
  // Not dumpable keeps new ones out. One that came in the first milliseconds stays, and is met here.
  const debuggerPid = tracer();
  if (debuggerPid !== 0) throw new UnprotectedError(`Process ${debuggerPid} traces this one (a debugger, strace): nothing was opened. Start it without.`);
  return true;
}

/** The same for a process that has nobody to tell: a failure is one sentence on stderr, and the end. */
export function protectProcessOrExit(coreBytes?: number): void {
  try {
    protectProcess(coreBytes);
  } catch (error) {
    process.stderr.write(`wardmux: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

/**
 * Calls `start`, which forks and executes a program at once: the program gets no descriptor of ours but the standard
 * three, and the core limit that this process was started with. It is dumpable again, as every program after execve(2).
 * @throws NativeError, and what `start` throws
 */
export function startProgram<T>(start: () => T): T {
  if (process.platform !== 'linux') return start();
  closeOnExec(FIRST);
  if (programsCoreLimit === undefined) return start();
  setCoreLimit(0, programsCoreLimit);
  try {
    return start();
  } finally {
    setCoreLimit(0, CORE_LIMIT_BYTES);
  }
}

/** Arguments of a host process: the core limit that its programs shall have. It reads them with `coreBytesOf`. */
export function hostArguments(): readonly string[] {
  return programsCoreLimit === undefined ? [] : [String(programsCoreLimit)];
}

/** What `hostArguments` said, or undefined. @param args without node and script */
export function coreBytesOf(args: readonly string[]): number | undefined {
  return /^(\d+|Infinity)$/.test(args[0] ?? '') ? Number(args[0]) : undefined;
}

/** What is wrong with a start: variables and flags that act inside of Node. Undefined where nothing is. */
export function uncleanStart(env: Environment, flags: readonly string[]): string | undefined {
  const variables = runtimeVariables(env);
  if (variables.length > 0) return `${variables.join(', ')} ${variables.length > 1 ? 'are' : 'is'} set`;
  return flags.join(' ') === nodeFlags.join(' ') ? undefined : `Node runs with ${flags.join(' ') || `no ${nodeFlags.join(' ')}`}`;
}

/**
 * Where this process was not started clean, it becomes the same program once more (execve(2): the same process id, the same
 * terminal), without what does not belong there. Then it does not return. Descriptors above the standard three are lost.
 * What was loaded into it before is told nothing, but could have done anything: see docs/threat-model.md.
 * @param keep a variable that this program itself reads although it is one of those
 */
export function restartClean(keep: readonly string[] = []): void {
  const kept = Object.fromEntries(keep.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
  const looked = Object.fromEntries(Object.entries(process.env).filter(([name]) => !keep.includes(name)));
  const problem = uncleanStart(looked, process.execArgv);
  if (problem === undefined) return;
  const [, entry = '', ...args] = process.argv;
  const env = { ...withoutRuntimeVariables(looked), ...kept } as Record<string, string>;
  process.execve?.(process.execPath, [process.execPath, ...nodeFlags, entry, ...args], env);
  throw new UnprotectedError(`${problem}, which would act inside of Wardmux. Start it without.`);
}
