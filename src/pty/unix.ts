/**
 * Ptys on Unix: node-pty's native fork with our own reading. node-pty's JavaScript side loses the end of the output when
 * the pty is paused while the program exits (it destroys the socket after 200 ms), and on older Node always. Here the
 * parent holds the slave side open, so that the master never reports a hang-up, and after the program's exit closes it and
 * reads the master until EIO: the kernel hands out everything that was written before that.
 */
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { startProgram } from '../native/protect.ts';
import { InputQueue } from './input-queue.ts';
import { LoopReader } from './loop-reader.ts';
import { PtyError, type Pty, type PtyEvents, type PtyOptions, type PtySpawner } from './pty.ts';
import type { MasterReader, OpenReader } from './reader.ts';
import { makeExecutable, spawnHelper } from './spawn-helper.ts';
import { openThreadReader } from './thread-reader.ts';
import { kindOf } from '../types/sentence.ts';

interface NativePty {
  fork(
    file: string,
    args: readonly string[],
    env: readonly string[],
    cwd: string,
    cols: number,
    rows: number,
    uid: number,
    gid: number,
    utf8: boolean,
    helper: string,
    onexit: (code: number, signal: number) => void,
  ): { readonly fd: number; readonly pid: number; readonly pty: string };
  resize(fd: number, cols: number, rows: number): void;
}

let loaded: { readonly native: NativePty; readonly helper: string } | undefined;

/** node-pty's addon: built on this machine, or prebuilt. @throws PtyError */
function addon(): NonNullable<typeof loaded> {
  if (loaded) return loaded;
  const require = createRequire(import.meta.url);
  const root = dirname(require.resolve('node-pty/package.json'));
  const folders = [join(root, 'build', 'Release'), join(root, 'prebuilds', `${process.platform}-${process.arch}`)];
  const folder = folders.find((candidate) => existsSync(join(candidate, 'pty.node')));
  if (!folder) throw new PtyError(`No terminal can be started: pty.node is missing in ${folders.join(' and in ')}. Install the program again.`);
  const helper = spawnHelper(folder);
  if (process.platform === 'darwin') makeExecutable(helper);
  loaded = { native: require(join(folder, 'pty.node')) as NativePty, helper };
  return loaded;
}

/** Starts `options.command`; its output is read in the event loop. @throws PtyError */
export const spawnUnixPty: PtySpawner = (options, events) => new UnixPty(options, events, (fd, reading) => new LoopReader(fd, reading));

/** The same for a process that has one program: its output is read by a thread of its own (thread-reader.ts). */
export const spawnThreadedPty: PtySpawner = (options, events) => new UnixPty(options, events, openThreadReader);

class UnixPty implements Pty {
  readonly pid: number;
  readonly #fd: number;
  readonly #events: PtyEvents;
  readonly #reader: MasterReader;
  readonly #input: InputQueue;
  #slave: number;
  #closed = false;
  #ended = false;
  #exit: { readonly code: number; readonly signal: number } | undefined;

  constructor(options: PtyOptions, events: PtyEvents, open: OpenReader) {
    const { native, helper } = addon();
    const [file = '', ...args] = options.command;
    const env = Object.entries(options.env).map(([name, value]) => `${name}=${value}`);
    let forked: ReturnType<NativePty['fork']>;
    try {
      // forkpty(3) would leave every other pane's master open in the new program: it could read and type in them.
      forked = startProgram(() =>
        native.fork(file, args, env, options.cwd, options.cols, options.rows, -1, -1, true, helper, (code, signal) => this.#exited(code, signal)),
      );
    } catch (error) {
      throw new PtyError(`The system gives no terminal (${kindOf(error)}). Close some panes or programs and try again.`);
    }
    this.#events = events;
    this.#fd = forked.fd;
    this.pid = forked.pid;
    try {
      this.#slave = openSync(forked.pty, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    } catch (error) {
      this.#closed = true;
      closeSync(forked.fd);
      this.#slave = -1;
      this.kill('SIGKILL');
      throw new PtyError(`The terminal ${forked.pty} cannot be opened (${kindOf(error)}).`);
    }
    this.#input = new InputQueue(this.#fd, () => this.#events.drained?.());
    this.#reader = open(this.#fd, { data: (bytes) => this.#events.data(bytes), ended: () => this.#finished() });
  }

  get queuedBytes(): number {
    return this.#input.queuedBytes;
  }

  write(bytes: Uint8Array): boolean {
    return this.#input.write(bytes);
  }

  discardInput(): number {
    return this.#input.discard();
  }

  resize(cols: number, rows: number): void {
    if (this.#closed || this.#ended) return;
    addon().native.resize(this.#fd, cols, rows);
  }

  pause(): void {
    if (!this.#exit && !this.#closed) this.#reader.pause();
  }

  resume(): void {
    if (!this.#exit && !this.#closed) this.#reader.resume();
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#exit) return;
    try {
      process.kill(-this.pid, signal);
    } catch {
      try {
        // Between fork and setsid the child does not lead a process group yet.
        process.kill(this.pid, signal);
      } catch {
        // It is gone already, which is what was asked for.
      }
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#release();
    if (this.#exit) this.#report();
  }

  /** The program has ended; what it wrote is still in the kernel. */
  #exited(code: number, signal: number): void {
    this.#exit = { code, signal };
    this.#input.close();
    if (this.#closed) {
      this.#report();
      return;
    }
    closeSync(this.#slave);
    this.#slave = -1;
    this.#reader.finish();
  }

  #finished(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#release();
    this.#report();
  }

  /** Closes both sides of the pty: the kernel hangs up whatever still uses it. */
  #release(): void {
    this.#input.close();
    this.#reader.close();
    if (this.#slave >= 0) closeSync(this.#slave);
    this.#slave = -1;
  }

  #report(): void {
    if (this.#ended || !this.#exit) return;
    this.#ended = true;
    this.#events.exit(this.#exit);
  }
}
