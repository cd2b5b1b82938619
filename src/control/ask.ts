/**
 * The way to a running app: one JSON line each way over a Unix socket in a folder that only this account can enter. The
 * app answers the words of verbs.ts, and none of them opens anything.
 */
import { SentenceError } from '../types/sentence.ts';
import { createHash } from 'node:crypto';
import { createConnection } from 'node:net';
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { newNonce, openAnswer } from './proof.ts';
import { appFacts, verbs, type AppFacts, type Verb } from './verbs.ts';

/** A Unix socket's path has 107 bytes at most on Linux and 103 on macOS (unix(7)); below this it works on both. */
const MAX_SOCKET_PATH = 100;
/** An app keeps the time of its verb by itself (verbs.ts), and then says so: its word is waited for this much longer (ms). */
const WORD_MS = 500;
const MAX_ANSWER = 64 * 1024;
/** Others may have the app let go of connections at random: so often it is asked anew. */
const TRIES = 5;
/** What a connection that was let go ends with. */
const dropped: readonly (string | undefined)[] = ['EPIPE', 'ECONNRESET', 'EAGAIN'];

const answerSchema = z.discriminatedUnion('ok', [appFacts.extend({ ok: z.literal(true) }), z.object({ ok: z.literal(false), error: z.string() })]);

/** Somebody answers who does not hold the installation's key: nothing that they say is believed. */
export class ImpostorError extends SentenceError {
  constructor(path: string) {
    super(
      `What answers at ${path} is not this Wardmux: its answer is not signed by the key of this installation. Nothing is known of the app. ` +
        'Lock the screen of this machine, end what answers there, then start Wardmux.',
    );
    this.name = 'ImpostorError';
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

/** The sockets of such terminals, whether somebody answers there or not. @param app the app's own, from socketPath. */
export function terminalSockets(app: string): string[] {
  const prefix = terminalPrefix(app);
  try {
    return readdirSync(dirname(app))
      .filter((name) => name.startsWith(prefix) && /^\d+\.sock$/.test(name.slice(prefix.length)))
      .map((name) => join(dirname(app), name));
  } catch {
    return [];
  }
}

/** Somebody's answer, or undefined where nobody is there (any more). @throws Error where somebody is and does not answer. */
export async function askIfThere(path: string, command: Verb, publicKey: Uint8Array | undefined): Promise<AppFacts | undefined> {
  try {
    return await askApp(path, command, publicKey);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ECONNREFUSED') throw error;
    // What a terminal left behind that was killed.
    if (code === 'ECONNREFUSED' && basename(path).includes('t-')) rmSync(path, { force: true });
    return undefined;
  }
}

/**
 * Asks the app. @param path from socketPath. @param publicKey the installation's, raw; undefined before the first run, when
 * nobody can sign and there is nothing to lock.
 * @throws ImpostorError where the answer is not signed by that key.
 * @throws Error when nobody answers there, or the answer is not one. `code` is ENOENT or ECONNREFUSED where no app runs.
 */
export async function askApp(path: string, command: Verb, publicKey: Uint8Array | undefined): Promise<AppFacts> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    try {
      return await askOnce(path, command, publicKey);
    } catch (error) {
      if (!dropped.includes((error as NodeJS.ErrnoException).code)) throw error;
    }
  }
  throw new Error(
    `The app closed the connection at ${path} ${TRIES} times without an answer: too many programs of this account ask it at once. Lock it with ctrl-shift-l, or lock the screen of this machine.`,
  );
}

function askOnce(path: string, command: Verb, publicKey: Uint8Array | undefined): Promise<AppFacts> {
  const question = { name: basename(path), command, nonce: newNonce() };
  return new Promise((settle, reject) => {
    try {
      // In a folder for everybody's temporary files somebody else may have made ours: no word to their socket.
      const stat = lstatSync(dirname(path));
      const uid = process.getuid?.();
      if (uid !== undefined && stat.uid !== uid) throw new Error(`${dirname(path)} belongs to another user, so the app was not asked.`);
    } catch (error) {
      reject(error as Error);
      return;
    }
    const socket = createConnection(path);
    let text = '';
    socket.setTimeout((verbs[command].withinMs ?? 0) + WORD_MS, () => socket.destroy(new Error(`The app does not answer at ${path}.`)));
    socket.on('connect', () => socket.write(`${JSON.stringify({ command, nonce: question.nonce })}\n`));
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (text.length > MAX_ANSWER) socket.destroy(new Error('The app gave an answer that is too long.'));
    });
    socket.on('end', () => {
      try {
        const received: unknown = JSON.parse(text);
        const answer = publicKey ? openAnswer(question, received, publicKey) : received;
        if (answer === undefined) return reject(new ImpostorError(path));
        const said = answerSchema.parse(answer);
        if (said.ok) settle(said);
        else reject(new Error(`The app refused: ${said.error}`));
      } catch {
        reject(new Error(`The app gave an answer at ${path} that cannot be understood.`));
      }
    });
    socket.on('close', () => reject(Object.assign(new Error(`The app closed the connection at ${path} without an answer.`), { code: 'ECONNRESET' })));
  });
}
