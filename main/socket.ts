/**
 * The way in for `wardmux lock`, `wardmux status` and a second start: a Unix socket, mode 0600 in a 0700 folder, so that
 * the kernel lets nobody in but this account; and the kernel is asked who came all the same, because root comes in anywhere
 * and a mode can be changed. One JSON line in, one JSON line out, no text of any pane. While locked it
 * answers the same three commands, none of which opens anything.
 */
import { chmodSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { z } from 'zod';
import { NativeError, peerOf } from '../src/native/addon.ts';

const commandSchema = z.strictObject({ command: z.enum(['lock', 'status', 'show']) });
export type SocketCommand = z.infer<typeof commandSchema>['command'];

/** A command is some 20 bytes. */
const MAX_LINE = 1024;
/** Somebody who connects and says nothing is let go. */
const SILENCE_MS = 5000;
/** More at once than any script needs. */
const MAX_CONNECTIONS = 8;

export interface SocketOptions {
  readonly path: string;
  readonly handle: (command: SocketCommand) => Promise<Record<string, unknown>>;
  /** A line that is not a command of ours, or somebody who is not this account. */
  readonly refused: (code: SocketRefusal) => void;
  /** For tests: the account that may come in. Default: our own. */
  readonly uid?: number;
}

export type SocketRefusal = 'bad-message' | 'wrong-peer';

/** Listens; the folder of `path` is made 0700. @throws Error with code EADDRINUSE when the socket's file is there. */
export async function listen(options: SocketOptions): Promise<{ close(): Promise<void> }> {
  const folder = dirname(options.path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if ((statSync(folder).mode & 0o077) !== 0) chmodSync(folder, 0o700);
  const server = createServer((socket) => {
    if (isOurs(socket, options.uid ?? process.getuid?.())) return serve(socket, options);
    options.refused('wrong-peer');
    socket.destroy();
  });
  server.maxConnections = MAX_CONNECTIONS;
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
  return { close: () => close(server, options.path) };
}

/**
 * Is the process at the other end of our account? By the kernel's word at the time of its connect(2), so who it becomes
 * later, or hands the connection to, counts for nothing. Where the system has no such word the socket's modes remain; a
 * connection whose other end cannot be asked for is refused.
 */
function isOurs(socket: Socket, uid: number | undefined): boolean {
  // Node has no public name for the descriptor of a socket.
  const { fd } = (socket as Socket & { readonly _handle?: { readonly fd?: number } })._handle ?? {};
  try {
    return peerOf(fd ?? -1).uid === uid;
  } catch (error) {
    return error instanceof NativeError && error.code === 'ENOTSUP' && process.platform !== 'linux';
  }
}

function serve(socket: Socket, { handle, refused }: SocketOptions): void {
  let text = '';
  socket.setTimeout(SILENCE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    text += chunk.toString('utf8');
    const end = text.indexOf('\n');
    if (end < 0) {
      if (text.length > MAX_LINE) {
        refused('bad-message');
        socket.destroy();
      }
      return;
    }
    socket.removeAllListeners('data');
    void answer(text.slice(0, end)).then((output) => socket.end(`${JSON.stringify(output)}\n`));
  });

  async function answer(line: string): Promise<Record<string, unknown>> {
    try {
      const { command } = commandSchema.parse(JSON.parse(line));
      return { ok: true, ...(await handle(command)) };
    } catch {
      refused('bad-message');
      return { ok: false, error: 'The app answers only: lock, status, show.' };
    }
  }
}

async function close(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve) => server.close(() => resolve()));
  rmSync(path, { force: true });
}
