/**
 * The way to a running app: one JSON line each way over a Unix socket in a folder that only this account can enter. The
 * app answers the words of verbs.ts, and none of them opens anything.
 */
import { SentenceError } from '../types/sentence.ts';
import { createHash } from 'node:crypto';
import { createConnection } from 'node:net';
import { lstatSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { peerOfSocket } from './peer.ts';
import { newNonce, openAnswer } from './proof.ts';
import { verbs, type AppFacts, type FactsVerb, type Verb, type VerbInput, type VerbOutput } from './verbs.ts';

/** A Unix socket's path has 107 bytes at most on Linux and 103 on macOS (unix(7)); below this it works on both. */
const MAX_SOCKET_PATH = 100;
/** An app keeps the time of its verb by itself (verbs.ts), and then says so: its word is waited for this much longer (ms). */
const WORD_MS = 500;
/** Characters: lists of many windows among them. */
const MAX_ANSWER = 2 * 1024 * 1024;
/** Others may have the app let go of connections at random: so often it is asked anew, after a moment (ms) in which it can let those in that wait. */
const TRIES = { most: 5, everyMs: 25 };
/** What a connection that was let go ends with. */
const dropped: readonly (string | undefined)[] = ['EPIPE', 'ECONNRESET', 'EAGAIN'];

const answerSchema = z.discriminatedUnion('ok', [
  z.looseObject({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), code: z.string().optional(), error: z.string() }),
]);

const notHolder = 'the process that listens there does not hold the data folder';

/** Somebody answers who is not the app: nothing that they say is believed. */
export class ImpostorError extends SentenceError {
  /** @param pid who listens there, where the kernel says it. @param why how it is known that it is not the app. */
  constructor(path: string, pid: number | undefined, why = 'its answer is not signed by the key of this installation') {
    super(
      `What answers at ${path} is not this Wardmux: ${why}. ${pid === undefined ? '' : `It is ${processWords(pid)}. `}Nothing is known of the app. ` +
        'Lock the screen of this machine, end what answers there, then start Wardmux.',
    );
    this.name = 'ImpostorError';
  }
}

/** The app is there, and did not do what it was asked for. */
export class AppRefusal extends SentenceError {
  /** Why, as the app's table has it; undefined of an older one. */
  readonly code: string | undefined;
  /** Its own words. */
  readonly sentence: string;

  constructor(sentence: string, code: string | undefined) {
    super(`The app answers: ${sentence}`);
    this.name = 'AppRefusal';
    this.sentence = sentence;
    this.code = code;
  }
}

/** A process for people: its number, and its program where that may be read. */
export function processWords(pid: number): string {
  try {
    return `process ${pid} (${readlinkSync(`/proc/${pid}/exe`)})`;
  } catch {
    return `process ${pid}`;
  }
}

/**
 * WARDMUX_HOME/run/wardmux.sock. Where that is too long for a socket: wardmux-UID/HASH.sock in $XDG_RUNTIME_DIR or the
 * folder for temporary files, HASH being the first 16 hex digits of the SHA-256 of the home's path.
 * @param home the data folder.
 */
export function socketPath(home: string, env: Readonly<Record<string, string | undefined>> = process.env): string {
  const folder = resolve(home);
  const usual = join(folder, 'run', 'wardmux.sock');
  if (Buffer.byteLength(usual) <= MAX_SOCKET_PATH) return usual;
  const runtime = env['XDG_RUNTIME_DIR'];
  const base = runtime && isAbsolute(runtime) ? runtime : tmpdir();
  const uid = process.getuid?.() ?? userInfo().username;
  return join(base, `wardmux-${uid}`, `${createHash('sha256').update(folder).digest('hex').slice(0, 16)}.sock`);
}

/** Beside the app's: a terminal that runs its shell with the same data folder, of which there may be many. @param pid its process. */
export function terminalSocketPath(app: string, pid: number): string {
  return join(dirname(app), `${terminalPrefix(app)}${pid}.sock`);
}

/** Short, because the path is as long as it may be already. */
const terminalPrefix = (app: string): string => (basename(app) === 'wardmux.sock' ? 't-' : `${basename(app, '.sock')}-t-`);

function isTerminal(app: string, path: string): boolean {
  const [prefix, name] = [terminalPrefix(app), basename(path)];
  return dirname(path) === dirname(app) && name.startsWith(prefix) && /^\d+\.sock$/.test(name.slice(prefix.length));
}

/**
 * The sockets of such terminals, whether somebody answers there or not. @param app the app's own, from socketPath.
 * @throws Error of the system where the folder is there and cannot be read: nobody knows then who is there.
 */
