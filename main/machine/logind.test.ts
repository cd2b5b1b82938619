/** What a logind says, heard by what main hears the machine with: a real bus, a logind that speaks the real interface, and the real systemd-inhibit. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startBus, type TestBus } from '../../src/dbus/bus.fixture.ts';
import { noLogind, startLogind, type TestLogind } from '../../test/support/logind.ts';
import type { HostSignal } from '../host.ts';
import { watchSignals, type Signals } from './signals.ts';
import { waitFor } from '../../test/support/wait-for.ts';

describe('a logind on a bus', () => {
  let bus: TestBus;
  let logind: TestLogind;
  let signals: Signals;
  const heard: HostSignal[] = [];
  /** Until the app has locked. */
  let locked: PromiseWithResolvers<void>;
  /** A busy machine is slow; a signal that never comes is found by the test's own limit. */
  const hears = (...wanted: HostSignal[]): Promise<void> => waitFor(() => expect(heard).toEqual(wanted));

  beforeEach(async (context) => {
    if (noLogind !== undefined) context.skip(noLogind);
    heard.length = 0;
    locked = Promise.withResolvers();
    bus = await startBus();
    logind = await startLogind(bus.address);
    signals = watchSignals({ PATH: process.env['PATH'], ...logind.env });
    signals.onSignal((signal) => {
      heard.push(signal);
      return locked.promise;
    });
    await logind.says('inhibits');
    // Somebody listens when they hear; the last thing that they ask for is the session's properties.
    await waitFor(async () => {
      await logind.tell('active 0');
      expect(heard).toContain('user-switch');
    });
    // What a bus brings comes in order: nothing of that is still on its way.
    await logind.tell('lock');
    await waitFor(() => expect(heard.at(-1)).toBe('os-lock'));
    heard.length = 0;
  });
  afterEach(async () => {
    if (noLogind !== undefined) return;
    locked.resolve();
    signals.stop();
    await logind.stop();
    await bus.stop();
  });

  test('a sleep waits until the app has locked, and so does the next one; an end of the machine until the app has ended', async () => {
    expect(logind.said.find(({ inhibits }) => inhibits)?.['inhibits']).toEqual(['sleep:shutdown', 'Wardmux', expect.stringContaining('Locks'), 'delay']);
    for (const times of [1, 2]) {
      await logind.tell('sleep');
      await waitFor(() => expect(heard.filter((signal) => signal === 'suspend')).toHaveLength(times));
      // It was announced, and nothing has let go of it.
      expect(logind.said.filter(({ asleep }) => asleep)).toHaveLength(times - 1);
      locked.resolve();
      await logind.says('asleep', times);
      locked = Promise.withResolvers();
      await logind.tell('wake');
      await waitFor(() => expect(heard.filter((signal) => signal === 'resume')).toHaveLength(times));
      locked.resolve();
      await logind.says('inhibits', times + 1);
      locked = Promise.withResolvers();
    }
    await logind.tell('shutdown');
    await waitFor(() => expect(heard.at(-1)).toBe('shutdown'));
    locked.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(logind.said.filter(({ down }) => down)).toEqual([]);
    signals.stop();
    await logind.says('down');
  });

  test('its lock locks, its unlock opens nothing; another person in front locks, and their going does not', async () => {
    await logind.tell('unlock');
    await logind.tell('lock');
    await hears('os-lock');
    await logind.tell('active 0');
    await hears('os-lock', 'user-switch');
    await logind.tell('active 1');
    await logind.tell('lock');
    await hears('os-lock', 'user-switch', 'os-lock');
  });

  test('a lid that closes locks, once each time, and one that was closed at the start does not', async () => {
    // It was seen open: the answer to the first look has come when the second one is asked for.
    await logind.says('lid', 2);
    await logind.tell('lid 1');
    await hears('lid');
    await logind.tell('lid 0');
    // The answer to the one before has come when the next one is asked for.
    const looks = async (more: number): Promise<void> => {
      const before = logind.said.filter((each) => Object.hasOwn(each, 'lid')).length;
      await logind.says('lid', before + more);
    };
    await looks(2);
    expect(heard).toEqual(['lid']);
    await logind.tell('lid 1');
    await hears('lid', 'lid');
    signals.stop();
    const later = watchSignals({ PATH: process.env['PATH'], ...logind.env });
    const also: HostSignal[] = [];
    later.onSignal((signal) => also.push(signal));
    await looks(3);
    expect(also).toEqual([]);
    later.stop();
  });
});
