/** The terminal's lock by its own clock, with an emulator for a terminal. The ways of a real one are in test/e2e/terminal-lock.test.ts. */
import { Terminal } from '@xterm/headless';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LockConfig } from '../../src/lock/config.ts';
import type { LedgerEntry } from '../../src/ledger/index.ts';
import type { Backoff } from '../../src/people/backoff.ts';
import { newScryptParameters } from '../../src/crypto/kdf.ts';
import { changePassphrase } from '../../src/people/change.ts';
import { ONE_FACTOR, type FactorsAsked } from '../../src/people/factors.ts';
import { createPerson, NOTHING_MORE, unlockWithPassphrase } from '../../src/people/person.ts';
import type { Together } from '../../src/ledger/ledger.ts';
import { asOperator } from '../../src/people/active.fixture.ts';
import { factsOf } from '../../src/people/pinned.ts';
import type { Person } from '../../src/people/types.ts';
import { Ways } from '../../src/people/ways.ts';
import type { KnownPerson } from '../../src/ledger/person-facts.ts';
import { MOST_HIDDEN_BYTES } from '../../src/types/most-typed.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { ListLook } from '../../src/services/policy/revocations.ts';
import { TerminalLock } from './lock.ts';

let now: number;
let inForce: LockConfig;
let person: Person;
/** Theirs, as the ledger has it now. */
let record: Person;
let terminal: Terminal;
let answers: boolean;
let lock: TerminalLock;
let told: LedgerEntry[];
let reached: string;
let failures: number;

/** What the ledger has of them now, and whether it can be asked. */
let known: Partial<KnownPerson>;
let readable: boolean;
let asked: FactorsAsked;
let stopShell: ReturnType<typeof vi.fn>;
const ledgerOf = () => ({
  standsOn: vi.fn(),
  refresh: async () => {
    if (!readable) throw new Error('held');
  },
  facts: { person: () => ({ roles: ['operator'], state: 'active', ...factsOf(record), ...known }) },
});

const revocations = {
  tick: () => {},
  lastLook: { state: null, barred: false, sentence: undefined, people: [], slots: [] } as ListLook,
  look: async () => revocations.lastLook,
  barred: undefined as string | undefined,
  names: () => false,
};

const screen = (): string =>
  Array.from({ length: terminal.rows }, (_, y) => terminal.buffer.active.getLine(y)?.translateToString(true) ?? '')
    .join('\n')
    .trim();
const type = (text: string): void => {
  const chunk = Buffer.from(text, 'latin1');
  if (lock.typed(chunk)) reached += text;
};
const seconds = (count: number): void => {
  for (let i = 0; i < count; i++) {
    now += 1000;
    lock.tick();
  }
};

beforeEach(async () => {
  const made = await createPerson({
    name: 'Ada Example',
    passphrase: Buffer.from('x'),
    now: '2026-01-01T00:00:00Z',
    kdf: newScryptParameters(),
    roles: ['operator'],
  });
  made.identity.destroy();
  person = record = asOperator(made.record);
  now = 1000;
  inForce = { idleSeconds: 60, warnSeconds: 15 };
  answers = true;
  told = [];
  failures = 0;
  asked = ONE_FACTOR;
  known = {};
  readable = true;
  reached = '';
  terminal = new Terminal({ allowProposedApi: true, cols: 60, rows: 10, logLevel: 'off' });
  lock = new TerminalLock({
    lock: { idleSeconds: 60, warnSeconds: 15 },
    lockNow: () => inForce,
    factors: () => asked,
    backoff: () => ({ begin: () => failures, succeeded: () => {}, counted: () => ({ person: person.id }) }) as unknown as Backoff,
    read: () => record,
    cost: () => NOTHING_MORE,
    revocations: () => revocations,
    clock: { now: () => now, after: () => () => {} },
    ways: new Ways(person.slots[0]!.id),
  });
  terminal.onData((data) => answers && type(data));
  stopShell = vi.fn();
  const recorded = { pty: { discardInput: vi.fn() }, resume: vi.fn(), mark: vi.fn(), rotate: vi.fn(), stop: stopShell };
  lock.begin({
    recorded: recorded as never,
    person,
    folder: '/nowhere',
    note: (entry) => {
      told.push(entry);
      return Promise.resolve(true);
    },
    ledger: ledgerOf() as never,
    size: () => ({ cols: terminal.cols, rows: terminal.rows }),
    show: (bytes) => terminal.write(Uint8Array.from(bytes)),
  });
  await new Promise<void>((done) => terminal.write('patient 4711', done));
});
afterEach(() => {
  lock.hungUp();
  vi.restoreAllMocks();
});

