import { mkdtempSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { openHome } from './home.ts';
import { pinnedBefore } from './identity-pin.ts';
import { keyringState } from './keyring.ts';
import { chooseSecretStore, SecretServiceStore } from './secret-store.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  vi.unstubAllEnvs();
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

test('a bus that says nothing is given up after the limit, and nothing is chosen for good', async () => {
  const env = await bus(() => undefined);
  // The bus's own patience, 25 s, is longer than a test may take.
  expect(await keyringState(env, 100)).toBe('silent');
  const home = openHome(mkdtempSync(join(tmpdir(), 'wardmux-bus-')));
  await expect(chooseSecretStore(home, 'w-000000000000', env)).rejects.toThrow(/did not answer within a second\. So nothing was made.*--secret-store file/);
  expect((await chooseSecretStore(home, 'w-000000000000', env, 'file')).store.name).toBe('file');
  await expect(new SecretServiceStore('w-000000000000', env).get('signing-key')).rejects.toMatchObject({ code: 'secret-store' });
});

test('what the account knows of a folder is not known where the bus says nothing, and nothing is where there is no bus', async () => {
  const home = openHome(mkdtempSync(join(tmpdir(), 'wardmux-bus-')));
  vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', (await bus(() => undefined))['DBUS_SESSION_BUS_ADDRESS']);
  expect(await pinnedBefore(home)).toMatchObject({ state: 'unasked', reason: expect.stringContaining('did not answer') });
  vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', 'unix:path=/nonexistent/bus');
  expect(await pinnedBefore(home)).toEqual({ state: 'absent' });
});

test('a bus that refuses, hangs up, or talks nonsense is no bus', async () => {
  expect(await keyringState(await bus((socket) => socket.write('REJECTED EXTERNAL\r\n')), 500)).toBe('no-bus');
  expect(await keyringState(await bus((socket) => socket.destroy()), 500)).toBe('no-bus');
  expect(await keyringState(await bus((socket) => socket.write(`OK 00\r\n${'x'.repeat(64)}`)), 500)).toBe('no-bus');
  expect(await keyringState({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' }, 500)).toBe('no-bus');
});
