/** Small parts that every step of the bootstrap uses. No dependencies. */
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants as os } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const cache = join(root, '.cache');

/** An error that is one clear sentence for the person; it is printed without a stack. */
export class Sentence extends Error {}

/** Talk goes to stderr: stdout belongs to the command. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Full path of a program in PATH, or undefined. */
export function which(program) {
  // The administrator's folders are not in an ordinary person's PATH, yet their programs can be looked at; and without any
  // PATH a shell looks in the standard folders.
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/bin', '/usr/sbin', '/sbin']) {
    if (folder === '') continue;
    const file = join(folder, program);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {}
  }
  return undefined;
}

/**
 * Refuses a clone that this account cannot use, or that another one could change under it: one sentence each, with the remedy.
 * Whoever can write here can have their own lines run by whoever starts the app.
 * @param {{ isReady: boolean }} state `isReady`: nothing has to be installed or built any more, so reading is enough
 */
export function checkClone({ isReady }, { folder = root, uid = process.getuid?.() } = {}) {
  if (uid === undefined) return;
  for (const name of ['', 'package.json', 'tools', 'src', 'main', 'node_modules', 'dist', 'bin']) {
    const path = join(folder, name);
    const entry = statSync(path, { throwIfNoEntry: false });
    if (entry === undefined) continue;
    if (entry.uid !== uid && entry.uid !== 0)
      throw new Sentence(
        `${path} belongs to another account (number ${entry.uid}), who could change the program that you start. Clone it yourself, or as its administrator: chown -R root: '${folder}'`,
      );
    if ((entry.mode & 0o002) !== 0)
      throw new Sentence(`${path} can be written by every account of this machine, who could change the program that you start. Run: chmod -R o-w '${folder}'`);
  }
  if (isReady) return;
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new Sentence(
      `Wardmux has to be installed and built in ${folder} first, and you cannot write there. Run "npm run build" as the owner of the folder, or clone it to a folder of yours.`,
    );
  }
}

/**
 * The one command that brings packages, whole, as a person types it: with fresh lists, and with sudo where there is one and it
 * is needed. Where there is no apt-get, the names only.
 */
export function howToInstall(
  names,
  { hasApt = which('apt-get') !== undefined, isRoot = process.getuid?.() === 0, hasSudo = which('sudo') !== undefined } = {},
) {
  if (!hasApt) return `Install these, by Debian's names: ${names.join(' ')}`;
  const command = `apt-get update && apt-get install -y --no-install-recommends ${names.join(' ')}`;
  if (isRoot) return `Run:\n  ${command}`;
  if (hasSudo) return `Run:\n  ${command.replaceAll('apt-get', 'sudo apt-get')}`;
  return `Have an administrator run, as root:\n  ${command}`;
}

/** Runs a step that is a convenience only: its failure is said and nothing stops. */
export function tolerant(what, step) {
  try {
    step();
  } catch (error) {
    say(`setup: ${what} could not be made (${error.message}); everything else goes on`);
  }
}

/**
 * Runs a program with our terminal and passes signals on. Gives its exit status; 128 + N when signal N ended it, as a
 * shell says it.
 */
export function run(program, args, { env = process.env } = {}) {
  return new Promise((done) => {
    const child = spawn(program, args, { stdio: 'inherit', cwd: root, env });
    // A terminal's Ctrl-C reaches the child by itself; ours is only to stay until it has ended. The others come to one
    // process and are passed on.
    const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => {
      const handler = () => {
        if (signal !== 'SIGINT') child.kill(signal);
      };
      process.on(signal, handler);
      return [signal, handler];
    });
    const finish = (status) => {
      for (const [signal, handler] of handlers) process.off(signal, handler);
      done(status);
    };
    child.on('error', (error) => {
      say(`${program} could not be started: ${error.message}`);
      finish(127);
    });
    child.on('exit', (code, signal) => finish(code ?? 128 + (os.signals[signal] ?? 0)));
  });
}

/**
 * Runs a program without input, keeps what it prints, and ends it with its children when the time is over.
 * @returns {Promise<{ status: number, output: string, timedOut: boolean }>}
 */
export function capture(program, args, { env = process.env, cwd = root, seconds = 600 } = {}) {
  return new Promise((done) => {
    const parts = [];
    let timedOut = false;
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd, env, detached: true });
    const end = () => {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {}
    };
    const timer = setTimeout(() => {
      timedOut = true;
      end();
    }, seconds * 1000);
    // A group of its own does not get the terminal's Ctrl-C, so it is ended with us.
    const stop = () => {
      end();
      process.exit(130);
    };
    process.once('SIGINT', stop);
    child.stdout.on('data', (bytes) => parts.push(bytes));
    child.stderr.on('data', (bytes) => parts.push(bytes));
    const finish = (status) => {
      clearTimeout(timer);
      process.off('SIGINT', stop);
      done({ status, output: Buffer.concat(parts).toString(), timedOut });
    };
    child.on('error', (error) => {
      parts.push(Buffer.from(error.message));
      finish(127);
    });
    child.on('close', (code) => finish(code ?? 1));
  });
}

/**
 * The environment that the app is started with: without what would act inside of it (src/native/environment.ts), but for the
 * one variable that its start reads itself.
 */
export function appEnvironment(env = process.env) {
  const { prefixes, names } = JSON.parse(readFileSync(join(root, 'src/native/runtime-variables.json'), 'utf8'));
  const isRuntime = (name) => name !== 'ELECTRON_OVERRIDE_DIST_PATH' && (names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix)));
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isRuntime(name)));
}

/** The last lines of a program's output that say something, for a sentence. */
export function tail(output, lines = 5) {
  return output
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !line.startsWith('npm warn'))
    .slice(-lines)
    .join('\n');
}

/** How long one run of the bootstrap waits for another in the same clone: an installation on a slow line. */
const lockSeconds = 600;

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Two commands started at once must not install into the same folder at once: the second waits for the first. */
export async function withLock(step) {
  mkdirSync(cache, { recursive: true });
  const file = join(cache, 'install.lock');
  for (let waited = 0; ; waited++) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = Number(readFileSync(file, { encoding: 'utf8', flag: 'a+' }));
    if (waited > 2 && !isAlive(holder)) rmSync(file, { force: true });
    if (waited === 0) say('setup: another command is installing in this clone, waiting for it');
    if (waited > lockSeconds) throw new Sentence(`Another command (process ${holder}) still installs in this clone; if it does not, remove ${file}`);
    await new Promise((go) => setTimeout(go, 1000));
  }
  try {
    return await step();
  } finally {
    rmSync(file, { force: true });
  }
}
