/** Rows read from the emulator's cells are what the emulator says of them, whatever was printed into them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resizeTerminal } from './resize.ts';
import { cellText, rowText } from './row-text.ts';
import { newEmulator, writeNow } from './screen.ts';

const text = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.constantFrom(
    'é\u00a0ÿ\u0080',
    'e\u0301',
    '\u200d',
    '漢字かな',
    '👩‍👩‍👧',
    '\u{1f600}',
    '\x1b[5C',
    '\x1b[2P',
    '\x1b[3@',
    '\x1b[1K',
    '\x1b[4;9H',
    '\x1b[2J',
    '\x1b(0qqq\x1b(B',
    '\t',
  ),
);

test('rows and cells are what the emulator says, whatever was printed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(text, { maxLength: 30 }), fc.integer({ min: 2, max: 90 }), fc.integer({ min: 2, max: 90 }), async (printed, before, after) => {
      const terminal = await newEmulator({ cols: before, rows: 6 }, 20);
      try {
        for (const [n, one] of printed.entries()) {
          writeNow(terminal, n % 3 === 2 ? `${one}\r\n` : one);
          if (n === 15) resizeTerminal(terminal, after, 6);
        }
        const { active } = terminal.buffer;
        for (let y = 0; y < active.length; y++) {
          const line = active.getLine(y)!;
          expect(rowText(line)).toBe(line.translateToString(false));
          for (let x = 0; x < line.length; x++) expect(cellText(line, x)).toBe(line.getCell(x)!.getChars());
        }
      } finally {
        terminal.dispose();
      }
    }),
    { numRuns: 200 },
  );
});

test('where the cells are not as they are known, the emulator is asked', () => {
  const other = { length: 3, translateToString: () => 'abc', getCell: () => ({ getChars: () => 'b' }) } as never;
  expect([rowText(other), cellText(other, 1), cellText(undefined, 1)]).toEqual(['abc', 'b', '']);
});
