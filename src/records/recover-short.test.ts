/** After a crash with many panes the lock's line has one sentence that can be read. */
import { expect, test } from 'vitest';
import { settledInShort, type Settlement } from './recover.ts';

const settled = (...outcomes: Settlement['outcome'][]): Settlement[] =>
  outcomes.map((outcome, i) => ({ recording: String(i), outcome, sentence: 'x'.repeat(200) }));

test.each<[Settlement[], string]>([
  [settled('closed'), 'Recording 0 was interrupted, and is closed.'],
  [settled(...Array.from({ length: 8 }, () => 'closed' as const)), '8 recordings were interrupted, and are closed.'],
  [
    settled('closed', 'contradiction', 'failed', 'failed'),
    'A recording contradicts the ledger. 2 recordings could not be closed. A recording was interrupted, and is closed.',
  ],
])('recordings that were interrupted are one sentence: %#', (all, sentence) => {
  expect(settledInShort(all)).toBe(sentence);
});
