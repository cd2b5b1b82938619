import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { openHome, type Home } from '../storage/home.ts';
import {
  Backoff,
  backoffPath,
  delayMs,
  LIFT_WAIT_SECONDS,
  remainingMs,
  readBackoffClock,
  waitWords,
  type Allowance,
  type BackoffClock,
  type Method,
  type Tampering,
} from './backoff.ts';
import { UnlockError } from './errors.ts';
import { personPath } from './person.ts';

const ada = 'p-00000000000a';
const eve = 'p-00000000000e';
const key = Buffer.alloc(32, 3);
let home: Home;
let clock: { wallMs: number; bootMs: number; bootId: string };
/** What the ledger has. */
let ledger: Map<string, { failures: number; since: number }>;
/** Numbers of the ledger's events. */
let events = 0;
let told: [string | undefined, Tampering][];
const tally = (who: string, method: Method): { failures: number; since: number } => ledger.get(`${who} ${method}`) ?? { failures: 0, since: -1 };
const open = (): Backoff =>
  new Backoff(home, key, {
    clock: () => ({ ...clock }),
    isKnown: (person) => person === ada || person === eve,
    tally: (who, method) => ({ ...tally(who, method) }),
    onTampered: (person, how) => told.push([person, how]),
  });
/** Whom the ledger counts an id for. */
const nameOf = (id: string): string => {
  const counted = open().counted(id);
  return 'person' in counted ? counted.person : `crowd-${counted.crowd}`;
};
/** One attempt, as everybody makes it: charged, then entered. */
const attempt = (person: string, method: Method = 'passphrase', allowance: Allowance = {}): number => {
  const before = open().begin(person, method, allowance);
  for (const who of [nameOf(person), 'station']) {
    const { failures, since } = tally(who, method);
    ledger.set(`${who} ${method}`, { failures: failures + 1, since });
  }
  return before;
};
const succeed = (person: string, method: Method = 'passphrase'): void => {
  events++;
  ledger.set(`${person} ${method}`, { failures: 0, since: events });
  for (const each of ['passphrase', 'passkey']) ledger.set(`station ${each}`, { failures: 0, since: events });
  open().succeeded(person);
};
const pass = (ms: number): void => {
  clock.wallMs += ms;
  clock.bootMs += ms;
};

beforeEach(() => {
  home = openHome(mkdtempSync(join(tmpdir(), 'wardmux-backoff-')));
  clock = { wallMs: 1_800_000_000_000, bootMs: 5_000_000, bootId: 'boot-1' };
  ledger = new Map();
  told = [];
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
  for (let n = 0; n < 5; n++) attempt(ada, 'passphrase');
  expect(() => open().begin(ada, 'passphrase')).toThrow('Wait 30 seconds');
  expect(open().status(ada, 'passphrase')).toEqual({ failures: 5, waitSeconds: 30 });
  pass(29_999);
  expect(() => open().begin(ada, 'passphrase')).toThrow('Wait 1 second and');
  pass(1);
  expect(attempt(ada)).toBe(5);
  succeed(ada);
  expect(open().status(ada, 'passphrase')).toEqual({ failures: 0, waitSeconds: 0 });
});

test('one person, and one method, never blocks another', () => {
  for (let n = 0; n < 5; n++) attempt(ada, 'passphrase');
  expect(open().status(eve, 'passphrase').waitSeconds).toBe(0);
  expect(open().status(ada, 'passkey').waitSeconds).toBe(0);
  for (let n = 0; n < 4; n++) attempt(ada, 'passkey');
  expect(() => open().begin(ada, 'passkey')).toThrow('or use the passphrase');
});

test('a clock that is set back or forward does not shorten it', () => {
  for (let n = 0; n < 5; n++) attempt(ada, 'passphrase');
  for (const hours of [-24, 24]) {
    clock.wallMs += hours * 3_600_000;
    expect(open().status(ada, 'passphrase').waitSeconds).toBe(30);
  }
});

test('after a restart of the machine the wall clock counts, and one set back starts the whole delay again', () => {
  for (let n = 0; n < 5; n++) attempt(ada, 'passphrase');
  clock = { wallMs: clock.wallMs + 10_000, bootMs: 100, bootId: 'boot-2' };
  expect(open().status(ada, 'passphrase').waitSeconds).toBe(20);
  clock.wallMs -= 3_600_000;
  expect(open().status(ada, 'passphrase').waitSeconds).toBe(30);
});

