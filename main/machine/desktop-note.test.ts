import { expect, test } from 'vitest';
import { noBus, serve, startBus } from '../../src/dbus/bus.fixture.ts';
import { Variant, type Value } from '../../src/dbus/values.ts';
import { notifyDesktop } from './desktop-note.ts';

const note = { summary: 'Wardmux', body: '2 alerts are open.', urgency: 'page', replaces: 41 } as const;

test('no desktop, no notification, and nobody fails', async () => {
  expect(await notifyDesktop({}, note)).toBe(0);
  expect(await notifyDesktop({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' }, note)).toBe(0);
});

test.skipIf(noBus !== undefined)('a desktop is given what the specification says, and its number comes back; one that refuses shows nothing', async () => {
  const bus = await startBus();
  try {
    const env = { DBUS_SESSION_BUS_ADDRESS: bus.address };
    // Nobody there: nothing is started for it.
    expect(await notifyDesktop(env, note)).toBe(0);
    const given: (readonly Value[])[] = [];
    const service = await serve(bus.path, 'org.freedesktop.Notifications', {
      'org.freedesktop.Notifications.Notify': (values) => {
        given.push(values);
        return ['u', [42]];
      },
    });
    expect(await notifyDesktop(env, note)).toBe(42);
    expect(given).toEqual([['Wardmux', 41, '', 'Wardmux', '2 alerts are open.', [], [['urgency', new Variant('y', 2)]], -1]]);
    service.stop();
    const rude = await serve(bus.path, 'org.freedesktop.Notifications');
    expect(await notifyDesktop(env, note)).toBe(0);
    rude.stop();
  } finally {
    await bus.stop();
  }
});
if (noBus !== undefined) console.log(`desktop-note.test.ts: ${noBus}`);
