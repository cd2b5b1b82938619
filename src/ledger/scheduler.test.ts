import { expect, test } from 'vitest';
import { CheckpointScheduler } from './scheduler.ts';

function make(fail = false) {
  const calls: string[] = [];
  const ledger = {
    events: 0,
    waiting: 0,
    checkpoint: async () => {
      calls.push('checkpoint');
      if (fail) throw new Error('disk');
    },
  };
  const scheduler = new CheckpointScheduler({ ledger, before: async () => void calls.push('before'), onError: () => calls.push('error') }, 0);
  return { calls, ledger, scheduler };
}

test('at work every ten seconds, after the recorders have reported', async () => {
  const { calls, ledger, scheduler } = make();
  ledger.events = 1;
  await scheduler.tick(9_999);
  expect(calls).toEqual([]);
  await scheduler.tick(10_000);
  expect(calls).toEqual(['before', 'checkpoint']);
  ledger.events = 2;
  await scheduler.tick(19_999);
  expect(calls).toHaveLength(2);
  await scheduler.tick(20_000);
  expect(calls).toHaveLength(4);
});

test('a second after a recording began, and then as before', async () => {
  const { calls, ledger, scheduler } = make();
  ledger.events = 1;
  await scheduler.tick(10_000);
  ledger.events = 2;
  scheduler.soon(10_100);
  await scheduler.tick(11_000);
  expect(calls).toHaveLength(2);
  await scheduler.tick(11_100);
  expect(calls).toHaveLength(4);
  ledger.events = 3;
  await scheduler.tick(21_000);
  expect(calls).toHaveLength(4);
  await scheduler.tick(21_100);
  expect(calls).toHaveLength(6);
  // One that is due sooner stays so.
  ledger.events = 4;
  scheduler.soon(31_000);
  await scheduler.tick(31_100);
  expect(calls).toHaveLength(8);
});

test('at rest every sixty seconds, so that silence is a finding', async () => {
  const { calls, scheduler } = make();
  for (let ms = 0; ms < 180_000; ms += 1000) await scheduler.tick(ms);
  expect(calls).toEqual(['checkpoint', 'checkpoint']);
});

test('a failure is reported, and the next tick tries again when it is due', async () => {
  const { calls, ledger, scheduler } = make(true);
  ledger.events = 1;
  await scheduler.tick(10_000);
  await scheduler.tick(15_000);
  expect(calls).toEqual(['before', 'checkpoint', 'error']);
  await scheduler.tick(20_000);
  expect(calls).toHaveLength(6);
});

test('what could not be entered is tried again every ten seconds', async () => {
  const { calls, ledger, scheduler } = make();
  ledger.waiting = 1;
  for (let ms = 0; ms <= 30_000; ms += 1000) await scheduler.tick(ms);
  expect(calls.filter((call) => call === 'checkpoint')).toHaveLength(3);
});
