/** The clock's state is entered when it has changed, once, and not for one look that says otherwise; and what a bus says of it is believed as far as it is an answer. */
import { createServer } from 'node:net';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { noBus, serve, startBus } from '../../src/dbus/bus.fixture.ts';
import { Variant, type Value } from '../../src/dbus/values.ts';
import type { AuditEntry } from '../../src/ledger/events.ts';
import { checkEntry } from '../../src/ledger/events.ts';
import type { ClockState } from '../../src/types/words.ts';
import { readClockState } from '../machine/time-sync.ts';
import { TimeSyncWatch } from './time-sync.ts';

const MINUTE = 60_000;

/** An app that runs for as many looks as there are states. @returns what was entered, as minute and state */
async function run(states: readonly ClockState[], known: ClockState = 'unknown', enters = true): Promise<string[]> {
  let at = 0;
  let looks = 0;
  const entered: string[] = [];
  const facts = { clock: { state: known, time: null as string | null } };
  const watch = new TimeSyncWatch({
    read: async () => states[looks++]!,
    facts: () => facts,
    log: (entry: AuditEntry) => {
      checkEntry(entry);
      const { state } = entry.detail as { state: ClockState };
      entered.push(`${at / MINUTE} ${state}`);
      if (enters) facts.clock = { state, time: '' };
    },
    now: () => at,
  });
  for (; looks < states.length; at += 1000) {
    watch.tick();
    await Promise.resolve();
  }
  await Promise.resolve();
  return entered;
}

test('a change is entered at the second look that says it, once, and its way back too', async () => {
  expect(await run(['synced', 'synced', 'synced'])).toEqual(['11 synced']);
  expect(await run(['synced', 'synced', 'unsynced', 'unsynced', 'unsynced', 'synced', 'synced'], 'synced')).toEqual(['31 unsynced', '61 synced']);
  expect(await run(['unknown', 'unknown', 'unknown'], 'synced')).toEqual(['11 unknown']);
});

test('nothing is entered of a state that is known, that flaps, or that nobody ever said', async () => {
  expect(await run(['synced', 'synced'], 'synced')).toEqual([]);
  expect(await run(['unsynced', 'synced', 'unsynced', 'unknown', 'synced', 'unsynced'], 'synced')).toEqual([]);
  expect(await run(['unknown', 'unknown'])).toEqual([]);
  expect(await run(['unsynced'], 'synced')).toEqual([]);
});

test('a ledger that takes it later is not told twice', async () => {
  expect(await run(['unsynced', 'unsynced', 'unsynced', 'unsynced', 'synced', 'synced'], 'synced', false)).toEqual(['11 unsynced', '51 synced']);
});

test('it looks a minute after the start, never twice at once, and not before there is a ledger', async () => {
  let at = 0;
  let facts: { clock: { state: ClockState; time: null } } | undefined;
  const waiting: ((state: ClockState) => void)[] = [];
  const watch = new TimeSyncWatch({
    read: () => new Promise((resolve) => waiting.push(resolve)),
    facts: () => facts,
    log: () => undefined,
    now: () => at,
  });
  const tickAt = (minute: number): number => {
    at = minute * MINUTE;
    watch.tick();
    return waiting.length;
  };
  expect(tickAt(5)).toBe(0);
  facts = { clock: { state: 'unknown', time: null } };
  expect([tickAt(5), tickAt(60)]).toEqual([1, 1]);
  waiting[0]!('synced');
  await Promise.resolve();
  expect([tickAt(69), tickAt(70)]).toEqual([1, 2]);
});

const timedate = 'org.freedesktop.timedate1';

test.skipIf(noBus)(`what timedated says over the bus (${noBus ?? 'a real one'})`, async () => {
  const bus = await startBus();
  onTestFinished(() => bus.stop());
  const env = { DBUS_SYSTEM_BUS_ADDRESS: bus.address };
  expect(await readClockState(env)).toBe('unknown');
  let said: readonly [string, readonly Value[]] = ['v', [new Variant('b', true)]];
  const asked: (readonly Value[])[] = [];
  await serve(bus.path, timedate, {
    'org.freedesktop.DBus.Properties.Get': (given) => {
      asked.push(given);
      return said;
    },
  });
  expect(await readClockState(env)).toBe('synced');
  said = ['v', [new Variant('b', false)]];
  expect(await readClockState(env)).toBe('unsynced');
  for (const other of [new Variant('s', 'yes'), new Variant('u', 1)]) {
    said = ['v', [other]];
    expect(await readClockState(env)).toBe('unknown');
  }
  said = ['b', [true]];
  expect(await readClockState(env)).toBe('unknown');
  expect(new Set(asked.map((given) => given.join(' ')))).toEqual(new Set([`${timedate} NTPSynchronized`]));
});

test('where there is no bus, or what answers is none, nobody knows', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'no-bus-'));
  expect(await readClockState({ DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${join(folder, 'missing')}` })).toBe('unknown');
  const server = createServer((socket) => socket.end('NTPSynchronized=yes\r\n')).listen(join(folder, 'bus'));
  onTestFinished(() => void server.close());
  expect(await readClockState({ DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${join(folder, 'bus')}` })).toBe('unknown');
});