test('a state that was set back, changed, deleted or exchanged is found out, and the delay begins again: neither less nor more', () => {
  const path = backoffPath(home, ada);
  const attacks: [Tampering, (older: Buffer) => void][] = [
    ['set-back', (older) => writeFileSync(path, older)],
    ['damaged', () => writeFileSync(path, readFileSync(path, 'utf8').replace('"failures": 5', '"failures": 0'))],
    ['missing', () => rmSync(path)],
    ['damaged', () => writeFileSync(path, readFileSync(backoffPath(home, eve)))],
    ['damaged', () => writeFileSync(path, 'nonsense')],
  ];
  for (const [how, attack] of attacks) {
    ledger.clear();
    rmSync(backoffPath(home, 'station'), { force: true });
    open().create(ada);
    told = [];
    attempt(ada);
    const older = readFileSync(path);
    for (let n = 0; n < 4; n++) attempt(ada);
    pass(25_000);
    attack(older);
    expect(open().status(ada, 'passphrase')).toEqual({ failures: 5, waitSeconds: 30 });
    expect(told).toEqual([[ada, how]]);
    expect(open().status(ada, 'passkey').waitSeconds).toBe(0);
    pass(30_000);
    expect(open().status(ada, 'passphrase').waitSeconds).toBe(0);
    expect(told).toHaveLength(1);
  }
});

test('an old state with many failures shuts nobody out', () => {
  for (let n = 0; n < 5; n++) attempt(ada);
  const held = readFileSync(backoffPath(home, ada));
  pass(30_000);
  attempt(ada);
  succeed(ada);
  writeFileSync(backoffPath(home, ada), held);
  expect(open().status(ada, 'passphrase')).toEqual({ failures: 0, waitSeconds: 0 });
});

test('after a hundred failures a passphrase is off where there is another way in, and waits an hour where there is none', () => {
  for (let n = 0; n < 100; n++) {
    pass(3_600_000);
    attempt(ada, 'passphrase', { other: true });
  }
  pass(3_600_000);
  expect(() => open().begin(ada, 'passphrase', { other: true })).toThrow('Use another one');
  // Also where a passphrase is given without an id.
  expect([true, false].map((other) => open().mayTry(ada, 'passphrase', { other }))).toEqual([false, true]);
  expect(open().begin(ada, 'passphrase')).toBe(100);
  expect(() => open().check(ada, 'passphrase')).toThrow('Wait 60 minutes');
});

test('whoever lifts a stop waits minutes and not hours, and is never off, however often somebody has tried before them', () => {
  const allowance = { other: true, lifts: true };
  for (let n = 0; n < 120; n++) {
    pass(1000 * LIFT_WAIT_SECONDS);
    attempt(ada, 'passphrase', allowance);
  }
  expect(() => open().check(ada, 'passphrase', allowance)).toThrow('Wait 5 minutes');
  pass(1000 * LIFT_WAIT_SECONDS - 1);
  expect(open().status(ada, 'passphrase', allowance)).toEqual({ failures: 120, waitSeconds: 1 });
  pass(1);
  expect(open().mayTry(ada, 'passphrase', allowance)).toBe(true);
  // For everything else it is as it was.
  expect(() => open().check(ada, 'passphrase', { other: true })).toThrow('Use another one');
  expect(open().status(ada, 'passphrase').waitSeconds).toBe(3300);
  // What is shorter stays as short.
  for (let n = 0; n < 5; n++) {
    pass(300_000);
    attempt(ada, 'passkey', allowance);
  }
  expect(open().status(ada, 'passkey', allowance).waitSeconds).toBeGreaterThan(0);
  expect(open().status(ada, 'passkey', allowance)).toEqual(open().status(ada, 'passkey'));
});

test('whatever is done to the file between attempts, never is an attempt let through that the ledger’s count holds back', () => {
  const path = backoffPath(home, ada);
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constant('attempt' as const) },
    { weight: 1, arbitrary: fc.constant('succeed' as const) },
    { weight: 3, arbitrary: fc.constant('keep' as const) },
    { weight: 3, arbitrary: fc.nat(20) },
    { weight: 1, arbitrary: fc.constant('remove' as const) },
    { weight: 2, arbitrary: fc.record({ wait: fc.nat(4_000_000) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      ledger.clear();
      rmSync(backoffPath(home, 'station'), { force: true });
      open().create(ada);
      const kept = [readFileSync(path)];
      let failures = 0;
      let last = clock.bootMs;
      for (const what of steps) {
        if (what === 'attempt') {
          const due = failures === 0 ? 0 : delayMs('passphrase', failures) - (clock.bootMs - last);
          let through = true;
          try {
            attempt(ada);
          } catch {
            through = false;
          }
          if (due > 0) expect(through).toBe(false);
          if (through) {
            failures++;
            last = clock.bootMs;
          }
        } else if (what === 'succeed') {
          succeed(ada);
          failures = 0;
        } else if (what === 'keep') kept.push(existsSync(path) ? readFileSync(path) : Buffer.from('nothing'));
        else if (what === 'remove') rmSync(path, { force: true });
        else if (typeof what === 'number') writeFileSync(path, kept[what % kept.length]!);
        else pass(what.wait);
      }
    }),
    { numRuns: 100 },
  );
});

