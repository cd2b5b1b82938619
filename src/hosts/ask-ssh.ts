/** Asks the system's ssh: where a host is, which key it has, and what a key looks like. Each call is a process of its own, with a limit of time and of text. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../native/environment.ts';
import { SentenceError } from '../types/sentence.ts';
import { listenAsAgent } from './agent.ts';
import { copiesOf, gatherConfig } from './gather.ts';
import { lookCommand, SSH, type HostRules, type KnownHop } from './command.ts';
import type { HostKey } from './key.ts';
import { profileLines, type HostProfile } from './profiles.ts';
import { readResolved, routeTo, type Hop } from './route.ts';

const KEYGEN = '/usr/bin/ssh-keygen';
/** Longer than anything that is printed for us. Bytes. */
const MOST_PRINTED = 256 * 1024;
/** To read configuration, and to draw. Milliseconds. */
const QUICK_MS = 10_000;
/** A connection and the exchange of keys, by way of some jumps: ssh itself gives up on each after 15 s. */
const LOOK_MS = 45_000;

/** What ssh gets to know of our environment: no display, nothing that changes what it loads. */
function childEnvironment(env: Environment): Record<string, string> {
  const passed = ['HOME', 'USER', 'LOGNAME', 'SSH_AUTH_SOCK'].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return { ...Object.fromEntries(passed), PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', SHELL: '/bin/sh' };
}

/** @throws SentenceError where a program is not what the system installed */
function requireProgram(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) throw new SentenceError(`${path} is not there, and no other ssh is asked. Install the package openssh-client.`);
  if (stat.uid !== 0 || (stat.mode & 0o022) !== 0)
    throw new SentenceError(`${path} can be changed by others than root. Install the package openssh-client anew.`);
}

interface Printed {
  readonly out: string;
  readonly err: string;
  readonly status: number | null;
  /** It was ended, because its time was over. */
  readonly late: boolean;
}

interface Running {
  readonly input?: string;
  /** What ends it before its time. */
  readonly until?: Promise<unknown>;
  /** Of all that is asked for one opening. */
  readonly signal: AbortSignal | undefined;
}

