/**
 * The way in for `wardmux lock`, `wardmux status` and a second start: a Unix socket, mode 0600 in a 0700 folder, so that
 * the kernel lets nobody in but this account; and the kernel is asked who came all the same, because root comes in anywhere
 * and a mode can be changed. One JSON line in, one JSON line out, no text of any pane. While locked it
 * answers `lock`, `status` and `show` alone, and no verb opens anything (verbs.ts).
 */
import { chmodSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import type { Door } from '../access/index.ts';
import { peerOfSocket } from './peer.ts';
import { nonceSchema, signAnswer } from './proof.ts';
import { call, type Trouble } from '../process/service.ts';
import { every, steadyClock, type Clock } from '../time/clock.ts';
import { verbNames, verbs, type VerbHandlers } from './verbs.ts';

const commandSchema = z.strictObject({ command: z.enum(verbNames), nonce: nonceSchema, input: z.unknown().optional() });

/** A verb is some 100 characters, with a command for the windows and its proof some 600 and the command (MOST_WORDS). */
const MAX_LINE = 4096;
/** A script's line comes with its connection; whoever has not said a whole one after this long is let go, however often they say a part. */
const LINE_MS = 1000;
/**
 * Connections without a whole line, at once: far more than any script needs. For each further one the oldest of them is let go, so that
 * many who say nothing keep nobody out: they would have to come this often in the moment between a connection and its line.
 */
const MAX_WAITING = 128;
/** In all. Those beyond the others are being answered. */
const MAX_CONNECTIONS = 256;
/** How often it is looked whether the socket's file is still ours. */
const WATCH_MS = 1000;
/** Errors of a connection to a file that is not there, is no socket of a process that runs, or does not let us in. */
const lost: readonly (string | undefined)[] = ['ENOENT', 'ECONNREFUSED', 'EACCES', 'EPERM', 'ENOTDIR', 'ELOOP', 'ENOTSOCK', 'EPROTOTYPE'];
/** A file that is taken away all the time is told of this often. */
const TELL_MS = 60_000;

export interface SocketOptions {
  readonly path: string;
  readonly handlers: VerbHandlers;
  /** Asked before a handler. */
  readonly door: Door;
  /** A line that is not a command of ours, or none in time; somebody who is not this account; a socket's file that was taken away or replaced; too many at once; a verb that could not be carried out. */
  readonly refused: (code: SocketRefusal) => void;
  /** Signs by the installation's key; resolves with undefined before the first run. An answer waits for it. */
  readonly sign: (bytes: Uint8Array) => Promise<Uint8Array | undefined>;
  /** For tests: the account that may come in. Default: our own. */
  readonly uid?: number;
  /** By whose time it is looked once a second whether the socket is ours. */
  readonly clock?: Pick<Clock, 'after'>;
}

export type SocketRefusal = 'bad-message' | 'wrong-peer' | 'moved' | 'too-many' | 'failed';

/**
 * Listens; the folder of `path` is made 0700. Where whoever asks there would not reach us any more, as when another process of this
 * account has renamed the socket's file, put one of its own there or taken rights away, the place is taken back within a second.
 * @throws Error with code EADDRINUSE when the file is there.
 */
export async function listen(options: SocketOptions): Promise<{ close(): Promise<void> }> {
  let server = await bind(options);
  let turn = Promise.resolve();
  let told = -Infinity;
  /** The file at `path` by which a connection came to `server`. Its number stays taken as long as the server listens. */
  let own: string | undefined;
  const stands = async (): Promise<boolean> => {
    if (!isPrivate(options.path)) return false;
    const before = fileAt(options.path);
    const reached = await reachesUs(options.path);
    // Where none has come yet, a fresh socket is no loss.
    if (reached === undefined) return own !== undefined && fileAt(options.path) === own;
    if (reached && fileAt(options.path) === before) own ??= before;
    return reached;
  };
  const look = async (): Promise<void> => {
    if (await stands()) return;
    // Also where the place cannot be taken back yet; a loss that goes on is told of again and again, and does not fill the disk.
    if (performance.now() - told >= TELL_MS) {
      options.refused('moved');
      told = performance.now();
    }
    // Not waited for: whoever is connected to the old one could hold it.
    server.close();
    makeFolder(dirname(options.path));
    rmSync(options.path, { force: true });
    own = undefined;
    server = await bind(options);
  };
  // Where it cannot be done (a full disk, a folder in its place) it is tried again the next second.
  const unwatch = every(options.clock ?? steadyClock, WATCH_MS, () => void (turn = turn.then(look).catch(() => {})));
  return {
    close: async () => {
      unwatch();
      await turn;
      await closed(server);
      rmSync(options.path, { force: true });
    },
  };
}

/**
 * Whether a connection to `path` comes to this process, by the kernel's word. A file's number proves less: another one may have come in
 * its place between the bind and the look at it, and one whose modes were changed is still ours and lets nobody in. Undefined where no
 * connection was made, and that says nothing of who listens: too many at once (EAGAIN), ours or another's, or no descriptor left.
 */
function reachesUs(path: string): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const say = (reached: boolean | undefined): void => {
      socket.destroy();
      resolve(reached);
    };
    socket.setTimeout(WATCH_MS, () => say(undefined));
    socket.on('connect', () => say((peerOfSocket(socket)?.pid ?? process.pid) === process.pid));
    socket.on('error', ({ code }: NodeJS.ErrnoException) => say(lost.includes(code) ? false : undefined));
  });
}

