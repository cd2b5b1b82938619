/** The one way to unlock, over a ledger that refuses where each test says. */
import { expect, test, vi } from 'vitest';
import { LedgerError } from '../ledger/errors.ts';
import { attempt, mayAttempt } from './attempt.ts';
import type { Together } from '../ledger/ledger.ts';
import type { Backoff } from './backoff.ts';
import { UnlockError } from './errors.ts';

/** What an attempt opens. */
const identity = { slot: 'k-000000000001' };

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
  const backoff = { check: vi.fn(), begin: vi.fn(() => 3), succeeded: vi.fn(), counted: () => ({ crowd: 0 }) };
  const open = vi.fn(async () => identity);
  const close = vi.fn();
  const parts = { backoff: backoff as unknown as Backoff, ledger: ledger as never };
  const asking = { id: 'p-000000000001', record: undefined };
  return { steps, ledger, backoff, open, close, parts, asking, run: () => attempt(parts, asking, 'passphrase', open, close) };
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
