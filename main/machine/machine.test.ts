import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { idleReader, parseLogind, parseMutter } from './idle.ts';
import { parseSignal, slept, watchSignals } from './signals.ts';

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

/** Programs start as quickly as a busy machine lets them. */
const soon = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000 });

/** A bus and a logind that do what the test says: `gdbus` prints what comes into a pipe, `systemd-inhibit` notes what it holds. */
const programs = {
  gdbus:
    '[ "$2" = --system ] || exit 0; while [ ! -e "$FOLDER/stop" ]; do if [ -e "$FOLDER/say" ]; then cat "$FOLDER/say"; rm "$FOLDER/say"; fi; sleep 0.02; done',
  'systemd-inhibit': 'echo "$@" > "$FOLDER/held"; shift 4; "$@"; rm "$FOLDER/held"',
};

test('a sleep waits until the app has locked, the next one too, and an end of the machine until the app has ended', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wmx-'));
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const held = (): boolean => existsSync(join(folder, 'held'));
  const say = (signal: string): void => writeFileSync(join(folder, 'say'), `/org/freedesktop/login1: org.freedesktop.login1.Manager.${signal}\n`);
  const signals = watchSignals({ PATH: `${folder}:${process.env['PATH']}`, FOLDER: folder });
  try {
    let locked = (): void => {};
    const heard: string[] = [];
    signals.onSignal((signal) => {
      heard.push(signal);
      return new Promise<void>((resolve) => (locked = resolve));
    });
    await soon(() => expect(held()).toBe(true));
    expect(readFileSync(join(folder, 'held'), 'utf8')).toContain('--what=sleep:shutdown --mode=delay');
    say('PrepareForSleep (true,)');
    await soon(() => expect(heard).toEqual(['suspend']));
    expect(held()).toBe(true);
    locked();
    await soon(() => expect(held()).toBe(false));
    say('PrepareForSleep (false,)');
    await soon(() => expect(heard).toEqual(['suspend', 'resume']));
    locked();
    await soon(() => expect(held()).toBe(true));
    say('PrepareForShutdown (true,)');
    await soon(() => expect(heard).toEqual(['suspend', 'resume', 'shutdown']));
    locked();
    await new Promise((resolve) => setImmediate(resolve));
    expect(held()).toBe(true);
    signals.stop();
    await soon(() => expect(held()).toBe(false));
  } finally {
    signals.stop();
    writeFileSync(join(folder, 'stop'), '');
    rmSync(folder, { recursive: true, force: true });
  }
});
