import { expect, test } from 'vitest';
import { idleReader, parseLogind, parseMutter } from './idle.ts';
import { parseSignal, slept } from './signals.ts';

test('reads the idle time of the desktop', () => {
  expect(parseMutter('t 61500\n')).toBe(61.5);
  expect(parseMutter('t -1')).toBeUndefined();
  expect(parseMutter('')).toBeUndefined();
  expect(parseLogind('b true\nt 1000000000\n', 1_060_000)).toBe(60);
  expect(parseLogind('b false\nt 1000000000\n', 1_060_000)).toBeUndefined();
  expect(parseLogind('b true\nt 2000000000\n', 1_060_000)).toBeUndefined();
});

test('nobody who can tell is undefined, and the bus is left alone for a while', async () => {
  let asked = 0;
  const read = idleReader({ PATH: '/nonexistent' }, () => {
    asked++;
    return 0;
  });
  expect(await read()).toBeUndefined();
  expect(await read()).toBeUndefined();
  expect(asked).toBe(2);
});

test.each([
  ['/org/freedesktop/login1: org.freedesktop.login1.Manager.PrepareForSleep (true,)', 'suspend'],
  ['/org/freedesktop/login1: org.freedesktop.login1.Manager.PrepareForSleep (false,)', 'resume'],
  ['/org/freedesktop/login1: org.freedesktop.login1.Manager.PrepareForShutdown (true,)', 'shutdown'],
  ['/org/freedesktop/login1/session/_32: org.freedesktop.login1.Session.Lock ()', 'os-lock'],
  ['/org/gnome/ScreenSaver: org.gnome.ScreenSaver.ActiveChanged (true,)', 'os-lock'],
  ['/org/gnome/ScreenSaver: org.gnome.ScreenSaver.ActiveChanged (false,)', undefined],
  ['The name org.freedesktop.login1 is owned by :1.5', undefined],
  ['', undefined],
])('%s is %s', (line, signal) => expect(parseSignal(line)).toBe(signal));

test('a gap in the clock is a sleep, a late timer is not', () => {
  expect(slept(0, 1000)).toBe(false);
  expect(slept(0, 5900)).toBe(false);
  expect(slept(0, 60_000)).toBe(true);
});
