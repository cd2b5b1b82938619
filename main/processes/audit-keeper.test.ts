import { expect, test } from 'vitest';
import type { AuditEntry } from '../../src/ledger/events.ts';
import type { Child } from '../host.ts';
import { Refusals } from '../refusals.ts';
import { AuditKeeper, type Sending } from './audit-keeper.ts';

const none = { dispose: () => {} };
const open = { events: 7, all: 1, page: 0, alerts: [] };

/** Processes that a test plays, one after the other. */
function setup() {
  const entered: AuditEntry[] = [];
  const clock = { now: 1000 };
  const sinks: { now: ReturnType<Sending['sinks']> } = { now: { rows: [], network: [] } };
  let [forks, changes, kills] = [0, 0, 0];
  let say: (message: unknown) => void = () => {};
  let exit: (code: number | null, signal: string | null) => void = () => {};
  const posted: unknown[] = [];
  const fork = (): Child => {
    forks++;
    return {
      pid: forks,
      post: (message) => void posted.push(message),
      onMessage: (listener) => {
        say = listener;
        return none;
      },
      onExit: (listener) => {
        exit = listener;
        return none;
      },
      kill: async () => {
        kills++;
        exit(null, 'SIGKILL');
      },
    };
  };
  const log = (entry: AuditEntry): void => void entered.push(entry);
  const keeper = new AuditKeeper({
    host: { fork },
    home: '/home',
    sending: { sinks: () => sinks.now, keep: async () => undefined, enter: async () => undefined, enterEnd: async () => undefined },
    files: async () => undefined,
    journal: { log, refusals: new Refusals(log, () => clock.now) },
    now: () => clock.now,
    changed: () => void changes++,
  });
  const counts = () => ({ forks, changes, kills });
  return {
    keeper,
    sinks,
    clock,
    entered,
    posted,
    counts,
    say: (message: unknown) => say(message),
    exit: (code: number | null, signal: string | null) => exit(code, signal),
  };
}

test('one that ends unasked is entered, nothing is known then, and it begins anew later each time', () => {
  const { keeper, clock, entered, posted, counts, say, exit } = setup();
  keeper.tick();
  keeper.tick();
  expect(counts().forks).toBe(1);
  expect(posted).toEqual([
    { request: 'configure', input: { home: '/home' } },
    { request: 'sinks', input: { rows: [], network: [] } },
  ]);
  say({ request: 'alerts', input: open });
  expect([keeper.open, keeper.blind]).toEqual([open, undefined]);
  exit(null, 'SIGSEGV');
  expect(entered).toEqual([{ action: 'audit-host.exit', detail: { signal: 11 } }]);
  expect([keeper.open, keeper.blind]).toEqual([undefined, expect.stringContaining('has ended')]);
  const waits: number[] = [];
  for (let n = 0; n < 10; n++) {
    const before = clock.now;
    while (counts().forks === n + 1) {
      keeper.tick();
      clock.now += 1000;
    }
    waits.push(Math.round((clock.now - before) / 1000) - 1);
    exit(1, null);
  }
  expect(waits.slice(0, 4)).toEqual([2, 4, 8, 16]);
  expect(Math.max(...waits)).toBe(300);
  // One that has read the ledger begins at once again.
  clock.now += 300_000;
  keeper.tick();
  say({ request: 'alerts', input: open });
  exit(0, null);
  const { forks } = counts();
  clock.now += 2000;
  keeper.tick();
  expect(counts().forks).toBe(forks + 1);
});

test('it is told of the sinks when it begins, when another policy has others, and by the next one that begins', () => {
  const { keeper, sinks, clock, posted, exit } = setup();
  const told = (): unknown[] =>
    posted.splice(0).flatMap((message) => ((message as { request: string }).request === 'sinks' ? [(message as { input: unknown }).input] : []));
  keeper.tick();
  expect(told()).toEqual([sinks.now]);
  keeper.tick();
  expect(told()).toEqual([]);
  sinks.now = { rows: [], network: ['siem.example.org:6514'] };
  keeper.tick();
  expect(told()).toEqual([sinks.now]);
  exit(1, null);
  clock.now += 300_000;
  keeper.tick();
  expect(told()).toEqual([sinks.now]);
});

test('what it may not say is refused and entered, and is no news', () => {
  const { keeper, entered, counts, say } = setup();
  keeper.tick();
  say({ request: 'alerts', input: { ...open, alerts: [{ rule: 'no-such-rule' }] } });
  say({ request: 'lock', input: {} });
  say({ frame: new Uint8Array(3) });
  expect(entered).toEqual(Array.from({ length: 3 }, () => ({ action: 'bridge.refused', detail: { peer: 'audit-host', code: 'bad-message' } })));
  expect([keeper.open, counts().changes]).toEqual([undefined, 0]);
});

test('one that is ended with the app is no crash, and does not come back', async () => {
  const { keeper, clock, entered, counts } = setup();
  keeper.tick();
  await keeper.kill();
  clock.now += 1_000_000;
  keeper.tick();
  expect(counts()).toEqual({ forks: 1, changes: 0, kills: 1 });
  expect(entered).toEqual([]);
  await expect(keeper.look()).rejects.toMatchObject({ code: 'audit-ended' });
});
