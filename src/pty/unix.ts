/**
 * Ptys on Unix: node-pty's native fork with our own reading. node-pty's JavaScript side loses the end of the output when
 * the pty is paused while the program exits (it destroys the socket after 200 ms), and on older Node always. Here the
 * parent holds the slave side open, so that the master never reports a hang-up, and after the program's exit closes it and
 * reads the master until EIO: the kernel hands out everything that was written before that.
 */
import { closeSync, constants, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ReadStream } from 'node:tty';
import { InputQueue } from './input-queue.ts';
import { PtyError, type Pty, type PtyEvents, type PtyOptions } from './pty.ts';

/** Largest batch of output. One record holds it, and one frame to the page. */
const batchBytes = 64 * 1024;
/** A read never gives more: the line discipline's buffer holds 4095 bytes (N_TTY_BUF_SIZE - 1). */
const fullRead = 4095;
/** Output is held back for a fuller batch no longer than this: well under what a person feels. */
const batchMs = 4;
/** After the program's exit the kernel holds at most its pty buffer (640 KiB on Linux 6); more comes from others. */
const tailBytes = 1024 * 1024;
/** A background program can hold the slave open, so that EIO never comes: the tail ends after this long without a byte. */
const quietMs = 250;

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
  loaded = { native: require(join(folder, 'pty.node')) as NativePty, helper: join(folder, 'spawn-helper') };
  return loaded;
}

/**
 * forkpty(3) leaves every other pane's master open in the new program: it could read and type in them. bash closes
 * everything above the standard three and becomes the program. It also gives the program the core dump filter that we
 * have taken from ourselves. `-p` keeps BASH_ENV from being run here; the program still gets it.
 */
function closing(filter: string): string {
  const restore = /^[0-9a-f]{1,16}$/.test(filter) ? `echo 0x${filter} 2>/dev/null >/proc/self/coredump_filter;` : '';
  return `${restore}for fd in /proc/self/fd/*; do fd=\${fd##*/}; ((fd > 2)) && eval "exec $fd>&-"; done; unset fd; exec -- "$@"`;
}

/** The core dump filter that programs in our ptys shall have: ours as it was when this file was loaded. */
const ownFilter = (() => {
  try {
    return readFileSync('/proc/self/coredump_filter', 'latin1').trim();
  } catch {
    return '';
  }
})();

const bashPaths = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash'];

/** Program and arguments as they are given to fork. @throws PtyError */
function launcher(command: readonly string[]): readonly string[] {
  if (process.platform !== 'linux') return command;
  const bash = bashPaths.find((path) => existsSync(path));
  if (!bash)
    throw new PtyError(
      `No terminal can be started: bash is missing (looked for ${bashPaths.join(', ')}). It keeps the panes apart from each other; install it.`,
    );
  return [bash, '--norc', '--noprofile', '-p', '-c', closing(ownFilter), 'wardmux', ...command];
}

/** Starts `options.command`. @throws PtyError */
export function spawnUnixPty(options: PtyOptions, events: PtyEvents): Pty {
  return new UnixPty(options, events);
}

class UnixPty implements Pty {
  readonly pid: number;
  readonly #fd: number;
  readonly #events: PtyEvents;
  readonly #stream: ReadStream;
  readonly #input: InputQueue;
  readonly #buffer = Buffer.allocUnsafeSlow(batchBytes).fill(0);
  /** The batch is buffer[#start, #end); the next read of the event loop goes to #at. */
  #start = 0;
  #end = 0;
  #at = 0;
  #batchSince = 0;
  #lastFlush = 0;
  #lastFlushBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #slave: number;
  #paused = false;
  #closed = false;
  #ended = false;
  #exit: { readonly code: number; readonly signal: number } | undefined;

