import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { OutputSink } from './output-sink.ts';
import { spawnUnixPty } from './unix.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const fails = { free: () => {}, gone: (error: Error) => expect.fail(error.message) };

function fifo(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-sink-'));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  return join(folder, 'pipe');
}

async function pipe(): Promise<{ path: string; reader: number; writer: number }> {
  const path = fifo();
  await new Promise((resolve) => spawn('mkfifo', [path]).on('exit', resolve));
  const reader = openSync(path, 'r+');
  const writer = openSync(path, 'w');
  cleanups.push(() => closeSync(writer));
  return { path, reader, writer };
}

test('a pipe that nobody reads blocks nothing: it is congested, and goes on in order', async () => {
  const { reader, writer } = await pipe();
  let freed = 0;
  const sink = new OutputSink(writer, { ...fails, free: () => freed++ });
  const batch = Buffer.alloc(64 * 1024);
  for (let turn = 0; turn < 4; turn++) sink.write(batch.fill(97 + turn));
  expect(sink.congested).toBe(true);
  expect(freed).toBe(0);
  const got: Buffer[] = [];
  let length = 0;
  while (length < 4 * batch.length) {
    const part = Buffer.alloc(16 * 1024);
    const count = readSync(reader, part, 0, part.length, null);
    got.push(part.subarray(0, count));
    length += count;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await sink.flush();
  expect(sink.congested).toBe(false);
  expect(freed).toBe(1);
  expect(Buffer.concat(got).toString()).toBe(['a', 'b', 'c', 'd'].map((letter) => letter.repeat(batch.length)).join(''));
  sink.close();
  closeSync(reader);
});

test('a pipe without a reader is told once, and what comes later is dropped', async () => {
  const { reader, writer } = await pipe();
  const errors: string[] = [];
  const sink = new OutputSink(writer, { free: () => {}, gone: (error) => errors.push(error.code ?? '') });
  closeSync(reader);
  sink.write(Buffer.from('a'));
  sink.write(Buffer.from('b'));
  await sink.flush();
  sink.write(Buffer.from('c'));
  expect(errors).toEqual(['EPIPE']);
  sink.close();
});

test('a file gets everything in order', async () => {
  const path = fifo();
  const fd = openSync(path, 'w');
  const sink = new OutputSink(fd, fails);
  for (let turn = 0; turn < 100; turn++) sink.write(Buffer.from(`${turn}\n`));
  await sink.flush();
  expect(readFileSync(path, 'utf8')).toBe(Array.from({ length: 100 }, (_, turn) => `${turn}\n`).join(''));
  closeSync(fd);
});

test('a terminal that nobody reads for a while gets everything in order', async () => {
  // The sink runs as a program in a pty whose master we do not read until it says on its third descriptor that it is congested.
  const program = `
    const { OutputSink } = await import(${JSON.stringify(join(import.meta.dirname, 'output-sink.ts'))});
    const sink = new OutputSink(1, { free() {}, gone(error) { throw error; } });
    for (let turn = 0; turn < 500; turn++) sink.write(Buffer.from(String(turn % 10).repeat(1000)));
    await sink.flush();`;
  const chunks: Buffer[] = [];
  const exit = await new Promise((resolve) => {
    const pty = spawnUnixPty(
      { command: [process.execPath, '--input-type=module', '-e', program], cwd: '/', env: { PATH: process.env['PATH'] ?? '' }, cols: 80, rows: 24 },
      {
        data(bytes) {
          chunks.push(Buffer.from(bytes));
          // Slower than slowMs for the first batches, so that both ways of writing are taken.
          if (chunks.length < 4) {
            pty.pause();
            setTimeout(() => pty.resume(), 80);
          }
        },
        exit: resolve,
      },
    );
  });
  expect(exit).toEqual({ code: 0, signal: 0 });
  expect(Buffer.concat(chunks).toString()).toBe(Array.from({ length: 500 }, (_, turn) => String(turn % 10).repeat(1000)).join(''));
});
