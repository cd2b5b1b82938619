import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { noBus, serve, startBus, type TestBus, type TestService } from '../../src/dbus/bus.fixture.ts';
import { decodeMessage, encodeMessage, valuesOf } from '../../src/dbus/message.ts';
import { Variant, type Value } from '../../src/dbus/values.ts';
import { idleReader } from './idle.ts';
import { machineBuses, slept, watchSignals } from './signals.ts';
import { waitFor } from '../../test/support/wait-for.ts';

/** A bus that answers calls by their member, or their property, with a value of this type. @returns its address, and how often it was connected to */
async function bus(answers: Readonly<Record<string, Variant>>): Promise<{ readonly address: string; readonly connections: () => number; close(): void }> {
  const path = join(mkdtempSync(join(tmpdir(), 'wm-bus-')), 'bus');
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      if (bytes.includes('AUTH')) return void socket.write('OK 00\r\n');
      const call = bytes.subarray(bytes[0] === 0x42 ? 'BEGIN\r\n'.length : 0);
      if (call.length === 0) return;
      const asked = decodeMessage(call)!;
      const property = asked.member === 'Get' ? String(valuesOf(asked)[1]) : undefined;
      const answer = { ...answers, Hello: new Variant('s', ':1.1') }[property ?? asked.member!];
      const back = { replySerial: asked.serial };
      if (!answer) socket.write(encodeMessage(1, { type: 'error', errorName: 'org.freedesktop.DBus.Error.ServiceUnknown', ...back }));
      else if (property) socket.write(encodeMessage(1, { type: 'return', signature: 'v', values: [answer], ...back }));
      else socket.write(encodeMessage(1, { type: 'return', signature: answer.signature, values: [answer.value], ...back }));
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { address: `unix:path=${path}`, connections: () => connections, close: () => void server.close() };
}

const count = (value: number): Variant => new Variant('t', BigInt(value));
const yes = (is: boolean): Variant => new Variant('b', is);

