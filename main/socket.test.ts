import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listen, type SocketCommand } from './socket.ts';

let folder: string;
let path: string;
let handled: SocketCommand[];
let refused: number;
let server: { close(): Promise<void> };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wardmux-socket-'));
  path = join(folder, 'run', 'wardmux.sock');
  handled = [];
  refused = 0;
  server = await listen({
    path,
    handle: async (command) => {
      handled.push(command);
      return { state: 'locked' };
    },
    refused: () => refused++,
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
  expect(refused).toBe(0);
});

test.each(['{}\n', 'lock\n', '{"command":"send-keys"}\n', '{"command":"lock","x":1}\n', '[]\n'])('%s is refused and reaches nobody', async (line) => {
  expect(JSON.parse(await ask(line)).ok).toBe(false);
  expect(handled).toEqual([]);
  expect(refused).toBe(1);
});

test('a line without end is cut off', async () => {
  expect(await ask('x'.repeat(5000))).toBe('');
  expect(refused).toBe(1);
});
