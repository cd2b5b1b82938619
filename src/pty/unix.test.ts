import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Pty, PtyExit, PtySpawner } from './pty.ts';
import { spawnThreadedPty, spawnUnixPty } from './unix.ts';

const env = { PATH: process.env['PATH'] ?? '', TERM: 'xterm' };
const open: Pty[] = [];
afterEach(() => {
  for (const pty of open.splice(0)) pty.kill('SIGKILL');
});

let spawn: PtySpawner = spawnUnixPty;

function run(command: readonly string[], extra: Record<string, string> = {}): { pty: Pty; chunks: number[]; done: Promise<PtyExit & { output: Buffer }> } {
  const parts: Buffer[] = [];
  const chunks: number[] = [];
  let resolve: (value: PtyExit & { output: Buffer }) => void;
  const done = new Promise<PtyExit & { output: Buffer }>((settle) => {
    resolve = settle;
  });
  const pty = spawn(
    { command, cwd: '/', env: { ...env, ...extra }, cols: 80, rows: 24 },
    {
      data(bytes) {
        parts.push(Buffer.from(bytes));
        chunks.push(bytes.length);
      },
      exit: (exit) => resolve({ ...exit, output: Buffer.concat(parts) }),
    },
  );
  open.push(pty);
  return { pty, chunks, done };
}

describe.each([
  ['the event loop', spawnUnixPty],
  ['a thread', spawnThreadedPty],
] as const)('read by %s', (_, spawner) => {
  const read: typeof run = (...args) => {
    spawn = spawner;
    return run(...args);
  };

  test('100 programs that print 1 MB and exit at once lose nothing', async () => {
    for (let turn = 0; turn < 100; turn++) {
      const { output } = await read(['/usr/bin/head', '-c', '1000000', '/dev/zero']).done;
      expect(output.length).toBe(1_000_000);
    }
  });

  test('bytes stay bytes', async () => {
    const { output } = await read(['/bin/bash', '-c', String.raw`stty -opost; printf '\x00\xff\xfe\x80caf\xc3\xa9\r\n'`]).done;
    expect(output.toString('hex')).toBe('00fffe80636166c3a90d0a');
  });

  test('a background program that keeps the terminal does not hold up the exit, and nothing is lost', async () => {
    const { output, code } = await read(['/bin/bash', '-c', 'trap "" HUP; (sleep 30) & head -c 300000 /dev/zero; exit 3']).done;
    expect(code).toBe(3);
    expect(output.length).toBe(300_000);
  });

  test('what a background program prints after the exit is whole, as far as it comes', async () => {
    // The shell goes in the middle of it, whatever else this machine does meanwhile.
    const job = '(for i in {1..400}; do echo line $i; [ $i = 20 ] && : > "$0"; sleep 0.002; done) & until [ -e "$0" ]; do sleep 0.01; done; exit';
    const folder = mkdtempSync(join(tmpdir(), 'wardmux-unix-'));
    const { output } = await read(['/bin/bash', '-ic', job, join(folder, 'middle')]).done;
    rmSync(folder, { recursive: true });
    const numbers = [...output.toString('latin1').matchAll(/line (\d+)\r\n/g)].map(([, number]) => Number(number));
    expect(output.includes(0)).toBe(false);
    expect(numbers.length).toBeGreaterThan(10);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i + 1));
  });

  test('saturated output comes in large batches, a quiet first chunk at once', async () => {
    const { chunks, done } = read(['/usr/bin/head', '-c', '20000000', '/dev/zero']);
    await done;
    const average = chunks.reduce((sum, size) => sum + size, 0) / chunks.length;
    expect(Math.max(...chunks)).toBeLessThanOrEqual(64 * 1024);
    // One read gives 4095 bytes at most; without batching the average is below that.
    expect(average).toBeGreaterThan(8192);
  });

  test('no zombie is left', async () => {
    const { pty, done } = read(['/bin/true']);
    await done;
    expect(() => execFileSync('ps', ['-p', String(pty.pid)])).toThrow();
  });
});

describe('what a program gets', () => {
  beforeEach(() => {
    spawn = spawnUnixPty;
  });

  test('a program gets no descriptor but the standard three', async () => {
    // Without close-on-exec it would have the masters of these panes, and could read and type in them.
    const others = [run(['/bin/sleep', '100']), run(['/bin/sleep', '100'])];
    const { pty } = run(['/bin/sleep', '100']);
    await expect.poll(() => readlinkSync(`/proc/${pty.pid}/exe`)).toMatch(/sleep|coreutils|busybox/);
    // The loader has the program's libraries open for a moment; what we had handed on would stay.
    await expect.poll(() => readdirSync(`/proc/${pty.pid}/fd`).map(Number)).toEqual([0, 1, 2]);
    for (const other of others) other.pty.kill('SIGKILL');
  });

  test('environment and arguments as they are, and nothing in them is run', async () => {
    const { output } = await run(['/usr/bin/env', 'A=1', '/usr/bin/printf', '%s|', '$(id)', 'a b', "'", '', '-x'], { BASH_ENV: '/dev/stdin' }).done;
    expect(output.toString()).toBe("$(id)|a b|'||-x|");
    const environment = (await run(['/usr/bin/env'], { BASH_ENV: '/x', 'BASH_FUNC_f%%': '() { :; }' }).done).output.toString();
    expect(environment).toContain('BASH_ENV=/x');
    expect(environment).toContain('BASH_FUNC_f%%=');
  });

  test('a program that cannot be executed after all says so in the pane', async () => {
    const { code, output } = await run(['/etc/passwd']).done;
    expect(code).toBe(1);
    expect(output.toString()).toContain('Permission denied');
  });
});
