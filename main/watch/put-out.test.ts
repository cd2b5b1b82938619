/** Who is stopped or disabled is logged off, in front, away, or where their shells run on; and a stopped station is. */
import { expect, test, vi } from 'vitest';
import { PutOutWatch } from './put-out.ts';

const goodList = () => ({ tick: vi.fn(), lastLook: { state: 'good' as const, barred: false, sentence: undefined, people: [] as string[], slots: [] } });

test('whoever is nobody here any more is logged off, once, wherever they are; an emergency’s shells are nobody’s', async () => {
  const states: Record<string, string> = { 'p-1': 'active', 'p-2': 'stopped', 'p-3': 'disabled' };
  const [stop, end] = [vi.fn(), vi.fn()];
  const logOff = vi.fn((person: string) => person === 'p-2');
  let stateSeq = 7;
  const facts = {
    person: (id: string) => states[id] && { state: states[id], stateSeq },
    stationStop: undefined as unknown,
    revocations: { list: null as unknown },
  };
  let readable = true;
  const refresh = async (): Promise<void> => {
    if (!readable) throw new Error('away');
  };
  const revocations = goodList();
  const ledger = { facts, refresh, events: 7 };
  const news = vi.fn();
  const watch = new PutOutWatch({ revocations, ledger: () => ledger as never, here: () => ['p-1', 'p-2', 'p-3', 'bg-1'], stop, logOff, end, news });
  const seconds = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) await watch.tick();
  };
  await seconds(4);
  expect(logOff).not.toHaveBeenCalled();
  await seconds(11);
  expect(logOff.mock.calls).toEqual([['p-2', 'stopped'], ['p-3', 'person']]); // prettier-ignore
  expect(end.mock.calls).toEqual([['p-3', 'person']]);
  expect(stop.mock.calls.every(([cause]) => cause === undefined)).toBe(true);
  facts.stationStop = { by: 'p-9' };
  readable = false;
  await seconds(5);
  expect(stop).not.toHaveBeenCalledWith('stopped');
  readable = true;
  await seconds(5);
  expect(stop).toHaveBeenLastCalledWith('stopped');
  // Nobody knows who is revoked; a stop that somebody has set is said first.
  revocations.lastLook.barred = true;
  await seconds(5);
  expect(stop).toHaveBeenLastCalledWith('stopped');
  facts.stationStop = undefined;
  await seconds(5);
  expect(stop).toHaveBeenLastCalledWith('unlisted');
  revocations.lastLook.barred = false;
  await seconds(5);
  expect(stop).toHaveBeenLastCalledWith(undefined);
  expect(revocations.tick).toHaveBeenCalled();
  // Named by a list that the ledger could not take; then by an event, and by the next one.
  logOff.mockClear();
  revocations.lastLook.people = ['p-1'];
  await seconds(10);
  expect(logOff.mock.calls).toEqual([['p-1', 'revoked']]);
  states['p-1'] = 'revoked';
  facts.revocations.list = { seq: 20 };
  await seconds(10);
  facts.revocations.list = { seq: 22 };
  await seconds(10);
  expect(logOff.mock.calls).toEqual([['p-1', 'revoked'], ['p-1', 'revoked'], ['p-1', 'revoked']]); // prettier-ignore
  [states['p-1'], revocations.lastLook.people] = ['active', []];
  // Lifted, in again, and stopped again, between two looks.
  const before = logOff.mock.calls.length;
  stateSeq = 9;
  await seconds(15);
  expect(logOff.mock.calls.slice(before)).toEqual([['p-2', 'stopped'], ['p-3', 'person']]); // prettier-ignore
  // A command has enrolled somebody: said once, and not where nothing could be read.
  expect(news).not.toHaveBeenCalled();
  ledger.events = 9;
  readable = false;
  await seconds(5);
  expect(news).not.toHaveBeenCalled();
  readable = true;
  await seconds(15);
  expect(news).toHaveBeenCalledTimes(1);
});

test('who got new keys is logged off once, with what runs that is sealed to the old ones; whoever comes in with the new ones stays', async () => {
  let [encryptionKey, here] = ['first', ['p-1', 'p-2']];
  const facts = { person: (id: string) => ({ state: 'active', stateSeq: null, encryptionKey: id === 'p-1' ? encryptionKey : 'other' }) };
  const [logOff, end] = [vi.fn(() => false), vi.fn()];
  const watch = new PutOutWatch({
    revocations: goodList(),
    ledger: () => ({ facts, refresh: async () => {} }) as never,
    here: () => here,
    stop: vi.fn(),
    logOff,
    end,
  });
  const seconds = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) await watch.tick();
  };
  await seconds(10);
  expect(logOff).not.toHaveBeenCalled();
  encryptionKey = 'second';
  await seconds(10);
  expect(logOff.mock.calls).toEqual([['p-1', 'new-keys']]);
  expect(end.mock.calls).toEqual([['p-1', 'new-keys']]);
  // Away and back between two looks: nothing is remembered of who is not here.
  here = ['p-2'];
  await seconds(5);
  encryptionKey = 'third';
  here = ['p-1', 'p-2'];
  await seconds(10);
  expect(logOff).toHaveBeenCalledTimes(1);
});
