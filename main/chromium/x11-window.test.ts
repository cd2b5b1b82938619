import { expect, test } from 'vitest';
import { findCookie, localDisplay, watchX11Window } from './x11-window.ts';

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
