/** The one way to unlock, over a ledger that refuses where each test says. */
import { expect, test, vi } from 'vitest';
import { LedgerError } from '../ledger/errors.ts';
import { newScryptParameters } from '../crypto/kdf.ts';
import { attempt, attemptPassphrase, mayAttempt, type OutsideWord } from './attempt.ts';
import type { Together } from '../ledger/ledger.ts';
import { asOperator, noList } from './active.fixture.ts';
import type { Backoff } from './backoff.ts';
import { changePassphrase } from './change.ts';
import { UnlockError, wrongPassphrase } from './errors.ts';
import { createPerson, NOTHING_MORE } from './person.ts';
import type { Person } from './types.ts';

/** What an attempt opens. */
const identity = { slot: 'k-000000000001' };

/** Somebody who has these key slots. */
const having = (...ids: string[]): Person => ({ active: true, slots: ids.map((id) => ({ id, type: 'passphrase' })) }) as unknown as Person;

type Step = 'unlock.attempt' | 'success' | 'failure';

function stage(fails?: Step) {
  const steps: string[] = [];
  const take = (step: string, detail: unknown): void => {
    steps.push(detail === undefined ? step : `${step} ${JSON.stringify(detail)}`);
    if (step === fails) throw new LedgerError('write-failed', 'The disk is full.');
  };
  const enter = async ({ action, outcome, detail }: { action: string; outcome?: string; detail?: unknown }): Promise<void> => take(outcome ?? action, detail);
  const append = async (entry: Parameters<typeof enter>[0], { before, after }: Together = {}): Promise<void> => {
    before?.();
    await enter(entry);
    after?.();
  };
  const ledger = {
    refresh: async () => take('refresh', undefined),
    append: vi.fn(append),
    enter: vi.fn(enter),
    facts: { person: () => ({}) },
    standsOn: vi.fn(),
  };
  const backoff = { check: vi.fn(), begin: vi.fn(() => 3), charge: () => 1, mayTry: () => true, succeeded: vi.fn(), counted: () => ({ crowd: 0 }) };
  const open = vi.fn(async () => identity);
  const close = vi.fn();
  const read = vi.fn<(id: string) => Person | undefined>(() => having(identity.slot));
  const parts = { backoff: backoff as unknown as Backoff, ledger: ledger as never, revocations: noList, read };
  const asking = { id: 'p-000000000001' };
  return { steps, ledger, backoff, read, open, close, parts, asking, run: () => attempt(parts, asking, 'passphrase', open, close) };
}

test('an attempt is charged and entered before it is made, and says how many failed before it', async () => {
  const { run, steps, backoff, ledger } = stage();
  expect(await run()).toEqual({ opened: identity, failures: 3 });
  // What is entered from the success on stands on this unlock.
  expect(ledger.standsOn.mock.calls).toEqual([[{ aal: 1, credential: identity.slot }]]);
  expect(steps).toEqual(['unlock.attempt {"method":"passphrase"}', 'success {"method":"passphrase","failures":3}']);
  expect(backoff.succeeded).toHaveBeenCalledOnce();
});

test('where the attempt cannot be entered nothing is tried', async () => {
  const { run, open, steps } = stage('unlock.attempt');
  await expect(run()).rejects.toThrow('The disk is full.');
  expect(open).not.toHaveBeenCalled();
  expect(steps.at(-1)).toMatch(/^failure .*"reason":"error"/);
});

test('an unlock that cannot be entered opens nothing', async () => {
  const { run, close, backoff, ledger } = stage('success');
  await expect(run()).rejects.toThrow('The disk is full.');
  expect(close).toHaveBeenCalledWith(identity);
  expect(ledger.standsOn).toHaveBeenLastCalledWith(null);
  expect(backoff.succeeded).not.toHaveBeenCalled();
});

test('a failure is entered with its reason, and one that is not entered is told', async () => {
  const wrong = new UnlockError('wrong-passphrase', 'That did not open it.');
  const made = stage();
  made.open.mockRejectedValue(wrong);
  await expect(made.run()).rejects.toBe(wrong);
  expect(made.steps.at(-1)).toBe('failure {"method":"passphrase","reason":"wrong-passphrase","failures":3}');
  const full = stage('failure');
  full.open.mockRejectedValue(wrong);
  await expect(full.run()).rejects.toThrow('The disk is full.');
});