test('locks after the policy’s time without a key, and no reply or output counts as one', async () => {
  seconds(59);
  type('\x1b[10;3R\x1b[?62c\x1b[I');
  expect(lock.shows(Buffer.from('output'))).toBe(true);
  expect(lock.locked).toBe(false);
  seconds(1);
  expect(lock.locked).toBe(true);
  expect(lock.shows(Buffer.from('output'))).toBe(false);
  await waitFor(() => expect(screen()).toContain('Passphrase of A. E.'));
  expect(screen()).not.toContain('Ada');
  expect(screen()).not.toContain('4711');
  expect(told).toEqual([{ action: 'lock', person: person.id, detail: { cause: 'idle', visible: 'gone' } }]);
  type('whoami\x03');
  expect(reached).toBe('\x1b[10;3R\x1b[?62c\x1b[I');
});

test('after the policy’s time behind the lock the shell is ended, and it is entered when it has', async () => {
  seconds(60);
  expect(lock.locked).toBe(true);
  await waitFor(() => expect(screen()).toContain('Passphrase of'));
  // An hour, where the policy does not say.
  seconds(3599);
  expect(stopShell).not.toHaveBeenCalled();
  seconds(1);
  expect(stopShell.mock.calls).toEqual([['closed']]);
  expect(told.map(({ action }) => action)).toEqual(['lock']);
  void lock.ended();
  expect(told.at(-1)).toEqual({ action: 'session.logoff', person: person.id, detail: { cause: 'logoff', ended: 1, held: 0 } });
});

test('who is stopped is locked within seconds, and their shell is ended', async () => {
  known = { state: 'stopped', stateSeq: 7 } as never;
  seconds(5);
  await waitFor(() => expect(lock.locked).toBe(true));
  await waitFor(() => expect(stopShell.mock.calls).toEqual([['closed']]));
});

test('a key extends, and one that comes too late does not', async () => {
  seconds(50);
  type('a');
  seconds(59);
  expect(lock.locked).toBe(false);
  now += 1000;
  type('b');
  expect(lock.locked).toBe(true);
  expect(reached).toBe('a');
});

test('a machine that slept is locked before anything else', () => {
  now += 31_000;
  type('c');
  expect(lock.locked).toBe(true);
  expect(reached).toBe('');
});

const locks = (): unknown[] => told.filter(({ action }) => action === 'lock').map(({ detail }) => detail);

test('somebody who answers in place of the terminal, without knowing what it is asked, has one guess', async () => {
  // The terminal is stopped (ctrl-s, TCOOFF): what it is asked does not reach it, and a job injects answers (TIOCSTI).
  answers = false;
  const locked = lock.handlers.lock();
  const cells = Array.from({ length: 10 }, (_, row) => Array.from({ length: 60 }, (__, column) => `\x1b[${row + 1};${column + 1}R`));
  type(cells.flat().join(''));
  expect(await locked).toMatchObject({ state: 'locked', visible: 'unknown' });
  expect(locks()).toEqual([{ cause: 'command', visible: 'unknown' }]);
});

test('one answer too many, and the right ones that come too late, prove nothing', async () => {
  answers = false;
  const said: string[] = [];
  terminal.onData((data) => said.push(data));
  let locked = lock.handlers.lock();
  await waitFor(() => expect(said.join('').match(/R/g)).toHaveLength(4));
  // In one piece, as a slow line brings it.
  type(`${said.join('')}\x1b[1;1R`);
  expect(await locked).toMatchObject({ visible: 'unknown' });
  type(said.join(''));
  locked = lock.handlers.status();
  expect(await locked).toMatchObject({ state: 'locked', visible: 'unknown' });
  expect(locks()).toEqual([{ cause: 'command', visible: 'unknown' }]);
});

test('a size so small that the cell can be guessed proves nothing', async () => {
  terminal.resize(2, 1);
  const locked = lock.handlers.lock();
  expect(await locked).toMatchObject({ visible: 'unknown' });
});

