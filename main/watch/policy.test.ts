/** A policy.json that is changed again and again: said at once, over when it is mended, and an event a minute that loses no last state. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openHome, type Home } from '../../src/storage/index.ts';
import { StorageFault } from '../../src/disk/fault.ts';
import { PolicyWatch, type PolicyWatchParts } from './policy.ts';

let home: Home;
let now: number;
let events: unknown[];
let told: (string | null)[];
let fails: boolean[];
let proposal: string | undefined;
let trouble: Error | undefined;
/** The policy that the ledger has in force, as others have read it; and how often it was looked at. */
let entered: string | undefined;
let looks: number;
let watch: PolicyWatch;

beforeEach(() => {
  home = openHome(join(mkdtempSync(join(tmpdir(), 'wardmux-watch-')), 'home'));
  [now, events, told, fails, proposal, trouble, entered, looks] = [0, [], [], [], undefined, undefined, undefined, 0];
  const policy = () => ({ policy: { lock: {} }, proposal: proposal && { kind: 'malformed', sha256: proposal, sentence: `${proposal} is wrong.` } });
  const installed = {
    get current() {
      return { policy: policy(), ledger: { facts: { policy: { sha256: entered } } } };
    },
    require: () => ({ policy: policy() }),
    refreshPolicy: async () => {
      looks++;
      if (trouble) throw trouble;
      return false;
    },
    recordingPolicy: () => expect.fail('no other policy is in force'),
  };
  watch = new PolicyWatch({
    home,
    installed: installed as unknown as PolicyWatchParts['installed'],
    gate: {
      configure: () => expect.fail('no other policy is in force'),
      emit: (_: string, payload: () => unknown) => void told.push((payload() as { fault: { sentence: string } | null }).fault?.sentence ?? null),
    } as unknown as PolicyWatchParts['gate'],
    pty: { policy: () => undefined },
    journal: { log: ({ detail }) => void events.push(detail) },
    clock: { now: () => now },
    changed: (failing) => void fails.push(failing),
  });
});
afterEach(() => rmSync(join(home.folder, '..'), { recursive: true }));

/** Writes another state of the file, a second after the last one. */
async function write(state: string | undefined): Promise<void> {
  now += 1000;
  proposal = state;
  writeFileSync(home.policy, String(Math.random()));
  await watch.glance();
}
const second = async (): Promise<void> => {
  now += 1000;
  await watch.glance();
};

test('the first difference is an event at once; of many that follow, one a minute with their number, and never without the last state', async () => {
  for (let n = 1; n <= 150; n++) await write(`s${n}`);
  expect(events).toEqual([
    { reason: 'malformed', sha256: 's1' },
    { reason: 'malformed', sha256: 's60', changes: 59 },
    { reason: 'malformed', sha256: 's120', changes: 60 },
  ]);
  // What was seen last waits for its minute, and no further change is needed for it.
  for (let n = 0; n < 30; n++) await second();
  expect(events).toHaveLength(3);
  await second();
  expect(events.slice(3)).toEqual([{ reason: 'malformed', sha256: 's150', changes: 30 }]);
  for (let n = 0; n < 200; n++) await second();
  expect(events).toHaveLength(4);
});

test('a policy that has come into force is looked at although nobody has written, or could write, the file', async () => {
  await second();
  const before = looks;
  await second();
  expect(looks).toBe(before);
  entered = 'b'.repeat(64);
  await second();
  expect(looks).toBe(before + 1);
});

test('what waits at the end of the app is entered, also where the file was mended in the meantime', async () => {
  for (const state of ['a', 'b', 'a', undefined]) await write(state);
  expect(events).toEqual([{ reason: 'malformed', sha256: 'a' }]);
  watch.flush();
  watch.flush();
  expect(events.slice(1)).toEqual([{ reason: 'malformed', sha256: 'a', changes: 2 }]);
});

test('a fault is told at once, changes with the file, and is over when the file is mended', async () => {
  await watch.look();
  expect(told).toEqual([]);
  await write('a');
  await second();
  await write('b');
  await write(undefined);
  expect(told).toEqual(['a is wrong.', 'b is wrong.', null]);
  void watch.remind();
  expect(told).toHaveLength(3);
});

test('a look that fails is flagged as long as it fails', async () => {
  await watch.look();
  trouble = new StorageFault('missing', home.policy, 'The policy in force is nowhere.');
  await expect(write(undefined)).rejects.toThrow('nowhere');
  await expect(second()).rejects.toThrow('nowhere');
  void watch.remind();
  trouble = undefined;
  await second();
  expect(fails).toEqual([true, false]);
  expect(told).toEqual(['The policy in force is nowhere.', 'The policy in force is nowhere.', null]);
});
