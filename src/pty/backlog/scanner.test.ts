/** What one control function does to what may be left out. That the whole is right is held against an emulator (backlog.differential.test.ts). */
import { expect, test } from 'vitest';
import { OutputScanner } from './scanner.ts';

const rows = 3;
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const newLines = (count: number): string => 'x\r\n'.repeat(count);

/** After `text`: whether it can be left out, whether output can be left out up to here, and whether lines count again after some. */
function after(text: string | Uint8Array): string {
  const scanner = new OutputScanner(rows);
  scanner.begin();
  const bytes = typeof text === 'string' ? encode(text) : text;
  // By single bytes: a chunk may end anywhere.
  for (const byte of bytes) scanner.scan(Uint8Array.of(byte), 0, Number.POSITIVE_INFINITY);
  const { stops, saves } = scanner;
  const before = scanner.lines;
  scanner.scan(encode(newLines(20)), 0, Number.POSITIVE_INFINITY);
  return [stops ? 'stops' : 'goes', ...(saves ? ['saves'] : []), scanner.safe && scanner.lines > before ? 'known' : 'unknown'].join(' ');
}

test('lines count once two screens of them have passed, and only where a line feed follows a return', () => {
  const scanner = new OutputScanner(rows);
  scanner.scan(encode(newLines(2 * rows)), 0, Number.POSITIVE_INFINITY);
  expect(scanner.lines).toBe(0);
  scanner.scan(encode(newLines(5)), 0, Number.POSITIVE_INFINITY);
  expect(scanner.lines).toBe(5);
  scanner.scan(encode('\n\n\n'), 0, Number.POSITIVE_INFINITY);
  expect(scanner.lines).toBe(5);
  // What moves the cursor over lines begins the count anew.
  for (const moves of ['\x1b[2;2H', '\x1b[A', '\x1bM', '\b', '\x1b[2L', '\x1b[r', '\x1b[?25h']) {
    scanner.scan(encode(moves + newLines(2 * rows)), 0, Number.POSITIVE_INFINITY);
    expect(scanner.lines, JSON.stringify(moves)).toBe(5);
  }
  // What stays in its line does not.
  scanner.scan(encode(newLines(1)), 0, Number.POSITIVE_INFINITY);
  for (const stays of ['\x1b[31m', '\x1b[K', '\x1b[5G', '\t', '\x07', '\x1b[3C', '検査é😷\u00a0', '\x1b(B']) {
    scanner.scan(encode(stays + newLines(1)), 0, Number.POSITIVE_INFINITY);
  }
  expect(scanner.lines).toBe(6 + 8);
});

test('it stops at the first safe place behind what was asked for', () => {
  const scanner = new OutputScanner(rows);
  const bytes = encode('one\r\ntwo\r\nthree');
  expect(scanner.scan(bytes, 0, 4)).toBe(5);
  expect(scanner.safe).toBe(true);
  expect(scanner.scan(bytes, 5, 12)).toBe(bytes.length);
  expect(scanner.safe).toBe(false);
  expect(scanner.scan(encode('\x1b[2;3rx\r\ny\r\n\x1b[rz\r\nrest'), 0, 0)).toBe('\x1b[2;3rx\r\ny\r\n\x1b[rz\r\n'.length);
});