/** With a ledger that takes attempts. */
function beginAnew(onAttempt = (): void => {}): void {
  const ledger = {
    append: vi.fn(async (_: unknown, { before, after }: Together = {}) => {
      onAttempt();
      before?.();
      after?.();
    }),
    enter: vi.fn(async () => ({})),
    ...ledgerOf(),
  };
  const recorded = {
    pty: { discardInput() {} },
    resume() {},
    pause() {},
    mark() {},
    rotate() {},
    stop() {},
    writer: { written: () => ({ outputBytes: 0, head: { size: 0, root: '' }, starts: [] }) },
  };
  lock.begin({
    recorded: recorded as never,
    person,
    folder: '/nowhere',
    note: (entry) => {
      told.push(entry);
      return Promise.resolve(true);
    },
    ledger: ledger as never,
    size: () => ({ cols: terminal.cols, rows: terminal.rows }),
    show: (bytes) => terminal.write(Uint8Array.from(bytes)),
  });
}

test('what is typed longer than any passphrase is not cut and tried: it is said, and the next line is read whole', async () => {
  beginAnew();
  await lock.lock('hotkey');
  await waitFor(() => expect(screen()).toContain('Passphrase of A. E.'));
  type(`${'x'.repeat(MOST_HIDDEN_BYTES + 1)}\r`);
  await waitFor(() => expect(screen()).toContain('longer than any passphrase'));
  expect(lock.locked).toBe(true);
  type('x\r');
  await waitFor(() => expect(lock.locked).toBe(false));
});

test('failed tries are told of before the screen comes back, until Enter, and over a lock that comes between', async () => {
  beginAnew();
  failures = 2;
  await lock.lock('hotkey');
  await waitFor(() => expect(screen()).toContain('Passphrase of A. E.'));
  type('x\r');
  await waitFor(() => expect(screen()).toContain('2 failed tries since the last unlock.'));
  expect(await lock.handlers.status()).toMatchObject({ state: 'locked', locked: true });
  expect(lock.shows(Buffer.from('output'))).toBe(false);
  type('whoami\x03');
  // Whoever has unlocked and walked away has it closed behind them, and has read nothing yet.
  seconds(60);
  await waitFor(() => expect(screen()).toContain('Passphrase of A. E.'));
  expect(screen()).not.toContain('failed');
  failures = 0;
  type('x\r');
  await waitFor(() => expect(screen()).toContain('2 failed tries since the last unlock.'));
  type('\r');
  await waitFor(() => expect(lock.locked).toBe(false));
  expect(reached).toBe('');
  await lock.lock('hotkey');
  await waitFor(() => expect(screen()).toContain('Passphrase of A. E.'));
  type('x\r');
  await waitFor(() => expect(lock.locked).toBe(false));
});

test('the passphrase that counts is the one of now, and nobody who was disabled meanwhile comes back', async () => {
  beginAnew();
  const identity = await unlockWithPassphrase(person, Buffer.from('x'), NOTHING_MORE);
  await changePassphrase(identity, Buffer.from('y'), '2026-01-02T00:00:00Z', newScryptParameters());
  record = identity.person;
  identity.destroy();
  await lock.lock('hotkey');
  await waitFor(() => expect(screen()).toContain('Passphrase of A. E.'));
  type('x\r');
  await waitFor(() => expect(screen()).toContain('That did not open it.'));
  type('y\r');
  await waitFor(() => expect(lock.locked).toBe(false));
  record = { ...record, active: false };
  await lock.lock('hotkey');
  await waitFor(() => expect(screen()).toContain('Passphrase of A. E.'));
  expect(screen()).not.toContain('did not open');
  type('y\r');
  await waitFor(() => expect(screen()).toContain('That did not open it.'));
  expect(lock.locked).toBe(true);
});

test('where two factors are asked for by now, the passphrase alone does not come back, and that is said', async () => {
  beginAnew();
  await lock.lock('hotkey');
  await waitFor(() => expect(screen()).toContain('Passphrase of A. E.'));
  asked = { least: 2, enrols: false };
  type('x\r');
  await waitFor(() => expect(screen()).toContain('asks for two factors'));
  expect(lock.locked).toBe(true);
  asked = ONE_FACTOR;
  type('x\r');
  await waitFor(() => expect(lock.locked).toBe(false));
});