test('an id that nobody has is held back like a real one, each for itself: nothing that is asked tells them apart', () => {
  const ids = [ada, 'p-ffffffffffff', '../x', 'Mara Ueda'];
  const ask = (): unknown[] => ids.map((id) => open().status(id, 'passphrase'));
  for (let n = 0; n < 5; n++) {
    expect(ask()).toEqual(ids.map(() => ({ failures: n, waitSeconds: 0 })));
    for (const id of ids) expect(attempt(id)).toBe(n);
  }
  for (const id of ids) expect(() => open().begin(id, 'passphrase'), id).toThrow('Wait 30 seconds');
  expect(open().status('somebody else', 'passphrase')).toEqual({ failures: 0, waitSeconds: 0 });
  // No path is made of what was typed, and it is always the same crowd.
  const files = readdirSync(home.people).filter((name) => !name.startsWith('p-'));
  expect(files.length).toBe(4);
  for (const name of files) expect(name).toMatch(/^(crowd-\d{1,4}|station)\.backoff$/);
});

test('an id that nobody has is the same one however it is written, for its count and for its decoy', () => {
  const spellings = ['Nobody Here', 'nobody here', 'NOBODY HERE', ' Nobody  Here ', 'Nobody\u00a0Here', 'No\u0308body'.normalize('NFD'), 'N\u00f6body'];
  const answers = spellings.map((id) => JSON.stringify([open().counted(id), open().decoy(id, 'id 0').toString('hex')]));
  expect(new Set(answers.slice(0, 5)).size).toBe(1);
  expect(answers[5]).toBe(answers[6]);
  expect(answers[5]).not.toBe(answers[0]);
});

test('who gives no id is of a crowd of their own, whose count a success takes back by one and not more', () => {
  for (let n = 0; n < 3; n++) attempt('');
  expect(open().counted('')).toEqual({ crowd: 0 });
  // As the ledger counts the success of somebody who had given none.
  ledger.set('crowd-0 passphrase', { failures: 2, since: -1 });
  ledger.set(`${ada} passphrase`, { failures: 0, since: ++events });
  open().succeeded(ada, '');
  expect(open().status('', 'passphrase').failures).toBe(2);
});

test('one phrase at many names is slowed down at the workstation, shortly, and the next who comes in ends that', () => {
  for (let n = 0; n < 21; n++) attempt(`name ${n}`);
  expect(open().status(eve, 'passphrase')).toEqual({ failures: 0, waitSeconds: 1 });
  expect(open().status(eve, 'passkey').waitSeconds).toBe(0);
  pass(1000);
  for (let n = 0; n < 20; n++) {
    attempt(`more ${n}`);
    pass(30_000);
  }
  attempt('last');
  expect(open().status(eve, 'passphrase').waitSeconds).toBe(30);
  pass(30_000);
  attempt(eve);
  succeed(eve);
  expect(open().status('anybody', 'passphrase').waitSeconds).toBe(0);
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
  const [a, b] = [readBackoffClock(), readBackoffClock()];
  expect(a.bootId).toBe(b.bootId);
  expect(b.bootMs).toBeGreaterThanOrEqual(a.bootMs);
  expect([waitWords(1), waitWords(90), waitWords(91), waitWords(3600)]).toEqual(['1 second', '90 seconds', '2 minutes', '60 minutes']);
});

test('a record that is away for the moment of an attempt takes no failure along: who is known the ledger says', () => {
  for (let n = 0; n < 4; n++) attempt(ada);
  rmSync(personPath(home, ada));
  expect(attempt(ada)).toBe(4);
  expect(() => open().check(ada, 'passphrase')).toThrow(UnlockError);
  expect(readdirSync(home.people).filter((name) => name.startsWith('crowd-'))).toEqual([]);
  expect(open().status(ada, 'passphrase').failures).toBe(5);
});
