/** Which program a pane starts, where, and with what environment. */
import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { isFolderOfProcess } from '../native/given.ts';
import { PtyError } from './pty.ts';

/** Like execvp(3) without PATH. */
const defaultPath = '/usr/local/bin:/usr/bin:/bin';

/** `missing`: nothing of that name; `not-executable`: it is there and cannot be run. POSIX shells exit 127 and 126. */
export class ProgramError extends PtyError {
  override name = 'ProgramError';
  readonly kind: 'missing' | 'not-executable';

  constructor(kind: 'missing' | 'not-executable', message: string) {
    super(message);
    this.kind = kind;
  }
}

/** What stands at `path`, as far as execve(2) cares. */
function look(path: string): 'program' | 'missing' | 'folder' | 'not-executable' {
  try {
    if (statSync(path).isDirectory()) return 'folder';
    accessSync(path, constants.X_OK);
    return 'program';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'not-executable' : 'missing';
  }
}

/**
 * The absolute path of `program`: taken from `cwd` if it has a slash, else looked for in `path` (as in PATH).
 * @throws ProgramError whose sentence names the path.
 */
export function findProgram(program: string, cwd: string, path: string | undefined): string {
  if (program === '') throw new ProgramError('missing', 'There is no program to start: its name is empty.');
  if (program.includes('/')) {
    const whole = resolve(cwd, program);
    const found = look(whole);
    if (found === 'program') return startable(whole);
    if (found === 'missing') throw new ProgramError('missing', `The program ${whole} does not exist. Choose another shell, or install it.`);
    if (found === 'folder') throw new ProgramError('not-executable', `${whole} is a folder and not a program.`);
    throw new ProgramError('not-executable', `The program ${whole} may not be run: it is not executable for you. Check its mode and its owner.`);
  }
  let blocked: string | undefined;
  for (const folder of (path || defaultPath).split(delimiter)) {
    const whole = resolve(cwd, join(isAbsolute(folder) ? folder : resolve(cwd, folder), program));
    const found = look(whole);
    if (found === 'program') return startable(whole);
    if (found === 'not-executable') blocked ??= whole;
  }
  if (blocked) throw new ProgramError('not-executable', `The program ${blocked} may not be run: it is not executable for you. Check its mode and its owner.`);
  throw new ProgramError('missing', `The program ${program} was not found in ${path || defaultPath}. Choose another shell, or install it.`);
}

/** What the kernel reads of a first line (BINPRM_BUF_SIZE), and how many scripts may run each other (execve(2)). */
const firstLineBytes = 256;
const scriptDepth = 5;

/** The interpreter that a script names in its first line; undefined where it is no script, or may be run and not be read. */
function interpreterOf(path: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const first = Buffer.alloc(firstLineBytes);
    const text = first.toString('latin1', 0, readSync(fd, first, 0, firstLineBytes, 0));
    return text.startsWith('#!') ? /^#![ \t]*([^ \t\n\0]*)/.exec(text)?.[1] : undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}

/** Follows the interpreters of a script, as execve(2) does: a pty whose program cannot be started only ends with 1. @throws ProgramError */
function startable(program: string): string {
  let at = program;
  for (let depth = 0; depth < scriptDepth; depth++) {
    const interpreter = interpreterOf(at);
    if (interpreter === undefined) return program;
    if (look(interpreter) !== 'program')
      throw new ProgramError(
        'not-executable',
        `The program ${program} cannot be run: its interpreter ${JSON.stringify(interpreter)} is missing or not executable. Correct its first line.`,
      );
    at = interpreter;
  }
  return program;
}

/** The first of `wanted`, `home` and `/` that is a folder we may enter. */
export function findFolder(wanted: string, home: string | undefined): string {
  for (const folder of [wanted, home ?? '']) {
    if (isAbsolute(folder) && look(folder) === 'folder') return folder;
  }
  return '/';
}

/** What a window and its processes were started with: npm's and the runtime's own variables are not the person's. */
const launcherPrefixes = ['NODE_', 'ELECTRON_', 'WARDMUX', 'npm_', 'CHROME_'];
/** Where the data folder is: `wardmux` in a pane is about the installation of its window, and about no other. */
const ownFolder = 'WARDMUX_HOME';
/** bin/wardmux puts aside here what would act inside of Node and is the person's own. */
const putAside = 'WARDMUX_ASIDE_';
/** Of an outer multiplexer or terminal, whose claims are not true in a pty of ours. */
const scrubbedNames = new Set([
  'TMUX',
  'TMUX_PANE',
  'STY',
  'WINDOW',
  'WINDOWID',
  'TERMCAP',
  'COLUMNS',
  'LINES',
  'TERM_PROGRAM',
  'TERM_PROGRAM_VERSION',
  'VTE_VERSION',
  'SHLVL',
]);

/**
 * The environment for a program: with `WARDMUX=1` as a mark and the terminal's name.
 * @param from `launcher`: of a pane, without what the app was started with. `person`: of `wardmux record`, with everything that
 * a person had set.
 */
export function shellEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
  term: string,
  from: 'launcher' | 'person' = 'launcher',
): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [whole, value] of Object.entries(env)) {
    const aside = whole.startsWith(putAside);
    const name = aside && from === 'person' ? whole.slice(putAside.length) : whole;
    if (value === undefined || name === '' || name.includes('=') || name.includes('\0') || value.includes('\0')) continue;
    if (scrubbedNames.has(name)) continue;
    if (from === 'launcher' && name !== ownFolder && (name === 'NODE' || launcherPrefixes.some((prefix) => name.startsWith(prefix)))) continue;
    out[name] = value;
  }
  out['TERM'] = term;
  // A program that is told nothing asks the system, which knows a name that is no UTF-8 too.
  if (isFolderOfProcess(cwd)) delete out['PWD'];
  else out['PWD'] = cwd;
  out['WARDMUX'] = '1';
  return out;
}