test('who is disabled, has other roles, or came in by a passphrase that is gone, is locked out of the terminal within seconds', async () => {
  beginAnew();
  const settled = (): Promise<void> => new Promise((done) => setImmediate(done));
  seconds(10);
  await settled();
  expect(lock.locked).toBe(false);
  const taken: (() => void)[] = [
    () => (known = { state: 'disabled' }),
    () => (known = { roles: [] }),
    // Somebody has recovered the identity with a code.
    () => (record = { ...record, slots: [{ ...record.slots[0]!, id: 'k-ffffffffffff' }] }),
    // The ledger is away, or held: once is nothing, twice is no answer.
    () => (readable = false),
  ];
  for (const take of taken) {
    const before = record;
    take();
    seconds(5);
    await settled();
    expect(lock.locked).toBe(readable);
    seconds(5);
    await settled();
    expect(lock.locked).toBe(true);
    [known, record, readable] = [{}, before, true];
    await waitFor(() => expect(screen()).toContain('Passphrase of A. E.'));
    type('x\r');
    await waitFor(() => expect(lock.locked).toBe(false));
  }
  expect(locks()).toEqual(['policy', 'policy', 'policy', 'unknown'].map((cause) => ({ cause, visible: 'gone' })));
});

test('a passphrase of their own that takes the place of the one before, at the unlock itself, keeps nobody out', async () => {
  beginAnew();
  const identity = await unlockWithPassphrase(person, Buffer.from('x'), NOTHING_MORE);
  await changePassphrase(identity, Buffer.from('y'), '2026-01-02T00:00:00Z', newScryptParameters());
  record = identity.person;
  identity.destroy();
  await lock.lock('hotkey');
  await waitFor(() => expect(screen()).toContain('Passphrase of A. E.'));
  type('y\r');
  await waitFor(() => expect(lock.locked).toBe(false));
  seconds(20);
  await new Promise((done) => setImmediate(done));
  expect(lock.locked).toBe(false);
});

test('an accepted policy counts from the next unlock on, and status has the fields of the window', async () => {
  beginAnew(() => (inForce = { idleSeconds: 30, warnSeconds: 15 }));
  expect(await lock.handlers.status()).toMatchObject({ state: 'unlocked', locked: false, since: null, visible: null });
  await lock.lock('hotkey');
  expect(await lock.handlers.status()).toMatchObject({ state: 'locked', locked: true, since: expect.stringMatching(/^\d{4}-.*Z$/) as string, visible: 'gone' });
  await waitFor(() => expect(screen()).toContain('Passphrase of A. E.'));
  type('x\r');
  await waitFor(() => expect(lock.locked).toBe(false));
  seconds(29);
  expect(lock.locked).toBe(false);
  seconds(1);
  expect(lock.locked).toBe(true);
});

test('a terminal that does not answer is locked, and nobody says that it is empty', async () => {
  answers = false;
  vi.useFakeTimers();
  const locked = lock.handlers.lock();
  await vi.runAllTimersAsync();
  vi.useRealTimers();
  expect(await locked).toMatchObject({ state: 'locked', visible: 'unknown' });
  expect(told).toEqual([{ action: 'lock', person: person.id, detail: { cause: 'command', visible: 'unknown' } }]);
  await waitFor(() => expect(screen()).toContain('This terminal does not answer'));
  // What the program had asked is not taken for the answer.
  type('\x1b[24;80R\x1b[0n');
  expect(await lock.handlers.status()).toMatchObject({ visible: 'unknown' });
});

test('a terminal that is asked for its window says that it has none', async () => {
  await expect(lock.handlers.show()).rejects.toThrow('has no window');
});

test('whoever floods its socket enters a few events a second, and one that says that there were more', () => {
  for (let i = 0; i < 1000; i++) lock.refused('bad-message');
  const codes = told.filter(({ action }) => action === 'bridge.refused').map(({ detail }) => detail!['code']);
  expect(codes.length).toBeLessThan(20);
  expect(codes.filter((code) => code === 'too-many')).toEqual(['too-many']);
  expect(codes.at(-1)).toBe('too-many');
  now += 1000;
  lock.refused('bad-message');
  expect(told.at(-1)).toEqual({ action: 'bridge.refused', detail: { peer: 'socket', code: 'bad-message' } });
});
