import { mkdtempSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openHome } from './home.ts';
import { keyringState } from './keyring.ts';
import { chooseSecretStore, SecretServiceStore } from './secret-store.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A bus that answers as it is told to. */
async function bus(answer: (socket: Socket, bytes: Buffer) => void): Promise<Record<string, string>> {
  const path = join(mkdtempSync(join(tmpdir(), 'wardmux-bus-')), 'bus');
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => answer(socket, bytes));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` };
}

test('a bus that says nothing is given up after the limit, and files are chosen', async () => {
  const env = await bus(() => undefined);
  const started = performance.now();
  expect(await keyringState(env, 100)).toBe('silent');
  const { store, reason } = await chooseSecretStore(openHome(mkdtempSync(join(tmpdir(), 'wardmux-bus-'))), 'w-000000000000', env);
  expect(store.name).toBe('file');
  expect(reason).toContain('did not answer within a second');
  expect(performance.now() - started).toBeLessThan(3000);
  await expect(new SecretServiceStore('w-000000000000', env).get('signing-key')).rejects.toMatchObject({ code: 'secret-store' });
});

test('a bus that refuses, hangs up, or talks nonsense is no bus', async () => {
  expect(await keyringState(await bus((socket) => socket.write('REJECTED EXTERNAL\r\n')), 500)).toBe('no-bus');
  expect(await keyringState(await bus((socket) => socket.destroy()), 500)).toBe('no-bus');
  expect(await keyringState(await bus((socket) => socket.write(`OK 00\r\n${'x'.repeat(64)}`)), 500)).toBe('no-bus');
  expect(await keyringState({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' }, 500)).toBe('no-bus');
});
