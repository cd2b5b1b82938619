/**
 * The way in for `wardmux lock`, `wardmux status` and a second start: a Unix socket, mode 0600 in a 0700 folder, so that
 * the kernel lets nobody in but this account. One JSON line in, one JSON line out, no text of any pane. While locked it
 * answers the same three commands, none of which opens anything.
 */
import { chmodSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { z } from 'zod';

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
  /** A line that is not a command of ours. */
  readonly refused: () => void;
}

/** Listens; the folder of `path` is made 0700. @throws Error with code EADDRINUSE when the socket's file is there. */
export async function listen(options: SocketOptions): Promise<{ close(): Promise<void> }> {
  const folder = dirname(options.path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if ((statSync(folder).mode & 0o077) !== 0) chmodSync(folder, 0o700);
  const server = createServer((socket) => serve(socket, options));
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

function serve(socket: Socket, { handle, refused }: SocketOptions): void {
  let text = '';
  socket.setTimeout(SILENCE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    text += chunk.toString('utf8');
    const end = text.indexOf('\n');
    if (end < 0) {
      if (text.length > MAX_LINE) {
        refused();
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
      refused();
      return { ok: false, error: 'The app answers only: lock, status, show.' };
    }
  }
}

async function close(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve) => server.close(() => resolve()));
  rmSync(path, { force: true });
}