/** Which file `path` leads to. Undefined where that cannot be said. */
function fileAt(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** The rights are those that a bind gives: fewer shut this account out, more are the kernel's check alone. */
function isPrivate(path: string): boolean {
  const rights = (of: string): number | undefined => {
    const mode = statSync(of, { throwIfNoEntry: false })?.mode;
    return mode === undefined ? undefined : mode & 0o777;
  };
  try {
    return rights(dirname(path)) === 0o700 && rights(path) === 0o600;
  } catch {
    return false;
  }
}

/** Ours alone, and open to us. */
function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if ((statSync(folder).mode & 0o777) !== 0o700) chmodSync(folder, 0o700);
}

async function bind(options: SocketOptions): Promise<Server> {
  makeFolder(dirname(options.path));
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    if (isOurs(socket, options.uid ?? process.getuid?.())) {
      const [oldest] = waiting;
      if (oldest && waiting.size >= MAX_WAITING) {
        options.refused('too-many');
        waiting.delete(oldest);
        oldest.destroy();
      }
      return serve(socket, options, waiting);
    }
    options.refused('wrong-peer');
    socket.destroy();
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('drop', () => options.refused('too-many'));
  // The mask makes the file 0600 from its first moment; the folder keeps others out in any case.
  const mask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.path, resolve);
    });
  } finally {
    process.umask(mask);
  }
  return server;
}

/**
 * Is the process at the other end of our account? By the kernel's word at the time of its connect(2), so who it becomes
 * later, or hands the connection to, counts for nothing. Where the system has no such word the socket's modes remain; a
 * connection whose other end cannot be asked for is refused.
 */
function isOurs(socket: Socket, uid: number | undefined): boolean {
  const peer = peerOfSocket(socket);
  return peer ? peer.uid === uid : process.platform !== 'linux';
}

function serve(socket: Socket, { path, handlers, door, refused, sign }: SocketOptions, waiting: Set<Socket>): void {
  let text = '';
  waiting.add(socket);
  const late = setTimeout(() => {
    refused('bad-message');
    socket.destroy();
  }, LINE_MS);
  late.unref();
  const waited = (): void => {
    clearTimeout(late);
    waiting.delete(socket);
  };
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  socket.on('close', waited);
  socket.on('data', (chunk: string) => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end < 0) {
      if (text.length > MAX_LINE) {
        refused('bad-message');
        socket.destroy();
      }
      return;
    }
    socket.removeAllListeners('data');
    waited();
    void answer(text.slice(0, end)).then(
      // Whoever does not hang up holds no place.
      (output) => socket.end(`${JSON.stringify(output)}\n`, () => socket.destroy()),
      () => socket.destroy(),
    );
  });

  async function answer(line: string): Promise<Record<string, unknown>> {
    let asked: z.infer<typeof commandSchema>;
    try {
      asked = commandSchema.parse(JSON.parse(line));
    } catch {
      refused('bad-message');
      return { ok: false, error: `The app answers only: ${verbNames.join(', ')}.` };
    }
    const { command, nonce, input = {} } = asked;
    const trouble = ({ code }: Trouble): void => refused(code === 'failed' ? 'failed' : 'bad-message');
    const outcome = await call({ table: verbs, handlers, door, trouble }, command, input);
    const said = outcome.ok ? { ok: true, ...(outcome.output as object) } : { ok: false, code: outcome.error.code, error: outcome.error.sentence };
    return signAnswer({ name: basename(path), command, nonce }, said, sign);
  }
}

const closed = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