  constructor(options: PtyOptions, events: PtyEvents) {
    const { native, helper } = addon();
    const [file = '', ...args] = launcher(options.command);
    const env = Object.entries(options.env).map(([name, value]) => `${name}=${value}`);
    let forked: ReturnType<NativePty['fork']>;
    try {
      forked = native.fork(file, args, env, options.cwd, options.cols, options.rows, -1, -1, true, helper, (code, signal) => this.#exited(code, signal));
    } catch (error) {
      throw new PtyError(`The system gives no terminal: ${(error as Error).message} Close some panes or programs and try again.`);
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
      throw new PtyError(`The terminal ${forked.pty} cannot be opened: ${(error as Error).message}`);
    }
    this.#input = new InputQueue(this.#fd, () => this.#events.drained?.());
    const callback = (count: number): boolean => {
      this.#readable(count);
      return true;
    };
    this.#stream = new ReadStream(this.#fd, { onread: { buffer: () => this.#nextView(), callback } } as never);
    // An error means that the tty was hung up from outside: what is left ends with the program's exit.
    this.#stream.on('error', () => this.#flush());
    this.#stream.resume();
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
    if (this.#paused || this.#exit || this.#closed) return;
    this.#paused = true;
    this.#stream.pause();
  }

  resume(): void {
    if (!this.#paused || this.#exit || this.#closed) return;
    this.#paused = false;
    this.#stream.resume();
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
    this.#wipe();
    this.#release();
    if (this.#exit) this.#report();
  }

  /** Where the event loop reads to next: behind the batch, or at the front when there is none. */
  #nextView(): Uint8Array {
    this.#at = this.#end;
    return this.#buffer.subarray(this.#at);
  }

  /** The event loop has read `count` bytes to #at. */
  #readable(count: number): void {
    if (this.#closed) {
      this.#buffer.fill(0);
      return;
    }
    if (this.#start === this.#end) {
      this.#start = this.#at;
      this.#batchSince = performance.now();
    }
    this.#end = this.#at + count;
    // A full read says that there is probably more; a short one that the kernel has nothing left for the moment.
    while (count >= fullRead && this.#end + fullRead < batchBytes && !this.#paused) {
      count = this.#read();
      if (count > 0) this.#end += count;
    }
    const now = performance.now();
    const full = this.#end + fullRead >= batchBytes;
    const saturated = now - this.#lastFlush < batchMs && this.#lastFlushBytes >= fullRead / 2;
    if (full || !saturated || now - this.#batchSince >= batchMs || this.#paused) this.#flush();
    else this.#timer ??= setTimeout(() => this.#late(), batchMs);
  }

  #late(): void {
    this.#timer = undefined;
    this.#flush();
    // The event loop's next read still goes to #at: an empty batch begins there.
  }

  /** Reads to the end of the batch. 0: nothing there now; -1: nothing will ever come. */
  #read(): number {
    try {
      return readSync(this.#fd, this.#buffer, this.#end, batchBytes - this.#end, null) || -1;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 0 : -1;
    }
  }

  #flush(): void {
    const start = this.#start;
    const end = this.#end;
    if (start === end) return;
    this.#lastFlushBytes = end - start;
    try {
      this.#events.data(this.#buffer.subarray(start, end));
    } finally {
      this.#buffer.fill(0, start, end);
      this.#start = this.#end = 0;
      this.#lastFlush = performance.now();
    }
  }

  /** The program has ended; what it wrote is still in the kernel. */
  #exited(code: number, signal: number): void {
    this.#exit = { code, signal };
    this.#input.close();
    if (this.#closed) {
      this.#report();
      return;
    }
    this.#stream.pause();
    this.#flush();
    closeSync(this.#slave);
    this.#slave = -1;
    this.#tail(tailBytes, performance.now());
  }

  #tail(left: number, quietSince: number): void {
    this.#timer = undefined;
    for (;;) {
      if (this.#closed) return;
      const count = this.#read();
      if (count > 0) {
        this.#end += count;
        left -= count;
        quietSince = performance.now();
        if (this.#end + fullRead >= batchBytes) this.#flush();
        if (left > 0) continue;
      } else if (count === 0 && performance.now() - quietSince < quietMs) {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#tail(left, quietSince), 1);
        return;
      }
      this.#flush();
      if (this.#closed) return;
      this.#closed = true;
      this.#wipe();
      this.#release();
      this.#report();
      return;
    }
  }

  #wipe(): void {
    this.#buffer.fill(0);
    this.#start = this.#end = 0;
  }

  /** Closes both sides of the pty: the kernel hangs up whatever still uses it. */
  #release(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#input.close();
    this.#stream.destroy();
    if (this.#slave >= 0) closeSync(this.#slave);
    this.#slave = -1;
  }

  #report(): void {
    if (this.#ended || !this.#exit) return;
    this.#ended = true;
    this.#events.exit(this.#exit);
  }
}
