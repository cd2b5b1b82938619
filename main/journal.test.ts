import { expect, test } from 'vitest';
import type { Ledger } from '../src/ledger/ledger.ts';
import { Journal } from './journal.ts';
import { SentenceError } from '../src/types/sentence.ts';

test('a ledger that could not be written is a fault as long as something waits, and no longer', async () => {
  let full = true;
  let waiting = 0;
  const ledger = {
    get waiting() {
      return waiting;
    },
    failure: undefined,
    enter: async () => {
      if (full) {
        waiting++;
        throw new SentenceError('The disk is full.');
      }
    },
    checkpoint: async () => {
      if (full) throw new SentenceError('The disk is full.');
      waiting = 0;
    },
  } as unknown as Ledger;
  const said: string[] = [];
  const journal = new Journal({ ledger: () => ledger, say: (line) => void said.push(line), notice: () => {}, stands: () => true, now: () => 0 });
  await journal.enter({ action: 'lock', detail: { cause: 'idle' } });
  expect(journal.ledgerFault).toBe('The disk is full.');
  await journal.checkpoint();
  expect(journal.ledgerFault).toBe('The disk is full.');
  full = false;
  await journal.checkpoint();
  expect(journal.ledgerFault).toBeUndefined();
  // What was not entered in time is remembered for the exit status.
  expect(journal.faulty).toBe(true);
  expect(said).toEqual(['The disk is full.']);
});
