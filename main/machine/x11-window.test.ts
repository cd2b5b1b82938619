import { mkdirSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { missingPrograms, openDisplay } from '../../test/support/display.ts';
import { XClient } from '../../test/support/x-client.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { findCookie, localDisplay } from './x11.ts';
import { watchX11Window } from './x11-window.ts';

test.each([
  [':0', 0],
  [':12.1', 12],
  ['unix:3', 3],
  ['localhost:10.0', undefined],
  ['', undefined],
  [undefined, undefined],
])('the display %s is number %s of this machine', (display, number) => {
  expect(localDisplay(display)).toBe(number);
});

const field = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
const entry = (family: number, address: string, number: string, name: string, data: string): Buffer =>
  Buffer.concat([Buffer.from([family >> 8, family & 0xff]), ...[address, number, name, data].map((text) => field(Buffer.from(text)))]);
const cookie = 'MIT-MAGIC-COOKIE-1';

test('the cookie is the one of this machine and this display, or one for all', () => {
  const others = [
    entry(256, 'elsewhere', '1', cookie, 'A'),
    entry(256, 'here', '2', cookie, 'B'),
    entry(256, 'here', '1', 'XDM-AUTHORIZATION-1', 'C'),
    entry(0, 'here', '1', cookie, 'D'),
  ];
  const find = (...entries: Buffer[]): string | undefined => findCookie(Buffer.concat(entries), 1, 'here')?.toString();
  expect(find(...others)).toBeUndefined();
  expect(find(...others, entry(256, 'here', '1', cookie, 'E'))).toBe('E');
  expect(find(...others, entry(65_535, '', '', cookie, 'F'))).toBe('F');
  expect(find()).toBeUndefined();
});

test('a file that is cut off holds no cookie after the cut', () => {
  const whole = entry(256, 'here', '1', cookie, 'secret');
  for (let length = 0; length < whole.length; length++) expect(findCookie(whole.subarray(0, length), 1, 'here')).toBeUndefined();
});

test.each([':64999', 'elsewhere:0', undefined])('with the display %s nothing is watched, and nothing is thrown', async (display) => {
  const env = display === undefined ? {} : { DISPLAY: display };
  const watch = watchX11Window({ env, pid: 1, wmClass: 'Wardmux', gone: () => expect.fail('nothing was there that could go') });
  expect(await watch.watching).toBe(false);
  watch.stop();
});

/** An X server with two windows that say they are of the process 7: the lower one was made by the process 8. `gone` answers the question whether that window is still there. */
async function display(gone: (socket: Socket, error: Buffer) => void): Promise<{ name: string; close: () => void }> {
  const [root, window, decoy, resources] = [1, 2, 3, 140];
  const answer = (data: Buffer, change: (head: Buffer) => void): Buffer => {
    const rest = Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
    const head = Buffer.alloc(32);
    head[0] = 1;
    head.writeUInt32LE(rest.length / 4, 4);
    change(head);
    return Buffer.concat([head, rest]);
  };
  const word = (value: number): Buffer => Buffer.from([value, 0, 0, 0]);
  const server = createServer((socket) => {
    let received = Buffer.alloc(0);
    let welcome = false;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      for (;;) {
        const length = welcome ? (received.length < 4 ? 4 : received.readUInt16LE(2) * 4) : 12;
        if (received.length < length) return;
        const request = received.subarray(0, length);
        received = received.subarray(length);
        if (!welcome) {
          welcome = true;
          const setUp = Buffer.alloc(44);
          setUp[0] = 1;
          setUp.writeUInt16LE(9, 6);
          setUp.writeUInt32LE(root, 40);
          socket.write(setUp);
        } else if (request[0] === 16) socket.write(answer(Buffer.alloc(0), (head) => head.writeUInt32LE(300, 8)));
        else if (request[0] === 20) {
          const name = request.readUInt32LE(8) !== 300;
          const value = name ? Buffer.from('wardmux\0Wardmux\0') : word(7);
          socket.write(
            answer(value, (head) => {
              head[1] = name ? 8 : 32;
              head.writeUInt32LE(name ? value.length : 1, 16);
            }),
          );
        } else if (request[0] === 98)
          socket.write(
            answer(Buffer.alloc(0), (head) => {
              head[8] = 1;
              head[9] = resources;
            }),
          );
        else if (request[0] === resources) {
          const ids = Buffer.alloc(16);
          ids.writeUInt32LE(4, 8);
          ids.writeUInt32LE(request.readUInt32LE(8) === decoy ? 8 : 7, 12);
          socket.write(answer(ids, (head) => head.writeUInt32LE(1, 8)));
        } else if (request[0] === 3) socket.write(answer(Buffer.alloc(12), (head) => (head[26] = 2)));
        else if (request[0] === 15 && request.readUInt32LE(4) === root)
          socket.write(answer(Buffer.concat([word(decoy), word(window)]), (head) => head.writeUInt16LE(2, 16)));
        else if (request[0] === 15 && request.readUInt32LE(4) === decoy) socket.write(answer(Buffer.alloc(0), () => {}));
        else if (request[0] === 15) {
          const error = Buffer.alloc(32);
          error[10] = 15;
          gone(socket, error);
        }
      }
    });
  });
  mkdirSync('/tmp/.X11-unix', { recursive: true, mode: 0o1777 });
  // Numbers that no display has; the process id keeps two runs apart.
  const number = 50_000 + (process.pid % 10_000);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(`/tmp/.X11-unix/X${number}`, resolve));
  return { name: `:${number}`, close: () => server.close() };
}

test.each<[string, (socket: Socket, error: Buffer) => void, { watching: boolean; closed: number }]>([
  ['an error of the server means that the window is gone', (socket, error) => void socket.write(error), { watching: true, closed: 1 }],
  ['a connection that ends means nothing about the window', (socket) => void socket.destroy(), { watching: false, closed: 0 }],
])('%s', async (_, gone, expected) => {
  const x = await display(gone);
  try {
    let closed = 0;
    const env = { DISPLAY: x.name, XAUTHORITY: '/nonexistent' };
    const watch = watchX11Window({ env, pid: 7, wmClass: 'Wardmux', gone: () => void closed++ });
    expect({ watching: await watch.watching, closed }).toEqual(expected);
    watch.stop();
  } finally {
    x.close();
  }
});

test('on a real X server: a window of one colour is plain, and no other window may stand over it, whatever its shape and its border', async ({ skip }) => {
  skip(missingPrograms('Xvfb').length > 0, 'not installed: Xvfb');
  const screen = await openDisplay(800, 600);
  const ours = await XClient.open(screen.name);
  const other = await XClient.open(screen.name);
  try {
    await ours.decoy({ x: 100, y: 100, width: 400, height: 300 });
    const watching = { env: { ...process.env, DISPLAY: screen.name }, wmClass: 'Wardmux', gone: () => undefined };
    const watch = watchX11Window({ ...watching, pid: process.pid });
    expect(await watch.watching).toBe(true);
    expect(await watch.look()).toBe('plain');
    await other.cover({ x: 600, y: 100, width: 100, height: 300 }, false);
    expect(await watch.look()).toBe('plain');
    await other.cover({ x: 450, y: 150, width: 10, height: 10 }, true, 70);
    expect(await watch.look()).toBe('covered');
    other.close();
    await waitFor(async () => expect(await watch.look()).toBe('plain'));
    ours.close();
    await waitFor(async () => expect(await watch.look()).toBe('gone'));
    watch.stop();
  } finally {
    screen.stop();
  }
});
