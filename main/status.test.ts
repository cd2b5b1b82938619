import { expect, test } from 'vitest';
import type { AnchorView } from '../src/anchors/index.ts';
import { ledgerLine, recordingWord } from './status.ts';

const view = (part: Partial<AnchorView>): AnchorView => ({
  name: 'siem',
  kind: 'syslog',
  where: 'siem.example.org:6514',
  grade: 'anchored',
  head: null,
  at: null,
  ageSeconds: null,
  failing: null,
  sentence: 'A sentence.',
  ...part,
});

test.each<[string, readonly AnchorView[], string, string, string]>([
  ['no anchor', [], 'none', 'ledger not anchored', 'No anchor keeps heads of this ledger outside.'],
  ['a fresh head', [view({ ageSeconds: 12 })], 'ok', 'ledger anchored now', 'siem: A sentence.'],
  [
    'the youngest of two',
    [view({ ageSeconds: 3000 }), view({ name: 'share', ageSeconds: 125 })],
    'ok',
    'ledger anchored 2 min',
    'siem: A sentence. share: A sentence.',
  ],
  ['one of two is late', [view({ ageSeconds: 10 }), view({ grade: 'not-anchored' })], 'warn', 'ledger not anchored', 'siem: A sentence. siem: A sentence.'],
  ['an attempt that failed', [view({ grade: 'not-anchored', ageSeconds: 370 })], 'warn', 'ledger not anchored since 6 min', 'siem: A sentence.'],
  ['one of two differs', [view({ grade: 'not-anchored' }), view({ grade: 'diverged' })], 'stop', 'ledger diverged', 'siem: A sentence. siem: A sentence.'],
])('%s', (_, views, level, word, note) => {
  expect(ledgerLine(views, 7, undefined)).toEqual({ level, word, events: 7, note });
  expect(ledgerLine(views, 7, 'Weak key.').note).toBe(`${note} Weak key.`);
});

test('nothing is said to be sealed while no program runs', () => {
  expect(recordingWord(false, 0, 1)).toEqual({ level: 'seal', word: 'sealed' });
  expect(recordingWord(false, 0, 0)).toEqual({ level: 'none', word: 'no shell runs' });
  expect(recordingWord(true, 0, 0).level).toBe('stop');
  expect(recordingWord(false, 1, 1).level).toBe('warn');
});