function run(argv: readonly string[], env: Environment, ms: number, { input, until, signal }: Running): Promise<Printed> {
  const [program, ...args] = argv as [string, ...string[]];
  return new Promise((resolve, reject) => {
    // A group of its own: jumps are processes of ssh's, and end with it.
    const child = spawn(program, args, { env: childEnvironment(env), stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    let [out, err, late] = ['', '', false];
    const end = (): void => {
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch {
        // It has ended.
      }
    };
    const tooLate = (): void => {
      late = true;
      end();
    };
    const timer = setTimeout(tooLate, ms);
    if (signal?.aborted) tooLate();
    signal?.addEventListener('abort', tooLate);
    const over = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', tooLate);
    };
    void until?.then(end);
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      out += text;
      if (out.length > MOST_PRINTED) end();
    });
    child.stderr.setEncoding('latin1').on('data', (text: string) => {
      err += text;
      if (err.length > MOST_PRINTED) end();
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    child.on('error', (error) => {
      over();
      reject(error);
    });
    child.on('close', (status) => {
      over();
      end();
      resolve({ out, err, status, late });
    });
  });
}

/** The folder in it, six characters of its own, and `/agent`. Bytes; a socket's path has 107 at most (unix(7)). */
const MOST_PARENT_BYTES = 107 - '/wardmux-hosts-XXXXXX/agent'.length;

/** Where a folder may be made whose socket's path is not too long: a temporary folder may lie however deep. */
function parentOf(env: Environment): string {
  const fits = (folder: string | undefined): folder is string =>
    folder !== undefined && Buffer.byteLength(folder) <= MOST_PARENT_BYTES && statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  return [env['XDG_RUNTIME_DIR'], tmpdir()].find(fits) ?? '/tmp';
}

/** A folder that nobody else can look into, which is gone afterwards. */
async function inFolder<T>(env: Environment, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(parentOf(env), 'wardmux-hosts-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The last that ssh said, without its own notes, in plain characters. */
function lastWords(err: string): string {
  const lines = err.split('\n').filter((line) => line.trim() !== '' && !/^debug\d:|^Warning: Permanently added|^OpenSSH_/.test(line));
  return (lines.at(-1) ?? '').replace(/[^\x20-\x7e]/g, '').slice(0, 200);
}

/**
 * By which hosts one comes to a name.
 * @param home of the account, whose ~/.ssh/config it is
 * @param signal ends it
 * @throws SentenceError, StorageFault
 */
export function findRoute(name: string, profiles: readonly HostProfile[], home: string, env: Environment, signal?: AbortSignal): Promise<Hop[]> {
  requireProgram(SSH);
  return inFolder(env, async (folder) => {
    const copies = copiesOf(await gatherConfig(home), folder);
    const first = join(folder, 'config');
    for (const { place, text } of copies) writeFileSync(place, text, { mode: 0o600, flag: 'wx' });
    writeFileSync(first, `${profileLines(profiles)}Host *\n${copies[0] ? `Include "${copies[0].place}"\n` : ''}`, { mode: 0o600, flag: 'wx' });
    return routeTo(name, async (jump) => {
      const asked = [SSH, '-G', '-F', first, ...(jump.account === undefined ? [] : ['-l', jump.account]), '--', jump.name];
      const { out, err, status } = await run(asked, env, QUICK_MS, { signal });
      if (status !== 0) throw new SentenceError(`ssh does not say where ${jump.name} is: ${lastWords(err) || 'it ended without a word'}`);
      return readResolved(out, jump);
    });
  });
}

/** A host's key as it is now, and what was agreed on the way. */
export interface Looked {
  readonly key: HostKey;
  /** As ssh names it. */
  readonly cipher: string;
}

/**
 * Looks at a host's key.
 * @param before the way there, whose keys are known
 * @param signal ends it
 * @returns undefined where it has no key of that type
 * @throws SentenceError where nobody answers, or not as a host does
 */
export function lookAtKey(
  before: readonly KnownHop[],
  hop: Hop,
  rules: HostRules,
  type: HostKey['type'] | undefined,
  env: Environment,
  signal?: AbortSignal,
): Promise<Looked | undefined> {
  requireProgram(SSH);
  return inFolder(env, async (folder) => {
    const socket = join(folder, 'agent');
    const agent = await listenAsAgent(socket);
    try {
      let key: HostKey | undefined;
      // What follows the exchange is of no use here, so ssh is ended as soon as it asks its agent: no account of anybody was named, no password and no key was tried.
      const until = agent.asked.then((asked) => ({ key } = asked));
      const { err, late } = await run(lookCommand(before, hop, rules, socket, type), env, LOOK_MS, { until, signal });
      if (key) return { key, cipher: cipherOf(err) };
      // Said by whom ever: it opens nothing.
      if (type !== undefined && /no matching host key type found/.test(err)) return undefined;
      const words = lastWords(err);
      const why = late ? ': it took too long.' : words ? `. ssh says: ${words}` : '.';
      throw new SentenceError(`${hop.id} does not answer as a host does, so nothing was opened${why}`);
    } finally {
      agent.close();
    }
  });
}

/** The cipher that ssh notes. A server's words may stand among the notes: where they name another one too, none is said. */
function cipherOf(err: string): string {
  const named = new Set([...err.matchAll(/^debug1: kex: server->client cipher: ([a-z0-9@.-]{1,64}) /gm)].map(([, cipher]) => cipher!));
  return named.size === 1 ? [...named][0]! : '';
}

/** The picture that ssh-keygen draws of a key: lines of plain characters. Empty where it draws none. */
export async function pictureOf({ type, base64 }: HostKey, env: Environment, signal?: AbortSignal): Promise<string[]> {
  const { out } = await run([KEYGEN, '-lv', '-f', '-'], env, QUICK_MS, { input: `${type} ${base64}\n`, signal });
  return out.split('\n').filter((line) => /^[+|][ -~]{17}[+|]$/.test(line));
}
