/** What is no UTF-8 is shown as U+FFFD, however the output is cut, and what is UTF-8 is not touched. */
import { Terminal } from '@xterm/headless';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { repairUtf8, Utf8Repair } from './utf8.ts';

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');

test('UTF-8 is the same array', () => {
  const bytes = Buffer.from('Müller 検査 👩‍⚕️ \ufeff\ufffd \x1b[1m');
  expect(repairUtf8(bytes)).toBe(bytes);
});

test.each([
  ['latin1 \xe9 end', 'latin1 \ufffd end'],
  ['\xe2\x82\x1b[1mx', '\ufffd\x1b[1mx'],
  ['\x9b6n', '\ufffd6n'],
  ['\xc0\xaf \xed\xa0\x80 \xf8', '\ufffd\ufffd \ufffd\ufffd\ufffd \ufffd'],
])('%j', (given, wanted) => {
  expect(Buffer.from(repairUtf8(latin1(given))).toString()).toBe(wanted);
});

test('the same in one piece and in any pieces', () => {
  const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x80, 0xed, 0xa0, 0xc3, 0x41));
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 40 }), fc.array(fc.nat(40), { maxLength: 8 }), (values, cuts) => {
      // The letters end what the end would leave open.
      const bytes = Uint8Array.from([...values, 0x2e]);
      const repair = new Utf8Repair();
      const at = [0, ...cuts.filter((cut) => cut <= bytes.length).toSorted((a, b) => a - b), bytes.length];
      const pieces = at.slice(1).map((end, i) => Buffer.from(repair.feed(bytes.subarray(at[i], end))));
      expect(Buffer.concat(pieces).toString()).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
    }),
    { numRuns: 2000 },
  );
});

test('an emulator shows that there was a letter', async () => {
  const terminal = new Terminal({ allowProposedApi: true, cols: 40, rows: 3 });
  await new Promise<void>((done) => terminal.write(repairUtf8(latin1('latin1 \xe9 end')), done));
  expect(terminal.buffer.active.getLine(0)!.translateToString(true)).toBe('latin1 \ufffd end');
});
