import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { idleReader } from './idle.ts';
import { parseSignal, slept, watchSignals } from './signals.ts';

/** A bus that answers calls by their member, or their property, with a body of this signature. @returns its address, and how often it was connected to */
async function bus(answers: Readonly<Record<string, Buffer>>): Promise<{ readonly address: string; readonly connections: () => number; close(): void }> {
  const path = join(mkdtempSync(join(tmpdir(), 'wm-bus-')), 'bus');
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      if (bytes.includes('AUTH')) return void socket.write('OK 00\r\n');
      const call = bytes.subarray(bytes[0] === 0x42 ? 'BEGIN\r\n'.length : 0);
      if (call.length === 0) return;
      const key = ['Hello', ...Object.keys(answers)].find((name) => call.includes(`${name}\0`));
      const body = (key && answers[key]) || Buffer.alloc(0);
      // A reply (type 2), or an error (type 3) where nothing is known: the serial that it answers is its one field.
      const head = Buffer.alloc(24);
      head.set([0x6c, key ? 2 : 3, 0, 1]);
      head.writeUInt32LE(body.length, 4);
      head.writeUInt32LE(1, 8);
      head.writeUInt32LE(8, 12);
      head.set([5, 1, 0x75, 0], 16);
      head.writeUInt32LE(call.readUInt32LE(8), 20);
      socket.write(Buffer.concat([head, body]));
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { address: `unix:path=${path}`, connections: () => connections, close: () => void server.close() };
}

const count = (value: number): Buffer => {
  const body = Buffer.alloc(8);
  body.writeBigUInt64LE(BigInt(value));
  return body;
};
const yes = (is: boolean): Buffer => Buffer.from([1, 0x62, 0, 0, is ? 1 : 0, 0, 0, 0]);
const variant = (value: number): Buffer => Buffer.concat([Buffer.from([1, 0x74, 0, 0, 0, 0, 0, 0]), count(value)]);

test('reads the idle time of the desktop over one connection', async () => {
  const desktop = await bus({ GetIdletime: count(61_500) });
  const read = idleReader({ DBUS_SESSION_BUS_ADDRESS: desktop.address, DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nonexistent' });
  expect(await read()).toBe(61.5);
  expect(await read()).toBe(61.5);
  expect(desktop.connections()).toBe(1);
  desktop.close();
});

test.each([
  ['idle for a minute', { IdleHint: yes(true), IdleSinceHint: variant((Date.now() - 60_000) * 1000) }, 60],
  ['not idle, which does not say for how long', { IdleHint: yes(false), IdleSinceHint: variant(1_000_000_000) }, undefined],
  ['idle since later than now', { IdleHint: yes(true), IdleSinceHint: variant((Date.now() + 600_000) * 1000) }, undefined],
  ['of another type', { IdleHint: Buffer.from([1, 0x73, 0, 0, 0, 0, 0, 0]) }, undefined],
  ['unknown', {}, undefined],
])('logind that is %s', async (_, answers, seconds) => {
  const system = await bus(answers);
  const read = idleReader({ DBUS_SYSTEM_BUS_ADDRESS: system.address });
  const idle = await read();
  // Some seconds may pass until it is asked.
  if (seconds === undefined) expect(idle).toBeUndefined();
  else expect(Math.floor((idle ?? 0) / 60) * 60).toBe(seconds);
  system.close();
});

test('nobody who can tell is undefined, and the bus is left alone for a while', async () => {
  let asked = 0;
  const read = idleReader({ DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nonexistent' }, () => {
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

/** A bus and a logind that do what the test says: `gdbus` prints what it is given, `systemd-inhibit` notes what it holds. A file that is there is whole. */
const programs = {
  gdbus:
    '[ "$2" = --system ] || exit 0; while [ ! -e "$FOLDER/stop" ]; do if [ -e "$FOLDER/say" ]; then cat "$FOLDER/say"; rm "$FOLDER/say"; fi; sleep 0.02; done',
  'systemd-inhibit': 'echo "$@" > "$FOLDER/new"; mv "$FOLDER/new" "$FOLDER/held"; shift 4; "$@"; rm "$FOLDER/held"',
};

test('a sleep waits until the app has locked, the next one too, and an end of the machine until the app has ended', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wmx-'));
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const held = (): boolean => existsSync(join(folder, 'held'));
  const say = (signal: string): void => {
    writeFileSync(join(folder, 'saying'), `/org/freedesktop/login1: org.freedesktop.login1.Manager.${signal}\n`);
    renameSync(join(folder, 'saying'), join(folder, 'say'));
  };
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
