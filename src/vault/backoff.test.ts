import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { openHome, type Home } from '../storage/home.ts';
import { Backoff, backoffPath, delayMs, remainingMs, shownBackoff, systemClock, waitWords, type BackoffClock } from './backoff.ts';
import { personPath } from './person.ts';

const ada = 'p-00000000000a';
const eve = 'p-00000000000e';
const key = Buffer.alloc(32, 3);
let home: Home;
let clock: { wallMs: number; bootMs: number; bootId: string };
const open = (): Backoff => new Backoff(home, key, { clock: () => ({ ...clock }) });
const pass = (ms: number): void => {
  clock.wallMs += ms;
  clock.bootMs += ms;
};

beforeEach(() => {
  home = openHome(mkdtempSync(join(tmpdir(), 'wardmux-backoff-')));
  clock = { wallMs: 1_800_000_000_000, bootMs: 5_000_000, bootId: 'boot-1' };
  for (const person of [ada, eve]) {
    open().create(person);
    writeFileSync(personPath(home, person), '{}');
  }
});

test('the delays are those of the plan', () => {
  expect(Array.from({ length: 12 }, (_, n) => delayMs('passphrase', n) / 1000)).toEqual([0, 0, 0, 0, 0, 30, 60, 120, 300, 900, 3600, 3600]);
  expect(Array.from({ length: 9 }, (_, n) => delayMs('passkey', n) / 1000)).toEqual([0, 0, 0, 0, 5, 15, 60, 300, 300]);
});

test('failures are charged before the attempt, survive a restart, and a success ends them', () => {
  for (let n = 0; n < 5; n++) open().begin(ada, 'passphrase');
  expect(() => open().begin(ada, 'passphrase')).toThrow('Wait 30 seconds');
  expect(open().status(ada, 'passphrase')).toEqual({ failures: 5, waitSeconds: 30 });
  expect(shownBackoff(home, ada, 'passphrase', clock)).toEqual({ failures: 5, waitSeconds: 30 });
  pass(29_999);
  expect(() => open().begin(ada, 'passphrase')).toThrow('Wait 1 second and');
  pass(1);
  const last = open();
  last.begin(ada, 'passphrase');
  expect(last.succeeded(ada, 'passphrase')).toBe(5);
  expect(open().status(ada, 'passphrase')).toEqual({ failures: 0, waitSeconds: 0 });
});

test('one person, and one method, never blocks another', () => {
  for (let n = 0; n < 5; n++) open().begin(ada, 'passphrase');
  expect(open().status(eve, 'passphrase').waitSeconds).toBe(0);
  expect(open().status(ada, 'passkey').waitSeconds).toBe(0);
  for (let n = 0; n < 4; n++) open().begin(ada, 'passkey');
  expect(() => open().begin(ada, 'passkey')).toThrow('or use the passphrase');
});

test('a clock that is set back or forward does not shorten it', () => {
  for (let n = 0; n < 5; n++) open().begin(ada, 'passphrase');
  for (const hours of [-24, 24]) {
    clock.wallMs += hours * 3_600_000;
    expect(open().status(ada, 'passphrase').waitSeconds).toBe(30);
  }
});

test('after a restart of the machine the wall clock counts, and one set back starts the whole delay again', () => {
  for (let n = 0; n < 5; n++) open().begin(ada, 'passphrase');
  clock = { wallMs: clock.wallMs + 10_000, bootMs: 100, bootId: 'boot-2' };
  expect(open().status(ada, 'passphrase').waitSeconds).toBe(20);
  clock.wallMs -= 3_600_000;
  expect(open().status(ada, 'passphrase').waitSeconds).toBe(30);
});

test('a changed, deleted, foreign or garbled state starts the longest delay, once', () => {
  const path = backoffPath(home, ada);
  const attacks: (() => void)[] = [
    () => writeFileSync(path, readFileSync(path, 'utf8').replace('"failures": 5', '"failures": 0')),
    () => rmSync(path),
    () => writeFileSync(path, readFileSync(backoffPath(home, eve))),
    () => writeFileSync(path, 'nonsense'),
  ];
  for (const attack of attacks) {
    open().create(ada);
    for (let n = 0; n < 5; n++) open().begin(ada, 'passphrase');
    attack();
    const told: string[] = [];
    const backoff = new Backoff(home, key, { clock: () => clock, onTampered: (person) => told.push(person) });
    expect(backoff.status(ada, 'passphrase').waitSeconds).toBe(3600);
    expect(backoff.status(ada, 'passkey').waitSeconds).toBe(300);
    expect(told).toEqual([ada]);
    pass(3_600_000);
    expect(open().status(ada, 'passphrase').waitSeconds).toBe(0);
  }
});

test('ids that nobody has are held back like a real one', () => {
  for (const id of ['p-ffffffffffff', '../x', '', 'unknown']) expect(open().status(id, 'passphrase')).toEqual({ failures: 0, waitSeconds: 0 });
  for (let n = 0; n < 5; n++) open().begin(n % 2 ? 'nobody' : '../../x', 'passphrase');
  expect(() => open().begin('p-ffffffffffff', 'passphrase')).toThrow('Wait 30 seconds');
  expect(readdirSync(home.people).sort()).toEqual([`${ada}.backoff`, `${ada}.json`, `${eve}.backoff`, `${eve}.json`, 'unknown.backoff']);
});

test('whatever the clocks do, nobody waits longer than the delay nor less than nothing', () => {
  const instant = fc.record({ wallMs: fc.integer(), bootMs: fc.nat(), bootId: fc.constantFrom('a', 'b') });
  fc.assert(
    fc.property(fc.constantFrom('passphrase' as const, 'passkey' as const), fc.nat(20), instant, instant, (method, failures, at: BackoffClock, now) => {
      const left = remainingMs(method, { failures, at }, now);
      expect(left).toBeGreaterThanOrEqual(0);
      expect(left).toBeLessThanOrEqual(delayMs(method, failures));
    }),
  );
});

test('the system clock names the boot, and words round up', () => {
  const [a, b] = [systemClock(), systemClock()];
  expect(a.bootId).toBe(b.bootId);
  expect(b.bootMs).toBeGreaterThanOrEqual(a.bootMs);
  expect([waitWords(1), waitWords(90), waitWords(91), waitWords(3600)]).toEqual(['1 second', '90 seconds', '2 minutes', '60 minutes']);
});
