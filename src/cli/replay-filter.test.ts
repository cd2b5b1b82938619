import { expect, test } from 'vitest';
import { ReplayFilter } from './replay-filter.ts';

const play = (...chunks: string[]): string => {
  const filter = new ReplayFilter();
  return chunks.map((chunk) => filter.filter(Buffer.from(chunk, 'latin1')).toString('latin1')).join('');
};

test('text, colours, cursor and screen pass', () => {
  const text = 'a\r\n\x1b[1;31mred\x1b[0m\x1b[2J\x1b[?1049h\x1b(B\x1b7\x1b[4 q\x1b[!p\x1b[10;20r\xe2\x82\xac\x00\x7f\b\t';
  expect(play(text)).toBe(text);
  expect(play(...text)).toBe(text);
});

test.each([
  ['clipboard', '\x1b]52;c;aGVsbG8=\x07'],
  ['title', '\x1b]0;root@host\x1b\\'],
  ['link', '\x1b]8;;http://example.org\x1b\\'],
  ['device control string', '\x1bP$qm\x1b\\'],
  ['application command', '\x1b_Gpayload\x1b\\'],
  ['privacy message', '\x1b^x\x1b\\'],
  ['device attributes', '\x1b[c'],
  ['secondary attributes', '\x1b[>0c'],
  ['cursor position report', '\x1b[6n'],
  ['mode request', '\x1b[?2026$p'],
  ['version request', '\x1b[>q'],
  ['window report', '\x1b[21t'],
  ['identify', '\x1bZ'],
  ['enquiry', '\x05'],
])('%s is taken out, in one piece and byte by byte', (_, sequence) => {
  expect(play(`a${sequence}b`)).toBe('ab');
  expect(play(...`a${sequence}b`)).toBe('ab');
});

test('a control string that is cancelled or broken off by another sequence gives the terminal back', () => {
  expect(play('a\x1b]52;c;\x18b')).toBe('ab');
  expect(play('a\x1b]52;c;x\x1b[1mb')).toBe('a\x1b[1mb');
  expect(play('a\x1b[1\x1b[1mb')).toBe('a\x1b[1mb');
  expect(play(`a\x1b[${'1;'.repeat(300)}mb`).endsWith('b')).toBe(true);
});