test.each([
  ['plain text', 'goes known'],
  ['\x1b[0;31mcolour\x1b[m', 'goes known'],
  ['\x1b[2J\x1b[H\x1b[5;5Hx\x1b[L\x1b[M\x1b[S\x1b[T\x1b[3b', 'goes known'],
  ['\x1b[?25l', 'goes known'],
  ['\x1b(0', 'goes known'],
  ['\x1bD\x1bE\x1bM', 'goes known'],
  // A region of which it is not certain that it is the whole screen.
  ['\x1b[1;3r', 'goes unknown'],
  ['\x1b[2;3r\x1b[r', 'goes known'],
  // The alternate screen.
  ['\x1b[?1047h', 'goes unknown'],
  ['\x1b[?47h\x1b[2;3r\x1b[?47l', 'goes known'],
  ['\x1b[?1049hx\x1b[?1049l', 'goes saves known'],
  ['\x1b[?1049h\x1b[31m\x1b[?1049l', 'stops saves known'],
  ['\x1b[?1049h\x1b[?1049h', 'stops saves unknown'],
  ['\x1b[?1049l', 'stops known'],
  ['\x1b[?1047h\x1b7', 'stops unknown'],
  // Save and restore.
  ['\x1b7\x1b[5;5H\x1b8', 'goes saves known'],
  ['\x1b[s\x1b[u', 'goes saves known'],
  ['\x1b8', 'stops known'],
  ['\x1b[u', 'stops known'],
  ['\x1b7\x1b[1m\x1b8', 'stops saves known'],
  // Where a restored cursor lands depends on the lines that were scrolled since.
  ['\x1b7text\x1b8', 'stops saves known'],
  ['\x1b7\n\x1b8', 'stops saves known'],
  ['\x1b7\x1bD\x1b8', 'stops saves known'],
  // A link that is open.
  ['\x1b]8;;http://x\x07', 'stops unknown'],
  ['\x1b]8;id=a;http://x\x1b\\text', 'stops unknown'],
  ['\x1b]8;;http://x\x07text\x1b]8;;\x07', 'stops known'],
  ['\x1b]8;;http://x\x07\x1bc', 'stops known'],
  ['\x1b7\x1b(0\x1b8', 'stops saves known'],
  // What leaves something behind, or asks.
  ['\x1b[6n', 'stops known'],
  ['\x1b[c', 'stops known'],
  ['\x1b[?2004h', 'stops known'],
  ['\x1b[?25;7h', 'stops known'],
  ['\x1b[4h', 'stops known'],
  ['\x1b[>4;1m', 'stops known'],
  ['\x1b[1 q', 'stops known'],
  ['\x1bH', 'stops known'],
  ['\x1b=', 'stops known'],
  ['\x1b)0', 'stops known'],
  ['\x1b#8', 'stops known'],
  ['\x0e', 'stops known'],
  ['\x00', 'stops known'],
  ['\x1bc', 'stops known'],
  ['\x1b[1\n2m', 'stops known'],
  // Strings, and how they end.
  ['\x1b]0;title\x07', 'stops known'],
  ['\x1b]0;title', 'stops unknown'],
  ['\x1b]0;title\x1b\\', 'stops known'],
  ['\x1b]0;title\x18', 'stops known'],
  ['\x1bPdata\x07', 'stops unknown'],
  ['\x1bPdata\x1b\\', 'stops known'],
  ['\x1b_a\x1a', 'stops known'],
  ['\x1b]0;t\x1bc', 'stops known'],
  // A sequence that is cut off, and one in another.
  ['\x1b[31\x18', 'goes known'],
  ['\x1b[31\x1b[32m', 'goes known'],
  // Where it does not know, only a full reset helps.
  ['\u009b2J', 'stops unknown'],
  ['\x1b]0;\u009c', 'stops unknown'],
  ['\u009b2J\x1bc', 'stops known'],
  ['\x1b[é', 'stops unknown'],
  ['\x1bé', 'stops unknown'],
  ['\x1b[?25;1049h', 'stops unknown'],
  ['\x1b[?1:1049h', 'stops unknown'],
  [`\x1b[?${'1;'.repeat(40)}47h`, 'stops unknown'],
])('%j: %s', (text, expected) => {
  expect(after(text)).toBe(expected);
});

test('bytes that are no UTF-8 are text', () => {
  expect(after(Uint8Array.of(0xff, 0x9b, 0x41, 0xc3, 0x0d, 0x0a, 0xc2, 0x41, 0xc2))).toBe('goes known');
  expect(after(Uint8Array.of(0xe0, 0xc2, 0x9b))).toBe('stops unknown');
});

test('attributes without end are too much to carry', () => {
  expect(after('\x1b[31m'.repeat(700))).toBe('goes known');
  expect(after('\x1b[31m'.repeat(1000))).toBe('stops known');
  expect(after(`${'\x1b[31m'.repeat(500)}\x1b[0m${'\x1b[31m'.repeat(500)}`)).toBe('goes known');
});
