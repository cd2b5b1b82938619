import { expect, test } from 'vitest';
import { needsQuestion, pasteText, inspectPaste } from './paste.ts';

test('a hostile paste is drawn as it came and sent without its teeth', () => {
  const raw = 'ls\u001b[201~\nrm -rf /\u202e\n';
  const pasted = inspectPaste(raw);
  expect(pasted).toMatchObject({ removed: 2, endsEarly: true, lastRuns: true, lineCount: 2, text: 'ls[201~\nrm -rf /\n' });
  expect(pasted.lines).toEqual([
    [{ text: 'ls' }, { text: '^[', control: true }, { text: '[201~' }],
    [{ text: 'rm -rf /' }, { text: '<U+202E>', control: true }],
  ]);
  expect(pasteText(raw, true)).toBe('\x1b[200~ls[201~\rrm -rf /\r\x1b[201~');
});

test('one plain line goes without a question, everything else asks', () => {
  const asks = (raw: string): boolean => needsQuestion(raw, inspectPaste(raw));
  expect(asks('uptime')).toBe(false);
  expect(asks('uptime\n')).toBe(true);
  expect(asks('a\nb')).toBe(true);
  expect(asks('\u200buptime')).toBe(true);
});