export function terminalSockets(app: string): string[] {
  try {
    return readdirSync(dirname(app))
      .map((name) => join(dirname(app), name))
      .filter((path) => isTerminal(app, path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Flag of a socket that listens, in /proc/net/unix (the kernel's __SO_ACCEPTCON). */
const LISTENS = 0x10000;

/**
 * The app's socket and those of terminals at which somebody listens, by the kernel's word: whoever takes a file out of its
 * folder does not take it out of this list. Empty where the system has none.
 */
export function listening(app: string): string[] {
  return [...new Set(listeners().map(({ path }) => path))].filter((path) => path === app || isTerminal(app, path));
}

/** Every Unix socket that listens, by the path that it was bound to, and its number. */
function listeners(): { readonly path: string; readonly inode: string }[] {
  let text: string;
  try {
    text = readFileSync('/proc/net/unix', 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    // Num RefCount Protocol Flags Type St Inode Path
    const [, flags, inode, path] = /^\S+: \S+ \S+ (\S+) \S+ \S+ +(\d+) (\/.*)$/.exec(line) ?? [];
    return path !== undefined && (Number.parseInt(flags!, 16) & LISTENS) !== 0 ? [{ path, inode: inode! }] : [];
  });
}

/**
 * Processes that have a socket which was bound to `path` and listens: those that the kernel lets us look into (proc(5)). One that
 * was bound under another name of the same folder is not among them.
 */
function listenersAt(path: string): number[] {
  const sockets = new Set(listeners().flatMap((listener) => (listener.path === path ? [`socket:[${listener.inode}]`] : [])));
  const has = (pid: string): boolean => {
    try {
      return readdirSync(`/proc/${pid}/fd`).some((fd) => sockets.has(linkAt(`/proc/${pid}/fd/${fd}`)));
    } catch {
      return false;
    }
  };
  if (sockets.size === 0) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && has(name))
    .map(Number);
}

/** Empty where it was closed meanwhile. */
function linkAt(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** Somebody's answer, or undefined where nobody is there (any more). @throws Error where somebody is and does not answer. */
export async function askIfThere(path: string, command: FactsVerb, publicKey: Uint8Array | undefined, mayBe?: IsPeer): Promise<AppFacts | undefined> {
  try {
    return await askApp(path, command, publicKey, mayBe);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ECONNREFUSED') throw error;
    // What a terminal left behind that was killed.
    if (code === 'ECONNREFUSED' && basename(path).includes('t-')) rmSync(path, { force: true });
    return undefined;
  }
}

/** Whether a process may be the one that is asked: false where the kernel says that it is another. */
export type IsPeer = (pid: number) => boolean;

/**
 * Asks the app. @param path from socketPath. @param publicKey the installation's, raw; undefined before the first run, when
 * nobody can sign and there is nothing to lock.
 * @throws ImpostorError where the answer is not signed by that key, or another process than `mayBe` allows listens there.
 * @throws AppRefusal where it says no.
 * @throws Error when nobody answers there, or the answer is not one. `code` is ENOENT or ECONNREFUSED where no app runs, and EAGAIN
 * where no connection was taken and nobody knows who listens.
 */
export async function askApp<V extends Verb>(
  path: string,
  command: V,
  publicKey: Uint8Array | undefined,
  mayBe?: IsPeer,
  input?: VerbInput<V>,
): Promise<VerbOutput<V>> {
  let code: string | undefined;
  for (let attempt = 1; attempt <= TRIES.most; attempt++) {
    if (attempt > 1) await wait(TRIES.everyMs);
    try {
      return await askOnce(path, command, publicKey, mayBe, input);
    } catch (error) {
      ({ code } = error as NodeJS.ErrnoException);
      if (!dropped.includes(code)) throw error;
    }
  }
  // A connection that was made has named its other end: the app is there, and does not answer.
  if (code !== 'EAGAIN') {
    throw new SentenceError(
      `The app closed the connection at ${path} ${TRIES.most} times without an answer: too many programs of this account ask it at once. Lock it with ctrl-shift-l, or lock the screen of this machine.`,
    );
  }
  // One that was not made could have come to anybody.
  const stranger = mayBe && listenersAt(path).find((pid) => !mayBe(pid));
  if (stranger !== undefined) throw new ImpostorError(path, stranger, notHolder);
  throw Object.assign(
    new SentenceError(
      `What listens at ${path} took no connection, ${TRIES.most} times: too many programs of this account ask the app at once, or another process has put a socket of its own there. Lock the app with ctrl-shift-l, or lock the screen of this machine.`,
    ),
    { code },
  );
}

function askOnce<V extends Verb>(
  path: string,
  command: V,
  publicKey: Uint8Array | undefined,
  mayBe: IsPeer = () => true,
  input?: VerbInput<V>,
): Promise<VerbOutput<V>> {
  const question = { name: basename(path), command, nonce: newNonce() };
  return new Promise((settle, reject) => {
    try {
      // In a folder for everybody's temporary files somebody else may have made ours: no word to their socket.
      const stat = lstatSync(dirname(path));
      const uid = process.getuid?.();
      if (uid !== undefined && stat.uid !== uid) throw new SentenceError(`${dirname(path)} belongs to another user, so the app was not asked.`);
    } catch (error) {
      reject(error as Error);
      return;
    }
    const socket = createConnection(path);
    let text = '';
    socket.setTimeout((verbs[command].withinMs ?? 0) + WORD_MS, () => socket.destroy(new SentenceError(`The app does not answer at ${path}.`)));
    let listener: number | undefined;
    socket.on('connect', () => {
      listener = peerOfSocket(socket)?.pid;
      // No word to another process, which could keep whoever asks waiting.
      if (listener !== undefined && !mayBe(listener)) {
        reject(new ImpostorError(path, listener, notHolder));
        socket.destroy();
      } else socket.write(`${JSON.stringify({ command, nonce: question.nonce, input })}\n`);
    });
    socket.setEncoding('utf8');
    socket.on('error', reject);
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > MAX_ANSWER) socket.destroy(new SentenceError('The app gave an answer that is too long.'));
    });
    socket.on('end', () => {
      try {
        const received: unknown = JSON.parse(text);
        const answer = publicKey ? openAnswer(question, received, publicKey) : received;
        if (answer === undefined) return reject(new ImpostorError(path, listener));
        const said = answerSchema.parse(answer);
        if (said.ok) settle(verbs[command].output.parse(said) as VerbOutput<V>);
        else reject(new AppRefusal(said.error, said.code));
      } catch {
        reject(new SentenceError(`The app gave an answer at ${path} that cannot be understood.`));
      }
    });
    socket.on('close', () => reject(Object.assign(new SentenceError(`The app closed the connection at ${path} without an answer.`), { code: 'ECONNRESET' })));
  });
}
