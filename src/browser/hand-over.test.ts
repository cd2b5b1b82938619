import { createServer, type Server } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { handOver } from './hand-over.ts';

let folder: string;
let server: Server | undefined;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'h-'))));
afterEach(() => {
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** As a browser listens: it answers once the whole of a command has come. @returns what came */
async function listening(answer: string): Promise<string[]> {
  const came: string[] = [];
  server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('end', () => {
      came.push(text);
      socket.end(answer);
    });
  });
  await new Promise<void>((resolve) => server!.listen(join(folder, 'SingletonSocket'), resolve));
  return came;
}

test('a browser that runs takes the command line of a second start', async () => {
  const came = await listening('ACK');
  await handOver(folder, ['--app=data://x?,', '--more']);
  expect(came).toEqual(['START\0/\0browser\0--app=data://x?,\0--more']);
});

test.each(['SHUTDOWN', '', 'ACKNOWLEDGED'])('one that answers "%s" has not taken it', async (answer) => {
  await listening(answer);
  await expect(handOver(folder, ['--app=x'])).rejects.toThrow('takes no command');
});

test('where nobody listens it is not taken', async () => {
  await expect(handOver(folder, ['--app=x'])).rejects.toThrow('takes no command');
});

test('one that says more than its word is not listened to', async () => {
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  server = createServer((socket) => {
    socket.on('error', () => undefined).on('close', () => resolve());
    // As fast as it is taken.
    const more = (): void => {
      while (socket.write('A'.repeat(65_536)));
    };
    socket.on('drain', more);
    more();
  });
  await new Promise<void>((listening) => server!.listen(join(folder, 'SingletonSocket'), listening));
  await expect(handOver(folder, ['--app=x'])).rejects.toThrow('takes no command');
  await gone;
});
