/** The addon against the real system, in processes of its own where it changes what a process is. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createSocket, type Socket as DgramSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { readFile as readFileLater } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { closeOnExec, coreLimit, foregroundGroup, isDumpable, lock, NativeError, peerOf, setCoreLimit, startReading, tryLock, unlock } from './addon.ts';

const linux = process.platform === 'linux';
const module = join(import.meta.dirname, 'addon.ts');
/** Runs a program of a few lines under the same Node, with the addon's functions at hand, and `fds` from its descriptor 3 on. */
const nodeWith = (fds: readonly number[], code: string, ...args: string[]) =>
  spawnSync(process.execPath, ['--input-type=module-typescript', '-e', `import * as n from ${JSON.stringify(module)};${code}`, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe', ...fds],
  });
const node = (code: string, ...args: string[]) => nodeWith([], code, ...args);

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'wardmux-native-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('on Linux', () => {
  beforeEach(({ skip }) => skip(!linux, 'the addon is for Linux'));

  test('not dumpable is so when it returns, and a program that is started is dumpable again', () => {
    const { stdout, stderr } = node(`
      import { execFileSync } from 'node:child_process';
      const before = n.isDumpable();
      n.setNotDumpable();
      const child = execFileSync(process.execPath, ['--input-type=module-typescript', '-e', 'import * as n from ${JSON.stringify(module)}; console.log(n.isDumpable())'], { encoding: 'utf8' });
      console.log(JSON.stringify([before, n.isDumpable(), child.trim()]));`);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual([true, false, 'true']);
    expect(isDumpable()).toBe(true);
  });

  test('the core limit of this process and of another one; the hard limit stays', () => {
    const { stdout, stderr } = spawnSync(
      'bash',
      [
        '-c',
        'ulimit -S -c 2048; exec "$@"',
        'bash',
        process.execPath,
        '--input-type=module-typescript',
        '-e',
        `import * as n from ${JSON.stringify(module)};
        import { execFileSync, spawn } from 'node:child_process';
        const soft = n.coreLimit(0);
        n.setCoreLimit(0, 1);
        const inherited = execFileSync('bash', ['-c', 'ulimit -S -c; ulimit -H -c'], { encoding: 'utf8' }).split('\\n');
        const other = spawn('sleep', ['100']);
        n.setCoreLimit(other.pid, Infinity);
        console.log(JSON.stringify([soft, n.coreLimit(0), inherited[0], String(n.coreLimit(other.pid))]));
        other.kill();`,
      ],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    const hard = execFileSync('bash', ['-c', 'ulimit -H -c'], { encoding: 'utf8' }).trim();
    expect(JSON.parse(stdout)).toEqual([2048 * 1024, 1, '0', hard === 'unlimited' ? 'Infinity' : String(Number(hard) * 1024)]);
    expect(() => coreLimit(2 ** 30)).toThrow(expect.objectContaining({ code: 'ESRCH' }));
    expect(() => setCoreLimit(0, -1)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  test('the peer of a Unix socket is the process that connected', async () => {
    const path = join(folder, 'socket');
    const accepted = new Promise<Socket>((resolve) => createServer(resolve).listen(path));
    const client = spawn(process.execPath, ['-e', `require('net').connect(process.argv[1]).on('error', () => {})`, path]);
    try {
      const socket = await accepted;
      const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
      expect(peerOf(fd)).toEqual({ pid: client.pid, uid: process.getuid!(), gid: process.getgid!() });
    } finally {
      client.kill();
    }
  });

  test('what is no Unix socket has no peer', async () => {
    const file = openSync(join(folder, 'file'), 'w');
    expect(() => peerOf(file)).toThrow(expect.objectContaining({ code: 'ENOTSOCK' }));
    closeSync(file);
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const socket = createConnection(server.address() as { port: number });
    await new Promise((resolve) => socket.once('connect', resolve));
    expect(() => peerOf((socket as unknown as { _handle: { fd: number } })._handle.fd)).toThrow(expect.objectContaining({ code: 'ENOTSUP' }));
    socket.destroy();
    server.close();
  });

  test.each(['closeOnExec', 'closeOnExecEach'])('%s: a started program gets no descriptor from the first one on', (call) => {
    // As pty.node opens masters: without close-on-exec. bash opens them here, because Node sets the flag on what it opens and on the first few that it finds.
    const code = `import { createRequire } from 'node:module';
      import { execFileSync } from 'node:child_process';
      const addon = createRequire(import.meta.url)(${JSON.stringify(join(import.meta.dirname, '../../native/build/wardmux.node'))});
      const list = () => execFileSync('bash', ['-c', 'ls /proc/$$/fd'], { encoding: 'utf8' }).trim().split('\\n');
      const before = list();
      const result = addon[process.argv[1]](70);
      console.log(JSON.stringify([before, result, list()]));`;
    const { stdout } = spawnSync(
      'bash',
      ['-c', 'exec 55</dev/null 70</dev/null 77</dev/null; exec "$@"', 'bash', process.execPath, '--input-type=module', '-e', code, call],
      { encoding: 'utf8' },
    );
    const [before, result, after] = JSON.parse(stdout) as [string[], number, string[]];
    expect(result).toBe(0);
    expect(before).toEqual(expect.arrayContaining(['55', '70', '77']));
    expect(after).toContain('55');
    expect(after).not.toContain('70');
    expect(after).not.toContain('77');
  });

  test('descriptors stay open for this process itself', () => {
    const fd = openSync(module, 'r');
    closeOnExec(3);
    expect(readFileSync(fd, 'utf8')).toContain('closeOnExec');
    closeSync(fd);
  });

  test('a descriptor that is no terminal has no foreground', () => {
    const fd = openSync(module, 'r');
    expect(() => foregroundGroup(fd)).toThrow(expect.objectContaining({ code: 'ENOTTY' }));
    closeSync(fd);
    expect(() => foregroundGroup(fd)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });
});

describe('flock', () => {
  beforeEach(({ skip }) => skip(!linux, 'the addon is for Linux'));
  const open = (): number => openSync(join(folder, 'lock'), 'a');

  test('one opening has it, another one not, until it is let go of or closed', () => {
    const [first, second] = [open(), open()];
    expect(tryLock(first)).toBe(true);
    expect(tryLock(first)).toBe(true);
    expect(tryLock(second)).toBe(false);
    unlock(first);
    expect(tryLock(second)).toBe(true);
    closeSync(second);
    expect(tryLock(first)).toBe(true);
    closeSync(first);
  });

  test('who waits has it as soon as the other lets go; the event loop runs meanwhile, however many wait', async () => {
    const holder = open();
    expect(tryLock(holder)).toBe(true);
    const waiters = Array.from({ length: 12 }, open);
    const taken: number[] = [];
    const done = waiters.map(async (fd) => {
      expect(await lock(fd, 60_000)).toBe(true);
      taken.push(fd);
      closeSync(fd);
    });
    // Files go through libuv's four threads, which waiting must not use up.
    expect(await readFileLater(module, 'utf8')).toContain('flock');
    expect(taken).toEqual([]);
    closeSync(holder);
    await Promise.all(done);
    expect(taken.toSorted()).toEqual(waiters.toSorted());
  });

  test('who has waited too long does not have it, and does not get it later once the file is closed', async () => {
    const [holder, late, next] = [open(), open(), open()];
    tryLock(holder);
    expect(await lock(late, 10)).toBe(false);
    closeSync(late);
    closeSync(holder);
    // The late one's thread may hold it for a moment; then it is free for good.
    expect(await lock(next, 60_000)).toBe(true);
    closeSync(next);
  });

  test('a holder that is killed holds nothing', async () => {
    const child = spawn(process.execPath, [
      '--input-type=module-typescript',
      '-e',
      `import { openSync } from 'node:fs'; import * as n from ${JSON.stringify(module)};
      n.tryLock(openSync(process.argv[1], 'a')); console.log('held'); setInterval(() => {}, 1000);`,
      join(folder, 'lock'),
    ]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const fd = open();
    expect(tryLock(fd)).toBe(false);
    const taken = lock(fd, 60_000);
    child.kill('SIGKILL');
    expect(await taken).toBe(true);
    closeSync(fd);
  });

  test('a wait that has no end does not keep a process from ending', () => {
    const fd = open();
    tryLock(fd);
    const { status, stdout } = node(
      `import { openSync } from 'node:fs'; void n.lock(openSync(process.argv[1], 'a'), 50).then((had) => console.log(had));`,
      join(folder, 'lock'),
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'false\n' });
    closeSync(fd);
  });

  test('what is no descriptor is refused', async () => {
    expect(() => tryLock(1.5)).toThrow(NativeError);
    await expect(lock(-1, 10)).rejects.toMatchObject({ code: 'EINVAL' });
    expect(() => tryLock(9999)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });
});

describe('the reading thread', () => {
  beforeEach(({ skip }) => skip(!linux, 'the addon is for Linux'));

  /** Stands in for a pty's master: a FIFO that does not block, whose writer is `input`. */
  function fifo(): { readonly master: number; readonly input: number } {
    const path = join(folder, 'fifo');
    execFileSync('mkfifo', [path]);
    const master = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return { master, input: openSync(path, 'w') };
  }

  test('tells when there is something, goes round the ring, and knows the end', async () => {
    const { master, input } = fifo();
    const ring = Buffer.from(new ArrayBuffer(8192));
    let woken = (): void => undefined;
    const wakes: boolean[] = [];
    const reader = startReading(master, ring, 4096, (looked) => {
      wakes.push(looked);
      woken();
    });
    let taken = 0;
    let at = 0;
    let text = '';
    // Not a part of the ring: it is gone round three times.
    const sent = Array.from({ length: 6000 }, (_, i) => String(i % 10_000).padStart(4, '0')).join('');
    for (let from = 0; ;) {
      const wake = new Promise<void>((resolve) => (woken = resolve));
      const { held, over } = reader.take(taken, 1);
      expect(held).toBeLessThanOrEqual(ring.length);
      const end = Math.min(at + held, ring.length);
      text += ring.toString('latin1', at, end);
      taken = end - at;
      at = end % ring.length;
      if (over && held === 0) break;
      if (held > 0) continue;
      if (from < sent.length) writeSync(input, sent.slice(from, (from += 3000)));
      else closeSync(input);
      await wake;
    }
    expect(text).toBe(sent);
    expect(wakes).not.toContain(true);
    reader.close();
  });

  test('looks when it is asked to, and wipes the ring at its end', async () => {
    const { master, input } = fifo();
    const ring = Buffer.from(new ArrayBuffer(8192));
    let woken = (_: boolean): void => undefined;
    const reader = startReading(master, ring, 4096, (looked) => woken(looked));
    writeSync(input, 'no one waits for it');
    const looked = await new Promise<boolean>((resolve) => {
      woken = resolve;
      reader.look();
    });
    expect(looked).toBe(true);
    expect(reader.take(0, 0)).toEqual({ held: 19, over: false });
    expect(ring.toString('latin1', 0, 19)).toBe('no one waits for it');
    reader.close();
    await expect.poll(() => ring.every((byte) => byte === 0)).toBe(true);
    // The other end of the FIFO has nobody who reads any more.
    const write = (): string | undefined => {
      try {
        writeSync(input, 'x');
        return undefined;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code;
      }
    };
    await expect.poll(write).toBe('EPIPE');
    closeSync(input);
  });

  /** The descriptor of a UDP socket that Node has opened, and does not read. */
  function unread(socket: DgramSocket): number {
    const state = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'state symbol')!;
    const { handle } = (socket as unknown as Record<symbol, { handle: { fd: number; recvStop(): number } }>)[state]!;
    handle.recvStop();
    return handle.fd;
  }

  test('what came while the end was looked for is given: an end counts where the next read finds it too', async () => {
    // A UDP socket stands in for the master: it says once that nobody is there, and then gives what somebody has sent since.
    const [master, nobody, writer] = [createSocket('udp4'), createSocket('udp4'), createSocket('udp4')];
    try {
      nobody.bind(0, '127.0.0.1');
      await once(nobody, 'listening');
      const { port } = nobody.address();
      nobody.close();
      await once(nobody, 'close');
      master.connect(port, '127.0.0.1');
      await once(master, 'connect');
      const fd = unread(master);
      await new Promise((resolve) => master.send('is anybody there', resolve));
      writer.bind(port, '127.0.0.1');
      await once(writer, 'listening');
      await new Promise((resolve) => writer.send('the last words', master.address().port, '127.0.0.1', resolve));
      const { stdout, stderr } = nodeWith(
        [fd],
        `
        const ring = Buffer.alloc(8192);
        const reader = n.startReading(3, ring, 4096, () => tell());
        const tell = () => {
          const { held, over } = reader.take(0, 1);
          if (held === 0 && !over) return;
          console.log(JSON.stringify([ring.toString('latin1', 0, held), over]));
          reader.close();
        };
        tell();`,
      );
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual(['the last words', false]);
    } finally {
      master.close();
      writer.close();
    }
  });

  test('takes no descriptor that blocks, and no ring that is too small for a batch', () => {
    const blocks = openSync('/dev/zero', 'r');
    expect(() => startReading(blocks, Buffer.alloc(8192), 4096, () => undefined)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    closeSync(blocks);
    const { master, input } = fifo();
    expect(() => startReading(master, Buffer.alloc(8192), 8192, () => undefined)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(() => startReading(-1, Buffer.alloc(8192), 4096, () => undefined)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    closeSync(master);
    closeSync(input);
  });
});

test('where the addon is not for, each call says so by a code', ({ skip }) => {
  skip(linux, 'this is Linux');
  expect(() => isDumpable()).toThrow(expect.objectContaining({ code: 'ENOTSUP' }));
});

test('the addon is one C file of 500 lines at most', () => {
  const sources = readdirSync(join(import.meta.dirname, '../../native')).filter((name) => name !== 'build');
  expect(sources).toEqual(['wardmux.c']);
  expect(readFileSync(join(import.meta.dirname, '../../native/wardmux.c'), 'utf8').split('\n').length).toBeLessThanOrEqual(500);
});