test('who is held back is so before anybody types, charged nothing, and it is an event without a count', async () => {
  const { parts, asking, steps, backoff } = stage();
  backoff.check.mockImplementation(() => {
    throw new UnlockError('back-off', 'Too many attempts.');
  });
  await expect(mayAttempt(parts, asking, 'passphrase')).rejects.toThrow('Too many attempts.');
  expect(steps).toEqual(['refresh', 'failure {"method":"passphrase","reason":"back-off"}']);
  expect(backoff.begin).not.toHaveBeenCalled();
});

test('whoever is disabled while it is tried is not in, in the words of a wrong passphrase', async () => {
  const { run, read, close, steps, ledger } = stage();
  read.mockReturnValueOnce(having(identity.slot)).mockReturnValue({ ...having(identity.slot), active: false });
  await expect(run()).rejects.toMatchObject({ code: 'disabled', message: wrongPassphrase().message });
  expect(close).toHaveBeenCalledWith(identity);
  expect(ledger.standsOn).toHaveBeenLastCalledWith(null);
  expect(steps).toEqual(['unlock.attempt {"method":"passphrase"}', 'failure {"method":"passphrase","reason":"disabled","failures":3}']);
});

test('where its slot goes while it is tried, it is tried again with what is there then', async () => {
  const moved = stage();
  moved.read.mockReturnValue(having('k-000000000002'));
  moved.open.mockResolvedValueOnce(identity).mockResolvedValueOnce({ slot: 'k-000000000002' });
  expect(await moved.run()).toMatchObject({ opened: { slot: 'k-000000000002' } });
  expect(moved.close.mock.calls).toEqual([[identity]]);
  expect(moved.ledger.standsOn).toHaveBeenLastCalledWith({ aal: 1, credential: 'k-000000000002' });
  const gone = stage();
  gone.read.mockReturnValue(having());
  await expect(gone.run()).rejects.toMatchObject({ code: 'wrong-passphrase' });
  expect(gone.steps.filter((step) => step.startsWith('success'))).toEqual([]);
  expect(gone.close).toHaveBeenCalledTimes(2);
});

test('a passphrase is tried on the record of the moment in which the attempt is entered, by id or among all', async () => {
  const kdf = newScryptParameters();
  const made = await createPerson({ name: 'Ada Example', passphrase: Buffer.from('old'), now: '2026-01-01T00:00:00Z', kdf, roles: ['operator'] });
  const before = asOperator(made.record);
  await changePassphrase(made.identity, Buffer.from('new'), '2026-01-02T00:00:00Z', kdf);
  let now: Person = before;
  const { id } = before;
  const { parts, read } = stage();
  read.mockImplementation((who) => (who === id ? now : undefined));
  const tryIt = (who: string, typed: string) => attemptPassphrase(parts, who, Buffer.from(typed), NOTHING_MORE, () => [id]);
  const opens = async (who: string, typed: string): Promise<void> => (await tryIt(who, typed)).identity.destroy();
  for (const who of [id, '']) {
    now = before;
    await opens(who, 'old');
    now = made.identity.person;
    await expect(tryIt(who, 'old')).rejects.toMatchObject({ code: 'wrong-passphrase' });
    await opens(who, 'new');
    now = { ...now, active: false };
    await expect(tryIt(who, 'new')).rejects.toThrow(wrongPassphrase().message);
  }
  made.identity.destroy();
});

/** A list of which nobody knows but who looks: it comes with this look, counted from 1. */
function comesAt(nth: number, news: Partial<OutsideWord>): OutsideWord {
  let looks = 0;
  const now = (): OutsideWord => (looks >= nth ? { ...noList, ...news } : noList);
  return {
    look: async () => void looks++,
    get barred() {
      return now().barred;
    },
    names: (slot) => now().names(slot),
  };
}

test.each([
  ['while somebody was asked', 1, false],
  ['while it was opened', 2, true],
])('a revocation list that bars everybody and came %s is asked before anybody is in', async (_, nth, tried) => {
  const { parts, asking, open, close, ledger } = stage();
  const revocations = comesAt(nth, { barred: 'The list is not signed.' });
  await expect(attempt({ ...parts, revocations }, asking, 'passphrase', open, close)).rejects.toMatchObject({
    code: 'unlisted',
    message: 'The list is not signed.',
  });
  expect([open.mock.calls.length > 0, close.mock.calls.length > 0]).toEqual([tried, tried]);
  if (tried) expect(ledger.standsOn).toHaveBeenLastCalledWith(null);
});

