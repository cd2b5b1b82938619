/** How a command reaches the running app: where its private socket is, and one question with one answer. */
import { createHash } from 'node:crypto';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Longest path of a Unix socket that every system takes: sun_path has 104 bytes on macOS, 108 on Linux, with a closing zero. */
const MAX_PATH_BYTES = 100;
/** The app answers in milliseconds; one that is busy locking needs a second. */
const ANSWER_MS = 5000;

/**
 * `run/wardmux.sock` in the data folder; where that is too long for a socket, a name made from the data folder's path in
 * a 0700 folder of this user under XDG_RUNTIME_DIR or the system's temporary folder.
 */
export function socketPath(home: string, env: Readonly<Record<string, string | undefined>> = process.env): string {
  const direct = join(resolve(home), 'run', 'wardmux.sock');
  if (Buffer.byteLength(direct) <= MAX_PATH_BYTES) return direct;
  const parent = env['XDG_RUNTIME_DIR'] || tmpdir();
  const name = createHash('sha256').update(resolve(home)).digest('hex').slice(0, 16);
  return join(parent, `wardmux-${process.getuid?.() ?? 0}`, `${name}.sock`);
}

/** Sends one command. @throws Error with a system code when no app is there (ENOENT, ECONNREFUSED) or it does not answer (ETIMEDOUT). */
export function askApp(path: string, command: 'lock' | 'status' | 'show'): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let text = '';
    socket.setTimeout(ANSWER_MS, () => socket.destroy(Object.assign(new Error('the app does not answer'), { code: 'ETIMEDOUT' })));
    socket.on('connect', () => socket.write(`${JSON.stringify({ command })}\n`));
    socket.on('data', (chunk) => (text += chunk.toString('utf8')));
    socket.on('error', reject);
    socket.on('end', () => {
      try {
        resolve(JSON.parse(text) as Record<string, unknown>);
      } catch {
        reject(new Error('the app gave no answer'));
      }
    });
  });
}