test('reads the idle time of the desktop over one connection', async () => {
  const desktop = await bus({ GetIdletime: count(61_500) });
  const read = idleReader({ DBUS_SESSION_BUS_ADDRESS: desktop.address, DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nonexistent' });
  expect(await read()).toBe(61.5);
  expect(await read()).toBe(61.5);
  expect(desktop.connections()).toBe(1);
  desktop.close();
});

test.each([
  ['idle for a minute', { IdleHint: yes(true), IdleSinceHint: count((Date.now() - 60_000) * 1000) }, 60],
  ['not idle, which does not say for how long', { IdleHint: yes(false), IdleSinceHint: count(1_000_000_000) }, undefined],
  ['idle since later than now', { IdleHint: yes(true), IdleSinceHint: count((Date.now() + 600_000) * 1000) }, undefined],
  ['of another type', { IdleHint: new Variant('s', 'true') }, undefined],
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

test('a gap in the clock is a sleep, a late timer is not', () => {
  expect(slept(0, 1000)).toBe(false);
  expect(slept(0, 5900)).toBe(false);
  expect(slept(0, 60_000)).toBe(true);
});

test.each([
  ['org.freedesktop.login1.Manager.PrepareForSleep', true, 'suspend'],
  ['org.freedesktop.login1.Manager.PrepareForSleep', false, 'resume'],
  ['org.freedesktop.login1.Manager.PrepareForShutdown', true, 'shutdown'],
  ['org.freedesktop.login1.Manager.PrepareForShutdown', false, undefined],
  ['org.freedesktop.login1.Session.Lock', undefined, 'os-lock'],
  ['org.freedesktop.DBus.Properties.PropertiesChanged', 'org.freedesktop.login1.Manager', undefined],
  ['org.gnome.ScreenSaver.ActiveChanged', true, 'os-lock'],
  ['org.gnome.ScreenSaver.ActiveChanged', false, undefined],
  ['org.freedesktop.ScreenSaver.ActiveChanged', true, 'os-lock'],
  ['org.freedesktop.ScreenSaver.ActiveChanged', 'true', undefined],
])('%s %s is %s', (name, value, signal) => {
  const rows = machineBuses.flatMap((each) => each.rows).filter((row) => `${row.interface}.${row.member}` === name);
  expect(rows.map(({ means }) => means(value))).toEqual([signal]);
});

const session = 'org.freedesktop.login1.Session';
const active = (is: boolean): unknown[] => ['Active', new Variant('b', is)];
test.each([
  ['another person in front', [session, [active(false)], []], 'user-switch'],
  ['with the state', [session, [['State', new Variant('s', 'online')], active(false)], []], 'user-switch'],
  ['nobody says whether', [session, [], ['Active']], 'user-switch'],
  ['of another type', [session, [['Active', new Variant('s', 'true')]], []], 'user-switch'],
  ['in front again', [session, [active(true)], []], undefined],
  ['something else of it', [session, [['IdleHint', new Variant('b', true)]], ['IdleSinceHint']], undefined],
  ['of a seat', ['org.freedesktop.login1.Seat', [active(false)], []], undefined],
  ['nothing', [], undefined],
])('properties: %s', (_, values, signal) => {
  const row = machineBuses.flatMap((each) => each.rows).find(({ member }) => member === 'PropertiesChanged')!;
  expect(row.means(...(values as Value[]))).toBe(signal);
});

/** Programs start as quickly as a busy machine lets them. */
const soon = (check: () => void): Promise<void> => waitFor(check);

test('a real bus is here', (context) => {
  if (noBus) context.skip(noBus);
});

describe.skipIf(noBus)('a real bus', () => {
  const stops: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });
  async function bus(name: string): Promise<TestBus & { readonly signal: TestService['signal'] }> {
    const started = await startBus();
    stops.push(() => started.stop());
    const service = await serve(started.path, name);
    stops.push(() => service.stop());
    return { ...started, signal: service.signal };
  }

  test('the locks of the desktop are heard on its bus, those of the machine on the other', async () => {
    const system = await bus('org.freedesktop.login1');
    const desktop = await bus('org.gnome.ScreenSaver');
    const signals = watchSignals({ PATH: '/nonexistent', DBUS_SYSTEM_BUS_ADDRESS: system.address, DBUS_SESSION_BUS_ADDRESS: desktop.address });
    stops.push(() => signals.stop());
    const heard: string[] = [];
    signals.onSignal((signal) => heard.push(signal));
    // Said again until it is heard: nobody tells when we listen.
    await soon(() => {
      desktop.signal('/org/gnome/ScreenSaver', 'org.gnome.ScreenSaver.ActiveChanged', 'b', [true]);
      expect(heard).toContain('os-lock');
    });
    await soon(() => {
      system.signal('/org/freedesktop/login1', 'org.freedesktop.login1.Manager.PrepareForSleep', 'b', [true]);
      expect(heard).toContain('suspend');
    });
    heard.splice(0, heard.length, ...heard.filter((signal) => signal !== 'os-lock'));
    system.signal('/org/freedesktop/login1/session/_32', 'org.freedesktop.login1.Session.Lock');
    await soon(() => expect(heard).toContain('os-lock'));
  });

  test('a sleep waits until the app has locked, the next one too, and an end of the machine until the app has ended', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wmx-'));
    // It notes what it holds. A file that is there is whole.
    const inhibit = 'echo "$@" > "$FOLDER/new"; mv "$FOLDER/new" "$FOLDER/held"; shift 4; "$@"; rm "$FOLDER/held"';
    writeFileSync(join(folder, 'systemd-inhibit'), `#!/bin/sh\n${inhibit}\n`, { mode: 0o755 });
    const held = (): boolean => existsSync(join(folder, 'held'));
    const system = await bus('org.freedesktop.login1');
    const signals = watchSignals({ PATH: `${folder}:${process.env['PATH']}`, FOLDER: folder, DBUS_SYSTEM_BUS_ADDRESS: system.address });
    stops.push(() => signals.stop());
    let locked = (): void => {};
    const heard: string[] = [];
    signals.onSignal((signal) => {
      heard.push(signal);
      return new Promise<void>((resolve) => (locked = resolve));
    });
    /** What is said before we listen is not heard, and what is heard twice means the same. */
    const say = (member: string, value: boolean, expected: string): Promise<void> =>
      soon(() => {
        if (heard.at(-1) !== expected) system.signal('/org/freedesktop/login1', `org.freedesktop.login1.Manager.${member}`, 'b', [value]);
        expect(heard.at(-1)).toBe(expected);
      });
    await soon(() => expect(held()).toBe(true));
    expect(readFileSync(join(folder, 'held'), 'utf8')).toContain('--what=sleep:shutdown --mode=delay');
    await say('PrepareForSleep', true, 'suspend');
    expect(held()).toBe(true);
    locked();
    await soon(() => expect(held()).toBe(false));
    await say('PrepareForSleep', false, 'resume');
    locked();
    await soon(() => expect(held()).toBe(true));
    await say('PrepareForShutdown', true, 'shutdown');
    locked();
    await new Promise((resolve) => setImmediate(resolve));
    expect(held()).toBe(true);
    signals.stop();
    await soon(() => expect(held()).toBe(false));
  });
});