test.each([1, 2])('a key slot that the list names by its own word opens nothing, also where the ledger and the record have it still (look %i)', async (nth) => {
  const { parts, asking, open, close, steps } = stage();
  const revocations = comesAt(nth, { names: ({ id }) => id === identity.slot });
  await expect(attempt({ ...parts, revocations }, asking, 'passphrase', open, close)).rejects.toMatchObject({ code: 'wrong-passphrase' });
  expect(steps.filter((step) => step.startsWith('success'))).toEqual([]);
  expect(close).toHaveBeenCalledWith(identity);
});

test('what is entered of a list while somebody comes in stands on nobody who is not in yet', async () => {
  const { parts, asking, open, ledger } = stage();
  const standing: number[] = [];
  const look = async (): Promise<void> => void standing.push(ledger.standsOn.mock.calls.length);
  await attempt({ ...parts, revocations: { ...noList, look } }, asking, 'passphrase', open);
  expect(standing).toEqual([0, 0]);
});

const two = (enrols: boolean) => ({ factors: () => ({ least: 2, enrols }) as const });
/** Somebody who has the slot that opens, and these others. */
const owning = (...types: string[]): Person =>
  ({ active: true, slots: ['passphrase', ...types].map((type, n) => ({ id: n === 0 ? identity.slot : `k-${n}`, type })) }) as unknown as Person;

test.each([['passkey-prf'], ['passphrase-key']])(
  'where two factors are asked for, a passphrase alone lets nobody in who has a %s: tried, refused, taken back',
  async (type) => {
    const { parts, asking, open, close, read, steps, ledger } = stage();
    read.mockReturnValue(owning(type));
    await expect(attempt({ ...parts, ...two(true) }, asking, 'passphrase', open, close)).rejects.toMatchObject({ code: 'two-factors' });
    expect(close).toHaveBeenCalledWith(identity);
    expect(ledger.standsOn).toHaveBeenLastCalledWith(null);
    // It is charged as any other: whoever guesses learns that it is right, once.
    expect(steps).toEqual(['unlock.attempt {"method":"passphrase"}', 'failure {"method":"passphrase","reason":"two-factors","failures":3}']);
  },
);

test('who has no second factor yet comes in by the window to enrol one, agrees to nothing, and lifts nothing', async () => {
  const { parts, asking, open, close, read, steps } = stage();
  read.mockReturnValue(owning('recovery-code'));
  await attempt({ ...parts, ...two(true) }, asking, 'passphrase', open, close);
  expect(steps.at(-1)).toContain('success');
  await expect(attempt({ ...parts, ...two(true) }, { ...asking, agrees: true }, 'passphrase', open, close)).rejects.toMatchObject({ code: 'two-factors' });
  const lifting = attempt({ ...parts, ...two(true), whileStopped: 'lifts' }, asking, 'passphrase', open, close);
  await expect(lifting).rejects.toMatchObject({ code: 'two-factors', message: expect.stringContaining('lifts nothing') });
});

test('a terminal is told before anybody types, and nothing is charged', async () => {
  const { parts, asking, open, backoff, steps } = stage();
  const there = { ...parts, ...two(false) };
  await expect(mayAttempt(there, asking, 'passphrase')).rejects.toMatchObject({ code: 'two-factors', message: expect.stringContaining('in the window') });
  await expect(attempt(there, asking, 'passphrase', open)).rejects.toMatchObject({ code: 'two-factors' });
  expect(open).not.toHaveBeenCalled();
  expect(backoff.begin).not.toHaveBeenCalled();
  expect(steps.filter((step) => step.includes('two-factors'))).toHaveLength(2);
});

test.each([
  ['passkey', true],
  ['passphrase-key', false],
] as const)('%s shows two, and its event says whether its owner was verified', async (method, uv) => {
  const { parts, asking, read, steps, ledger } = stage();
  read.mockReturnValue(owning('passkey-prf'));
  await attempt({ ...parts, ...two(true) }, asking, method, async () => ({ ...identity, uv }));
  expect(steps.at(-1)).toBe(`success {"method":"${method}","failures":3,"uv":${uv}}`);
  expect(ledger.standsOn).toHaveBeenCalledWith({ aal: 2, credential: identity.slot });
});

test('who is in and shows too little once more is in still, by what they came in with', async () => {
  const { parts, asking, open, read, ledger } = stage();
  read.mockReturnValue(owning('passkey-prf'));
  const before = { aal: 2, credential: 'k-1' };
  const standing = { ...parts, ledger: { ...ledger, authority: before } as never, ...two(true) };
  await expect(attempt(standing, { ...asking, again: true }, 'passphrase', open)).rejects.toMatchObject({ code: 'two-factors' });
  expect(ledger.standsOn).toHaveBeenLastCalledWith(before);
});
