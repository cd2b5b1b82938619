/**
 * Arguments, variables and folders are bytes to the system and text to Node, which puts U+FFFD in the place of what is no UTF-8:
 * another file, another folder, other bytes for a program. What this process was given is looked at here before that can happen.
 */
import { isUtf8 } from 'node:buffer';
import { readFileSync, readlinkSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { SentenceError } from '../types/sentence.ts';

/** Parts of a /proc file, which ends each with a NUL. Nothing where there is no such file. */
function parts(path: string): Buffer[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return [];
  }
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(0, at);
    found.push(bytes.subarray(at, end < 0 ? bytes.length : end));
    at = end < 0 ? bytes.length : end + 1;
  }
  return found;
}

/** A sentence where an argument of this process is no UTF-8. */
export function argumentsNotUtf8(): string | undefined {
  const all = parts('/proc/self/cmdline');
  const at = all.findIndex((part) => !isUtf8(part));
  // Counted from the command's own first one: Node, its flags and the program come before.
  return at < 0
    ? undefined
    : `Argument ${at - (all.length - (process.argv.length - 2)) + 1} is not UTF-8, and so it cannot be passed on as it is. Rename it, or reach it by another name, such as a symbolic link.`;
}

/** A shell's own notes of where it is and was and what it called: the next shell makes its own. */
const shellNotes = ['PWD', 'OLDPWD', '_'];

/**
 * Names, as Node has them, of variables that this process was started with and that are no UTF-8. Looked for while this is loaded: once a process is protected
 * (protect.ts) its list belongs to root, and nobody else opens it, the process itself included (proc(5)).
 */
const badVariables: readonly string[] = parts('/proc/self/environ').flatMap((part) => (isUtf8(part) ? [] : [part.toString('utf8').split('=')[0]!]));

/** The same without those that a shell notes for itself. */
export const variablesNotUtf8 = (): string[] => badVariables.filter((name) => !shellNotes.includes(name));

/** What is said of one; its value is not shown. */
export const variableSentence = (name: string): string =>
  `The environment variable ${name.replace(/[^\w]/g, '?')} is not UTF-8, and so it cannot be passed on as it is.`;

/** They name the folders that Wardmux works in. */
const folderVariables = ['WARDMUX_HOME', 'XDG_DATA_HOME', 'XDG_RUNTIME_DIR', 'HOME', 'TMPDIR'];

/** The folder of a process, whatever its name: the kernel leads there (proc_pid_cwd(5)). */
const folderOfProcess = (pid: number | 'self'): string => `/proc/${pid}/cwd`;
/** True for a path that says whose folder it is instead of its name: no program is told that as its own. */
export const isFolderOfProcess = (path: string): boolean => /^\/proc\/(?:self|\d+)\/cwd$/.test(path);

/** Where a process is now: by name, and where that is no UTF-8 by the process. @throws as the file system does */
export function processFolder(pid: number | 'self'): string {
  const name = readlinkSync(folderOfProcess(pid), 'buffer');
  return isUtf8(name) ? name.toString('utf8') : folderOfProcess(pid);
}

/** True where the working folder is there, and its name is no UTF-8. */
function hasNamelessFolder(): boolean {
  try {
    return processFolder('self') === folderOfProcess('self');
  } catch {
    // Not Linux, where names are UTF-8.
    return false;
  }
}

/** From now on every relative path of this process leads into its working folder, also where the name of that is no UTF-8. */
export function reachWorkingFolder(): void {
  if (hasNamelessFolder()) process.cwd = () => folderOfProcess('self');
  for (const name of badVariables) if (shellNotes.includes(name)) delete process.env[name];
}

/** A sentence where a folder that this process would work in has a name that Node cannot say. */
export function foldersNotUtf8(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const bad = variablesNotUtf8().find((name) => folderVariables.includes(name));
  if (bad !== undefined) return `${variableSentence(bad)} Name the folder by another way, such as a symbolic link.`;
  const home = env['WARDMUX_HOME'];
  return home && !isAbsolute(home) && hasNamelessFolder()
    ? 'The name of the working folder is not UTF-8, so WARDMUX_HOME has to be a whole path: the data folder is known by its name.'
    : undefined;
}

/** The working folder. @throws SentenceError where it was deleted */
export function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    throw new SentenceError('The working folder does not exist any more. Go to another one, for example: cd');
  }
}
