import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listen, type SocketCommand, type SocketRefusal } from './socket.ts';

let folder: string;
let path: string;
let handled: SocketCommand[];
let refused: SocketRefusal[];
let server: { close(): Promise<void> };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wardmux-socket-'));
  path = join(folder, 'run', 'wardmux.sock');
  handled = [];
  refused = [];
  server = await listen({
    path,
    handle: async (command) => {
      handled.push(command);
      return { state: 'locked' };
    },
    refused: (code) => refused.push(code),
  });
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

function ask(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path, () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

test('nobody but this account can reach it', () => {
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
});

test('lock, status and show are answered with one line', async () => {
  for (const command of ['lock', 'status', 'show'] as const)
    expect(JSON.parse(await ask(`${JSON.stringify({ command })}\n`))).toEqual({ ok: true, state: 'locked' });
  expect(handled).toEqual(['lock', 'status', 'show']);
  expect(refused).toEqual([]);
});

test.each(['{}\n', 'lock\n', '{"command":"send-keys"}\n', '{"command":"lock","x":1}\n', '[]\n'])('%s is refused and reaches nobody', async (line) => {
  expect(JSON.parse(await ask(line)).ok).toBe(false);
  expect(handled).toEqual([]);
  expect(refused).toEqual(['bad-message']);
});

test('a line without end is cut off', async () => {
  expect(await ask('x'.repeat(5000))).toBe('');
  expect(refused).toEqual(['bad-message']);
});

test('another account gets no answer, even where the modes let it in', async ({ skip }) => {
  skip(process.platform !== 'linux', 'only on Linux the kernel says who connected');
  await server.close();
  server = await listen({
    path,
    // The account that may come in is another one, so that we are the stranger. A real one comes in test/e2e/processes.test.ts.
    uid: process.getuid!() + 1,
    handle: async (command) => {
      handled.push(command);
      return {};
    },
    refused: (code) => refused.push(code),
  });
  // The line may find the connection closed already.
  expect(await ask('{"command":"status"}\n').catch(() => '')).toBe('');
  expect(handled).toEqual([]);
  expect(refused).toEqual(['wrong-peer']);
});
